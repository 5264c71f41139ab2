import { expect, test } from 'vitest';
import { Lookout } from '../../src/correlation/lookout.ts';

/** Frames for which nobody looks at first. */
const FIRST = 2 ** 18;

/** For how many of the next frames somebody looks, where this share of those is known. */
function looks(lookout: Lookout, frames: number, share: number): number {
  let looked = 0;
  for (let i = 0; i < frames; i++) {
    if (!lookout.looksForNext()) continue;
    looked++;
    if ((looked * share) % 1 < share) lookout.known++;
  }
  return looked;
}

test('nobody looks for the first frames, and then always while many are known', () => {
  const lookout = new Lookout();
  expect(lookout.isClosed).toBe(true);
  expect(looks(lookout, FIRST, 1)).toBe(0);
  expect(lookout.isClosed).toBe(false);
  expect(looks(lookout, 40 * FIRST, 0.5)).toBe(40 * FIRST);
  expect(lookout.isClosed).toBe(false);
});

test('where few are known it is tried again ever more seldom, but again and again', () => {
  const lookout = new Lookout(10);
  expect(looks(lookout, 10, 0)).toBe(0);
  const rests = [1, 2, 4, 8, 16, 32, 32, 32];
  // Each trial, and the rest that follows.
  for (const [i, rest] of rests.entries()) expect(looks(lookout, 2 ** 14 + rest * FIRST, 0.3), `trial ${i}`).toBe(2 ** 14);
  // Long connections begin, and later end.
  expect(looks(lookout, 10 * FIRST, 0.9)).toBe(10 * FIRST);
  expect(looks(lookout, 10 * FIRST, 0.1)).toBeLessThan(FIRST);
});

test('it can be open from the beginning', () => {
  expect(looks(new Lookout(0), 100, 1)).toBe(100);
});
