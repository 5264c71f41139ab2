import { describe, expect, test } from 'vitest';
import { escapeInvisible, printable, printableUpTo, quoted } from '../../src/reports/printable.ts';

describe('text from a file, made safe to show', () => {
  test.each([
    ['colour and cursor sequences lose their escape', 'a\u001b[31mb\u009b2Jc', 'a[31mb2Jc'],
    ['line breaks become spaces', 'a\r\nb\u2028c\td', 'a b c d'],
    ['right-to-left overrides and isolates vanish', 'rs\u202e1\u2066\u200f', 'rs1'],
    ['zero-width and fill characters vanish', 'r\u200bs\ufeff1\u3164', 'rs1'],
    ['half a surrogate pair is shown as unreadable', 'a\ud800b', 'a\ufffdb'],
    ['letters of all languages stay', 'Büro 東京 ✓ 🐧', 'Büro 東京 ✓ 🐧'],
  ])('%s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });
});

test('a text longer than anybody reads is cut, and says how much is missing', () => {
  expect(printable('a'.repeat(2000))).toHaveLength(2000);
  expect(printable('a'.repeat(1_002_000))).toBe(`${'a'.repeat(2000)}… (1,000,000 characters more)`);
  expect(printableUpTo(3, '🐧🐧')).toBe('🐧\ufffd… (1 character more)');
});

test('a quoted name keeps its value and shows no invisible character', () => {
  const name = 'a"\\\u001b\u202e\u{e0041}\n\u0085';
  expect(JSON.parse(quoted(name))).toBe(name);
  expect(quoted(name)).toMatch(/^[\x20-\x7e]*$/);
});

/** Each alone and between others that take as many bytes more, or fewer, than characters. */
test.each(['\x7f', '\x85', '\xad', '\u200b', '\u2028', '\u202e', '\u115f', '\uffa0', '\u{e0041}'])(
  '%j in a report is escaped',
  (invisible) => {
    for (const around of ['', 'a', '→', '←→', 'é', '東京', '🐧', '\ud800']) {
      const report = { path: [`${around}${invisible}`, `→${around}`] };
      const json = escapeInvisible(JSON.stringify(report, null, 2));
      expect(JSON.parse(json)).toEqual(report);
      expect(json).not.toContain(invisible);
    }
  },
);

test('a report of what can be seen stays as it is', () => {
  for (const text of ['→ gateway>director', 'é ← 東京 🐧']) {
    const json = JSON.stringify({ path: [text] }, null, 2);
    expect(escapeInvisible(json)).toBe(json);
  }
});
