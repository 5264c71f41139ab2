/** Edges that were met lately, by the MACs as they stand in the frame and the VLAN. */
import { RECENT, RECENT_SET_BYTES, RECENT_SETS } from '../layout';

function setOf(mac0: i32, mac1: i32, mac2: i32): usize {
  const h: u32 = ((mac0 ^ mac2) * 0x9e3779b1) ^ (mac1 * 0x85ebca77);
  return RECENT + ((h >>> 20) & (RECENT_SETS - 1)) * RECENT_SET_BYTES;
}

function isAt(row: usize, mac0: i32, mac1: i32, mac2: i32, tag: i32): bool {
  return load<i32>(row) === mac0 && load<i32>(row, 4) === mac1 && load<i32>(row, 8) === mac2 && load<u16>(row, 14) === tag;
}

/** The edge of a frame; 0 when it was not met lately. Words as in the frame; `tag` is the VLAN id + 1, 0 for none. */
export function edgeOf(mac0: i32, mac1: i32, mac2: i32, tag: i32): i32 {
  const row = setOf(mac0, mac1, mac2);
  if (isAt(row, mac0, mac1, mac2, tag)) return load<u16>(row, 12);
  return isAt(row + 16, mac0, mac1, mac2, tag) ? load<u16>(row, 28) : 0;
}

/** The same for words as numbers. */
export function recentEdge(mac0: i32, mac1: i32, mac2: i32, tag: i32): i32 {
  return edgeOf(bswap(mac0), bswap(mac1), bswap(mac2), tag);
}

/** Notes that an edge was met: it takes the first row of its set, and what was there the second one. */
export function meetEdge(mac0: i32, mac1: i32, mac2: i32, tag: i32, edge: i32): void {
  mac0 = bswap(mac0);
  mac1 = bswap(mac1);
  mac2 = bswap(mac2);
  const row = setOf(mac0, mac1, mac2);
  store<i64>(row, load<i64>(row), 16);
  store<i64>(row, load<i64>(row, 8), 24);
  store<i32>(row, mac0);
  store<i32>(row, mac1, 4);
  store<i32>(row, mac2, 8);
  store<i32>(row, edge | (tag << 16), 12);
}
