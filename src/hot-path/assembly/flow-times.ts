/** Which flows of a path are its earliest and its newest, as FlowExamples in src/correlation/flow-examples.ts asks. */
import {
  COLD,
  COLD_FIRST_AT,
  COLD_FIRST_FRAME,
  COLD_NEWEST_EVENT,
  EVENT_BYTES,
  EVENTS,
  FLOW_BYTES,
  FLOWS,
  NEAR,
  PATH,
  PATH_TIMES,
} from '../layout';
import { BLOCK, EVENT_MASK, fetchCold } from './flows';

/** Time of the newest event of a flow by its cold row; NaN where none is remembered. */
function newestAt(cold: usize): f64 {
  const newest = load<i32>(cold, COLD_NEWEST_EVENT);
  const event = newest & EVENT_MASK;
  if (event !== 0) return load<f64>(EVENTS + event * EVENT_BYTES, 8);
  return (newest | load<i32>(cold, COLD_FIRST_FRAME)) === 0 ? NaN : load<f64>(cold, COLD_FIRST_AT);
}

/** Reads the newest events of rows, so that they are near. What empty rows tell of is harmless to read. */
function fetchNewest(from: i32, to: i32): void {
  let near = fetchCold(from, to);
  for (let row = from; row < to; row += FLOW_BYTES >> 2) {
    const newest = load<i32>(COLD + (load<i32>(FLOWS + (row << 2), 12) << 2), COLD_NEWEST_EVENT);
    near ^= load<i32>(EVENTS + (newest & EVENT_MASK) * EVENT_BYTES);
  }
  store<i32>(NEAR, near);
}

/**
 * Of the rows from one to another, as indexes of words, the first whose newest event lies outside the times that PATH_TIMES tells of its path;
 * -1 for none.
 */
export function nextOutside(from: i32, to: i32): i32 {
  for (let row = from; row < to; row += FLOW_BYTES >> 2) {
    // Whoever asks for the next one of a block has it near already.
    if (row % BLOCK === 0) fetchNewest(row, min(row + BLOCK, to));
    const hot: usize = FLOWS + (row << 2);
    const path = load<i32>(hot, 4) & PATH;
    if (load<i32>(hot) === 0 || path === 0) continue;
    const at = newestAt(COLD + (load<i32>(hot, 12) << 2));
    const times: usize = PATH_TIMES + (path << 4);
    if (at <= load<f64>(times) || at >= load<f64>(times, 8)) return row;
  }
  return -1;
}
