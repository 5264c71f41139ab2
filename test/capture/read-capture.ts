/** Reads a capture to its end, as every caller does, and keeps what the frames said. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CaptureInfo, emptyFrame } from '../../src/capture/frame.ts';
import { type OpenCaptureOptions, openCapture } from '../../src/capture/open-capture.ts';

export interface ReadFrame {
  readonly number: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly wireLength: number;
  readonly linkType: number;
  readonly point: number;
  readonly data: Uint8Array;
}

export interface ReadCapture {
  readonly frames: readonly ReadFrame[];
  readonly info: CaptureInfo;
}

export async function readCapture(name: string, options: OpenCaptureOptions = {}): Promise<ReadCapture> {
  const source = await openCapture(name, options);
  const frame = emptyFrame();
  const frames: ReadFrame[] = [];
  try {
    do {
      while (source.next(frame)) {
        const { number, seconds, nanoseconds, wireLength, linkType, point, bytes, view, start, end } = frame;
        if (view.buffer !== bytes.buffer || view.byteOffset !== bytes.byteOffset) throw new Error('bytes and view differ');
        frames.push({ number, seconds, nanoseconds, wireLength, linkType, point, data: bytes.slice(start, end) });
      }
    } while (await source.more());
  } finally {
    await source.close();
  }
  return { frames, info: source.info };
}

/** A directory of its own for the running test, removed when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lvs-doctor-capture-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes the bytes to a temporary file and reads that. */
export async function readBytes(bytes: Uint8Array, options: OpenCaptureOptions = {}): Promise<ReadCapture> {
  const path = join(temporaryDirectory(), 'capture');
  writeFileSync(path, bytes);
  return readCapture(path, options);
}
