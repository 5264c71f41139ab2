import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KeptCaptures } from '../src/capture/kept-captures.ts';
import { PcapngWriter } from '../src/capture/pcapng-writer.ts';
import { NOTHING_GIVEN } from '../src/cluster/given/given.ts';
import { diagnose } from '../src/diagnose.ts';
import type { Diagnosis } from '../src/diagnosis.ts';
import { evidenceFiles } from '../src/evidence-capture.ts';
import { readBytes, readCapture, temporaryDirectory } from './capture/read-capture.ts';
import { fixture } from './cli/run.ts';
import { casesIn } from './support/fixtures.ts';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

async function evidenceOf(path: string) {
  const captures = [{ name: path, point: null }];
  const kept = new KeptCaptures();
  onTestFinished(() => kept.remove());
  const diagnosis = await diagnose(captures, NOTHING_GIVEN, { kept });
  return { diagnosis, files: await evidenceFiles(diagnosis, captures, kept) };
}

describe.each(casesIn())('%s', (name) => {
  test('the evidence is what findings cite and its context, frame for frame as captured, in order of time', async () => {
    const path = fixture(`${name}/mirror.pcap`);
    const { diagnosis, files } = await evidenceOf(path);
    const cited = new Set(diagnosis.findings.flatMap((finding) => finding.evidence).map((item) => item.frame));
    expect(files).toHaveLength(cited.size === 0 ? 0 : 1);
    if (cited.size === 0) return;
    const { frames } = await readBytes(files[0]!.bytes);
    const asKey = (frame: (typeof frames)[number]) =>
      `${frame.seconds}.${frame.nanoseconds} ${frame.wireLength} ${Buffer.from(frame.data).toString('hex')}`;
    const original = (await readCapture(path)).frames;
    const originals = new Set(original.map(asKey));
    const saved = frames.map(asKey);
    expect(saved.filter((key) => !originals.has(key))).toEqual([]);
    for (const number of cited) expect(saved).toContain(asKey(original[number - 1]!));
    const times = frames.map((frame) => frame.seconds * 1e9 + frame.nanoseconds);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(files[0]).toMatchObject({ linkType: 'ethernet', frames: frames.length, cited: cited.size });
    expect(frames.length).toBeLessThanOrEqual(Math.min(original.length, 9 * cited.size));
  });
});

test('the context of a cited frame is the frames of the same flow just before and after it', async () => {
  const path = fixture('mid-flow-rs-switch/mirror.pcap');
  const { diagnosis, files } = await evidenceOf(path);
  const cited = new Set(diagnosis.findings.flatMap((finding) => finding.evidence).map((item) => item.frame));
  expect(files[0]!.frames).toBeGreaterThan(cited.size);
});

describe.skipIf(!hasTshark)('in tshark (skipped without tshark)', () => {
  test.each(['rs-answers-arp-t5', 'ipv6-rs-answers-nd', 'split-brain', 'icmp-redirect', 'healthy-vlan', 'mixed', 'rs-announces-vip-t5'])(
    'the evidence of %s has its comments, and each frame the bytes of the original',
    async (name) => {
      const path = fixture(`${name}/mirror.pcap`);
      const { diagnosis, files } = await evidenceOf(path);
      if (files.length === 0) return;
      const saved = join(temporaryDirectory(), 'evidence.pcapng');
      writeFileSync(saved, files[0]!.bytes);
      const comments = fieldsOf(saved, 'frame.comment');
      const proofs = diagnosis.findings.flatMap(({ code, rule, evidence }) =>
        evidence.map((item) => ({
          number: item.frame,
          text: `${code} ${rule}, ${item.shows}: ${item.says} (frame ${item.frame} of mirror.pcap)`,
        })),
      );
      for (const { text } of proofs) expect(comments.some((comment) => comment.includes(text))).toBe(true);
      for (const lines of comments.map((comment) => comment.split('\\n'))) expect(new Set(lines).size).toBe(lines.length);
      // The n-th commented frame is the n-th cited one: its dump must be that of the original.
      const times = fieldsOf(path, 'frame.time_epoch');
      const cited = [...new Set(proofs.map(({ number }) => number))].sort((a, b) => Number(times[a - 1]) - Number(times[b - 1]) || a - b);
      const commented = comments.flatMap((comment, i) => (comment === '' ? [] : [i + 1]));
      expect(commented).toHaveLength(cited.length);
      expect(dumpOf(saved, commented)).toBe(dumpOf(path, cited));
    },
  );
});

function fieldsOf(path: string, field: string): string[] {
  const text = execFileSync('tshark', ['-r', path, '-T', 'fields', '-E', 'separator=/t', '-e', field], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text.split('\n').slice(0, -1);
}

/** The bytes of frames as `tshark -x` shows them. */
function dumpOf(path: string, frames: readonly number[]): string {
  const filter = `frame.number in {${frames.join(', ')}}`;
  const text = execFileSync('tshark', ['-r', path, '-Y', filter, '-x'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return text
    .split('\n')
    .filter((line) => /^[0-9a-f]{4} |^$/.test(line))
    .join('\n');
}

test('evidence of two link types becomes two files, that of the first frames first', async () => {
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter((block) => blocks.push(block), { application: 'test' });
  const cooked = writer.describeInterface({ linkType: 276, snapLength: 0 });
  const ethernet = writer.describeInterface({ linkType: 1, snapLength: 0 });
  for (let i = 0; i < 4; i++)
    writer.frame([cooked, ethernet][i % 2]!, { seconds: i, nanoseconds: i, wireLength: 100, bytes: new Uint8Array(60).fill(i) });
  const path = join(temporaryDirectory(), 'two.pcapng');
  writeFileSync(path, Buffer.concat(blocks));
  const captures = [{ name: path, point: null }];
  const kept = new KeptCaptures();
  const item = (frame: number) => ({ capture: 'two.pcapng', frame, time: '', shows: 'fault', says: `frame ${frame}` }) as const;
  const files = await evidenceFiles(
    {
      ...(await diagnose(captures, NOTHING_GIVEN)),
      findings: [{ code: 'LVS101', rule: 'rs-answers-arp', confidence: 'confirmed', message: '', evidence: [item(1), item(2), item(3)] }],
    } as unknown as Diagnosis,
    captures,
    kept,
  );
  expect(files.map(({ linkType, frames, cited }) => ({ linkType, frames, cited }))).toEqual([
    { linkType: 'linux-sll2', frames: 2, cited: 2 },
    { linkType: 'ethernet', frames: 1, cited: 1 },
  ]);
  const { frames } = await readBytes(files[1]!.bytes);
  expect(frames.map(({ linkType, nanoseconds, wireLength, data }) => [linkType, nanoseconds, wireLength, data[0]])).toEqual([
    [1, 1, 100, 1],
  ]);
});

test('the file tells the tool, the capture and its SHA-256', async () => {
  const path = fixture('rs-answers-arp-t5/mirror.pcap');
  const { diagnosis, files } = await evidenceOf(path);
  const text = Buffer.from(files[0]!.bytes).toString('latin1');
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
  expect(text).toContain(`Capture mirror.pcap, SHA-256 ${hash}.`);
  expect(text).toContain(`lvs-doctor ${diagnosis.tool.version}`);
  expect(text).toContain(diagnosis.summary);
});
