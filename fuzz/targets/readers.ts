/** Readers of capture files: pcap, pcapng, gzip, zstd, whole or cut anywhere. The input is a file. */
import { emptyFrame, type Frame } from '../../src/capture/frame.ts';
import { openCaptureBytes } from '../../src/capture/open-capture.ts';
import { MAX_FRAME_BYTES } from '../../src/capture/record-reader.ts';
import { UsageError } from '../../src/usage-error.ts';
import { Digest } from '../digest.ts';
import { MemoryBytes } from '../memory-bytes.ts';
import { mutateCapture } from '../pieces.ts';
import { Broken, expectSame, type Target } from '../target.ts';
import { expectSentence } from './sentences.ts';

/** Bytes of a capture that are read; what comes after them costs as much again and shows nothing new. */
const ENOUGH_BYTES = 4 << 20;
const LARGE_CHUNK = 65_536;
const SMALL_CHUNKS = [1, 7, 100, 4096];

export const readers: Target = {
  name: 'readers',
  maxBytes: 65_536,
  batch: 64,
  weight: 1,
  mutate: mutateCapture,
  async run(input) {
    const whole = await read(LARGE_CHUNK, new MemoryBytes(input));
    // Small chunks of large inputs take long and show what those of small inputs show.
    const chunk = input.length > 4096 ? 4096 : SMALL_CHUNKS[input.length % SMALL_CHUNKS.length]!;
    const pieces = await read(chunk, new MemoryBytes(input, chunk, input.length % 2 === 1));
    if (whole !== null && pieces !== null) expectSame(whole, pieces, 'the same file read in larger and in smaller pieces');
  },
};

/** All that a reader says of a file; null where that depends on the size of pieces, or not all was read. */
async function read(chunkBytes: number, stored: MemoryBytes): Promise<string | null> {
  try {
    const source = await openCaptureBytes('fuzzed', stored, { chunkBytes });
    const { info } = source;
    const frame = emptyFrame();
    const digest = new Digest();
    let count = 0;
    try {
      do {
        while (source.next(frame)) {
          count++;
          expectSound(frame);
          if (frame.number !== count + info.skippedFrames) throw new Broken(`frame ${frame.number} after ${count - 1} frames`);
          digest.add(frame.number, frame.seconds, frame.nanoseconds, frame.wireLength, frame.linkType);
          digest.addBytes(frame.bytes, frame.start, frame.end);
        }
      } while (info.bytes < ENOUGH_BYTES && (await source.more()));
    } finally {
      await source.close();
    }
    if (info.frames !== count) throw new Broken(`${info.frames} frames are counted, and ${count} were given`);
    if (info.damage !== null) expectSentence(info.damage);
    const { compression, cutOff, damage, linkTypes, snapLength, dropped, skippedFrames } = info;
    // Of a damaged compressed stream as much is lost as was given to the decompressor at once.
    if (info.bytes >= ENOUGH_BYTES || (compression !== null && damage !== null)) return null;
    return JSON.stringify({ count, frames: digest.value, cutOff, damage, linkTypes, snapLength, dropped, skippedFrames });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expectSentence(error.message);
    return /decompress/.test(error.message) ? null : error.message;
  }
}

function expectSound({ bytes, view, start, end, seconds, nanoseconds }: Frame): void {
  const isWindow = start >= 0 && start <= end && end <= bytes.length && end - start <= MAX_FRAME_BYTES;
  if (!isWindow) throw new Broken(`a frame from ${start} to ${end} in a buffer of ${bytes.length} bytes`);
  if (view.buffer !== bytes.buffer || view.byteOffset !== bytes.byteOffset) throw new Broken('a view of other bytes');
  if (!(Number.isInteger(nanoseconds) && nanoseconds >= 0 && nanoseconds < 1e9)) throw new Broken(`${nanoseconds} nanoseconds`);
  if (!/^\d{4}-/.test(new Date(seconds * 1000).toISOString())) throw new Broken(`${seconds} seconds, a year of more than four digits`);
}
