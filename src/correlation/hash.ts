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

/**
 * Another number from 0 to 2^48 - 1 in the place of this one, each for one, as the key says: for keys of a Map that others choose. V8
 * hashes the integers of a Map without a key of its own, so that anybody can send a thousand MACs which it would search one by one.
 */
export function disguised48(value: number, key: HashKey): number {
  let high = Math.floor(value / 0x100_0000);
  let low = value % 0x100_0000;
  high ^= finish(low ^ key[0]) >>> 8;
  low ^= finish(high ^ key[1]) >>> 8;
  high ^= finish(low ^ key[2]) >>> 8;
  low ^= finish(high ^ key[3]) >>> 8;
  return high * 0x100_0000 + low;
}
