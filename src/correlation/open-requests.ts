/**
 * Requests that wait for an answer, found by what an answer from a wrong address still has in common with them: the client's
 * address and port, and the TCP sequence number or the UDP service port. Direct-mapped, the newest request of a slot wins.
 */

const ROWS = 1 << 16;

export class OpenRequests {
  /** Rows of four words: key hash (0 empty), first and second hash of the flow, ms. */
  readonly #rows = new Int32Array(ROWS * 4);
  /** Hashes of the flow that `find` found. */
  first = 0;
  second = 0;

  put(key: number, first: number, second: number, ms: number): void {
    const at = (key & (ROWS - 1)) << 2;
    this.#rows[at] = key;
    this.#rows[at + 1] = first;
    this.#rows[at + 2] = second;
    this.#rows[at + 3] = ms;
  }

  /** Whether a request with this key was made within `withinMs`; then `first` and `second` name its flow. */
  find(key: number, ms: number, withinMs: number): boolean {
    const at = (key & (ROWS - 1)) << 2;
    const age = (ms - this.#rows[at + 3]!) | 0;
    if (key === 0 || this.#rows[at] !== key || age < 0 || age > withinMs) return false;
    this.first = this.#rows[at + 1]!;
    this.second = this.#rows[at + 2]!;
    return true;
  }
}
