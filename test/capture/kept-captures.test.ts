import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { KeptCaptures } from '../../src/capture/kept-captures.ts';
import { UsageError } from '../../src/usage-error.ts';
import { fixture } from '../cli/run.ts';
import { readCapture, temporaryDirectory } from './read-capture.ts';

const HEALTHY = fixture('healthy-t1/mirror.pcap');
const NUMBERS = new Set([153, 3, 40, 4]);

function keptCaptures(): KeptCaptures {
  const kept = new KeptCaptures();
  onTestFinished(() => kept.remove());
  return kept;
}

/** Reads a capture to its end, for the first time; the number of its frames. */
async function readOnce(kept: KeptCaptures, name: string): Promise<number> {
  const source = await kept.open(name, { chunkBytes: 1000 });
  const frame = emptyFrame();
  do while (source.next(frame));
  while (await source.more());
  await source.close();
  return source.info.frames;
}

/** A FIFO that a writer fills with `file` once. */
function pipeOf(file: string): string {
  const fifo = join(temporaryDirectory(), 'capture');
  execFileSync('mkfifo', [fifo]);
  spawn('sh', ['-c', 'cat "$0" > "$1"', file, fifo]);
  return fifo;
}

async function expected(file = HEALTHY) {
  const { frames } = await readCapture(file);
  return frames.filter((frame) => NUMBERS.has(frame.number)).map(({ data, ...frame }) => ({ ...frame, bytes: data }));
}

test.each(['mirror.pcap', 'mirror-ns.pcapng', 'mirror.pcap.gz', 'mirror.pcap.zst'])(
  'frames of %s are fetched again by number, byte for byte and with their times',
  async (file) => {
    const name = fixture(`healthy-t1/${file}`);
    expect(await keptCaptures().frames(name, NUMBERS)).toEqual(await expected(name));
  },
);

test.each(['mirror.pcap', 'mirror.pcap.gz'])(
  'frames of a pipe that held %s are fetched from its copy, as often as needed',
  async (file) => {
    const kept = keptCaptures();
    const pipe = pipeOf(fixture(`healthy-t1/${file}`));
    expect(await readOnce(kept, pipe)).toBe(153);
    expect(await kept.frames(pipe, NUMBERS)).toEqual(await expected());
    expect(await kept.frames(pipe, NUMBERS)).toEqual(await expected());
  },
);

test('the copy of a pipe leaves no file behind, not even while it is used', async () => {
  const folder = temporaryDirectory();
  const pipe = pipeOf(HEALTHY);
  const kept = await withTemporaryFolder(folder, async () => {
    const kept = keptCaptures();
    await readOnce(kept, pipe);
    return kept;
  });
  expect(readdirSync(folder)).toEqual([]);
  kept.remove();
});

test('a pipe that will not be read again is not copied', async () => {
  const kept = new KeptCaptures(null, false);
  const pipe = pipeOf(HEALTHY);
  await withTemporaryFolder('/nonexistent', async () => expect(await readOnce(kept, pipe)).toBe(153));
  expect(kept.copies).toBe(0);
});

test('a pipe that cannot be copied is diagnosed all the same, and only fetching its frames is refused', async () => {
  const kept = keptCaptures();
  const pipe = pipeOf(HEALTHY);
  await withTemporaryFolder('/nonexistent', async () => expect(await readOnce(kept, pipe)).toBe(153));
  await expect(kept.frames(pipe, NUMBERS)).rejects.toThrow(UsageError);
  await expect(kept.frames(pipe, NUMBERS)).rejects.toThrow(/could not be kept in \/nonexistent .*save it to a file first/);
});

test('only so many frames and bytes are taken as the limits say, the first ones', async () => {
  const kept = keptCaptures();
  const numbers = async (limits: { frames: number; bytes: number }) =>
    (await kept.frames(HEALTHY, NUMBERS, limits)).map((frame) => frame.number);
  expect(await numbers({ frames: 2, bytes: 10_000 })).toEqual([3, 4]);
  expect(await numbers({ frames: 10, bytes: 150 })).toEqual([3, 4]);
  expect(await numbers({ frames: 10, bytes: 10_000 })).toEqual([3, 4, 40, 153]);
});

async function withTemporaryFolder<T>(folder: string, use: () => Promise<T>): Promise<T> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    return await use();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
