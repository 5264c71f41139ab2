/** Passes over records of captures as long as their frames are known. The readers of src/capture read all others, and say what is wrong with them. */

import { ANSWER, BASE_NANOSECONDS, BASE_SECONDS, CLOCK, FRAME_NUMBER, KNOWN, MAX_FRAME_BYTES, PCAP } from '../layout';
import { due, fetchAhead, fetchNothing } from './fetch-ahead';
import { known } from './segments';

/** What `known` said last; KNOWN when there was no further record that can be skimmed. */
let answer: i32 = KNOWN;

/**
 * Skims records from `at`, as far as `limit`. Gives the offset of the first one that was not taken, for whatever reason; after one with an
 * event it is given at once. FRAME_NUMBER is that of the last frame taken, ANSWER what was said last. See FrameSkimmer in src/capture/frame.ts.
 */
export function skim(format: i32, at: usize, limit: usize, fractions: u32, point: i32, detail: i32): usize {
  answer = KNOWN;
  // Memory that is read into again may end where it did before.
  if (limit !== piece || at < reached) {
    piece = limit;
    fetchNothing();
  }
  const end = format === PCAP ? skimPcap(at, limit, fractions, point, detail) : skimPcapng(at, limit, fractions, point, detail);
  store<f64>(ANSWER, answer);
  reached = end;
  return end;
}

/** Where skimming ended last, and the end of what was read then. */
let reached: usize = 0;
let piece: usize = 0;

/** Records of pcap. */
function skimPcap(at: usize, limit: usize, fractions: u32, point: i32, headerBytes: i32): usize {
  const nanoseconds: f64 = 1e9 / <f64>fractions;
  while (answer === KNOWN && at + headerBytes <= limit) {
    const start = at + headerBytes;
    const captured = load<u32>(at, 8);
    const fraction = load<u32>(at, 4);
    if (captured > <u32>MAX_FRAME_BYTES || start + captured > limit || fraction >= fractions) break;
    if (!take(start, captured, load<u32>(at, 12), point, <f64>load<u32>(at), <f64>fraction * nanoseconds)) break;
    at = start + captured;
    if (at >= due) fetchAhead(at, limit, headerBytes, 8, headerBytes);
  }
  return at;
}

const ENHANCED_PACKET = 6;
const BLOCK_BYTES: u32 = 32;
/** 9999-12-31, the last day that four digits of a year can tell: what is later is for the interface's own clock. */
const LAST_SECOND: u64 = 253_402_300_799;

/** Enhanced packet blocks of one interface of pcapng, whose time stamps count fractions since 1970. */
function skimPcapng(at: usize, limit: usize, fractions: u32, point: i32, from: i32): usize {
  const nanoseconds: f64 = 1e9 / <f64>fractions;
  /** The second at hand and the fraction that it begins with: a division takes as long as all else of the time. */
  let second: u64 = 0;
  let first: u64 = 0;
  while (answer === KNOWN && at + BLOCK_BYTES <= limit) {
    const total = load<u32>(at, 4);
    if (load<u32>(at) !== ENHANCED_PACKET || load<i32>(at, 8) !== from) break;
    if (total < BLOCK_BYTES || (total & 3) !== 0 || total > <u32>(limit - at) || load<u32>(at + total - 4) !== total) break;
    const captured = load<u32>(at, 20);
    const time = ((<u64>load<u32>(at, 12)) << 32) | <u64>load<u32>(at, 16);
    if (time - first >= <u64>fractions) {
      second = time / <u64>fractions;
      first = second * <u64>fractions;
    }
    if (captured > total - BLOCK_BYTES || captured > <u32>MAX_FRAME_BYTES || second > LAST_SECOND) break;
    if (!take(at + 28, captured, load<u32>(at, 24), point, <f64>second, <f64>(time - first) * nanoseconds)) break;
    at += total;
    if (at >= due) fetchAhead(at, limit, 28, 4, 0);
  }
  return at;
}

/** Makes a frame the one at hand and adds it; false when it is not known. */
function take(start: usize, captured: u32, wireLength: u32, point: i32, seconds: f64, nanoseconds: f64): bool {
  store<f64>(CLOCK, (seconds - load<f64>(BASE_SECONDS)) * 1e9 + (nanoseconds - load<f64>(BASE_NANOSECONDS)));
  const number = load<f64>(FRAME_NUMBER);
  store<f64>(FRAME_NUMBER, number + 1);
  answer = known(start, captured, wireLength, point);
  if (answer === 0) store<f64>(FRAME_NUMBER, number);
  return answer !== 0;
}
