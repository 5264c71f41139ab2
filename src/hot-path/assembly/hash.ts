/** Finalizer: every input bit reaches every output bit (constants of Appleby's MurmurHash3, public domain). */
export function finish(h: i32): i32 {
  h = (h ^ (h >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}
