/** A number that stands for all that was added, to compare two long accounts by. */
export class Digest {
  #sum = 0x811c9dc5;

  add(...values: readonly number[]): void {
    for (const value of values) {
      this.#sum = Math.imul(this.#sum ^ value, 0x0100_0193);
      this.#sum = Math.imul(this.#sum ^ Math.floor(value / 0x1_0000_0000), 0x0100_0193);
    }
  }

  addBytes(bytes: Uint8Array, start: number, end: number): void {
    let sum = this.#sum;
    for (let at = start; at < end; at++) sum = Math.imul(sum ^ bytes[at]!, 0x0100_0193);
    this.#sum = sum;
  }

  get value(): number {
    return this.#sum >>> 0;
  }
}
