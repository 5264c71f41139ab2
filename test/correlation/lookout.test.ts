import { expect, test } from 'vitest';
import { Lookout } from '../../src/correlation/lookout.ts';

/** Frames for which nobody looks at first. */
const FIRST = 2 ** 18;

/** For how many of the next frames somebody looks, where this share of those is known. */
function looks(lookout: Lookout, frames: number, share: number): number {
  let looked = 0;
  for (let i = 0; i < frames; i++) {
    if (!lookout.isOpen()) continue;
    looked++;
    if ((looked * share) % 1 < share) lookout.known++;
  }
  return looked;
}

test('nobody looks for the first frames, and then always while many are known', () => {
  const lookout = new Lookout();
  expect(lookout.isClosed).toBe(false);
  expect(looks(lookout, FIRST - 1, 1)).toBe(0);
  expect(lookout.isClosed).toBe(true);
  expect(looks(lookout, 1, 1)).toBe(0);
  expect(looks(lookout, 40 * FIRST, 0.5)).toBe(40 * FIRST);
  expect(lookout.isClosed).toBe(false);
});

test('where few are known it is tried again ever more seldom, but again and again', () => {
  const lookout = new Lookout();
  looks(lookout, FIRST, 0);
  const rests = [2, 4, 8, 16, 32, 32, 32];
  const looked = rests.map((rest) => looks(lookout, rest * FIRST, 0.3));
  for (const [i, trial] of looked.entries()) expect(trial, `trial ${i}`).toBeLessThan(40_000);
  expect(looked.filter((trial) => trial > 16_000)).toHaveLength(rests.length);
  expect(lookout.isClosed).toBe(true);
  // Long connections begin.
  expect(looks(lookout, 80 * FIRST, 0.9)).toBeGreaterThan(40 * FIRST);
});
