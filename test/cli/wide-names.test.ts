/** The program that is built counts the columns of a text as the packages do that it was built of. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderText } from '../../src/reports/text.ts';
import { fixture, run, temporaryDirectory } from './run.ts';

test('names that are wider or narrower than their characters leave the columns of the table where they were', () => {
  const given = join(temporaryDirectory(), 'cluster.yaml');
  const named = [
    { name: '東京', ip: '203.0.113.29' },
    { name: 'e\u0301te\u0301 🐧', ip: '203.0.113.28' },
  ];
  writeFileSync(given, JSON.stringify({ realServers: named }));
  const args = ['diagnose', fixture('heavy/mirror.pcap'), '-c', given];
  const { stdout } = run(args);
  const rows = named.map(({ name }) => stdout.split('\n').find((line) => line.startsWith(name)));
  expect(rows.every((row) => row !== undefined && / 15 +15 +0 /.test(row))).toBe(true);
  const diagnosis = JSON.parse(run([...args, '-f', 'json']).stdout);
  expect(stdout).toBe(renderText(diagnosis, { color: false, width: 80, sourceFiles: new Map([['mirror.pcap', args[1]!]]) }));
});
