/** The launcher loads the program with the code that V8 made of it, and does without it. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { fixture } from './cli/run.ts';

const ROOT = join(import.meta.dirname, '..');
const CAPTURE = fixture('rs-arp-partial-t5/mirror.pcap');

let copy: string;
let code: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'lvs-doctor-launcher-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  for (const part of ['bin', 'dist', 'package.json', 'docs/rules', 'schema'])
    cpSync(join(ROOT, part), join(copy, part), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  code = join(copy, 'dist', readdirSync(join(copy, 'dist')).find((name) => name.endsWith('.code'))!);
});

/** What a launcher prints of a fault, and whether V8 took the code that was there. */
function run(capture = CAPTURE, options: readonly string[] = []): { stdout: string; status: number | null; took: boolean | undefined } {
  const told = join(copy, 'told.cjs');
  writeFileSync(
    told,
    `const vm = require('node:vm');
    vm.Script = class extends vm.Script {
      constructor(...given) { super(...given); process.stderr.write(String(this.cachedDataRejected)); }
    };`,
  );
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...options, '--require', told, join(copy, 'bin/lvs-doctor.js'), 'diagnose', capture],
    { encoding: 'utf8' },
  );
  return { stdout, status, took: { false: true, true: false }[stderr] };
}

/** A zstd frame of one stored block. */
function zstdOf(content: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE((content.length << 3) | 1);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3]), size.subarray(0, 3), content]);
}

const real = () => spawnSync(process.execPath, [join(ROOT, 'bin/lvs-doctor.js'), 'diagnose', CAPTURE], { encoding: 'utf8' }).stdout;

test('V8 takes the code that was made when the program was built', () => {
  const told = run();
  expect(told).toEqual({ stdout: real(), status: 1, took: true });
  expect(told.stdout).toMatch(/^FAULT/);
});

test.each<[string, () => void, readonly string[], boolean | undefined]>([
  ['there is no code', () => rmSync(code), [], undefined],
  ['the code is cut off', () => truncateSync(code, 5000), [], false],
  ['the code is empty', () => truncateSync(code, 0), [], false],
  ['the code is something else', () => writeFileSync(code, 'x'.repeat(100_000)), [], false],
  ['the code is older than the program', () => utimesSync(code, 1, 1), [], undefined],
  ['Node.js runs with other options', () => {}, ['--no-lazy'], false],
])('what is said is the same where %s', (_, change, options, took) => {
  change();
  expect(run(CAPTURE, options)).toEqual({ stdout: real(), status: 1, took });
});

test.each([gzipSync, zstdOf])('it diagnoses a compressed capture', (compressed) => {
  const path = join(copy, 'capture');
  writeFileSync(path, compressed(readFileSync(CAPTURE)));
  expect(run(path)).toMatchObject({ stdout: expect.stringMatching(/^FAULT/), status: 1, took: true });
});

test('where nothing was built it says what builds it', () => {
  const program = join(copy, 'dist/core.cjs');
  rmSync(program);
  const { status, stderr } = spawnSync(process.execPath, [join(copy, 'bin/lvs-doctor.js'), 'diagnose', CAPTURE], { encoding: 'utf8' });
  expect(stderr).toBe(`lvs-doctor: ${program} is missing: it is built by 'npm ci', without --omit=dev, in ${copy}.\n`);
  expect(status).toBe(2);
});

test('a program that was changed since is compiled anew', () => {
  appendFileSync(join(copy, 'dist/core.cjs'), 'process.stdout.write("changed"); process.exit();');
  expect(run()).toMatchObject({ stdout: 'changed', status: 0 });
});
