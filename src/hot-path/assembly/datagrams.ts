/**
 * Has this very datagram passed already, and where? A direct-mapped table of signatures: the newest datagram of a slot wins, which
 * is right for copies that follow within a millisecond.
 */
import {
  DATAGRAM_BYTES,
  DATAGRAM_ROWS,
  DATAGRAMS,
  ONCE,
  SEEN_ECHO,
  SEEN_ECHO_AGAIN,
  SEEN_ELSEWHERE,
  SEEN_FIRST,
  SEEN_LOOP,
  THRICE,
  TWICE,
} from '../layout';
import { finish } from './hash';

/** The same datagram later than this is a retransmission that looks alike, not a copy. */
const COPY_WITHIN_MS = 100;

/** Where a datagram is noted: by other bits than its signature has, so that together they are long enough for a flood of datagrams. */
export function datagramRow(second: i32, sequence: i32, checksum: i32, ipId: i32, flags: i32): usize {
  const place = second ^ (<u32>((sequence ^ checksum ^ ipId) * 0x9e3779b1) >>> 12) ^ flags;
  return DATAGRAMS + (place & (DATAGRAM_ROWS - 1)) * DATAGRAM_BYTES;
}

/**
 * Notes and counts a datagram, and says whether it was here before. `first` and `second` are the hashes of its flow, the next seven what a
 * director must not change: all but MACs, TTL and IP checksum. `ms` wraps at 2^32.
 */
export function seeDatagram(
  first: i32,
  second: i32,
  toward: bool,
  sequence: i32,
  acknowledgment: i32,
  flags: i32,
  ipLength: i32,
  ipId: i32,
  checksum: i32,
  edge: i32,
  ttl: i32,
  ms: i32,
): i32 {
  const signature = finish(
    ((first ^ sequence) * 0x9e3779b1) ^
      ((acknowledgment ^ flags ^ (toward ? 0x5bd1e995 : 0)) * 0x85ebca77) ^
      ((ipLength ^ (ipId << 16)) * 0xc2b2ae3d) ^
      (checksum * 0x27d4eb2f),
  );
  const sighting = sight(datagramRow(second, sequence, checksum, ipId, flags), signature, edge, ttl, ms);
  countSighting(edge, sighting);
  return sighting;
}

function sight(row: usize, signature: i32, edge: i32, ttl: i32, ms: i32): i32 {
  const old = load<i32>(row, 4);
  const age = ms - load<i32>(row, 8);
  if (load<i32>(row) !== signature || old === 0 || age > COPY_WITHIN_MS || age < -COPY_WITHIN_MS) {
    store<i32>(row, signature);
    store<i32>(row, edge | (ttl << 16), 4);
    store<i32>(row, ms, 8);
    store<i32>(row, edge, 12);
    return SEEN_FIRST;
  }
  store<i32>(row, ms, 8);
  const lowest = (old >>> 16) & 0xff;
  if ((old & 0xffff) === edge && ttl >= lowest) {
    const echoes = old >>> 24;
    store<i32>(row, edge | (lowest << 16) | (min(echoes + 1, 255) << 24), 4);
    return echoes === 0 ? SEEN_ECHO : SEEN_ECHO_AGAIN;
  }
  const hops = load<i32>(row, 12);
  store<i32>(row, edge | (min(ttl, lowest) << 16), 4);
  if (ttl < lowest && ((hops & 0xffff) === edge || hops >>> 16 === edge)) return SEEN_LOOP;
  if (hops >>> 16 === 0) store<i32>(row, hops | (edge << 16), 12);
  return SEEN_ELSEWHERE;
}

export function countSighting(edge: i32, sighting: i32): void {
  const counts: usize = (sighting === SEEN_ECHO ? TWICE : sighting === SEEN_ECHO_AGAIN ? THRICE : ONCE) + (edge << 3);
  store<f64>(counts, load<f64>(counts) + 1);
}
