import { afterEach, describe, expect, test, vi } from 'vitest';
import { terminalFor } from '../../src/cli/terminal.ts';

/** What standard output is: columns, or null where it is no terminal. */
let columns: number | null = null;

vi.mock('../../src/cli/standard-streams.ts', () => ({ outputTerminal: () => (columns === null ? null : { columns }) }));

function pretend(terminal: { columns: number } | null): void {
  columns = terminal?.columns ?? null;
  vi.stubEnv('NO_COLOR', '');
  vi.stubEnv('TERM', 'xterm');
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('colour and width', () => {
  test('of a terminal are its own', () => {
    pretend({ columns: 132 });
    expect(terminalFor(undefined, true)).toEqual({ color: true, width: 132 });
  });

  test('of a pipe and of a file are none and 80', () => {
    pretend({ columns: 132 });
    expect(terminalFor('report.txt', true)).toEqual({ color: false, width: 80 });
    pretend(null);
    expect(terminalFor(undefined, true)).toEqual({ color: false, width: 80 });
  });

  test('of a very narrow terminal are not below 60 columns', () => {
    pretend({ columns: 20 });
    expect(terminalFor(undefined, true).width).toBe(60);
  });

  test.each([
    ['--no-color', false, {}],
    ['NO_COLOR', true, { NO_COLOR: '1' }],
    ['a dumb terminal', true, { TERM: 'dumb' }],
  ])('%s: no colour', (_, wanted, environment) => {
    pretend({ columns: 80 });
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    expect(terminalFor(undefined, wanted).color).toBe(false);
  });
});
