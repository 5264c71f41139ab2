import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyFrame, type Frame } from '../../src/capture/frame.ts';
import { FrameRing } from '../../src/live/frame-ring.ts';

function frameOf(number: number, length: number): Frame {
  const bytes = new Uint8Array(length + 8).fill(number & 0xff);
  return {
    ...emptyFrame(),
    bytes,
    view: new DataView(bytes.buffer),
    start: 4,
    end: 4 + length,
    number,
    seconds: number,
    nanoseconds: 7,
    wireLength: length + 100,
    linkType: 1,
  };
}

test('the newest frames are kept whole, whatever their lengths, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 14, max: 600 }), { minLength: 1, maxLength: 200 }), (lengths) => {
      const ring = new FrameRing(2048);
      for (const [i, length] of lengths.entries()) ring.add(frameOf(i + 1, length));
      const kept = ring.around(lengths.length, ring.count, 0);
      expect(kept.length).toBe(ring.count);
      expect(kept.map(({ number }) => number)).toEqual(kept.map((_, i) => lengths.length - kept.length + 1 + i));
      for (const { number, bytes, wireLength, seconds } of kept) {
        expect(bytes).toEqual(new Uint8Array(lengths[number - 1]!).fill(number & 0xff));
        expect([wireLength, seconds]).toEqual([lengths[number - 1]! + 100, number]);
      }
      // At least half of the memory is in use once it has been filled: what was thrown away had to give way.
      const bytes = kept.reduce((sum, frame) => sum + frame.bytes.length, 0);
      const all = lengths.reduce((sum, length) => sum + length, 0);
      expect(ring.count === lengths.length || bytes >= 2048 - 2 * 600 || ring.count === 32).toBe(true);
      expect(bytes).toBeLessThanOrEqual(Math.min(all, 2048));
    }),
  );
});

test('frames around a number are those before and behind it, also where the number itself is in another ring', () => {
  const ring = new FrameRing(4096);
  for (const number of [10, 20, 30, 40, 50]) ring.add(frameOf(number, 60));
  expect(ring.around(30, 1, 1).map(({ number }) => number)).toEqual([20, 30, 40]);
  expect(ring.around(35, 1, 1).map(({ number }) => number)).toEqual([30, 40]);
  expect(ring.around(5, 2, 1).map(({ number }) => number)).toEqual([10]);
  expect(ring.around(60, 2, 2).map(({ number }) => number)).toEqual([40, 50]);
});

test('a frame that is longer than the whole ring is not kept', () => {
  const ring = new FrameRing(128);
  ring.add(frameOf(1, 60));
  ring.add(frameOf(2, 129));
  expect(ring.around(2, 5, 5).map(({ number }) => number)).toEqual([1]);
});
