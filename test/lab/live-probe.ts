/** A process of its own that captures live and tells what it sees, one JSON a line; the tests run it in a network namespace, and as another user. */
import { writeFileSync } from 'node:fs';
import { emptyFrame } from '../../src/capture/frame.ts';
import { openLive } from '../../src/capture/live/open-live.ts';
import { UsageError } from '../../src/usage-error.ts';

// hexBytes: how much of each frame is told; touch: a file to make once the source is open.
const { touch, hexBytes = 65_535, ...options } = JSON.parse(process.argv[2] ?? '{}');
const tell = (told: object) => process.stdout.write(`${JSON.stringify(told)}\n`);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

try {
  const source = await openLive({ ...options, signal: stop.signal, notice: (notice: string) => tell({ notice }) });
  if (touch !== undefined) writeFileSync(touch, '');
  tell({ open: source.backend, why: source.why, linkType: source.linkType, uid: process.getuid?.() });
  const frame = emptyFrame();
  try {
    do {
      while (source.next(frame)) {
        const { bytes, start, end, number, seconds, nanoseconds, wireLength } = frame;
        const hex = Buffer.from(bytes.subarray(start, Math.min(end, start + hexBytes))).toString('hex');
        tell({ frame: { hex, number, seconds, nanoseconds, wireLength, direction: source.direction } });
      }
    } while (await source.more());
  } finally {
    tell({ drops: await source.drops() });
    await source.close();
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  tell({ refused: error.message });
}
