/** What V8 counts, as the fuzzer asks for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { Coverage } from '../../fuzz/coverage.ts';

test('a block is new when it runs for the first time, and only then', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-coverage-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const coverage = new Coverage(pathToFileURL(folder).href);
  onTestFinished(() => coverage.close());
  const path = join(folder, 'choose.js');
  const source = `(function choose(n) { if (n > 1) { n += 2; } else { n -= 2; } return n > 100 ? [1].map(() => n) : n; })`;
  writeFileSync(path, source);
  const map = { version: 3, sources: ['../src/choose.ts'], names: [], mappings: 'AAAA' };
  writeFileSync(`${path}.map`, JSON.stringify(map));
  const choose = runInThisContext(source, { filename: pathToFileURL(path).href }) as (n: number) => unknown;
  const newsOf = (n: number) => {
    choose(n);
    return coverage.news(coverage.report(), true);
  };
  expect(newsOf(0)).toBeGreaterThan(0);
  expect(newsOf(0)).toBe(0);
  expect(newsOf(2)).toBe(1);
  expect(newsOf(3)).toBe(0);
  const before = coverage.byFile();
  expect(before).toMatchObject([{ file: 'src/choose.ts' }]);
  choose(1000);
  const report = coverage.report();
  const seen = coverage.news(report, false);
  expect(seen).toBeGreaterThan(0);
  expect(coverage.news(report, false)).toBe(seen);
  expect(coverage.news(report, true)).toBe(seen);
  const [after] = coverage.byFile();
  expect(after!.blocks).toBeGreaterThan(before[0]!.blocks);
  expect(before[0]!.share).toBeLessThan(after!.share);
  expect(after!.share).toBeGreaterThan(0.9);
});
