/** `lvs-doctor attach`, as a person runs it. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { FAKES, TOKEN } from '../tickets/fakes.ts';
import { serve } from '../tickets/loopback-server.ts';
import { expectRefusal, fixture, type Outcome, run, temporaryDirectory } from './run.ts';

const folder = temporaryDirectory();
const inFolder = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const capture = fixture('rs-answers-arp-t5/mirror.pcap');
const diagnosis = inFolder('diagnosis.json', run(['diagnose', capture, '-f', 'json']).stdout);
const tokenFile = inFolder('token', `${TOKEN}\n`);

/** Runs beside the server of the test, which `run` would stop. */
function attach(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const launcher = fileURLToPath(new URL('../../bin/lvs-doctor.js', import.meta.url));
  const { LVS_DOCTOR_TOKEN: _, ...env } = process.env;
  const child = spawn(process.execPath, [launcher, 'attach', ...args], {
    env: { ...env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (exit) => resolve({ exit, stdout, stderr })));
}

describe.each(Object.keys(FAKES))('a ticket of %s', (name) => {
  test('gets the diagnosis and the evidence once, however often the command runs', async () => {
    const fake = FAKES[name]!();
    const { origin } = await serve(fake.answer);
    const args = [diagnosis, '--ticket', origin + fake.path, '--token-file', tokenFile, '--evidence', capture];
    const [first, second] = [await attach(args), await attach(args)];
    expect(first).toMatchObject({ exit: 0, stderr: '' });
    expect(first.stdout).toMatch(/^Attached to http:\/\/127\.0\.0\.1:\d+\/.* as [0-9a-f]{16}\.\n/);
    expect(second).toMatchObject({ exit: 0, stderr: '' });
    expect(second.stdout).toMatch(/^Already attached to .* as [0-9a-f]{16}; nothing was sent\.\n$/);
    expect(fake.comments).toHaveLength(1);
    expect(fake.comments[0]).toContain('203.0.113.100');
    if (name === 'GitHub') return;
    expect([...fake.files.keys()]).toEqual([
      expect.stringMatching(/^lvs-doctor-report-.*\.html$/),
      expect.stringMatching(/^mirror-.*\.pcap$/),
    ]);
    const [report, evidence] = [...fake.files.values()];
    expect(report!.toString()).toBe(run(['report', diagnosis, '-f', 'html']).stdout);
    expect(evidence).toEqual(readFileSync(capture));
  });

  test('that does not exist is told in one sentence, with the files that are kept', async () => {
    const { origin, asked } = await serve(() => ({ status: 404, body: { message: 'Not Found' } }));
    const before = readFileSync(diagnosis);
    const outcome = await attach([diagnosis, '--ticket', origin + FAKES[name]!().path, '--evidence', capture], { LVS_DOCTOR_TOKEN: TOKEN });
    expect(outcome).toMatchObject({ exit: 2, stdout: '' });
    expect(outcome.stderr).toMatch(/^lvs-doctor: not attached to http:.*: cannot (see|look for) .* answers 404: there is no such ticket/);
    expect(outcome.stderr).toContain(`Nothing is lost: ${diagnosis} and ${capture} stay, and the same command attaches what is missing.\n`);
    expect(readFileSync(diagnosis)).toEqual(before);
    expect(asked[0]?.method).toBe('GET');
  });

  test('is told of every request in a dry run, and gets none', async () => {
    const { origin, asked } = await serve(() => ({ status: 500 }));
    const address = origin + FAKES[name]!().path;
    const outcome = await attach([diagnosis, '--ticket', address, '--token-file', tokenFile, '--evidence', capture, '--dry-run']);
    expect(outcome).toMatchObject({ exit: 0, stderr: '' });
    expect(outcome.stdout).toMatch(/^Nothing is sent\. These requests would go to /);
    expect(outcome.stdout).toMatch(/\nGET http:.*\n {2}to look for an earlier comment\n/);
    expect(outcome.stdout).toMatch(/\nPOST http:.*\n {2}to add the comment\n {2}(authorization: (token |Bearer )|private-token: )\*\*\*\n/);
    expect(outcome.stdout).toMatch(/\n {2}body: [\d,]+ bytes\n {4}comment: [\d,]+ characters/);
    if (name !== 'GitHub') expect(outcome.stdout).toMatch(/ {4}mirror-[0-9a-f]{16}\.pcap: 10,186 bytes\n/);
    expect(outcome.stdout).not.toContain(TOKEN);
    expect(asked).toEqual([]);
  });
});

test('a dry run needs no token, and shows the report when asked', async () => {
  const { exit, stdout } = await attach([diagnosis, '--ticket', 'https://jira.example/browse/OPS-1', '--dry-run', '-v']);
  expect(exit).toBe(0);
  expect(stdout).toContain('  authorization: (no token is given)\n');
  expect(stdout).toContain('FAULT: 4 machines answer ARP for 203.0.113.100 at the same time.\n');
});

test('a webhook gets the diagnosis as it was saved', async () => {
  const { origin, asked } = await serve(() => ({ status: 202 }));
  const outcome = await attach([diagnosis, '--webhook', `${origin}/secret-path?key=1`]);
  expect(outcome).toMatchObject({ exit: 0, stderr: '' });
  expect(outcome.stdout).toMatch(/^Attached to the webhook at 127\.0\.0\.1:\d+ as [0-9a-f]{16}\.\n$/);
  expect(JSON.parse(asked[0]!.body.toString()).diagnosis).toEqual(JSON.parse(readFileSync(diagnosis, 'utf8')));
});

test('what is waited for is told on standard error', async () => {
  const fake = FAKES.GitHub!();
  let asked = 0;
  const { origin } = await serve((it) => (asked++ === 0 ? { status: 429, headers: { 'retry-after': '0' } } : fake.answer(it)));
  const outcome = await attach([diagnosis, '--ticket', origin + fake.path, '--token-file', tokenFile]);
  expect(outcome.exit).toBe(0);
  expect(outcome.stderr).toMatch(
    /^lvs-doctor: cannot look for an earlier comment: .* answers 429: too many requests; the next try is in 0 s\.\n$/,
  );
});

describe('refused before anything is sent is', () => {
  const ticket = ['--ticket', 'https://jira.example/browse/OPS-1'];
  const token = ['--token-file', tokenFile];
  const two = inFolder('two', `${TOKEN}\nsecond-secret`);
  const empty = inFolder('empty', '');
  test.each([
    ['no place', [diagnosis, ...token], /attach needs to know where: give the address of the ticket with --ticket/],
    ['a ticket and a webhook', [diagnosis, ...ticket, '--webhook', 'https://a.example/'], /give --ticket or --webhook, not both\./],
    ['an unknown place', [diagnosis, '--ticket', 'https://a.example/'], /is no address of a ticket that is known here/],
    ['no token', [diagnosis, ...ticket], /Jira needs a token: give a file that holds it with --token-file, or set LVS_DOCTOR_TOKEN\./],
    [
      'a token file that is missing',
      [diagnosis, ...ticket, '--token-file', join(folder, 'none')],
      /--token-file, cannot be read: there is no such file/,
    ],
    ['a token file with more than a token', [diagnosis, ...ticket, '--token-file', two], /holds no token: expected one line/],
    ['an empty token file', [diagnosis, ...ticket, '--token-file', empty], /holds no token/],
    ['a capture for a token file', [diagnosis, ...ticket, '--token-file', capture], /has 10,186 bytes, of which 8,192 can be taken/],
    [
      'evidence that is missing',
      [diagnosis, ...ticket, ...token, '--evidence', join(folder, 'none')],
      /--evidence, cannot be read: there is no such file/,
    ],
    ['empty evidence', [diagnosis, ...ticket, ...token, '--evidence', empty], /--evidence, is empty/],
    ['a directory as evidence', [diagnosis, ...ticket, ...token, '--evidence', folder], /--evidence, is a directory/],
    ['no certificate', [diagnosis, ...ticket, ...token, '--ca', tokenFile], /--ca, holds no certificate; expected PEM/],
    ['a capture', [capture, ...ticket, ...token], /is no text, so it is no diagnosis/],
    ['standard input', ['-', ...ticket, ...token], /attach reads no standard input: save the diagnosis in a file/],
  ])('%s', async (_, args, sentence) => {
    const outcome = await attach(args);
    expectRefusal(outcome, sentence);
    expect(outcome.stderr).not.toContain(TOKEN);
    expect(outcome.stderr).not.toContain('second-secret');
  });
});
