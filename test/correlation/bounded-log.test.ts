import { expect, test } from 'vitest';
import { BoundedLog } from '../../src/correlation/bounded-log.ts';

function logOf(entries: number): BoundedLog<number> {
  const log = new BoundedLog<number>(2, 3);
  for (let i = 1; i <= entries; i++) log.add(i);
  return log;
}

test.each([
  [0, []],
  [2, [1, 2]],
  [4, [1, 2, 3, 4]],
  [5, [1, 2, 3, 4, 5]],
  [6, [1, 2, 4, 5, 6]],
  [9, [1, 2, 7, 8, 9]],
])('of %i entries the first two and the newest three are kept, oldest first', (entries, kept) => {
  const log = logOf(entries);
  expect(log.entries()).toEqual(kept);
  expect(log.newest()).toBe(kept.at(-1));
  expect(log.count).toBe(entries);
});
