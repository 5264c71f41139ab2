import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { EvidenceFiles } from '../../src/live/evidence-files.ts';
import { findingEvent } from '../support/finding-event.ts';
import { FIXTURES } from '../support/fixtures.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evidence-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const never = (sentence: string): never => {
  throw new Error(sentence);
};

function filesIn(folder: string, maxBytes?: number): EvidenceFiles {
  return new EvidenceFiles({
    directory: folder,
    application: 'test',
    captureName: 'eth1',
    failed: never,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
}

async function* framesOf(file: string) {
  const source = await openCapture(file);
  const frame = emptyFrame();
  const packet = new Packet();
  do {
    while (source.next(frame)) {
      packet.decode(frame);
      yield { frame, packet };
    }
  } while (await source.more());
  expect(source.info).toMatchObject({ cutOff: false, damage: null });
  await source.close();
}

const evidenceOf = (...frames: number[]) => ({
  evidence: frames.map((frame) => ({ capture: 'eth1', frame, time: '', shows: 'fault' as const, says: `frame ${frame}` })),
});

test('a file holds the frames of the evidence with those around them and after them, and is readable while it is written', async () => {
  const evidence = filesIn(directory);
  const capture = join(FIXTURES, 'rs-answers-arp-t1b/mirror.pcap');
  const wanted = new Map<string, number>();
  let read = 0;
  for await (const { frame, packet } of framesOf(capture)) {
    evidence.add(frame, packet);
    read++;
    if (read === 100) {
      const time = new Date(frame.seconds * 1000).toISOString().replace('.000Z', '.000000000Z');
      evidence.tell({ ...findingEvent('found', evidenceOf(3, 70)), time });
    }
    if (read === 110) break;
  }
  // Not closed: as after a kill -9.
  const [name, ...others] = readdirSync(directory);
  expect(others).toEqual([]);
  expect(name).toMatch(/^\d{8}T\d{6}Z-1-rs-answers-arp\.pcapng$/);
  let saved = 0;
  for await (const { frame } of framesOf(join(directory, name!))) {
    saved++;
    const key = `${frame.seconds}.${frame.nanoseconds}`;
    wanted.set(key, (wanted.get(key) ?? 0) + 1);
  }
  const times: string[] = [];
  for await (const { frame } of framesOf(capture)) times.push(`${frame.seconds}.${frame.nanoseconds}`);
  for (const number of [1, 2, 3, 4, 70, 101, 110]) expect(wanted.get(times[number - 1]!)).toBe(1);
  expect(saved).toBeLessThanOrEqual(110);
  evidence.close();
});

test('the oldest files go when all of them are too large, and files of others stay', async () => {
  writeFileSync(join(directory, 'notes.txt'), 'x'.repeat(9000));
  writeFileSync(join(directory, '20200101T000000Z-1-rs-no-reply.pcapng'), 'x'.repeat(9000));
  const evidence = filesIn(directory, 20_000);
  for await (const { frame, packet } of framesOf(join(FIXTURES, 'rs-answers-arp-t1b/mirror.pcap'))) evidence.add(frame, packet);
  for (let second = 0; second < 30; second++) {
    evidence.tell({ ...findingEvent('found', evidenceOf(3)), time: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z` });
  }
  evidence.close();
  const left = readdirSync(directory);
  expect(left).toContain('notes.txt');
  expect(left).not.toContain('20200101T000000Z-1-rs-no-reply.pcapng');
  expect(left.some((name) => name.startsWith('20260101T000029Z'))).toBe(true);
  expect(left.some((name) => name.startsWith('20260101T000000Z'))).toBe(false);
  // Those still open, sixteen at most, are never removed.
  const bytes = left.filter((name) => name.endsWith('.pcapng')).map((name) => statSync(join(directory, name)).size);
  expect(bytes.length).toBeLessThanOrEqual(17);
});

test('what is quiet or resolved needs no file', () => {
  const evidence = filesIn(directory);
  evidence.tell(findingEvent('quiet'));
  evidence.tell(findingEvent('resolved'));
  expect(readdirSync(directory)).toEqual([]);
});

test('a place that cannot be a directory is refused with one sentence', () => {
  writeFileSync(join(directory, 'file'), '');
  expect(() => filesIn(join(directory, 'file'))).toThrow(/cannot be written \(.*\); --evidence-dir expects a directory/);
});

test('a disk that cannot be written is told once, and ends nothing', () => {
  const told: string[] = [];
  const folder = join(directory, 'gone');
  const evidence = new EvidenceFiles({
    directory: folder,
    application: 'test',
    captureName: 'eth1',
    failed: (sentence) => told.push(sentence),
  });
  rmSync(folder, { recursive: true });
  evidence.tell(findingEvent('found'));
  evidence.tell(findingEvent('worse'));
  expect(told).toEqual([expect.stringMatching(/^Evidence cannot be saved in .*; the watch goes on without it\.$/)]);
});
