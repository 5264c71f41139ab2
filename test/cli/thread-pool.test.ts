/** One thread reads files, unless somebody has set how many. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../capture/read-capture.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/lvs-doctor.js', import.meta.url));
/** Tells at the end how many threads there are that Node.js reads files in: libuv names none, so all are counted. */
const TELL = "process.on('exit', () => process.stderr.write(String(require('node:fs').readdirSync('/proc/self/task').length)));";

function threadsOf(environment: Record<string, string>): number {
  const folder = temporaryDirectory();
  const [tell, capture] = [join(folder, 'tell.cjs'), join(folder, 'long.pcap')];
  writeFileSync(tell, TELL);
  const header = Buffer.alloc(24);
  [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 1].forEach((word, i) => {
    header.writeUInt32LE(word, i * 4);
  });
  const record = Buffer.alloc(16 + 1000);
  record.writeUInt32LE(1000, 8);
  record.writeUInt32LE(1000, 12);
  writeFileSync(capture, Buffer.concat([header, ...new Array(30_000).fill(record)]));
  const { UV_THREADPOOL_SIZE: _, ...others } = process.env;
  const options = ['--require', tell, LAUNCHER, 'diagnose', capture, '-q', '-f', 'json'];
  const { stderr } = spawnSync(process.execPath, options, { encoding: 'utf8', env: { ...others, ...environment } });
  return Number(/\d+$/.exec(stderr)![0]);
}

test.runIf(process.platform === 'linux')('a capture is read in one thread, or in as many as were asked for', () => {
  const one = threadsOf({});
  expect(threadsOf({ UV_THREADPOOL_SIZE: '1' })).toBe(one);
  expect(threadsOf({ UV_THREADPOOL_SIZE: '4' })).toBe(one + 3);
});
