import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { progressLine } from '../../src/cli/progress.ts';

const root = join(import.meta.dirname, '../..');
const info = {
  name: 'mirror.pcap',
  format: 'pcap',
  compression: null,
  linkTypes: [1],
  snapLength: 96,
  frames: 4_200_000,
  skippedFrames: 0,
  bytes: 420_000_000,
  storedBytes: 1_000_000_000,
  storedBytesRead: 420_000_000,
  cutOff: false,
  damage: null,
  dropped: null,
} as const;

describe('while a long capture is read', () => {
  it('the line tells the share, the rate and the time left', () => {
    expect(progressLine(info, 1000)).toBe('mirror.pcap  42 % ##########--------------  4,200,000 frames  420 MB/s  2 s left');
  });

  it('a pipe of unknown size shows frames and rate', () => {
    expect(progressLine({ ...info, name: '-', storedBytes: null }, 1000)).toBe('-  4,200,000 frames  420 MB/s');
  });

  it('Ctrl-C judges what was read so far from a pipe that is silent, and exits with 130', async () => {
    const child = spawn(process.execPath, [join(root, 'bin/lvs-doctor.js'), 'diagnose', '-', '-f', 'json'], { stdio: 'pipe' });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => output.push(data));
    child.stderr.on('data', (data: Buffer) => errors.push(data));
    // More than a pipe holds, and then nothing, with the pipe left open: once it is written, the program is reading.
    const capture = readFileSync(join(root, 'fixtures/pcaps/healthy-t1/mirror.pcap'));
    const records = Array.from({ length: 80 }, () => capture.subarray(24));
    child.stdin.write(Buffer.concat([capture.subarray(0, 24), ...records]), () => child.kill('SIGINT'));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(130);
    expect(Buffer.concat(errors).toString()).toContain('interrupted');
    const diagnosis = JSON.parse(Buffer.concat(output).toString()) as { captures: { frames: number }[] };
    expect(diagnosis.captures[0]?.frames).toBeGreaterThan(0);
  });
});
