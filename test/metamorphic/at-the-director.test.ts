/** What a director itself captures: requests twice, and no reply. That is direct routing, and no fault of a healthy cluster. */
import { expect, test } from 'vitest';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { destinationMacOf, formatMac, sourceMacOf } from '../../src/decoders/address.ts';
import { casesIn, givenOf, type Truth, truthOf } from '../support/fixtures.ts';
import { diagnoseAs, framesOf, type RecordedFrame } from './recorded-frames.ts';

const POINTS = [null, 'director'];

test.each(casesIn().filter((name) => name.startsWith('healthy-')))('%s, seen at its director: nothing is told', async (name) => {
  const truth = truthOf(name);
  const frames = seenAt(truth, framesOf(name));
  for (const point of POINTS) {
    for (const given of [NOTHING_GIVEN, givenOf(truth)]) {
      const { findings, verdicts } = await diagnoseAs(frames, point, given);
      expect(findings.filter((f) => f.severity !== 'info').map((f) => `${f.rule}: ${f.message}`)).toEqual([]);
      expect(verdicts.filter((v) => v.rule === 'rs-no-reply' && v.verdict === 'passed' && !isDirector(truth, v.subject))).toEqual([]);
    }
  }
});

/** The frames from and to the first director, and those to all. */
function seenAt(truth: Truth, frames: readonly RecordedFrame[]): RecordedFrame[] {
  const [director] = truth.topology.directors ?? [];
  const macs = director?.macs ?? [director?.mac];
  return frames.filter(({ bytes }) => {
    const view = new DataView(bytes.buffer);
    const words = [0, 4, 8].map((at) => view.getUint32(at)) as [number, number, number];
    const isGroup = (bytes[0]! & 1) === 1;
    return (
      isGroup || macs.includes(formatMac(destinationMacOf(words[0], words[1]))) || macs.includes(formatMac(sourceMacOf(words[1], words[2])))
    );
  });
}

function isDirector(truth: Truth, ip: string): boolean {
  return truth.topology.directors?.some((d) => d.ip === ip) ?? false;
}
