/** Words that rules share. */
import { expect, test } from 'vitest';
import { msBetween } from '../../src/rules/wording.ts';

test.each([
  [0.04, '0.0 ms'],
  [9.5, '9.5 ms'],
  [10.4, '10 ms'],
  [1234.5, '1235 ms'],
])('%f ms between two frames are told as %s, whichever is first', (ms, words) => {
  const [a, b] = [
    { point: 0, frame: 1, at: 5e9 },
    { point: 0, frame: 2, at: 5e9 + ms * 1e6 },
  ];
  expect([msBetween(a!, b!), msBetween(b!, a!)]).toEqual([words, words]);
});
