/**
 * Keyed mixing of 32-bit integers. The key differs from run to run, so that nobody can send frames that all fall into one slot;
 * without overflow no result depends on it.
 */

/** Four 32-bit words of key. */
export type HashKey = readonly [number, number, number, number];

/**
 * A key that nobody can foresee: no number of this generator is ever shown, and its seed is the system's random number, as that of V8's
 * own hash tables. (To load `crypto` takes longer than a thousand frames.)
 */
export function randomHashKey(): HashKey {
  const word = () => (Math.random() * 2 ** 32) | 0;
  return [word(), word(), word(), word()];
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
 * A keyed hash of four words, for tables that others fill: whatever two inputs somebody prepares, they share it under one key in some
 * 2^32. Sums and XORs of products of 32 bits do not hold that: what differs in the highest bits alone is the same under every key. (NH of
 * UMAC: Black, Halevi, Krawczyk, Krovetz, Rogaway, 1999. Its products have 64 bits, and the upper ones are what a double holds of them.)
 */
export function hash4(a: number, b: number, c: number, d: number, key: HashKey): number {
  const p = (a + key[0]) | 0;
  const q = (b + key[1]) | 0;
  const r = (c + key[2]) | 0;
  const s = (d + key[3]) | 0;
  const low = Math.imul(p, q) + Math.imul(r, s);
  const high = ((p >>> 0) * (q >>> 0) + (r >>> 0) * (s >>> 0)) * 2 ** -32;
  return finish(low ^ Math.imul(high, 0x9e3779b1));
}
