/** Runs the command as a person does, from the build in dist/. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../bin/lvs-doctor.js', import.meta.url));
const FIXTURES = fileURLToPath(new URL('../../fixtures/pcaps/', import.meta.url));

export interface Outcome {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The outcome of `lvs-doctor …args`; `input` is its standard input. */
export function run(args: readonly string[], input: string | Uint8Array = ''): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], { encoding: 'utf8', input });
  return { exit: status, stdout, stderr };
}

/** The same in a shell that has given this command before, such as one that sets a limit. */
export function runAfter(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Outcome {
  const line = [`${command}; exec "$@"`, 'sh', process.execPath, LAUNCHER, ...args];
  const { status, stdout, stderr } = spawnSync('sh', ['-c', ...line], { encoding: 'utf8', input: '', env: { ...process.env, ...env } });
  return { exit: status, stdout, stderr };
}

/** Path of a capture in fixtures/pcaps. */
export function fixture(name: string): string {
  return join(FIXTURES, name);
}

/** A directory that is removed after the tests of the file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lvs-doctor-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Exit code 2, one sentence on standard error, nothing on standard output, no stack. */
export function expectRefusal(outcome: Outcome, sentence: RegExp): void {
  expect(outcome.stderr).toMatch(/^lvs-doctor: [^\n]*[.?][^\n]{0,80}\n$/);
  expect(outcome.stderr).toMatch(sentence);
  expect(outcome.stderr).not.toMatch(/\bat .*:\d+:\d+|internal error/);
  expect(outcome.stdout).toBe('');
  expect(outcome.exit).toBe(2);
}
