/** A generation that begins in the memory of an ended one says what it would say in memory of its own. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { NOTHING_REMEMBERED } from '../../src/cluster/remembered.ts';
import { summarizePaths } from '../../src/cluster/summary.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { Generation } from '../../src/live/generation.ts';
import { RULES } from '../../src/rules/index.ts';
import { FIXTURES } from '../support/fixtures.ts';

async function read(name: string, ended: Generation | null): Promise<Generation> {
  const generation = new Generation(1, 0, [], ended);
  const source = await openCapture(join(FIXTURES, name, 'mirror.pcap'));
  const frame = emptyFrame();
  const packet = new Packet();
  do {
    while (source.next(frame)) {
      packet.decode(frame);
      generation.facts.add(frame, packet);
    }
  } while (await source.more());
  await source.close();
  return generation;
}

function saidOf(generation: Generation) {
  const judging = { given: NOTHING_GIVEN, point: null, captureName: 'eth0' };
  const { case: c, findings, verdicts } = generation.judge(RULES, judging, NOTHING_REMEMBERED);
  const { flows } = generation.facts;
  return {
    findings,
    verdicts,
    paths: summarizePaths(c.cluster, c.o),
    clients: c.o.countClients(c.cluster.vips.map(({ ip }) => ip)),
    flows: [flows.count, flows.forgotten],
  };
}

describe.each(['heavy', 'rs-answers-arp-t5', 'director-resets-flow-failover', 'healthy-t1'])('frames of %s', (name) => {
  test.each(['heavy', 'mixed'])('say the same in the memory of an ended generation that saw those of %s', async (before) => {
    const fresh = saidOf(await read(name, null));
    expect(fresh.flows[0]).toBeGreaterThan(0);
    expect(saidOf(await read(name, await read(before, null)))).toEqual(fresh);
  });
});

test('a generation takes the large tables of the ended one, and leaves them to no third', async () => {
  const first = await read('heavy', null);
  const { flows } = first.facts;
  const second = await read('healthy-t1', first);
  // Not by toBe, which describes both tables, of millions of words, whether they are the same or not.
  expect(second.facts.flows === flows).toBe(true);
  expect(new Generation(2, 0, [], null).facts.flows === flows).toBe(false);
});
