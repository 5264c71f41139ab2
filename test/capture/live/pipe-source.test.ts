import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyFrame } from '../../../src/capture/frame.ts';
import { PipeSource } from '../../../src/capture/live/pipe-source.ts';
import { openCapture } from '../../../src/capture/open-capture.ts';
import { frameOf, pcapHeader, pcapRecord } from '../capture-bytes.ts';
import { temporaryDirectory } from '../read-capture.ts';

/** A FIFO that somebody else writes, and the source that reads it. */
async function openFifo(signal: AbortSignal | null = null) {
  const path = join(temporaryDirectory(), 'live');
  execFileSync('mkfifo', [path]);
  const writer = createWriteStream(path);
  writer.write(pcapHeader());
  const source = new PipeSource(await openCapture(path), signal);
  return { writer, source };
}

test('each frame is given as soon as it was written, while the pipe stays open', async () => {
  const { writer, source } = await openFifo();
  const frame = emptyFrame();
  for (let i = 1; i <= 3; i++) {
    writer.write(pcapRecord({ seconds: i, data: frameOf(60, i) }));
    // The capture may know of bytes that hold no whole frame yet.
    while (!source.next(frame)) expect(await source.more()).toBe(true);
    expect(frame).toMatchObject({ number: i, seconds: i });
  }
  writer.end();
  while (await source.more()) expect(source.next(frame)).toBe(false);
  await source.close();
});

test('an interrupt ends the wait on a silent pipe', async () => {
  const stop = new AbortController();
  const { writer, source } = await openFifo(stop.signal);
  while (source.next(emptyFrame())) throw new Error('no frame was written');
  const more = source.more();
  stop.abort();
  expect(await more).toBe(false);
  expect(await source.more()).toBe(false);
  await source.close();
  writer.destroy();
});

test('a pipe tells what its capture tells of drops, and nothing else', async () => {
  const { writer, source } = await openFifo();
  expect(source).toMatchObject({ backend: 'pipe', interface: null, linkType: null, filter: null, direction: 'unknown' });
  expect(await source.drops()).toEqual({ received: null, droppedByKernel: null, droppedByInterface: null });
  await source.close();
  expect(await source.more()).toBe(false);
  writer.destroy();
});
