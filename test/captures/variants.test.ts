/** A capture says the same in whatever file it is kept. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { FIXTURES } from '../support/fixtures.ts';

function diagnosisOf(name: string, file: string): Promise<Diagnosis> {
  return diagnose([{ name: join(FIXTURES, name, file), point: null }], NOTHING_GIVEN);
}

/**
 * All but what belongs to the file itself: its name, format and size. Times to the microsecond, where the
 * files were made from each other; without times, where several programs recorded the same minute.
 */
async function contentOf(name: string, file: string, times: 'same times' | 'own times'): Promise<unknown> {
  const { captures, ...told } = await diagnosisOf(name, file);
  const text = JSON.stringify({ ...told, frames: captures[0]!.frames });
  const time = times === 'same times' ? '$1Z' : 'time';
  return JSON.parse(text.replaceAll(`"capture":"${file}"`, '"capture":""').replace(/(\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6})\d{3}Z/g, time));
}

test.each([
  ['rs-answers-arp-t1', 'mirror-ns.pcapng', 'own times'],
  ['rs-answers-arp-t1', 'mirror-nano.pcap', 'own times'],
  ['rs-answers-arp-t1', 'mirror-s96.pcap', 'own times'],
  ['rs-answers-arp-t1', 'mirror.pcap.gz', 'same times'],
  ['healthy-t1', 'mirror-ns.pcapng', 'own times'],
  ['healthy-t1', 'mirror-nano.pcap', 'own times'],
  ['healthy-t1', 'mirror-s96.pcap', 'own times'],
  ['healthy-t1', 'mirror.pcap.gz', 'same times'],
  ['healthy-t1', 'mirror.pcap.zst', 'same times'],
  ['rs-announces-vip-t5', 'mirror-ns.pcapng', 'own times'],
  ['rs-announces-vip-t5', 'mirror-nano.pcap', 'own times'],
  ['rs-announces-vip-t5', 'mirror-s96.pcap', 'own times'],
  ['rs-announces-vip-t5', 'mirror.pcap.gz', 'same times'],
] as const)('%s: %s is diagnosed as mirror.pcap is', async (name, variant, times) => {
  expect(await contentOf(name, variant, times)).toEqual(await contentOf(name, 'mirror.pcap', times));
});

test('nanoseconds of the file reach the report', async () => {
  const { captures } = await diagnosisOf('rs-answers-arp-t1', 'mirror-nano.pcap');
  expect(captures[0]!.first).toMatch(/\.217390505Z$/);
});

test.each(['healthy-t1', 'rs-answers-arp-t1', 'rs-announces-vip-t5'])(
  '%s: a file that ends inside a record is judged up to there, and says so',
  async (name) => {
    const [cut, whole] = [await diagnosisOf(name, 'mirror-trunc.pcap'), await diagnosisOf(name, 'mirror.pcap')];
    const { cutOff, frames } = cut.captures[0]!;
    expect(cutOff).toBe(true);
    expect(frames).toBeLessThan(whole.captures[0]!.frames);
    expect(cut.notices.map((n) => n.notice)).toContain('file-cut-off');
    expect(cut.findings.flatMap((f) => f.evidence).filter((e) => e.frame > frames)).toEqual([]);
  },
);
