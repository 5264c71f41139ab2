import { expect, test } from 'vitest';
import { LogBook } from '../../src/correlation/log-book.ts';

/** Room that no test fills by half. */
const ROOMY = 1000;

test.each([
  [0, [], []],
  [2, [1, 2], []],
  [4, [1, 2, 3, 4], []],
  [5, [1, 2, 3, 4, 5], []],
  [6, [1, 2, 4, 5, 6], [3]],
  [9, [1, 2, 7, 8, 9], [3, 4, 5, 6]],
])('of %i entries the first two and the newest three are kept, oldest first', (entries, kept, dropped) => {
  const book = new LogBook(ROOMY);
  const log = book.open(2, 3);
  const told: number[] = [];
  for (let i = 1; i <= entries; i++) told.push(book.add(log, i));
  expect(book.entriesOf(log)).toEqual(kept);
  expect(told.filter((entry) => entry !== 0)).toEqual(dropped);
  expect([book.countOf(log), book.firstKept(log)]).toEqual([entries, Math.min(2, entries)]);
});

test.each([
  [3, 0, [1, 2, 3]],
  [0, 3, [7, 8, 9]],
  [1, 1, [1, 9]],
  [0, 1, [9]],
])('a list of %i first and %i newest entries keeps these', (first, newest, kept) => {
  const book = new LogBook(ROOMY);
  const log = book.open(first, newest);
  const told = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((entry) => book.add(log, entry)).filter((entry) => entry !== 0);
  expect(book.entriesOf(log)).toEqual(kept);
  expect([...told, ...kept].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('lists do not touch each other', () => {
  const book = new LogBook(ROOMY);
  const logs = [1, 2, 3].map(() => book.open(1, 2));
  for (let i = 1; i <= 9; i++) for (const [j, log] of logs.entries()) book.add(log, 10 * j + i);
  expect(logs.map((log) => book.entriesOf(log))).toEqual([
    [1, 8, 9],
    [11, 18, 19],
    [21, 28, 29],
  ]);
});

test('from half of the room on a list gets three first entries and a newest one, in the last quarter one, and then none', () => {
  const book = new LogBook(40);
  const filled = (entries: number) => {
    const log = book.open(20, 20);
    for (let i = 1; i <= entries; i++) book.add(log, i);
    return book.entriesOf(log);
  };
  expect(filled(18)).toHaveLength(18);
  // Two more, and half is taken.
  expect(filled(9)).toEqual([1, 2, 3, 9]);
  expect(filled(9)).toEqual([1, 2, 3, 9]);
  // 26 are taken: four more, and it is three quarters.
  expect(filled(9)).toEqual([1, 2, 3, 9]);
  for (let i = 0; i < 10; i++) expect([book.hasRoom, filled(9)]).toEqual([true, [1]]);
  expect([book.hasRoom, filled(9)]).toEqual([false, []]);
});

test('a list that had to stay short stays so: what comes later is not among its first entries', () => {
  const book = new LogBook(8);
  const other = book.open(4, 0);
  for (let i = 1; i <= 4; i++) book.add(other, i);
  const log = book.open(8, 8);
  for (let i = 1; i <= 5; i++) book.add(log, i);
  book.close(other);
  for (let i = 6; i <= 9; i++) book.add(log, i);
  expect(book.entriesOf(log)).toEqual([1, 2]);
  expect(book.countOf(log)).toBe(9);
});

test('a list that was closed leaves its room and its number to another', () => {
  const book = new LogBook(8);
  for (let round = 0; round < 100; round++) {
    const [one, two] = [book.open(2, 2), book.open(1, 0)];
    expect(book.entriesOf(one)).toEqual([]);
    for (let i = 1; i <= 3; i++) book.add(one, 100 * round + i);
    book.add(two, 5);
    expect([book.entriesOf(one), book.entriesOf(two)]).toEqual([[100 * round + 1, 100 * round + 2, 100 * round + 3], [5]]);
    for (const log of [two, one]) book.close(log);
    expect(Math.max(one, two)).toBe(2);
  }
  book.close(book.open(1, 1));
});

test('a list that nobody began is empty', () => {
  const book = new LogBook(8);
  expect([book.entriesOf(0), book.countOf(0), book.firstKept(0)]).toEqual([[], 0, 0]);
});
