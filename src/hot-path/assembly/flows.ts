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
  FLOW_WINDOW,
  FLOW_WINDOW_ASIDE,
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

let mask: i32 = 0;
/** Rows that are looked at: at the cap nobody stands aside. */
let most: i32 = FLOW_WINDOW;

/** Sets the number of rows, a power of two, and whether flows may stand aside. */
export function useFlows(rows: i32, hasAside: bool): void {
  mask = rows - 1;
  most = hasAside ? FLOW_WINDOW + FLOW_WINDOW_ASIDE : FLOW_WINDOW;
}

/** Index of the row of a flow, in words, or -1. `first` is not 0. */
export function findFlow(first: i32, second: i32): i32 {
  const aside = second ^ first;
  for (let i = 0; i < most; i++) {
    const row = ((i < FLOW_WINDOW ? second : aside) + i) & mask;
    const tag = load<i32>(FLOWS + row * FLOW_BYTES);
    if (tag === first) return row << 2;
    // Whoever stands aside has found the first window full, and no row is ever given back.
    if (tag === 0) return -1;
  }
  return -1;
}

/**
 * The same for a segment, whose hashes were made last, that will be asked for among datagrams and open requests too, and may take any row of its window: what is far away in memory comes
 * at once then, and is waited for once.
 */
export function findFlowOfRare(first: i32, second: i32, sequence: i32, checksum: i32, ipId: i32, flags: i32): i32 {
  const open = load<i32>(openSet(load<i32>(HASHES, 8), sequence));
  const window = load<i32>(windowEnd(second));
  store<i32>(NEAR, open ^ window ^ load<i32>(datagramRow(second, sequence, checksum, ipId, flags)));
  return findFlow(first, second);
}

/** Where the window begins that a flow may stand in, and the last row of that window. */
export function flowRow(second: i32): usize {
  return FLOWS + (second & mask) * FLOW_BYTES;
}

export function windowEnd(second: i32): usize {
  return flowRow(second + FLOW_WINDOW - 1);
}

/** Rows of events that were ever in use, the first of those that are free again, and most rows. */
let eventsUsed: i32 = 1;
let freeEvents: i32 = 0;
let mostEvents: i32 = 0;
/** Cold rows that were ever in use, and the first of those that are free again, in words. The first row is never used. */
let coldUsed: i32 = COLD_BYTES >> 2;
let freeCold: i32 = 0;

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

/** An empty row for a flow; MUST_GROW; or INSTEAD_OF - the least valuable row of its window: never answered, then longest silent. */
export function placeFor(first: i32, second: i32): i32 {
  const hasAside = most > FLOW_WINDOW;
  if (hasAside && load<i32>(FLOW_COUNT) * 2 > mask) return MUST_GROW;
  let victim = -1;
  let isAnswered = false;
  let time: u32 = 0;
  for (let i = 0; i < FLOW_WINDOW; i++) {
    const row = ((second + i) & mask) << 2;
    const hot: usize = FLOWS + (row << 2);
    if (load<i32>(hot) === 0) return row;
    const otherIsAnswered = (load<i32>(hot, 4) & ANSWERED) !== 0;
    const other = load<u32>(hot, 8);
    if (victim < 0 || (otherIsAnswered === isAnswered ? other < time : isAnswered)) {
      victim = row;
      isAnswered = otherIsAnswered;
      time = other;
    }
  }
  if (!hasAside) return INSTEAD_OF - victim;
  const aside = second ^ first;
  for (let i = FLOW_WINDOW; i < FLOW_WINDOW + FLOW_WINDOW_ASIDE; i++) {
    const row = ((aside + i) & mask) << 2;
    if (load<i32>(FLOWS + (row << 2)) === 0) return row;
  }
  return MUST_GROW;
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
    store<i32>(COLD + (start << 2), 0, COLD_NEWEST_EVENT);
    store<f64>(COLD + (start << 2), 0, COLD_FIRST_FRAME);
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

function previousOf(event: i32): i32 {
  return load<i32>(EVENTS + event * EVENT_BYTES, 4) & ((1 << EVENT_BITS) - 1);
}

/** Puts an event at the end of a flow's chain; without room only the path tells of it. */
export function pushEvent(row: i32, frame: f64, at: f64): void {
  const hot: usize = FLOWS + (row << 2);
  const cold: usize = COLD + (load<i32>(hot, 12) << 2);
  if (load<f64>(cold, COLD_FIRST_FRAME) === 0) {
    store<f64>(cold, frame, COLD_FIRST_FRAME);
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
  const number = <i64>frame;
  store<i32>(place, <i32>number);
  store<i32>(place, load<i32>(cold, COLD_NEWEST_EVENT) | ((<i32>(number >> 32)) << EVENT_BITS), 4);
  store<f64>(place, at, 8);
  store<i32>(cold, event, COLD_NEWEST_EVENT);
}

/** Forgets the events of a flow by the start of its cold row, in words, and its state. */
export function dropEvents(start: i32, state: i32): void {
  const cold: usize = COLD + (start << 2);
  // A flood is of such flows: not to wait for their cold rows halves its cost.
  let event = (state & ONE_FRAME) !== 0 ? 0 : load<i32>(cold, COLD_NEWEST_EVENT);
  while (event !== 0) {
    const previous = previousOf(event);
    store<i32>(EVENTS + event * EVENT_BYTES, freeEvents, 4);
    freeEvents = event;
    event = previous;
  }
  store<i32>(cold, 0, COLD_NEWEST_EVENT);
  store<f64>(cold, 0, COLD_FIRST_FRAME);
}
