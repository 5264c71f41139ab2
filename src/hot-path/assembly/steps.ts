/** What an event does to a path: see PathTrie in src/correlation/paths.ts. */

import { STEP_BYTES, STEPS } from '../layout';
import { key0, key1 } from './key';

let mask: i32 = 0;

/** Sets the number of rows, a power of two; whoever changes it puts the rows anew. */
export function useSteps(rows: i32): void {
  mask = rows - 1;
}

/** The row of a step, or the empty one where it belongs. */
export function stepRow(path: i32, event: i32): usize {
  let h = ((path ^ key0) * 0x9e3779b1) ^ ((event ^ key1) * 0x85ebca77);
  h = (h ^ (h >>> 15)) * 0x27d4eb2f;
  let slot = (h ^ (h >>> 13)) & mask;
  // Never more than half of all rows are taken.
  while (true) {
    const row: usize = STEPS + slot * STEP_BYTES;
    const tag = load<i32>(row, 4);
    if (tag === 0 || (tag === event + 1 && load<i32>(row) === path)) return row;
    slot = (slot + 1) & mask;
  }
}

/** The same as an index of words from the first row. */
export function stepIndex(path: i32, event: i32): i32 {
  return <i32>((stepRow(path, event) - STEPS) >>> 2);
}
