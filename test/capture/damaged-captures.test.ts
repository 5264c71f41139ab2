/** Flipped and cut bytes never throw anything but UsageError, never hang, and never give a frame outside of its buffer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { UsageError } from '../../src/usage-error.ts';
import {
  enhancedPacket,
  frameOf,
  interfaceDescription,
  joined,
  obsoletePacket,
  pcapHeader,
  pcapRecord,
  sectionHeader,
  simplePacket,
  statistics,
} from './capture-bytes.ts';
import { temporaryDirectory } from './read-capture.ts';

const HEALTHY = fileURLToPath(new URL('../../fixtures/pcaps/healthy-t1/', import.meta.url));

const records = Array.from({ length: 20 }, (_, index) => pcapRecord({ data: frameOf(index * 5, index), fraction: index }));
const SAMPLES: readonly [string, Uint8Array][] = [
  ['pcap', joined(pcapHeader(), ...records)],
  ['pcap of version 2.3', joined(pcapHeader({ minor: 3 }), ...records)],
  [
    'pcapng',
    joined(
      sectionHeader(),
      interfaceDescription({ resolution: 9, offset: 3n }),
      interfaceDescription({ resolution: 0x8a, snapLength: 64 }),
      enhancedPacket(),
      enhancedPacket({ from: 1, data: frameOf(33) }),
      simplePacket(),
      statistics(0, 1n, 2n),
      sectionHeader('big'),
      interfaceDescription({ order: 'big' }),
      obsoletePacket({ order: 'big' }),
      enhancedPacket({ order: 'big' }),
    ),
  ],
  ['gzip', new Uint8Array(readFileSync(join(HEALTHY, 'mirror.pcap.gz')))],
  ['zstd', new Uint8Array(readFileSync(join(HEALTHY, 'mirror.pcap.zst')))],
];

/** Bytes to overwrite: most often those that lengths and counts are made of. */
const value = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 }));
const place = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true }));
const damage = fc.record({
  flips: fc.array(fc.tuple(place, value), { maxLength: 6 }),
  keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  chunkBytes: fc.constantFrom(1, 13, 100, 65_536),
});

test.each(SAMPLES)('a damaged %s file is read as far as it goes', async (_, sample) => {
  const path = join(temporaryDirectory(), 'damaged');
  await fc.assert(
    fc.asyncProperty(damage, async ({ flips, keep, chunkBytes }) => {
      const bytes = sample.slice(0, Math.ceil(keep * sample.length));
      for (const [where, byte] of flips) if (bytes.length > 0) bytes[Math.floor(where * (bytes.length - 1))] = byte;
      writeFileSync(path, bytes);
      try {
        const source = await openCapture(path, { chunkBytes });
        const frame = emptyFrame();
        let frames = 0;
        try {
          do {
            while (source.next(frame)) {
              frames += 1;
              const { start, end, bytes: buffer, nanoseconds, seconds, number } = frame;
              if (!(0 <= start && start <= end && end <= buffer.length)) throw new Error(`frame from ${start} to ${end}`);
              if (!(nanoseconds >= 0 && nanoseconds < 1e9)) throw new Error(`${nanoseconds} nanoseconds`);
              if (!Number.isSafeInteger(seconds)) throw new Error(`${seconds} seconds`);
              if (number !== frames + source.info.skippedFrames) throw new Error(`frame ${number}`);
            }
          } while (await source.more());
        } finally {
          await source.close();
        }
        expect(source.info.frames).toBe(frames);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    }),
    { seed: 20261120, numRuns: 400 },
  );
});
