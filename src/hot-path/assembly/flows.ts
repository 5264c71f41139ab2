/** The flow table as frames need it: see FlowTable in src/correlation/flows.ts. Rows are counted in words here as there. */
import {
  ANSWERED,
  COLD,
  COLD_BYTES,
  COLD_FIRST_AT,
  COLD_FIRST_FRAME,
  COLD_NEWEST_EVENT,
  COLD_SECOND_HASH,
  EVENT_BITS,
  EVENT_BYTES,
  EVENTS,
  EVENTS_LOST,
  FLOW_BYTES,
  FLOW_COUNT,
  FLOW_SET,
  FLOW_SET_ASIDE,
  FLOWS,
  FLOWS_FORGOTTEN,
  HASHES,
  INSTEAD_OF,
  MUST_GROW,
  NEAR,
  ONE_FRAME,
} from '../layout';
import { datagramRow } from './datagrams';
import { openSet } from './open-requests';

const TABLE: usize = FLOWS;
const LINE_BYTES: usize = (FLOW_SET >> 1) * FLOW_BYTES;
const ASIDE_BYTES: usize = FLOW_SET_ASIDE * FLOW_BYTES;
/** What is said of a flow that is not in a line: that none could stand further on, as a row is empty, or that the line is full. */
const ABSENT = -1;
const FULL = -2;

/** Which bits of a place in the table, in bytes, tell the line, and which the set aside. */
let lineMask: usize = 0;
let asideMask: usize = 0;
/** Flows from which on the table grows. */
let enough: i32 = 0;
/** At the cap nobody stands aside. */
let hasAside: bool = false;

/**
 * Begins an empty table of so many rows, a power of two, in which flows may stand aside or not. All of it is written to: a page that is read
 * before it is written to, as when rows are fetched ahead, has the kernel called twice.
 */
export function useFlows(rows: i32, mayStandAside: bool): void {
  const bytes = <usize>rows * FLOW_BYTES;
  lineMask = bytes - LINE_BYTES;
  asideMask = bytes - ASIDE_BYTES;
  enough = rows >>> 1;
  hasAside = mayStandAside;
  memory.fill(TABLE, 0, bytes);
}

/** The first of the two lines that a flow may stand in. */
export function flowLine(second: i32): usize {
  return TABLE + ((<usize>second * LINE_BYTES) & lineMask);
}

/** The line after it; after the last one comes the first. */
export function nextLine(line: usize): usize {
  return TABLE + ((line - TABLE + LINE_BYTES) & lineMask);
}

/** The set that it stands in where both lines were full. */
function setAside(first: i32, second: i32): usize {
  return TABLE + ((<usize>(second ^ first) * FLOW_BYTES) & asideMask);
}

/** The row as an index of words from the first one. */
function indexOf(row: usize): i32 {
  return <i32>((row - TABLE) >>> 2);
}

/** Index of the row of a flow, in words, or -1. `first` is not 0. */
export function findFlow(first: i32, second: i32): i32 {
  const line = flowLine(second);
  const row = findIn(line, LINE_BYTES, first);
  if (row >= 0) return row;
  const other = findIn(nextLine(line), LINE_BYTES, first);
  if (other >= 0) return other;
  // Whoever stands aside has found both lines full.
  return hasAside && row === FULL && other === FULL ? max(findIn(setAside(first, second), ASIDE_BYTES, first), ABSENT) : ABSENT;
}

/** The same in some rows; else ABSENT or FULL. Rows are taken in order, and none is ever given back. */
function findIn(rows: usize, bytes: usize, first: i32): i32 {
  for (let row = rows; row < rows + bytes; row += FLOW_BYTES) {
    const tag = load<i32>(row);
    if (tag === first) return indexOf(row);
    if (tag === 0) return ABSENT;
  }
  return FULL;
}

/** The first empty one of some rows, or just past the last. */
function emptyIn(rows: usize, bytes: usize): usize {
  let row = rows;
  while (row < rows + bytes && load<i32>(row) !== 0) row += FLOW_BYTES;
  return row;
}

/**
 * The same for a segment, whose hashes were made last, that will be asked for among datagrams and open requests too, and may take any row of two
 * lines: what is far away in memory comes at once then, and is waited for once.
 */
export function findFlowOfRare(first: i32, second: i32, sequence: i32, checksum: i32, ipId: i32, flags: i32): i32 {
  const open = load<i32>(openSet(load<i32>(HASHES, 8), sequence));
  const rows = load<i32>(nextLine(flowLine(second)));
  store<i32>(NEAR, open ^ rows ^ load<i32>(datagramRow(second, sequence, checksum, ipId, flags)));
  return findFlow(first, second);
}

/** Words of rows whose memory is fetched at a time, before any of them is looked at. */
export const BLOCK: i32 = 32 * (FLOW_BYTES >> 2);

/** Rows of events that were ever in use, the first of those that are free again, and most rows. */
let eventsUsed: i32 = 1;
let freeEvents: i32 = 0;
let mostEvents: i32 = 0;
/** Cold rows that were ever in use, and the first of those that are free again, in words. The first row is never used. */
let coldUsed: i32 = COLD_BYTES >> 2;
let freeCold: i32 = 0;

/** Where the cold rows end that were ever in use, as an index of words. */
export function coldEnd(): i32 {
  return coldUsed;
}

/** Begins with no flow; the rows have been cleared. Sets how many events there is room for. */
export function emptyFlows(events: i32): void {
  eventsUsed = 1;
  freeEvents = 0;
  mostEvents = events;
  coldUsed = COLD_BYTES >> 2;
  freeCold = 0;
  store<i32>(FLOW_COUNT, 0);
  store<f64>(FLOWS_FORGOTTEN, 0);
}

/**
 * An empty row for a flow, in the emptier of its lines; MUST_GROW; or INSTEAD_OF - the least valuable row of both: never answered, then longest
 * silent.
 */
export function placeFor(first: i32, second: i32): i32 {
  if (hasAside && load<i32>(FLOW_COUNT) >= enough) return MUST_GROW;
  const line = flowLine(second);
  const other = nextLine(line);
  const row = emptyIn(line, LINE_BYTES);
  const otherRow = emptyIn(other, LINE_BYTES);
  if (otherRow - other < row - line) return indexOf(otherRow);
  if (row < line + LINE_BYTES) return indexOf(row);
  if (!hasAside) return INSTEAD_OF - indexOf(lessValuable(leastValuable(line), leastValuable(other)));
  const set = setAside(first, second);
  const aside = emptyIn(set, ASIDE_BYTES);
  return aside < set + ASIDE_BYTES ? indexOf(aside) : MUST_GROW;
}

function leastValuable(line: usize): usize {
  let least = line;
  for (let row = line + FLOW_BYTES; row < line + LINE_BYTES; row += FLOW_BYTES) least = lessValuable(least, row);
  return least;
}

/** Of two rows that are as valuable the first. */
function lessValuable(one: usize, other: usize): usize {
  const isAnswered = load<i32>(one, 4) & ANSWERED;
  const otherIsAnswered = load<i32>(other, 4) & ANSWERED;
  if (isAnswered !== otherIsAnswered) return isAnswered === 0 ? one : other;
  return load<u32>(other, 8) < load<u32>(one, 8) ? other : one;
}

/** Makes a row that of a new flow, of no path yet. A flow that is overwritten leaves its cold row to it. */
export function takeRow(row: i32, first: i32, second: i32): void {
  const hot: usize = FLOWS + (row << 2);
  let start = load<i32>(hot, 12);
  if (load<i32>(hot) !== 0) {
    dropEvents(start, load<i32>(hot, 4));
    store<f64>(FLOWS_FORGOTTEN, load<f64>(FLOWS_FORGOTTEN) + 1);
  } else {
    store<i32>(FLOW_COUNT, load<i32>(FLOW_COUNT) + 1);
    if (freeCold !== 0) {
      start = freeCold;
      freeCold = load<i32>(COLD + (start << 2));
    } else {
      start = coldUsed;
      coldUsed += COLD_BYTES >> 2;
    }
    forgetEvents(COLD + (start << 2));
  }
  store<i32>(hot, first);
  store<i32>(hot, 0, 4);
  store<i32>(hot, 0, 8);
  store<i32>(hot, start, 12);
  store<i32>(COLD + (start << 2), second, COLD_SECOND_HASH);
}

/** Forgets a flow that has no row any more, by the start of its cold row, in words, and its state. */
export function forgetFlow(start: i32, state: i32): void {
  dropEvents(start, state);
  store<i32>(COLD + (start << 2), freeCold);
  freeCold = start;
  store<i32>(FLOW_COUNT, load<i32>(FLOW_COUNT) - 1);
  store<f64>(FLOWS_FORGOTTEN, load<f64>(FLOWS_FORGOTTEN) + 1);
}

export const EVENT_MASK: i32 = (1 << EVENT_BITS) - 1;

function previousOf(event: i32): i32 {
  return load<i32>(EVENTS + event * EVENT_BYTES, 4) & EVENT_MASK;
}

/** Puts an event at the end of a flow's chain; without room only the path tells of it. */
export function pushEvent(row: i32, frame: f64, at: f64): void {
  const hot: usize = FLOWS + (row << 2);
  const cold: usize = COLD + (load<i32>(hot, 12) << 2);
  const number = <i64>frame;
  const low = <i32>number;
  const high = (<i32>(number >> 32)) << EVENT_BITS;
  const newest = load<i32>(cold, COLD_NEWEST_EVENT);
  // Frames are counted from 1.
  if (newest === 0 && load<i32>(cold, COLD_FIRST_FRAME) === 0) {
    store<i32>(cold, high, COLD_NEWEST_EVENT);
    store<i32>(cold, low, COLD_FIRST_FRAME);
    store<f64>(cold, at, COLD_FIRST_AT);
    return;
  }
  const state = load<i32>(hot, 4);
  if ((state & EVENTS_LOST) !== 0) return;
  store<i32>(hot, state & ~ONE_FRAME, 4);
  let event = freeEvents;
  if (event !== 0) freeEvents = previousOf(event);
  else if (eventsUsed < mostEvents) event = eventsUsed++;
  else {
    store<i32>(hot, (state & ~ONE_FRAME) | EVENTS_LOST, 4);
    return;
  }
  const place: usize = EVENTS + event * EVENT_BYTES;
  store<i32>(place, low);
  store<i32>(place, (newest & EVENT_MASK) | high, 4);
  store<f64>(place, at, 8);
  store<i32>(cold, (newest & ~EVENT_MASK) | event, COLD_NEWEST_EVENT);
}

/** Forgets the events of a flow by the start of its cold row, in words, and its state. */
export function dropEvents(start: i32, state: i32): void {
  const cold: usize = COLD + (start << 2);
  // A flood is of such flows: not to wait for their cold rows halves its cost.
  let event = (state & ONE_FRAME) !== 0 ? 0 : load<i32>(cold, COLD_NEWEST_EVENT) & EVENT_MASK;
  while (event !== 0) {
    const previous = previousOf(event);
    store<i32>(EVENTS + event * EVENT_BYTES, freeEvents, 4);
    freeEvents = event;
    event = previous;
  }
  forgetEvents(cold);
}

/** Time of the first event of a flow by the start of its cold row, in words; infinity where none is remembered. */
export function beganAt(start: i32): f64 {
  const cold: usize = COLD + (start << 2);
  return (load<i32>(cold, COLD_NEWEST_EVENT) | load<i32>(cold, COLD_FIRST_FRAME)) === 0 ? Infinity : load<f64>(cold, COLD_FIRST_AT);
}

function forgetEvents(cold: usize): void {
  store<i32>(cold, 0, COLD_NEWEST_EVENT);
  store<i32>(cold, 0, COLD_FIRST_FRAME);
}
