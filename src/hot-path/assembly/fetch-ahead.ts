/**
 * Fetches what frames will be looked for in before their turn comes: most of the time goes by waiting for memory, and the processor waits for
 * many places at once as long as nothing else stands between the reads.
 *
 * So this is done for some frames at a time, in three steps: where each is to be looked for, all the places, and what these places tell of.
 * What is read here is only near then. It says nothing: records and frames may turn out to be broken.
 */
import { AHEAD, AHEAD_BYTES, AHEAD_FRAMES, COLD, FLOWS, HASHES, HEADERS_BYTES, INSTEAD_OF, MAX_FRAME_BYTES, NEAR } from '../layout';
import { datagramRow } from './datagrams';
import { hashFlow } from './flow-hashes';
import { flowSet, placeFor } from './flows';
import { hopSet } from './known-hops';
import { openSet } from './open-requests';
import { checksumOf, destinationOf, FIN, flagsOf, ipIdOf, isSample, portsOf, SYN, sequenceOf, sourceOf, VLAN_BYTES, VLAN_TAG } from './tcp';

/** What lies this far in follows a place in the next cache line. */
const LINE = 64;
const LAST: usize = AHEAD + AHEAD_FRAMES * AHEAD_BYTES;

/**
 * Begins with the record whose header lies at `record`. Its frame begins at `frameAt`, and the next record as many bytes after it as it says at
 * `lengthAt`, and `more`. What lies past `limit` is not read. Gives the first record that nothing was fetched for.
 */
export function fetchAhead(record: usize, limit: usize, frameAt: i32, lengthAt: i32, more: i32): usize {
  let end: usize = AHEAD;
  while (end < LAST && record + frameAt + HEADERS_BYTES <= limit) {
    locate(end, record + frameAt);
    end += AHEAD_BYTES;
    record += min<u32>(load<u32>(record + lengthAt), 2 * MAX_FRAME_BYTES) + more;
  }
  readPlaces(end);
  readRows(end);
  return record;
}

/** Writes to a row where the frame at `start` will be looked for: four places, and the hashes of a flow that it may begin, else 0. */
function locate(row: usize, start: usize): void {
  const at = load<u16>(start, 12) === VLAN_TAG ? start + VLAN_BYTES : start;
  const flags = flagsOf(at);
  const isNoted = (flags & (SYN | FIN)) !== 0 || isSample(at);
  let datagram: usize = 0;
  if (isNoted) {
    const ports = portsOf(at);
    hashFlow(sourceOf(at), ports >>> 16, destinationOf(at), ports & 0xffff, 6);
    datagram = datagramRow(load<i32>(HASHES, 4), sequenceOf(at), checksumOf(at), ipIdOf(at), flags);
  }
  if (flags === SYN) {
    const second = load<i32>(HASHES, 4);
    const set = flowSet(second);
    store<usize>(row, set);
    store<usize>(row, set + LINE, 4);
    store<usize>(row, openSet(load<i32>(HASHES, 8), sequenceOf(at)), 8);
    store<usize>(row, datagram, 12);
    store<i32>(row, load<i32>(HASHES), 16);
    store<i32>(row, second, 20);
    return;
  }
  const set = hopSet(load<i32>(at, 26), load<i32>(at, 30), load<i32>(at, 34));
  store<usize>(row, set);
  store<usize>(row, set + LINE, 4);
  store<usize>(row, set, 8);
  store<usize>(row, isNoted ? datagram : set, 12);
  store<i32>(row, 0, 16);
}

function readPlaces(end: usize): void {
  let near = 0;
  for (let row: usize = AHEAD; row < end; row += AHEAD_BYTES) {
    near ^= load<i32>(load<usize>(row)) ^ load<i32>(load<usize>(row, 4)) ^ load<i32>(load<usize>(row, 8)) ^ load<i32>(load<usize>(row, 12));
  }
  store<i32>(NEAR, near);
}

/** Of a segment the flow that the newest hop of its set belongs to, most likely its own; of a SYN the cold row of the flow that would give way. */
function readRows(end: usize): void {
  let near = 0;
  for (let row: usize = AHEAD; row < end; row += AHEAD_BYTES) {
    const first = load<i32>(row, 16);
    if (first === 0) near ^= load<i32>(load<usize>(load<usize>(row), 16));
    else {
      const place = placeFor(first, load<i32>(row, 20));
      if (place > INSTEAD_OF) continue;
      near ^= load<i32>(COLD + (load<i32>(FLOWS + ((INSTEAD_OF - place) << 2), 12) << 2));
    }
  }
  store<i32>(NEAR, near);
}
