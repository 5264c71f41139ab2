import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'rolldown/utils';
import { describe, expect, test } from 'vitest';
import { switched } from '../../scripts/mutation/mutants.mjs';

const SWITCH = join(import.meta.dirname, '../../scripts/mutation/switch.mjs');

const namesIn = (source: string) => switched(source, 1, SWITCH).mutants.map((m) => m.name);

describe('the wrongs that can be done', () => {
  test.each([
    ['a count moves by one', 'const LEAST = 3;', ['LEAST + 1', 'LEAST - 1']],
    ['a time moves by a quarter', 'export const WITHIN_NS = 2e9;', ['WITHIN_NS * 1.25', 'WITHIN_NS / 1.25']],
    ['how much is shown is no threshold', 'const MAX_SHOWN = 3; const MAX_REPLIES_SHOWN = 3;', []],
    ['a number inside a function is none, unless something is compared with it', 'function f() { const x = 3; return x * 2; }', []],
    ['a comparison', 'f(a.length < 2);', ['a.length < 2: + 1', 'a.length < 2: - 1']],
    ['what is compared with nothing is there or not', 'f(a.length > 0);', []],
    ['a guard', 'for (const a of b) { if (c(a)) continue; d(a); }', ['drop if (c(a)) continue;']],
    ['a guard in braces', 'function f() { if (a) { return 1; } }', ['drop if (a) { return 1; }']],
    ['what does more than leave is no guard', 'function f() { if (a) { b(); return 1; } }', []],
    ['what has an else is no guard', 'function f() { if (a) return 1; else b(); }', []],
    [
      'of several grounds to leave each is tried by itself',
      'while (f()) if (a || b) break;',
      ['false for a in a ||', 'false for b in a ||'],
    ],
    ['all at once, and each', 'while (f()) if (a && b) break;', ['drop if (a && b) break;', 'true for a in a &&', 'true for b in a &&']],
    ['a choice with nothing', 'f(a ? null : b, c ? d : [], e ? g : h);', ['never nothing by a', 'never nothing but by c']],
    ['a filter', 'a.filter((b) => b.c);', ['drop filter((b) => b.c)']],
    [
      'terms within terms',
      'f(a && (b || c) && d);',
      ['true for a in a &&', 'true for b || c in a &&', 'false for b in a ||', 'false for c in a ||', 'true for d in a &&'],
    ],
    [
      'the same twice',
      'f(a && b); f(a && b);',
      ['true for a in a &&', 'true for b in a &&', 'true for a in a && (2)', 'true for b in a && (2)'],
    ],
    ['words are no code', "f('a && b', `if (c) return;`); // d || e", []],
  ])('%s', (_, source, names) => {
    expect(namesIn(source)).toEqual(names);
  });

  test('have the line of what they change, and change nothing else', () => {
    const [, drop] = switched('// first\nconst a =\n  b < 2;\nwhile (a) if (c) break;\n', 7, SWITCH).mutants.slice(1);
    expect(drop).toMatchObject({ number: 9, line: 4 });
    expect(drop!.alone).toBe('// first\nconst a =\n  b < 2;\nwhile (a) if ((false as boolean)) break;\n');
  });
});

test('one mutant is awake at a time, and none at first', async () => {
  const source = `
    const LEAST: number = 3;
    export function f(numbers: readonly number[]) {
      const many = numbers.filter((n) => n >= LEAST);
      if (many.length > 2) return 'many';
      return many.length > 0 && numbers[0]! > 0 ? 'few' : 'none';
    }`;
  const { source: mutated, mutants } = switched(source, 1, pathToFileURL(SWITCH).href);
  const file = join(tmpdir(), `mutated-${process.pid}.mjs`);
  try {
    writeFileSync(file, transformSync('mutated.ts', mutated).code);
    const { f } = (await import(pathToFileURL(file).href)) as { f(numbers: number[]): string };
    const { wake } = (await import(pathToFileURL(SWITCH).href)) as { wake(number: number): void };
    const told = () => [f([1, 3]), f([3, 3, 3]), f([2]), f([4, 3]), f([0, 3])].join(' ');
    const asIs = 'few many none few none';
    const wrong: Record<string, string> = { asleep: told() };
    for (const { name, number } of mutants) {
      wake(number);
      wrong[name] = told();
    }
    wake(0);
    expect(wrong).toEqual({
      asleep: asIs,
      'LEAST + 1': 'none none none few none',
      'LEAST - 1': 'few many few few none',
      'drop filter((n) => n >= LEAST)': 'few many few few none',
      "drop if (many.length > 2) return 'many';": 'few few none few none',
      'many.length > 2: + 1': 'few few none few none',
      'many.length > 2: - 1': 'few many none many none',
      'true for many.length > 0 in a &&': 'few many few few none',
      'true for numbers[0]! > 0 in a &&': 'few many none few few',
    });
    expect(told()).toBe(asIs);
  } finally {
    rmSync(file, { force: true });
  }
});
