/**
 * Requests that wait for an answer, found by what an answer from a wrong address still has in common with them: the client's
 * address and port, and the TCP sequence number or the UDP service port. In sets of four; a new request takes the place of the oldest of
 * its set. (Direct-mapped, of 360 foreign requests between question and answer one in two hundred times one fell on the question.)
 */

import type { HotPath } from '../hot-path/hot-path.ts';
import { OPEN_FOUND } from '../hot-path/layout.ts';

export class OpenRequests {
  readonly #hot: HotPath;
  readonly #found: Int32Array;

  /** @param hot where they lie: see src/hot-path/assembly/open-requests.ts */
  constructor(hot: HotPath) {
    this.#hot = hot;
    this.#found = hot.words(OPEN_FOUND, 2);
  }

  /** Hashes of the flow that `find` found. */
  get first(): number {
    return this.#found[0]!;
  }

  get second(): number {
    return this.#found[1]!;
  }

  /**
   * Notes a request.
   * @param clientEnd hash of the client's address and port
   * @param number TCP sequence number, or what stands for the UDP service
   */
  put(clientEnd: number, number: number, first: number, second: number, ms: number): void {
    this.#hot.exports.putOpen(clientEnd, number, first, second, ms);
  }

  /** Whether such a request was made within `withinMs`; then `first` and `second` name its flow. */
  find(clientEnd: number, number: number, ms: number, withinMs: number): boolean {
    return this.#hot.exports.findOpen(clientEnd, number, ms, withinMs) !== 0;
  }
}
