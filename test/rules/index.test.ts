/** Which rules are asked. */
import { expect, test } from 'vitest';
import { chooseRules, RULES } from '../../src/rules/index.ts';

const names = (only: readonly string[], except: readonly string[]) => chooseRules({ only, except }).map((rule) => rule.name);

test('all rules are asked where nobody chooses', () => {
  expect(chooseRules({ only: [], except: [] })).toEqual(RULES);
});

test('those chosen are asked, in their own order, and no others', () => {
  expect(names(['rs-refuses', 'rs-no-reply'], [])).toEqual(['rs-no-reply', 'rs-refuses']);
});

test('those excepted are not asked, chosen or not', () => {
  expect(names([], ['rs-no-reply'])).toEqual(RULES.map((rule) => rule.name).filter((name) => name !== 'rs-no-reply'));
  expect(names(['rs-refuses', 'rs-no-reply'], ['rs-refuses'])).toEqual(['rs-no-reply']);
});
