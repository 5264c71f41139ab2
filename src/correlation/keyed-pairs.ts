/**
 * Pairs of numbers, such as a MAC and that of an address, numbered from 1 as they come. Others choose them, so they are found by a hash
 * under the key of the run: V8 hashes the numbers of a Map without one, and anybody can send a thousand that it would search one by one.
 */
import { withRoom } from './columns.ts';
import { type HashKey, hash4 } from './hash.ts';

export class KeyedPairs {
  /** Pairs so far: they are numbered from 1 to this. */
  count = 0;
  /** First number of each pair, 0 to 2^48 - 1. */
  first = new Float64Array(16);
  /** Second number, an integer of 32 bits. */
  second = new Int32Array(16);
  readonly #key: HashKey;
  #slots = new Int32Array(32);

  constructor(key: HashKey) {
    this.#key = key;
  }

  /** The number of a pair; 0 when it is not known. */
  find(first: number, second: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = this.hash(first, second) & mask; ; slot = (slot + 1) & mask) {
      const pair = slots[slot]!;
      if (pair === 0 || (this.first[pair] === first && this.second[pair] === second)) return pair;
    }
  }

  /** Adds a pair that is not known yet, and gives its number. */
  add(first: number, second: number): number {
    const pair = ++this.count;
    this.first = withRoom(this.first, pair + 1);
    this.second = withRoom(this.second, pair + 1);
    this.first[pair] = first;
    this.second[pair] = second;
    if (this.count * 2 > this.#slots.length) this.#grow();
    else this.#place(pair);
    return pair;
  }

  /** The hash that a pair is found by. */
  hash(first: number, second: number): number {
    return hash4(first % 0x1_0000_0000, Math.floor(first / 0x1_0000_0000), second, 0, this.#key);
  }

  #place(pair: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.hash(this.first[pair]!, this.second[pair]!) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = pair;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let pair = 1; pair <= this.count; pair++) this.#place(pair);
  }
}
