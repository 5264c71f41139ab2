import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readInclude } from '../../src/cli/read-include.ts';
import { temporaryDirectory } from './run.ts';

const directory = temporaryDirectory();
const home = join(directory, 'keepalived');
const conf = join(home, 'keepalived.conf');
mkdirSync(join(home, 'conf.d', 'folder.conf'), { recursive: true });
for (const name of ['b.conf', 'a.conf', '.hidden.conf', 'a.conf~']) writeFileSync(join(home, 'conf.d', name), name);
writeFileSync(join(directory, 'other.conf'), 'elsewhere');
const texts = (path: string) => readInclude(path, conf)?.map((file) => file.text) ?? null;

describe('what a keepalived.conf includes', () => {
  test('is read beside it, in the order of names, hidden files and folders aside', () => {
    expect(texts('conf.d/*.conf')).toEqual(['a.conf', 'b.conf']);
    expect(texts('conf.d/?.conf')).toEqual(['a.conf', 'b.conf']);
    expect(texts(join(home, 'conf.d', 'b.conf'))).toEqual(['b.conf']);
  });

  test('is not at hand when it is missing or lies elsewhere', () => {
    for (const path of ['conf.d/none*.conf', 'none/a.conf', '../other.conf', '/etc/hostname']) expect(texts(path)).toBeNull();
  });
});
