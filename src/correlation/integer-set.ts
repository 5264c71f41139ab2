/** A set of 32-bit integers that only grows: for counting what is distinct among a million, where a Set would take seconds and a hundred megabytes. */
import { finish } from './hash.ts';

export class IntegerSet {
  /** Number of different integers added. */
  size = 0;
  /** Open addressing; 0 is an empty slot, and remembered apart. */
  #slots: Int32Array;
  #hasZero = false;

  /** @param most so many at most are expected; the set grows beyond */
  constructor(most = 0) {
    this.#slots = new Int32Array(Math.max(1 << 8, 2 << Math.ceil(Math.log2(most + 1))));
  }

  /** Adds a signed 32-bit integer. */
  add(value: number): void {
    if (value === 0) {
      if (!this.#hasZero) this.size++;
      this.#hasZero = true;
      return;
    }
    const slot = this.#slotOf(value);
    if (this.#slots[slot] === value) return;
    this.#slots[slot] = value;
    if (++this.size * 2 > this.#slots.length) this.#grow();
  }

  /** The slot that holds the value, or else the empty one for it. */
  #slotOf(value: number): number {
    const mask = this.#slots.length - 1;
    let slot = finish(value) & mask;
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== value) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (const value of old) if (value !== 0) this.#slots[this.#slotOf(value)] = value;
  }
}
