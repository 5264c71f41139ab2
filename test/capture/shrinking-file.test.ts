/** A capture that gets shorter while it is read, or between its two readings: a capturing program that rotates its files does that. */
import { copyFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { KeptCaptures } from '../../src/capture/kept-captures.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import { fetchEvidence } from '../../src/evidence.ts';
import { evidenceFiles } from '../../src/evidence-capture.ts';
import { renderHtml } from '../../src/reports/html.ts';
import { fixture } from '../cli/run.ts';
import { temporaryDirectory } from './read-capture.ts';

function copyOf(name: string): string {
  const path = join(temporaryDirectory(), 'capture.pcap');
  copyFileSync(fixture(name), path);
  return path;
}

/** Frame 23 begins at byte 2004: only the size of the file tells that something is missing behind it. */
test.each([0, 1, 24, 500, 2004, 2010])(
  'cut to %d bytes while its first kilobyte is judged and the second is read, it ends there, and what was read is judged',
  async (length) => {
    const path = copyOf('rs-answers-arp-t5/mirror.pcap');
    const source = await openCapture(path, { chunkBytes: 1000 });
    const frame = emptyFrame();
    let frames = 0;
    do {
      while (source.next(frame)) frames += 1;
      truncateSync(path, Math.min(length, statSync(path).size));
    } while (await source.more());
    await source.close();
    expect(frames).toBeGreaterThan(8);
    expect(source.info).toMatchObject({ frames, cutOff: true, damage: null, storedBytesRead: Math.max(2000, length) });
    expect(source.info.frames).toBeLessThan(115);
  },
);

test('cut between its two readings, it gives the evidence that is left of it', async () => {
  const path = copyOf('rs-answers-arp-t5/mirror.pcap');
  const kept = new KeptCaptures();
  const captures = [{ name: path, point: null }];
  const diagnosis = await diagnose(captures, NOTHING_GIVEN, { kept });
  truncateSync(path, 1000);
  const evidence = await fetchEvidence(diagnosis, captures, kept);
  expect([...evidence.get('capture.pcap')!.keys()]).toEqual([1, 2, 3, 4, 5]);
  expect(await evidenceFiles(diagnosis, captures, kept)).toMatchObject([{ cited: 5 }]);
  expect(await renderHtml(diagnosis, evidence)).toContain('vip-arp-race');
  truncateSync(path, 0);
  await expect(fetchEvidence(diagnosis, captures, kept)).rejects.toThrow('is empty');
});
