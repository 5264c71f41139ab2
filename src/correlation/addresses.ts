/**
 * IP addresses that facts are kept about, interned exactly to small integers: servers of flows, claimed and declared addresses.
 * Clients are not among them: spoofed sources must not fill it. Address 0 stands for all that no longer fitted.
 */
import { Doorkeeper } from './doorkeeper.ts';
import { type HashKey, hash4 } from './hash.ts';

/** Most addresses kept. Servers of flows may take the first half only: the rest is for what ARP, ND and VRRP say. */
export const MAX_ADDRESSES = 0x7fff;
/** From so many on, an address is admitted when it is heard of a second time. */
export const ADDRESSES_AT_ONCE = (MAX_ADDRESSES >> 2) * 3;

export class AddressTable {
  /** Number of addresses, address 0 included. */
  count = 1;
  /** Times that an address was not admitted. */
  overflowed = 0;
  readonly version: (4 | 6)[] = [4];
  /** Four words an address, IPv4 in the fourth. */
  readonly words: number[] = [0, 0, 0, 0];

  readonly #key: HashKey;
  #slots = new Int32Array(1 << 10);
  readonly #doorkeeper = new Doorkeeper();

  constructor(key: HashKey) {
    this.#key = key;
  }

  /** The number of an address already kept, or 0. */
  find(version: 4 | 6, w0: number, w1: number, w2: number, w3: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#hash(version, w0, w1, w2, w3) & mask;
    for (;;) {
      const id = slots[slot]!;
      if (id === 0 || this.#is(id, version, w0, w1, w2, w3)) return id;
      slot = (slot + 1) & mask;
    }
  }

  /**
   * The number of an address, admitted if there is room below `limit`; 0 when there is none, and for the unspecified address, which
   * is nobody's: also what a short capture leaves of the target of neighbour discovery.
   */
  intern(version: 4 | 6, w0: number, w1: number, w2: number, w3: number, limit: number = MAX_ADDRESSES): number {
    if ((w0 | w1 | w2 | w3) === 0) return 0;
    const known = this.find(version, w0, w1, w2, w3);
    if (known !== 0) return known;
    const isFull = this.count > limit || (this.count > ADDRESSES_AT_ONCE && !this.#doorkeeper.knows(this.#hash(version, w0, w1, w2, w3)));
    if (isFull) {
      this.overflowed++;
      return 0;
    }
    const id = this.count++;
    this.version.push(version);
    this.words.push(w0, w1, w2, w3);
    if (this.count * 2 > this.#slots.length) this.#grow();
    else this.#place(id);
    return id;
  }

  #is(id: number, version: 4 | 6, w0: number, w1: number, w2: number, w3: number): boolean {
    const words = this.words;
    const at = id * 4;
    return words[at + 3] === w3 && words[at] === w0 && words[at + 1] === w1 && words[at + 2] === w2 && this.version[id] === version;
  }

  #hash(version: 4 | 6, w0: number, w1: number, w2: number, w3: number): number {
    return hash4(w0, w1, w2, w3, this.#key) ^ version;
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    const at = id * 4;
    const w = this.words;
    let slot = this.#hash(this.version[id]!, w[at]!, w[at + 1]!, w[at + 2]!, w[at + 3]!) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let id = 1; id < this.count; id++) this.#place(id);
  }
}
