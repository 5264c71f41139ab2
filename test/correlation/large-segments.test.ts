import { expect, test } from 'vitest';
import { LargeSegments } from '../../src/correlation/large-segments.ts';

/** At which of these milliseconds the same segment on the same edge counts as stalled. */
function stalledAt(...times: number[]): number[] {
  const table = new LargeSegments();
  return times.filter((ms) => table.see(77, 1, ms));
}

test('a segment is stalled at its third sending, and only then', () => {
  expect(stalledAt(0, 200, 600, 1400)).toEqual([600]);
});

test('sendings less than 150 ms apart are copies of one', () => {
  expect(stalledAt(0, 149, 298)).toEqual([]);
  expect(stalledAt(0, 150, 300)).toEqual([300]);
});

test('the copy on another hop is no sending of its own', () => {
  const table = new LargeSegments();
  const seen = [0, 200, 600].flatMap((ms) => [table.see(77, 1, ms), table.see(78, 2, ms)]);
  expect(seen.filter(Boolean)).toHaveLength(2);
});

/** Other segments that share the set of segment 77. */
const OTHERS = Array.from({ length: 8 }, (_, i) => 77 + ((i + 1) << 11));

test('a segment that is being repeated holds its place for ten seconds against any number of others', () => {
  const table = new LargeSegments();
  table.see(77, 1, 0);
  table.see(77, 1, 200);
  for (const other of OTHERS) table.see(other, 1, 300);
  expect(table.see(77, 1, 600)).toBe(true);
});

test('after ten seconds of silence it gives way to others', () => {
  const table = new LargeSegments();
  table.see(77, 1, 0);
  table.see(77, 1, 200);
  for (const other of OTHERS) table.see(other, 1, 10_300);
  expect(table.see(77, 1, 10_600)).toBe(false);
});

test('three others leave a segment its place, of which nothing is known yet', () => {
  const table = new LargeSegments();
  table.see(77, 1, 0);
  for (const other of OTHERS.slice(0, 3)) table.see(other, 1, 100);
  table.see(77, 1, 200);
  expect(table.see(77, 1, 600)).toBe(true);
});
