/** What the benchmark calls met and missed. */
import { expect, test } from 'vitest';
import { GOALS, judgeGoals } from '../../bench/goals.mjs';

function verdictOf(key: string, measured: number | null): string | undefined {
  return judgeGoals({ [key]: measured }).find((goal) => goal.key === key)?.verdict;
}

test.each([
  ['snap/tcpdump', 1.3, 'aim met'],
  ['snap/tcpdump', 1.31, 'must met'],
  ['snap/tcpdump', 2, 'must met'],
  ['snap/tcpdump', 2.01, 'missed'],
  ['tshark/small', 30, 'aim met'],
  ['tshark/small', 29.9, 'must met'],
  ['tshark/small', 19.9, 'missed'],
  ['flood/rss', 219, 'must met'],
  ['startup/over/1000', 28, 'aim met'],
  ['startup/over/1000', 58, 'must met'],
  ['startup/over/1000', 58.1, 'missed'],
  ['rss/growth', -1, 'aim met'],
  ['rss/growth', null, 'not measured'],
] as const)('%s of %s is %s', (key, measured, verdict) => {
  expect(verdictOf(key, measured)).toBe(verdict);
});

test('a goal that nothing was measured for is not met', () => {
  expect(new Set(judgeGoals({}).map(({ verdict }) => verdict))).toEqual(new Set(['not measured']));
});

test('no aim is laxer than what must be', () => {
  const lax = GOALS.filter(({ at, must, aim = must }) => (at === 'most' ? aim > must : aim < must));
  expect(lax).toEqual([]);
});

test('each goal has a key of its own', () => {
  expect(new Set(GOALS.map(({ key }) => key)).size).toBe(GOALS.length);
});
