/**
 * Keyed mixing of 32-bit integers. The key differs from run to run, so that nobody can send frames that all fall into one slot;
 * without overflow no result depends on it.
 */

/** Four 32-bit words of key. */
export type HashKey = readonly [number, number, number, number];

/** A key that nobody can foresee. */
export function randomHashKey(): HashKey {
  const words = crypto.getRandomValues(new Int32Array(4));
  return [words[0]!, words[1]!, words[2]!, words[3]!];
}

/** Finalizer: every input bit reaches every output bit (constants of Appleby's MurmurHash3, public domain). */
export function finish(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
