/** Which flows of a path are its earliest and its newest, as FlowExamples in src/correlation/flow-examples.ts asks. */
import {
  COLD,
  COLD_BLOCK_ROWS,
  COLD_BYTES,
  COLD_FIRST_AT,
  COLD_FIRST_FRAME,
  COLD_NEWEST_EVENT,
  EVENT_BYTES,
  EVENTS,
  FLOW_BYTES,
  FLOWS,
  NEAR,
  NEWEST_TIMES,
  PATH,
  PATH_TIMES,
} from '../layout';
import { BLOCK, EVENT_MASK } from './flows';

const COLD_BLOCK: i32 = COLD_BLOCK_ROWS * (COLD_BYTES >> 2);

/** Time of the newest event of a flow by its cold row; NaN where none is remembered. */
function newestAt(cold: usize): f64 {
  const newest = load<i32>(cold, COLD_NEWEST_EVENT);
  const event = newest & EVENT_MASK;
  if (event !== 0) return load<f64>(EVENTS + event * EVENT_BYTES, 8);
  return (newest | load<i32>(cold, COLD_FIRST_FRAME)) === 0 ? NaN : load<f64>(cold, COLD_FIRST_AT);
}

/**
 * Notes of the cold rows from one to another, as indexes of words, between which times their newest events lie, by block. They were begun one after the
 * other, and so their events lie beside each other: in this order no memory is waited for. `from` begins a block.
 */
export function noteTimes(from: i32, to: i32): void {
  for (; from < to; from += COLD_BLOCK) {
    let first = Infinity;
    let last = -Infinity;
    const end: usize = COLD + (min(from + COLD_BLOCK, to) << 2);
    for (let cold: usize = COLD + (from << 2); cold < end; cold += COLD_BYTES) {
      const at = newestAt(cold);
      if (at < first) first = at;
      if (at > last) last = at;
    }
    const times = timesOf(from);
    store<f64>(times, first);
    store<f64>(times, last, 8);
  }
}

/** Where the times of a block are, by the start of a cold row in it, in words. */
function timesOf(start: i32): usize {
  return NEWEST_TIMES + ((start / COLD_BLOCK) << 4);
}

/** Whether a flow, by its hot row, cannot be among the earliest and the newest of its path: none of its block can. */
function isInside(hot: usize): bool {
  const path = load<i32>(hot, 4) & PATH;
  if (path === 0) return true;
  const times: usize = PATH_TIMES + (path << 4);
  const block = timesOf(load<i32>(hot, 12));
  return load<f64>(block) > load<f64>(times) && load<f64>(block, 8) < load<f64>(times, 8);
}

/** Reads the newest events of the rows that are to be looked at, so that they are near. */
function fetchNewest(from: i32, to: i32): void {
  let near = 0;
  for (let row = from; row < to; row += FLOW_BYTES >> 2) {
    const hot: usize = FLOWS + (row << 2);
    if (!isInside(hot)) near ^= load<i32>(COLD + (load<i32>(hot, 12) << 2));
  }
  for (let row = from; row < to; row += FLOW_BYTES >> 2) {
    const hot: usize = FLOWS + (row << 2);
    if (isInside(hot)) continue;
    const newest = load<i32>(COLD + (load<i32>(hot, 12) << 2), COLD_NEWEST_EVENT);
    near ^= load<i32>(EVENTS + (newest & EVENT_MASK) * EVENT_BYTES);
  }
  store<i32>(NEAR, near);
}

/**
 * Of the rows from one to another, as indexes of words, the first whose newest event lies outside the times that PATH_TIMES tells of its path;
 * -1 for none. The times of all cold rows have been noted.
 */
export function nextOutside(from: i32, to: i32): i32 {
  for (let row = from; row < to; row += FLOW_BYTES >> 2) {
    // Whoever asks for the next one of a block has it near already.
    if (row % BLOCK === 0) fetchNewest(row, min(row + BLOCK, to));
    const hot: usize = FLOWS + (row << 2);
    if (load<i32>(hot) === 0 || isInside(hot)) continue;
    const at = newestAt(COLD + (load<i32>(hot, 12) << 2));
    const times: usize = PATH_TIMES + ((load<i32>(hot, 4) & PATH) << 4);
    if (at <= load<f64>(times) || at >= load<f64>(times, 8)) return row;
  }
  return -1;
}
