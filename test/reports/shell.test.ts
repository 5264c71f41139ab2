import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable } from '../../src/reports/printable.ts';
import { printableCommand, shellQuote, wrapCommand } from '../../src/reports/shell.ts';

const shell = (command: string) => execFileSync('bash', ['-c', command], { encoding: 'utf8' });

describe('a name in a pasteable command', () => {
  test.each([
    ['mirror.pcap', 'mirror.pcap'],
    ['../a b/mirror.pcap', "'../a b/mirror.pcap'"],
    ["it's", `'it'\\''s'`],
    ['$(reboot)', "'$(reboot)'"],
    ['', "''"],
    ['Aufnahme-ü.pcap', "'Aufnahme-ü.pcap'"],
    ['a\nb', "$'a\\012b'"],
    ['\u202e1', "$'\\342\\200\\2561'"],
  ])('%j is written %s', (name, expected) => {
    expect(shellQuote(name)).toBe(expected);
  });

  test('is read by the shell as what it is, whatever it contains', () => {
    const names = fc.sample(fc.string({ unit: 'binary', maxLength: 12 }), 50).map((name) => name.replaceAll(/[\0\p{Surrogate}]/gu, ''));
    names.push("a'\u001bb\\c", '`x`', '\u00808', '-n');
    const words = names.map(shellQuote);
    expect(
      shell(`printf '%s\\0' ${words.join(' ')}`)
        .split('\0')
        .slice(0, -1),
    ).toEqual(names);
    for (const word of words) expect(printable(word)).toBe(word);
  });
});

describe('a command longer than the line', () => {
  test('is continued between words and does the same', () => {
    const command = `printf '%s|' one 'two  words' "three 'x' words" four\\ x five six seven eight nine ten`;
    const lines = wrapCommand(command, 30);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.every((line) => line.length <= 30)).toBe(true);
    expect(shell(lines.join('\n'))).toBe(shell(command));
  });

  test('stands unbroken when a quote is open, as in prose', () => {
    expect(wrapCommand("set the router's ARP timeout to something short", 20)).toEqual(["set the router's ARP timeout to something short"]);
  });

  test('has its comment before it', () => {
    expect(wrapCommand('ip neigh flush to 192.168.1.100 # once, after the others', 40)).toEqual([
      '# once, after the others',
      'ip neigh flush to 192.168.1.100',
    ]);
  });

  test('that is a comment stays a comment on every line', () => {
    expect(wrapCommand('# on the router: clear ip arp 192.168.1.100', 24)).toEqual(['# on the router: clear', '# ip arp 192.168.1.100']);
  });
});

test('a command is shown whole or not at all', () => {
  expect(printableCommand(`rm -r ${'a'.repeat(10_000)}`)).toHaveLength(10_006);
  expect(printableCommand('echo \u001b[31m\nrm')).toBe('echo [31m rm');
  expect(printableCommand(`rm -r ${'a'.repeat(20_000)}`)).toBe('# a command of 20,006 characters is not shown here');
});
