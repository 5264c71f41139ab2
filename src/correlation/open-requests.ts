/**
 * Requests that wait for an answer, found by what an answer from a wrong address still has in common with them: the client's
 * address and port, and the TCP sequence number or the UDP service port. In sets of four; a new request takes the place of the oldest of
 * its set. (Direct-mapped, of 360 foreign requests between question and answer one in two hundred times one fell on the question.)
 */

import { finish } from './hash.ts';

/** Rows of a set: with their four words each they fill a cache line. */
const WAYS = 4;
const SETS = 1 << 14;
const WORDS = 4;

export class OpenRequests {
  /** Rows of four words: key hash (0 empty), first and second hash of the flow, ms. Their set is chosen by another hash of what the key is made of. */
  readonly #rows = new Int32Array(SETS * WAYS * WORDS);
  /** Hashes of the flow that `find` found. */
  first = 0;
  second = 0;

  /** Empties the table, for facts that begin in the memory of others. */
  cleared(): this {
    this.#rows.fill(0);
    return this;
  }

  /**
   * Notes a request.
   * @param clientEnd hash of the client's address and port
   * @param number TCP sequence number, or what stands for the UDP service
   */
  put(clientEnd: number, number: number, first: number, second: number, ms: number): void {
    const rows = this.#rows;
    const key = keyOf(clientEnd, number);
    const start = setOf(clientEnd, number);
    let at = start;
    for (let row = start; row < start + WAYS * WORDS; row += WORDS) {
      if (rows[row] === key || rows[row] === 0) {
        at = row;
        break;
      }
      if (((rows[row + 3]! - rows[at + 3]!) | 0) < 0) at = row;
    }
    rows[at] = key;
    rows[at + 1] = first;
    rows[at + 2] = second;
    rows[at + 3] = ms;
  }

  /** Any word of the set of such a request: reading it brings the set near. */
  peek(clientEnd: number, number: number): number {
    return this.#rows[setOf(clientEnd, number)]!;
  }

  /** Whether such a request was made within `withinMs`; then `first` and `second` name its flow. */
  find(clientEnd: number, number: number, ms: number, withinMs: number): boolean {
    const rows = this.#rows;
    const key = keyOf(clientEnd, number);
    const start = setOf(clientEnd, number);
    for (let row = start; row < start + WAYS * WORDS; row += WORDS) {
      if (rows[row] !== key) continue;
      const age = (ms - rows[row + 3]!) | 0;
      if (age < 0 || age > withinMs) return false;
      this.first = rows[row + 1]!;
      this.second = rows[row + 2]!;
      return true;
    }
    return false;
  }
}

/** Never 0, which is an empty row. */
function keyOf(clientEnd: number, number: number): number {
  return finish(clientEnd ^ Math.imul(number, 0x9e3779b1)) || 1;
}

/** The first row of its set, by another hash than the key's: only together are they long enough for a flood of requests. */
function setOf(clientEnd: number, number: number): number {
  const h = Math.imul(clientEnd, 0x2c1b3c6d) + Math.imul(number ^ (clientEnd >>> 7), 0x297a2d39);
  return ((h ^ (h >>> 16)) & (SETS - 1)) * (WAYS * WORDS);
}
