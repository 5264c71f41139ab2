/** Hashes of a 5-tuple, the same in either direction, and of its two ends. */

import type { HotPath } from '../hot-path/hot-path.ts';
import { HASHES } from '../hot-path/layout.ts';
import { type HashKey, hash4 } from './hash.ts';

export class FlowHashes {
  readonly #hot: HotPath;
  readonly #hashes: Int32Array;

  /** @param hot makes them, under its key */
  constructor(hot: HotPath) {
    this.#hot = hot;
    this.#hashes = hot.words(HASHES, 4);
  }

  /** First hash of the flow; never 0. */
  get first(): number {
    return this.#hashes[0]!;
  }

  /**
   * Second hash. It is made of the addresses anew: two ends that share the first hash must not share this one, or a flood of sources
   * would find flows that are not its own.
   */
  get second(): number {
    return this.#hashes[1]!;
  }

  /** Hash of the source's address and port. */
  get source(): number {
    return this.#hashes[2]!;
  }

  /** Hash of the destination's address and port. */
  get destination(): number {
    return this.#hashes[3]!;
  }

  /** Sets the hashes to those of a packet; addresses are 32-bit integers, of IPv6 folded ones. */
  of(sourceIp: number, sourcePort: number, destinationIp: number, destinationPort: number, protocol: number): void {
    this.#hot.exports.hashFlow(sourceIp, sourcePort, destinationIp, destinationPort, protocol);
  }
}

/** An IPv6 address as a 32-bit fingerprint. */
export function foldIp6(w0: number, w1: number, w2: number, w3: number, key: HashKey): number {
  return hash4(w0, w1, w2, w3, key);
}
