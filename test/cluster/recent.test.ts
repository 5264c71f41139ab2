import { expect, test } from 'vitest';
import { Recent } from '../../src/cluster/recent.ts';

/** One that keeps two, and what it was asked to make. */
function recent(): { of: Recent<string, { readonly made: string }>; made: string[] } {
  const made: string[] = [];
  const of = new Recent(2, (key: string) => {
    made.push(key);
    return { made: key };
  });
  return { of, made };
}

test('what was asked for lately is the same thing again', () => {
  const { of, made } = recent();
  const a = of.get('a');
  of.get('b');
  of.get('c');
  expect(a).toEqual({ made: 'a' });
  expect(of.get('a')).toBe(a);
  expect(of.get('c')).toEqual({ made: 'c' });
  expect(made).toEqual(['a', 'b', 'c']);
});

test('of very much that is asked for what is long ago is made anew', () => {
  const { of, made } = recent();
  for (let round = 0; round < 3; round++) for (const key of ['a', 'b', 'c', 'd', 'e']) of.get(key);
  expect(made).toEqual(['a', 'b', 'c', 'd', 'e', 'a', 'b', 'c', 'd', 'e', 'a', 'b', 'c', 'd', 'e']);
});

test('what is asked for again and again stays, whatever else is', () => {
  const { of, made } = recent();
  for (let i = 0; i < 10; i++) for (const key of ['stays', String(i)]) of.get(key);
  expect(made.filter((key) => key === 'stays').length).toBe(1);
});
