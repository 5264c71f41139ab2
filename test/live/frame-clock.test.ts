import { expect, test } from 'vitest';
import { FrameClock } from '../../src/live/frame-clock.ts';

test('the time is that of the newest frame, and goes on while none come', () => {
  const clock = new FrameClock();
  expect(clock.isSet).toBe(false);
  expect(clock.see(1_000_000, 50)).toBe(true);
  expect(clock.at(50)).toBe(1_000_000);
  expect(clock.at(3050)).toBe(1_003_000);
});

test('frames that come late, and frames in slight disorder, do not set the time back', () => {
  const clock = new FrameClock();
  clock.see(1_000_000, 0);
  expect(clock.see(1_000_500, 9000)).toBe(true);
  expect(clock.at(9000)).toBe(1_009_000);
  expect(clock.see(996_000, 9001)).toBe(true);
  expect(clock.at(9001)).toBe(1_009_001);
});

test('a clock that is set forward or back is followed, and the latter is told', () => {
  const clock = new FrameClock();
  clock.see(1_000_000, 0);
  expect(clock.see(4_600_000, 10)).toBe(true);
  expect(clock.at(10)).toBe(4_600_000);
  expect(clock.see(1_000_020, 20)).toBe(false);
  expect(clock.at(20)).toBe(1_000_020);
  expect(clock.see(1_000_030, 30)).toBe(true);
});
