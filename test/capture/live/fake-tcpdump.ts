/** A program `tcpdump` that says and writes what a test wants, found before the real one. */
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../read-capture.ts';

/** `script`: of sh. Gives the directory in which the program stands, also as `$HERE` of the script. */
export function fakeTcpdump(script: string): string {
  const here = temporaryDirectory();
  const program = join(here, 'tcpdump');
  writeFileSync(program, `#!/bin/sh\nHERE='${here}'\n${script}\n`);
  chmodSync(program, 0o755);
  setPath(`${here}${delimiter}${process.env.PATH}`);
  return here;
}

/** No tcpdump at all. */
export function noTcpdump(): void {
  setPath(temporaryDirectory());
}

function setPath(path: string): void {
  const before = process.env.PATH ?? '';
  process.env.PATH = path;
  onTestFinished(() => {
    process.env.PATH = before;
  });
}
