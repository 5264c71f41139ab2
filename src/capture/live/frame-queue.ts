/**
 * Frames between a capture library that calls back for each and a reader that takes them when it has time: two buffers, one being filled
 * while the other is read. When the first is full, frames are lost and counted: memory does not grow.
 */
import type { Frame } from '../frame.ts';

/** 16 MiB and as many frames as fit into it at 128 bytes each. */
const BUFFER_BYTES = 16 * 1024 * 1024;
const MAX_FRAMES = BUFFER_BYTES / 128;

class FrameBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly seconds: Float64Array;
  readonly nanoseconds: Uint32Array;
  readonly wireLengths: Uint32Array;
  readonly ends: Uint32Array;
  count = 0;

  constructor(bytes: number, frames: number) {
    this.bytes = new Uint8Array(bytes);
    this.view = new DataView(this.bytes.buffer);
    this.seconds = new Float64Array(frames);
    this.nanoseconds = new Uint32Array(frames);
    this.wireLengths = new Uint32Array(frames);
    this.ends = new Uint32Array(frames);
  }

  get used(): number {
    return this.count === 0 ? 0 : this.ends[this.count - 1]!;
  }
}

export class FrameQueue {
  /** Frames lost because the reader was too slow. */
  lost = 0;
  /** Bytes of frames that came. */
  bytes = 0;
  private filling: FrameBuffer;
  private reading: FrameBuffer;
  private position = 0;

  constructor(bufferBytes = BUFFER_BYTES, maxFrames = MAX_FRAMES) {
    this.filling = new FrameBuffer(bufferBytes, maxFrames);
    this.reading = new FrameBuffer(bufferBytes, maxFrames);
  }

  /** Copies the first `captured` of `bytes`. */
  push(bytes: Uint8Array, captured: number, wireLength: number, seconds: number, nanoseconds: number): void {
    const buffer = this.filling;
    const start = buffer.used;
    const end = start + captured;
    if (end > buffer.bytes.length || buffer.count === buffer.ends.length) {
      this.lost += 1;
      return;
    }
    buffer.bytes.set(captured === bytes.length ? bytes : bytes.subarray(0, captured), start);
    buffer.ends[buffer.count] = end;
    buffer.seconds[buffer.count] = seconds;
    buffer.nanoseconds[buffer.count] = nanoseconds;
    buffer.wireLengths[buffer.count] = wireLength;
    buffer.count += 1;
    this.bytes += captured;
  }

  /** Fills all of `frame` but its number, link type and point; false when `swap` must be called first. */
  next(frame: Frame): boolean {
    const { reading, position } = this;
    if (position === reading.count) return false;
    if (frame.view !== reading.view) {
      frame.bytes = reading.bytes;
      frame.view = reading.view;
    }
    frame.start = position === 0 ? 0 : reading.ends[position - 1]!;
    frame.end = reading.ends[position]!;
    frame.seconds = reading.seconds[position]!;
    frame.nanoseconds = reading.nanoseconds[position]!;
    frame.wireLength = reading.wireLengths[position]!;
    this.position = position + 1;
    return true;
  }

  /** Lets what came since be read, and forgets what was; false when nothing came. */
  swap(): boolean {
    if (this.filling.count === 0) return false;
    const filled = this.filling;
    this.filling = this.reading;
    this.filling.count = 0;
    this.reading = filled;
    this.position = 0;
    return true;
  }
}
