/**
 * Fetches what frames will be looked for in before their turn comes: most of the time goes by waiting for memory, and the processor waits for
 * many places at once as long as nothing else stands between the reads.
 *
 * So this is done for a batch of frames at a time, in two steps. The first reads the places where each will be looked for. The second follows with
 * the first one of the next batch, when what was read is there, and reads what it tells of. What is read here is only near then. It says nothing:
 * records and frames may turn out to be broken.
 */
import { AHEAD, AHEAD_BYTES, AHEAD_FRAMES, COLD, FLOWS, HASHES, HEADERS_BYTES, INSTEAD_OF, MAX_FRAME_BYTES, NEAR } from '../layout';
import { datagramRow } from './datagrams';
import { hashFlow } from './flow-hashes';
import { findFlow, flowLine, nextLine, placeFor } from './flows';
import { flowInSet, hopSet } from './known-hops';
import { openSet } from './open-requests';
import { checksumOf, destinationOf, FIN, flagsOf, ipIdOf, isSample, portsOf, SYN, sequenceOf, sourceOf, VLAN_BYTES, VLAN_TAG } from './tcp';

/** Bytes from a cache line to the next. */
const LINE = 64;
const BATCH_BYTES: usize = AHEAD_FRAMES * AHEAD_BYTES;
const FIRST_BATCH: usize = AHEAD;

/** The record at which the next batch is due, and the first one that nothing was done for. */
export let due: usize = 0;
let next: usize = 0;
/** The rows of the newest batch, and where they end. */
let rows: usize = FIRST_BATCH;
let rowsEnd: usize = FIRST_BATCH;

/** Begins anew, for other records. */
export function fetchNothing(): void {
  due = 0;
  next = 0;
  rowsEnd = rows;
}

/**
 * Makes the second step for the newest batch, and the first for another one. The record at hand lies at `at`. The frame of a record begins at
 * `frameAt`, and the next record as many bytes after it as it says at `lengthAt`, and `more`. What lies past `limit` is not read.
 */
export function fetchAhead(at: usize, limit: usize, frameAt: i32, lengthAt: i32, more: i32): void {
  const older = rows;
  const olderEnd = rowsEnd;
  for (let row = older; row < olderEnd; row += AHEAD_BYTES) locateMore(row);
  rows = older === FIRST_BATCH ? FIRST_BATCH + BATCH_BYTES : FIRST_BATCH;
  rowsEnd = rows;
  due = max(next, at);
  let record = due;
  while (rowsEnd < rows + BATCH_BYTES && record + frameAt + HEADERS_BYTES <= limit) {
    locate(rowsEnd, record + frameAt);
    rowsEnd += AHEAD_BYTES;
    record += min<u32>(load<u32>(record + lengthAt), 2 * MAX_FRAME_BYTES) + more;
  }
  next = record;
  readPlaces(older, olderEnd, record, limit, lengthAt, more);
}

/**
 * Writes to a row where the frame at `start` will be looked for: four places, and both hashes of a flow that it may begin. Of all others the first hash
 * is 0, and the second is where they are.
 */
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
    const line = flowLine(second);
    store<usize>(row, line);
    store<usize>(row, nextLine(line), 4);
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
  store<usize>(row, at, 20);
}

/**
 * Writes to a row two places that its own tell of: of a segment the row of its flow, or the lines where that is, if none of its hops is known yet; of a
 * SYN the cold row of the flow that would begin anew or give way.
 */
function locateMore(row: usize): void {
  const first = load<i32>(row, 16);
  let more = load<usize>(row);
  if (first === 0) {
    const at = load<usize>(row, 20);
    const flow = flowInSet(more, load<i32>(at, 26), load<i32>(at, 34));
    if (flow !== 0) more = flow;
    else {
      const ports = portsOf(at);
      hashFlow(sourceOf(at), ports >>> 16, destinationOf(at), ports & 0xffff, 6);
      more = flowLine(load<i32>(HASHES, 4));
      store<usize>(row, nextLine(more), 4);
    }
  } else {
    const second = load<i32>(row, 20);
    let flow = findFlow(first, second);
    if (flow < 0) flow = INSTEAD_OF - placeFor(first, second);
    if (flow >= 0) more = COLD + (load<i32>(FLOWS + (flow << 2), 12) << 2);
  }
  store<usize>(row, more);
}

/**
 * Reads all places of the newest batch, and what those of the one before it told of; between these reads the headers of the next batch, each of which tells where
 * the next one is.
 */
function readPlaces(older: usize, olderEnd: usize, record: usize, limit: usize, lengthAt: i32, more: i32): void {
  let near = 0;
  for (let row = older; row < olderEnd; row += AHEAD_BYTES) near ^= load<i32>(load<usize>(row)) ^ load<i32>(load<usize>(row, 4));
  for (let row = rows; row < rowsEnd; row += AHEAD_BYTES) {
    near ^= load<i32>(load<usize>(row)) ^ load<i32>(load<usize>(row, 4)) ^ load<i32>(load<usize>(row, 8)) ^ load<i32>(load<usize>(row, 12));
    if (record + 2 * LINE <= limit) {
      near ^= load<i32>(record, LINE);
      record += min<u32>(load<u32>(record + lengthAt), 2 * MAX_FRAME_BYTES) + more;
    }
  }
  store<i32>(NEAR, near);
}
