/** Numbers that an attacker chooses so that a hash table without a key puts all of them into one place. */

const bits = new DataView(new ArrayBuffer(8));
const WORD = (1n << 64n) - 1n;

/** V8's hash of a number in a Map (ComputeUnseededHash and ComputeLongHash in its src/utils/utils.h). */
export function hashInMap(value: number): number {
  if (value < 0x8000_0000) return hashOfInteger(value);
  bits.setFloat64(0, value);
  let hash = bits.getBigUint64(0);
  hash = (~hash + (hash << 18n)) & WORD;
  hash ^= hash >> 31n;
  hash = (hash * 21n) & WORD;
  hash ^= hash >> 11n;
  hash = (hash + (hash << 6n)) & WORD;
  hash ^= hash >> 22n;
  return Number(hash & 0x3fff_ffffn);
}

function hashOfInteger(value: number): number {
  let hash = (~value + (value << 15)) | 0;
  hash ^= hash >>> 12;
  hash = (hash + (hash << 2)) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  hash ^= hash >>> 16;
  return hash & 0x3fff_ffff;
}

/** Buckets of a Map that has room for so many entries: two entries a bucket. */
export function bucketsFor(entries: number): number {
  return 2 ** Math.ceil(Math.log2(entries)) / 2;
}

/** Up to 65,000 MACs that share a bucket in a Map of as many entries. */
export function collidingMacs(count: number): number[] {
  const mask = bucketsFor(count) - 1;
  const macs: number[] = [];
  // Those below 2^31 are enough, and soon found.
  for (let mac = 1; macs.length < count && mac < 0x7fff_ffff; mac++) if ((hashOfInteger(mac) & mask) === 0) macs.push(mac);
  return macs;
}

/** So many slots, one after the other, are all that the hashes of colliding clients choose, in a table of up to 2^20. */
const CROWDED_SLOTS = 1024;

/** Up to four million IPv4 addresses that MurmurHash3's finalizer, a hash without a key, puts into these slots. */
export function collidingClients(count: number): number[] {
  return Array.from({ length: count }, (_, i) => unfinished((Math.floor(i / CROWDED_SLOTS) << 20) | (i % CROWDED_SLOTS)));
}

/** What the finalizer makes this hash of (src/correlation/hash.ts): each step turned round, with the inverses of its factors. */
function unfinished(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x7ed1b41d);
  hash = Math.imul(hash ^ (hash >>> 13) ^ (hash >>> 26), 0xa5cb9243);
  return (hash ^ (hash >>> 16)) >>> 0;
}
