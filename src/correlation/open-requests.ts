/**
 * Requests that wait for an answer, found by what an answer from a wrong address still has in common with them: the client's
 * address and port, and the TCP sequence number or the UDP service port. Direct-mapped, the newest request of a slot wins.
 */

import { finish } from './hash.ts';

const ROWS = 1 << 16;

export class OpenRequests {
  /** Rows of four words, chosen by `place`, another hash of what the key is made of: key hash (0 empty), first and second hash of the flow, ms. */
  readonly #rows = new Int32Array(ROWS * 4);
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
    const at = placeOf(clientEnd, number);
    this.#rows[at] = keyOf(clientEnd, number);
    this.#rows[at + 1] = first;
    this.#rows[at + 2] = second;
    this.#rows[at + 3] = ms;
  }

  /** Whether such a request was made within `withinMs`; then `first` and `second` name its flow. */
  find(clientEnd: number, number: number, ms: number, withinMs: number): boolean {
    const at = placeOf(clientEnd, number);
    if (this.#rows[at] !== keyOf(clientEnd, number)) return false;
    const age = (ms - this.#rows[at + 3]!) | 0;
    if (age < 0 || age > withinMs) return false;
    this.first = this.#rows[at + 1]!;
    this.second = this.#rows[at + 2]!;
    return true;
  }
}

/** Never 0, which is an empty row. */
function keyOf(clientEnd: number, number: number): number {
  return finish(clientEnd ^ Math.imul(number, 0x9e3779b1)) || 1;
}

/** The row, by another hash than the key's: only together are they long enough for a flood of requests. */
function placeOf(clientEnd: number, number: number): number {
  const h = Math.imul(clientEnd, 0x2c1b3c6d) + Math.imul(number ^ (clientEnd >>> 7), 0x297a2d39);
  return ((h ^ (h >>> 16)) & (ROWS - 1)) << 2;
}
