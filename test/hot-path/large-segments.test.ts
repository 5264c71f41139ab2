import { expect, test } from 'vitest';
import { HotPath } from '../../src/hot-path/hot-path.ts';
import { LARGE, LARGE_SET_BYTES, LARGE_SETS } from '../../src/hot-path/layout.ts';
import { KEY } from '../support/story.ts';

/** Sees a full-size segment with this sequence number on an edge: whether it is stalled. */
function see(hot: HotPath, sequence: number, edge: number, ms: number): boolean {
  return hot.exports.seeLarge(0x0a00_0001, 0x0a00_0002, (1024 << 16) | 80, sequence, 1460, edge, ms) !== 0;
}

/** At which of these milliseconds the same segment on the same edge counts as stalled. */
function stalledAt(...times: number[]): number[] {
  const hot = new HotPath(KEY);
  return times.filter((ms) => see(hot, 77, 1, ms));
}

test('a segment is stalled at its third sending, and only then', () => {
  expect(stalledAt(0, 200, 600, 1400)).toEqual([600]);
});

test('sendings less than 150 ms apart are copies of one', () => {
  expect(stalledAt(0, 149, 298)).toEqual([]);
  expect(stalledAt(0, 150, 300)).toEqual([300]);
});

test('the copy on another hop is no sending of its own', () => {
  const hot = new HotPath(KEY);
  const seen = [0, 200, 600].flatMap((ms) => [see(hot, 77, 1, ms), see(hot, 77, 2, ms)]);
  expect(seen.filter(Boolean)).toHaveLength(2);
});

test('segments of other ends, sequence numbers and lengths are other segments', () => {
  const segment = [1, 2, 3, 4, 1460] as const;
  for (const i of segment.keys()) {
    const hot = new HotPath(KEY);
    const other = segment.map((value, at) => (at === i ? value + 1 : value)) as [number, number, number, number, number];
    const seen = [0, 200, 600].flatMap((ms) => [hot.exports.seeLarge(...segment, 1, ms), hot.exports.seeLarge(...other, 1, ms)]);
    expect(seen.map(Boolean)).toEqual([false, false, false, false, true, true]);
  }
});

/** Other segments that share the set of segment 77. */
const OTHERS = sharingSetOf(77).slice(0, 8);

function sharingSetOf(sequence: number): number[] {
  const hot = new HotPath(KEY);
  const rows = hot.words(LARGE, (LARGE_SETS * LARGE_SET_BYTES) / 4);
  const setOf = (other: number) => {
    see(hot, other, 1, 0);
    const set = Math.floor(rows.findIndex((word) => word !== 0) / (LARGE_SET_BYTES / 4));
    rows.fill(0);
    return set;
  };
  const set = setOf(sequence);
  return Array.from({ length: 30_000 }, (_, i) => sequence + 1 + i).filter((other) => setOf(other) === set);
}

test('a segment that is being repeated holds its place for ten seconds against any number of others', () => {
  const hot = new HotPath(KEY);
  see(hot, 77, 1, 0);
  see(hot, 77, 1, 200);
  for (const other of OTHERS) see(hot, other, 1, 300);
  expect(see(hot, 77, 1, 600)).toBe(true);
});

test('after ten seconds of silence it gives way to others', () => {
  const hot = new HotPath(KEY);
  see(hot, 77, 1, 0);
  see(hot, 77, 1, 200);
  for (const other of OTHERS) see(hot, other, 1, 10_300);
  expect(see(hot, 77, 1, 10_600)).toBe(false);
});

test('three others leave a segment its place, of which nothing is known yet', () => {
  const hot = new HotPath(KEY);
  see(hot, 77, 1, 0);
  for (const other of OTHERS.slice(0, 3)) see(hot, other, 1, 100);
  see(hot, 77, 1, 200);
  expect(see(hot, 77, 1, 600)).toBe(true);
});
