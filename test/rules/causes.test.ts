import { expect, test } from 'vitest';
import { CAUSES } from '../../src/rules/causes.ts';
import { RULES } from '../../src/rules/index.ts';

const names = new Set(RULES.map((rule) => rule.name));

test('causes and effects are rules that exist', () => {
  const unknown = CAUSES.flatMap(({ cause, effect }) => [cause, effect]).filter((name) => !names.has(name));
  expect(unknown).toEqual([]);
});

test('nothing causes itself, not even over others', () => {
  const effectsOf = (name: string) => CAUSES.filter((link) => link.cause === name).map((link) => link.effect);
  const inCircles = [...names].filter((start) => {
    const reached = new Set(effectsOf(start));
    for (const name of reached) for (const effect of effectsOf(name)) reached.add(effect);
    return reached.has(start);
  });
  expect(inCircles).toEqual([]);
});

test('each pair of cause and effect stands in the table once', () => {
  const pairs = CAUSES.map(({ cause, effect }) => `${cause} > ${effect}`);
  expect(pairs.filter((pair, i) => pairs.indexOf(pair) !== i)).toEqual([]);
});
