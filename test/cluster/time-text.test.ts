import { expect, test } from 'vitest';
import { TimeText, timeText } from '../../src/cluster/time-text.ts';
import { Facts } from '../../src/correlation/facts.ts';
import { nanosecondsOf } from '../../src/reports/time.ts';

test.each([
  [1_700_000_000, 7, '2023-11-14T22:13:20.000000007Z'],
  [-1, 999_999_999, '1969-12-31T23:59:59.999999999Z'],
  [0xffff_ffff + 4294, 0, '2106-02-07T07:39:49.000000000Z'],
  [253_402_300_800, 0, '9999-12-31T23:59:59.000000000Z'],
  [1e300, 0, '9999-12-31T23:59:59.000000000Z'],
  [-1e300, 5, '0000-01-01T00:00:00.000000005Z'],
  [0, -5, '1970-01-01T00:00:00.000000000Z'],
  [0, 1e9, '1970-01-01T00:00:00.999999999Z'],
])('%d s and %d ns are %s', (seconds, nanoseconds, text) => {
  expect(timeText(seconds, nanoseconds)).toBe(text);
  expect(nanosecondsOf(text)).not.toBeNull();
});

test('however far a clock jumps, its times are times', () => {
  const facts = new Facts();
  facts.baseSeconds = 253_402_300_799;
  facts.baseNanoseconds = 999_999_999;
  const time = new TimeText(facts);
  for (const at of [0, 1, -253_402_300_799e9, 1e30, -1e30, -315_569_519_999e9 + 0.5]) expect(nanosecondsOf(time.of(at))).not.toBeNull();
});
