/** Two slices of one capture, read one after the other, tell what the whole tells: nothing depends on where a file was cut in two. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFrame, LinkType } from '../../src/capture/frame.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { inferCluster } from '../../src/cluster/infer.ts';
import { Observations } from '../../src/cluster/observations.ts';
import { findSight } from '../../src/cluster/sight.ts';
import { TimeText } from '../../src/cluster/time-text.ts';
import { Facts } from '../../src/correlation/facts.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { RULES } from '../../src/rules/index.ts';
import { type Judgement, judge } from '../../src/rules/judge.ts';
import { casesIn, FIXTURES } from '../support/fixtures.ts';

/** The records of a little-endian pcap file with microseconds, each with its own copy of its bytes. */
function recordsOf(path: string) {
  const file = readFileSync(path);
  const records: { seconds: number; nanoseconds: number; wireLength: number; bytes: Uint8Array }[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    records.push({
      seconds: file.readUInt32LE(at),
      nanoseconds: file.readUInt32LE(at + 4) * 1000,
      wireLength: file.readUInt32LE(at + 12),
      bytes: Uint8Array.from(file.subarray(at + 16, at + 16 + length)),
    });
    at += 16 + length;
  }
  return records;
}

/** Reads the slices into the same facts, each with a reader and a decoder of its own, and judges. */
function judged(slices: ReturnType<typeof recordsOf>[]): Judgement {
  const facts = new Facts();
  let number = 0;
  for (const slice of slices) {
    const packet = new Packet();
    const frame = { ...emptyFrame(), linkType: LinkType.ethernet };
    for (const { bytes, ...record } of slice) {
      Object.assign(frame, record, { bytes, view: new DataView(bytes.buffer), start: 0, end: bytes.length, number: ++number });
      packet.decode(frame);
      facts.add(frame, packet);
    }
  }
  const o = new Observations(facts);
  const cluster = inferCluster(o, NOTHING_GIVEN);
  const time = new TimeText(facts);
  const c = { o, cluster, given: NOTHING_GIVEN, sight: findSight(o, cluster, null) };
  return judge(c, RULES, { captureOf: () => 'mirror.pcap', timeOf: (at) => time.of(at) });
}

describe('two time slices', () => {
  it.each(casesIn())('are the whole: %s', (name) => {
    const records = recordsOf(join(FIXTURES, name, 'mirror.pcap'));
    const whole = judged([records]);
    for (const share of [0.3, 0.7]) {
      const cut = Math.floor(records.length * share);
      expect(judged([records.slice(0, cut), records.slice(cut)])).toEqual(whole);
    }
  });
});
