/**
 * Is a full-size TCP segment being sent again and again? A small table by flow, direction and sequence number; what looks different
 * each time (identification, timestamps) is left out.
 */

import { LARGE, LARGE_SET_BYTES, LARGE_SETS } from '../layout';
import { key0, key1, key2 } from './key';

/** Longest pause between two sendings of a segment that is still being tried. */
const REPEATED_WITHIN_MS = 10_000;
/** Sooner than this it is a copy of the same packet, not the sender trying again. */
const AGAIN_AFTER_MS = 150;
/** Three times the same segment, with growing pauses, is no chance loss. */
const STALLED_AT = 3;

/**
 * Notes a full-size segment; true at its third sending on the same edge. It is known by its ends, in their order, its sequence number and its
 * length. Of IPv6 addresses the last word; `ports` is source port << 16 | destination port.
 */
export function seeLarge(source: i32, destination: i32, ports: i32, sequence: i32, payloadLength: i32, edge: i32, ms: i32): bool {
  const ends = (source ^ key0) * 0x2c1b3c6d + (destination ^ key1) * 0x297a2d39 + (ports ^ key2) * 0x165667b1;
  const mixed = ((ends ^ (ends >>> 15) ^ sequence) * 0x9e3779b1) ^ payloadLength;
  const signature = mixed ^ (mixed >>> 15);
  const set: usize = LARGE + (signature & (LARGE_SETS - 1)) * LARGE_SET_BYTES;
  const end = set + LARGE_SET_BYTES;
  let victim: usize = 0;
  for (let row = set; row < end; row += 16) {
    const times = load<i32>(row, 12);
    if (times === 0) {
      // Rows of a set are taken in order and never given back: the rest is empty too.
      victim = row;
      break;
    }
    const age = ms - load<i32>(row, 8);
    if (load<i32>(row) === signature && load<i32>(row, 4) === edge) {
      if (age < AGAIN_AFTER_MS) return false;
      store<i32>(row, ms, 8);
      store<i32>(row, times + 1, 12);
      return times + 1 === STALLED_AT;
    }
    // A segment that is still being repeated is worth more than a new one.
    if (times > 1 && age < REPEATED_WITHIN_MS) continue;
    if (victim === 0 || load<i32>(row, 8) < load<i32>(victim, 8)) victim = row;
  }
  if (victim === 0) return false;
  store<i32>(victim, signature);
  store<i32>(victim, edge, 4);
  store<i32>(victim, ms, 8);
  store<i32>(victim, 1, 12);
  return false;
}
