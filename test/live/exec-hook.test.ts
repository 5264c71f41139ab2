import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExecHook } from '../../src/live/exec-hook.ts';
import { findingEvent } from '../support/finding-event.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'exec-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the command gets the event on its standard input, and nothing of it as a command', async () => {
  const told: string[] = [];
  const hook = new ExecHook({ command: `cat >> ${directory}/told`, failed: (sentence) => told.push(sentence) });
  const event = findingEvent('found', { message: `'; touch ${directory}/owned; $(touch ${directory}/owned) \`touch ${directory}/owned\`` });
  hook.tell(event);
  await hook.close(10_000);
  expect(JSON.parse(readFileSync(join(directory, 'told'), 'utf8'))).toEqual(event);
  expect(readdirSync(directory)).toEqual(['told']);
  expect(told).toEqual([]);
});

test('a command that fails, or does not read, or does not exist, is told and ends nothing', async () => {
  const told: string[] = [];
  for (const command of ['exit 3', 'exec 0<&-; exit 0', '/no/such/command']) {
    const hook = new ExecHook({ command, failed: (sentence) => told.push(sentence) });
    hook.tell(findingEvent('found'));
    await hook.close(10_000);
  }
  expect(told).toEqual([
    expect.stringMatching(/^The command of --exec failed with exit code 3: /),
    expect.stringMatching(/^The command of --exec failed with exit code 127: /),
  ]);
});

test('no more than two commands run at a time, and one that takes too long is ended with all that it started', async () => {
  const told: string[] = [];
  const hook = new ExecHook({ command: 'sleep 1000 & sleep 1000', failed: (sentence) => told.push(sentence), longestMs: 50 });
  for (let i = 0; i < 1100; i++) hook.tell(findingEvent('found'));
  expect(told).toEqual([expect.stringMatching(/is too slow: 1000 events wait for it/)]);
  await hook.close(200);
  expect(told.slice(1).every((sentence) => /took longer than 0\.05 s and was ended/.test(sentence))).toBe(true);
  expect(told.length).toBeGreaterThan(1);
});
