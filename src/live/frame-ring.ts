/** The newest frames of one kind, in memory taken once: the oldest give way. */
import type { CapturedFrame, Frame } from '../capture/frame.ts';

/** A frame takes its captured bytes; an index as if frames were no shorter than this. */
const SHORTEST_FRAME = 64;

export class FrameRing {
  readonly #bytes: Uint8Array;
  /** Per frame, in rings of their own: its number, place and length, and what is told of it. */
  readonly #number: Float64Array;
  readonly #start: Uint32Array;
  readonly #length: Uint32Array;
  readonly #seconds: Float64Array;
  readonly #nanoseconds: Uint32Array;
  readonly #wireLength: Uint32Array;
  readonly #linkType: Uint16Array;
  readonly #most: number;
  /** Frames ever added, and how many of the first of them are gone. */
  #added = 0;
  #gone = 0;
  #free = 0;

  /** @param size bytes of frames that are kept */
  constructor(size: number) {
    const most = Math.max(1, Math.floor(size / SHORTEST_FRAME));
    this.#most = most;
    this.#bytes = new Uint8Array(size);
    this.#number = new Float64Array(most);
    this.#start = new Uint32Array(most);
    this.#length = new Uint32Array(most);
    this.#seconds = new Float64Array(most);
    this.#nanoseconds = new Uint32Array(most);
    this.#wireLength = new Uint32Array(most);
    this.#linkType = new Uint16Array(most);
  }

  /** Frames kept. */
  get count(): number {
    return this.#added - this.#gone;
  }

  /** Keeps a copy of a frame. Frames come in the order of their numbers. */
  add(frame: Frame): void {
    const length = frame.end - frame.start;
    if (length > this.#bytes.length) return;
    if (this.#free + length > this.#bytes.length) {
      // The rest of the memory is too short: what lies there is the oldest.
      while (this.count > 0 && this.#start[this.#gone % this.#most]! >= this.#free) this.#gone++;
      this.#free = 0;
    }
    while (this.count === this.#most || (this.count > 0 && this.#isInTheWay(this.#free + length))) this.#gone++;
    const at = this.#added % this.#most;
    for (let i = 0; i < length; i++) this.#bytes[this.#free + i] = frame.bytes[frame.start + i]!;
    this.#number[at] = frame.number;
    this.#start[at] = this.#free;
    this.#length[at] = length;
    this.#seconds[at] = frame.seconds;
    this.#nanoseconds[at] = frame.nanoseconds;
    this.#wireLength[at] = frame.wireLength;
    this.#linkType[at] = frame.linkType;
    this.#added++;
    this.#free += length;
  }

  /** Whether the oldest frame lies between where memory is free and `end`. */
  #isInTheWay(end: number): boolean {
    const start = this.#start[this.#gone % this.#most]!;
    return start >= this.#free && start < end;
  }

  /** The frame of a number with up to so many before and behind it in this ring; those around its place, when it is not here. */
  around(number: number, before: number, behind: number): CapturedFrame[] {
    let low = this.#gone;
    let high = this.#added;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#number[middle % this.#most]! < number) low = middle + 1;
      else high = middle;
    }
    const isHere = low < this.#added && this.#number[low % this.#most] === number;
    const from = Math.max(this.#gone, low - before);
    const until = Math.min(this.#added, low + behind + (isHere ? 1 : 0));
    return Array.from({ length: Math.max(0, until - from) }, (_, i) => this.#frame((from + i) % this.#most));
  }

  #frame(at: number): CapturedFrame {
    const start = this.#start[at]!;
    return {
      number: this.#number[at]!,
      seconds: this.#seconds[at]!,
      nanoseconds: this.#nanoseconds[at]!,
      wireLength: this.#wireLength[at]!,
      linkType: this.#linkType[at]!,
      point: 0,
      bytes: this.#bytes.slice(start, start + this.#length[at]!),
    };
  }
}
