/**
 * The text report of telling captures, word by word. After a change of wording that is meant,
 *
 *     UPDATE_GOLDEN=1 npx vitest run test/captures/golden.test.ts
 *
 * writes the reports anew; the difference belongs into the commit of its cause.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderText } from '../../src/reports/text.ts';
import { diagnoseCase, type Mode } from '../support/fixtures.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
const isUpdate = process.env.UPDATE_GOLDEN === '1';

const REPORTS: readonly (readonly [name: string, mode: Mode])[] = [
  ['healthy-t1', 'inferred'],
  ['healthy-t1', 'given'],
  ['healthy-span-both', 'inferred'],
  ['rs-answers-arp-t1', 'inferred'],
  ['rs-answers-arp-t1', 'given'],
  ['rs-announces-vip-t5', 'inferred'],
  ['director-no-rewrite', 'given'],
  ['reply-wrong-source-udp-t5', 'inferred'],
  ['rs-no-vip-forwarding', 'given'],
  ['ipv6-rs-answers-nd', 'inferred'],
  ['split-brain', 'inferred'],
  ['nat-mode', 'inferred'],
];

test.each(REPORTS)('the report of %s (roles %s) is as it was', async (name, mode) => {
  const diagnosis = await diagnoseCase(name, mode);
  const options = { color: false, width: 100, sourceFiles: new Map<string, string>(), verbose: false, quiet: false };
  const text = renderText({ ...diagnosis, tool: { ...diagnosis.tool, version: '0.0.0' } }, options);
  const file = join(GOLDEN, `${name}.${mode}.txt`);
  if (isUpdate) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

test('every golden report is compared', () => {
  expect(readdirSync(GOLDEN).sort()).toEqual(REPORTS.map(([name, mode]) => `${name}.${mode}.txt`).sort());
});

test('reports are compared, not rewritten, where CI runs', () => {
  expect(isUpdate && process.env.CI !== undefined).toBe(false);
});
