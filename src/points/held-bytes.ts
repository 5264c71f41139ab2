/** Bytes of frames that wait, first in first out, in one buffer: nothing is allocated for a frame. */

const FIRST_BYTES = 1 << 16;
/** More is not held: a quarter of a second of a saturated gigabit link. */
const MAX_BYTES = 1 << 25;

export class HeldBytes {
  bytes = new Uint8Array(FIRST_BYTES);
  /** Over exactly the same memory as `bytes`. */
  view = new DataView(this.bytes.buffer);
  /** Bytes ever given back, and ever added: what waits lies between them. */
  #dropped = 0;
  #added = 0;
  /** Which of all bytes ever added lies at offset 0. */
  #origin = 0;

  /** Whether no more should be added for now. */
  get isFull(): boolean {
    return this.#added - this.#dropped >= MAX_BYTES;
  }

  /** Keeps bytes, and gives what `offsetOf` finds them by. */
  add(from: Uint8Array, start: number, length: number): number {
    if (this.#added - this.#origin + length > this.bytes.length) this.#makeRoom(length);
    this.bytes.set(from.subarray(start, start + length), this.#added - this.#origin);
    const place = this.#added;
    this.#added += length;
    return place;
  }

  /** Where bytes lie now; until the next `add`. */
  offsetOf(place: number): number {
    return place - this.#origin;
  }

  /** Gives back the oldest bytes. */
  drop(length: number): void {
    this.#dropped += length;
  }

  #makeRoom(length: number): void {
    const waiting = this.bytes.subarray(this.#dropped - this.#origin, this.#added - this.#origin);
    if ((waiting.length + length) * 2 <= this.bytes.length)
      this.bytes.copyWithin(0, this.#dropped - this.#origin, this.#added - this.#origin);
    else {
      const grown = new Uint8Array((waiting.length + length) * 4);
      grown.set(waiting);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    this.#origin = this.#dropped;
  }
}
