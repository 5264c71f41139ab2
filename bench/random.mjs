/** Numbers that look random and are the same for the same seed: xorshift32 (Marsaglia 2003), started from a mixed seed. */
export class Random {
  #x;

  /** @param {number} seed an integer */
  constructor(seed) {
    this.#x = mix(seed) || 1;
  }

  /** The next integer, 1 to 2^32 - 1. */
  next() {
    let x = this.#x;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#x = x;
    return x >>> 0;
  }
}

/** Mixes an integer so that neighbours lie far apart; one to one over 32 bits (the finisher of MurmurHash3). */
export function mix(value) {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
