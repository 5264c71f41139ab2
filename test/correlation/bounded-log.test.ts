import { expect, test } from 'vitest';
import { BoundedLog, type Budget } from '../../src/correlation/bounded-log.ts';

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

test('once what all logs may keep is spent, a log keeps its first and newest entries in the room that it has', () => {
  const budget: Budget = { left: 4 };
  const [early, late, later] = [0, 1, 2].map(() => new BoundedLog<number>(5, 5, budget));
  for (let i = 1; i <= 20; i++) early!.add(i);
  expect(early!.entries()).toEqual([1, 2, 3, 4, 5, 18, 19, 20]);
  expect(budget.left).toBe(0);
  for (const [log, kept] of [
    [late!, [1, 2, 3, 20]],
    [later!, [1, 2, 3, 4]],
  ] as const) {
    for (let i = 1; i <= kept.at(-1)!; i++) log.add(i);
    expect(log.entries()).toEqual(kept);
    expect(log.newest()).toBe(kept.at(-1));
    expect([log.count, log.firstKept]).toEqual([kept.at(-1), 3]);
  }
});

test('the empty log that all share takes no entry', () => {
  expect(() => (BoundedLog.NONE as BoundedLog<number>).add(1)).toThrow('takes no entry');
  expect(BoundedLog.NONE.entries()).toEqual([]);
  expect(BoundedLog.NONE.newest()).toBeUndefined();
});
