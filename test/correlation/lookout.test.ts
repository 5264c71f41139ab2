import { expect, test } from 'vitest';
import { Lookout } from '../../src/correlation/lookout.ts';

/** Of so many frames, how many are looked at when none is known, or those after which `isKnown`. */
function looksAt(frames: number, isKnown: (frame: number) => boolean): number {
  const lookout = new Lookout();
  let looks = 0;
  for (let frame = 0; frame < frames; frame++) {
    if (lookout.rests()) continue;
    looks++;
    lookout.note(isKnown(frame) ? 1 : 0);
  }
  return looks;
}

test('in a flood few frames are looked at', () => {
  expect(looksAt(100_000, () => false)).toBeLessThan(400);
  expect(looksAt(100_000, () => false)).toBeGreaterThan(90);
});

test('where some are known all are looked at', () => {
  expect(looksAt(10_000, (frame) => frame % 31 === 0)).toBe(10_000);
});

test('after a flood all are looked at again as soon as one was known', () => {
  const lookout = new Lookout();
  for (let frame = 0; frame < 50_000; frame++) if (!lookout.rests()) lookout.note(0);
  let rested = 0;
  while (lookout.rests()) rested++;
  expect(rested).toBeLessThanOrEqual(1024);
  lookout.note(3);
  expect(lookout.rests()).toBe(false);
});
