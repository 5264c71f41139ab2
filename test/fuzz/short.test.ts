/** A few thousand inputs of a fixed seed for each target, as `npm run fuzz` makes them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readOptions } from '../../fuzz/options.ts';

const ROOT = join(import.meta.dirname, '../..');
const FIXTURE = join(ROOT, 'fixtures/pcaps/healthy-t1');

test.each([
  [['readers', 'decoders', 'cluster-files'], 300],
  [['diagnose'], 25],
])('the fuzzer covers %j, and finds nothing', (targets, executions) => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-fuzz-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = ['scripts/run-bundled.mjs', 'fuzz/main.ts,fuzz/worker.ts', '--target', targets.join()];
  const options = ['--executions', String(executions), '--seed', '20261120', '--minutes', '10', '--findings', folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...script, ...options, '--seeds', FIXTURE], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(stderr).toMatch(/nothing was found\.\n$/);
  expect(status).toBe(0);
  for (const target of targets) {
    const row = new RegExp(`^${target} +([\\d,]+) +[\\d,]+ +[\\d,]+ +([\\d,]+)`, 'm').exec(stdout)!;
    const [executed, blocks] = row.slice(1).map((text) => Number(text.replaceAll(',', '')));
    expect(executed).toBeGreaterThanOrEqual(executions);
    expect(blocks).toBeGreaterThan(100);
  }
});

test.each([
  [['--target', 'decoder'], "--target knows readers, decoders, cluster-files, diagnose, not 'decoder'"],
  [['--minutes', '0'], '--minutes takes a number above 0'],
  [['--repeat', 'x'], '--repeat needs one --target'],
])('%j is refused in one sentence', (args, sentence) => {
  expect(() => readOptions(args, ROOT, ['readers', 'decoders', 'cluster-files', 'diagnose'])).toThrow(sentence);
});
