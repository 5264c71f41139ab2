import { expect, test } from 'vitest';
import { Lookout } from '../../src/correlation/lookout.ts';

const MILLION = 2 ** 20;

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

test('nobody looks for the first million of frames, and then always while many are known', () => {
  const lookout = new Lookout();
  expect(lookout.isClosed).toBe(false);
  expect(looks(lookout, MILLION, 1)).toBe(0);
  expect(looks(lookout, 8 * MILLION, 0.5)).toBe(8 * MILLION);
  expect(lookout.isClosed).toBe(false);
});

test('where few are known it is tried again ever more seldom, but again and again', () => {
  const lookout = new Lookout();
  looks(lookout, MILLION, 0);
  const looked = [1, 2, 4, 8, 8, 8].map((millions) => looks(lookout, millions * MILLION, 0.3));
  for (const [i, trial] of looked.entries()) expect(trial, `after trial ${i}`).toBeLessThan(40_000);
  expect(looked.filter((trial) => trial > 16_000)).toHaveLength(6);
  expect(lookout.isClosed).toBe(true);
  // Long connections begin.
  expect(looks(lookout, 20 * MILLION, 0.9)).toBeGreaterThan(10 * MILLION);
});
