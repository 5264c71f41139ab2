/**
 * Who may still come in when a table is getting full: whoever is seen a second time. A flood of random addresses shows each of them once
 * and stays outside; a machine that is really there talks on. (The doorkeeper of TinyLFU: Einziger, Friedman, Manes, 2017.)
 */

const SLOTS = 1 << 15;

export class Doorkeeper {
  /** Direct-mapped: the newest fingerprint of a slot wins. Made when the first one comes: nearly no table ever gets full. */
  #seen: Int32Array | null = null;

  /** Whether this was seen shortly before. @param fingerprint a keyed 32-bit hash of it */
  knows(fingerprint: number): boolean {
    const slot = (fingerprint ^ (fingerprint >>> 16)) & (SLOTS - 1);
    // 0 is an empty slot.
    const tag = fingerprint || 1;
    this.#seen ??= new Int32Array(SLOTS);
    if (this.#seen[slot] === tag) return true;
    this.#seen[slot] = tag;
    return false;
  }
}
