/**
 * Who may still come in when a table is getting full: whoever is seen a second time. A flood of random addresses shows each of them once
 * and stays outside; a machine that is really there talks on. (The doorkeeper of TinyLFU: Einziger, Friedman, Manes, 2017.)
 */

const SLOTS = 1 << 15;

export class Doorkeeper {
  /** Direct-mapped: the newest fingerprint of a slot wins. */
  readonly #seen = new Int32Array(SLOTS);

  /** Whether this was seen shortly before. @param fingerprint a keyed 32-bit hash of it */
  knows(fingerprint: number): boolean {
    const slot = (fingerprint ^ (fingerprint >>> 16)) & (SLOTS - 1);
    // 0 is an empty slot.
    const tag = fingerprint || 1;
    if (this.#seen[slot] === tag) return true;
    this.#seen[slot] = tag;
    return false;
  }
}
