/** Hashes of a 5-tuple, the same in either direction, and of its two ends. */
import { type HashKey, hash4 } from './hash.ts';

export class FlowHashes {
  /** First hash of the flow; never 0. */
  first = 0;
  /**
   * Second hash. It is made of the addresses anew: two ends that share the first hash must not share this one, or a flood of sources
   * would find flows that are not its own.
   */
  second = 0;
  /** Hash of the source's address and port. */
  source = 0;
  /** Hash of the destination's address and port. */
  destination = 0;
  readonly #key: HashKey;

  constructor(key: HashKey) {
    this.#key = key;
  }

  /** Sets the hashes to those of a packet; addresses are 32-bit integers, of IPv6 folded ones. */
  of(sourceIp: number, sourcePort: number, destinationIp: number, destinationPort: number, protocol: number): void {
    const key = this.#key;
    const source = endHash(sourceIp, sourcePort, key);
    const destination = endHash(destinationIp, destinationPort, key);
    this.source = source;
    this.destination = destination;
    const sum = (source + destination + protocol) | 0;
    const mixed = Math.imul(sum ^ (sum >>> 16), 0x7feb352d);
    this.first = mixed ^ (mixed >>> 15) || 1;
    const both = secondEndHash(sourceIp, sourcePort, key) + secondEndHash(destinationIp, destinationPort, key);
    this.second = both ^ (both >>> 16);
  }
}

/** An IPv6 address as a 32-bit fingerprint. */
export function foldIp6(w0: number, w1: number, w2: number, w3: number, key: HashKey): number {
  return hash4(w0, w1, w2, w3, key);
}

function endHash(ip: number, port: number, key: HashKey): number {
  let h = Math.imul(ip ^ key[0], 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ Math.imul(port ^ key[1], 0x27d4eb2f), 0x85ebca77);
  return h ^ (h >>> 13);
}

function secondEndHash(ip: number, port: number, key: HashKey): number {
  let h = Math.imul(ip + key[2], 0x2c1b3c6d) ^ Math.imul(port + key[3], 0x297a2d39);
  h = Math.imul(h ^ (h >>> 12), 0x165667b1);
  return h ^ (h >>> 15);
}
