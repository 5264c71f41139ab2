import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { InterfaceClock } from '../../src/capture/interface-clock.ts';

const FIRST_SECOND = BigInt(Date.parse('0000-01-01T00:00:00Z') / 1000);
const LAST_SECOND = BigInt(Date.parse('9999-12-31T23:59:59Z') / 1000);

/** The definition, in arithmetic that cannot round. */
function expected(resolution: number, offset: bigint, count: bigint): [number, number] {
  const units = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
  const second = count / units + offset;
  const clamped = second > LAST_SECOND ? LAST_SECOND : second < FIRST_SECOND ? FIRST_SECOND : second;
  return [Number(clamped), Number(((count % units) * 1_000_000_000n) / units)];
}

function told(clock: InterfaceClock, count: bigint): [number, number] {
  const frame = emptyFrame();
  clock.read(Number(count >> 32n), Number(count & 0xffff_ffffn), frame);
  return [frame.seconds, frame.nanoseconds];
}

describe('the clock of a pcapng interface', () => {
  test.each([
    [6, 0n, 1_700_000_000_999_999n, 1_700_000_000, 999_999_000],
    [9, 0n, 1_700_000_000_123_456_789n, 1_700_000_000, 123_456_789],
    [0, 0n, 1_700_000_000n, 1_700_000_000, 0],
    [3, 5n, 1_700_000_000_123n, 1_700_000_005, 123_000_000],
    [12, -7n, 1_700_000_123_456_789_999n, 1_699_993, 123_456_789],
    [0x80 | 10, 0n, 1_700_000_000n * 1024n + 1023n, 1_700_000_000, 999_023_437],
    [0x80 | 30, 0n, 1_700_000_000n * 2n ** 30n + 2n ** 30n - 1n, 1_700_000_000, 999_999_999],
    [0x80, 0n, 1_700_000_000n, 1_700_000_000, 0],
    [0x80 | 63, 0n, 2n ** 63n + 2n ** 62n, 1, 500_000_000],
    [127, 0n, 2n ** 64n - 1n, 0, 0],
  ])('of resolution %d and offset %d tells count %d as %d s and %d ns', (resolution, offset, count, seconds, nanoseconds) => {
    expect(told(new InterfaceClock(resolution, offset), count)).toEqual([seconds, nanoseconds]);
  });

  test('tells a second that a year of four digits cannot tell as the nearest one that it can', () => {
    expect(told(new InterfaceClock(0, 0n), 2n ** 64n - 1n)).toEqual([Number(LAST_SECOND), 0]);
    expect(told(new InterfaceClock(0, -(2n ** 63n)), 0n)).toEqual([Number(FIRST_SECOND), 0]);
  });

  test('is exact at every resolution, forwards, backwards and across the words of the count', () => {
    const steps = fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 63n }), fc.boolean()), { minLength: 1, maxLength: 30 });
    const start = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 34n }));
    const offset = fc.oneof(fc.constant(0n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), offset, start, steps, (resolution, offsetSeconds, from, walk) => {
        const clock = new InterfaceClock(resolution, offsetSeconds);
        let count = from;
        for (const [bits, forwards] of walk) {
          count = BigInt.asUintN(64, forwards ? count + 2n ** bits - 1n : count - 2n ** bits);
          expect(told(clock, count)).toEqual(expected(resolution, offsetSeconds, count));
        }
      }),
      { seed: 20261120, numRuns: 2000 },
    );
  });
});
