import { afterEach, describe, expect, test, vi } from 'vitest';
import { terminalFor } from '../../src/cli/terminal.ts';

const { isTTY, columns } = process.stdout;

function pretend(terminal: { isTTY: boolean; columns: number }): void {
  Object.assign(process.stdout, terminal);
  vi.stubEnv('NO_COLOR', '');
  vi.stubEnv('TERM', 'xterm');
}

afterEach(() => {
  Object.assign(process.stdout, { isTTY, columns });
  vi.unstubAllEnvs();
});

describe('colour and width', () => {
  test('of a terminal are its own', () => {
    pretend({ isTTY: true, columns: 132 });
    expect(terminalFor(undefined, true)).toEqual({ color: true, width: 132 });
  });

  test('of a pipe and of a file are none and 80', () => {
    pretend({ isTTY: true, columns: 132 });
    expect(terminalFor('report.txt', true)).toEqual({ color: false, width: 80 });
    pretend({ isTTY: false, columns: 132 });
    expect(terminalFor(undefined, true)).toEqual({ color: false, width: 80 });
  });

  test('of a very narrow terminal are not below 60 columns', () => {
    pretend({ isTTY: true, columns: 20 });
    expect(terminalFor(undefined, true).width).toBe(60);
  });

  test.each([
    ['--no-color', false, {}],
    ['NO_COLOR', true, { NO_COLOR: '1' }],
    ['a dumb terminal', true, { TERM: 'dumb' }],
  ])('%s: no colour', (_, wanted, environment) => {
    pretend({ isTTY: true, columns: 80 });
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    expect(terminalFor(undefined, wanted).color).toBe(false);
  });
});
