/** Memory so short that only the first frames of each flow are remembered: a finding still says no more than its frames show. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { inferCluster } from '../../src/cluster/infer.ts';
import { Observations } from '../../src/cluster/observations.ts';
import { findSight } from '../../src/cluster/sight.ts';
import { TimeText } from '../../src/cluster/time-text.ts';
import { Facts } from '../../src/correlation/facts.ts';
import { Packet } from '../../src/decoders/packet.ts';
import type { Finding } from '../../src/diagnosis.ts';
import { RULES } from '../../src/rules/index.ts';
import { judge } from '../../src/rules/judge.ts';
import { addressesByFrame, unproved } from '../support/cited-frames.ts';
import { casesIn, FIXTURES, givenOf, MODES, type Mode, truthOf } from '../support/fixtures.ts';
import { firstFrames } from '../support/judged.ts';
import { KEY } from '../support/story.ts';
import { framesOf, RecordedSource } from './recorded-frames.ts';

describe.each(casesIn())('%s', (name) => {
  test.each(MODES)('roles %s: whatever of its flows is forgotten, findings are proved by what they cite', async (mode) => {
    const facts = factsOf(name);
    const frames = await addressesByFrame(join(FIXTURES, name, 'mirror.pcap'));
    for (const most of [1, 2, 3]) {
      const findings = findingsOf(facts, most, name, mode);
      expect(findings.flatMap((f) => unproved(f, ({ frame }) => frames[frame - 1]!))).toEqual([]);
    }
  });
});

function factsOf(name: string): Facts {
  const facts = new Facts([], KEY);
  const source = new RecordedSource(framesOf(name));
  const frame = emptyFrame();
  const packet = new Packet();
  while (source.next(frame)) {
    packet.decode(frame);
    facts.add(frame, packet);
  }
  return facts;
}

function findingsOf(facts: Facts, most: number, name: string, mode: Mode): readonly Finding[] {
  const given = mode === 'inferred' ? NOTHING_GIVEN : givenOf(truthOf(name));
  const o = new Observations(facts);
  const remembered = firstFrames(most);
  for (const path of o.paths) Object.assign(path, { examples: remembered(path) });
  const cluster = inferCluster(o, given);
  const time = new TimeText(facts);
  const names = { captureOf: () => 'mirror.pcap', timeOf: (at: number) => time.of(at) };
  return judge({ o, cluster, given, sight: findSight(o, cluster, mode === 'given' ? 'mirror' : null) }, RULES, names).findings;
}
