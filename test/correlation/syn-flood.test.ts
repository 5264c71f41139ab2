/** A flood must not look like a fault: two of its datagrams may share a slot of a table, never a story. */
import { expect, it } from 'vitest';
import { emptyFrame, LinkType } from '../../src/capture/frame.ts';
import { Observations } from '../../src/cluster/observations.ts';
import { Facts } from '../../src/correlation/facts.ts';
import { PathEvent } from '../../src/correlation/paths.ts';
import { Packet } from '../../src/decoders/packet.ts';

/** An Ethernet frame with a SYN to 203.0.113.100:80; source address, port and sequence number are written into it for each frame. */
const SYN = Uint8Array.from(
  Buffer.from(
    '525400000002525400000001080045000028000040004006000000000000cb007164000000500000000000000000500204000000000000000000'.slice(0, 108),
    'hex',
  ),
);

const frame = {
  ...emptyFrame(),
  bytes: SYN,
  view: new DataView(SYN.buffer),
  end: SYN.length,
  wireLength: SYN.length,
  linkType: LinkType.ethernet,
};

it('half a million SYNs from as many sources, a microsecond apart, are half a million single SYNs', () => {
  const facts = new Facts();
  const packet = new Packet();
  let x = 0x2545f491;
  for (let n = 1; n <= 500_000; n++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    frame.view.setInt32(26, x);
    frame.view.setUint16(34, 1024 + (n % 60_000));
    frame.view.setInt32(38, Math.imul(x, 0x9e3779b1));
    frame.number = n;
    frame.seconds = Math.floor(n / 1e6);
    frame.nanoseconds = (n % 1e6) * 1000;
    packet.decode(frame);
    facts.add(frame, packet);
  }
  const paths = new Observations(facts).paths;
  expect(paths.map((path) => path.steps.map((step) => step.event))).toEqual([[PathEvent.toward]]);
  expect(paths[0]!.flows).toBe(500_000);
});

it('of flows that begin at one time the same ones are examples in each run, whatever order their rows lie in', () => {
  const run = () => {
    const facts = new Facts();
    const packet = new Packet();
    for (let n = 1; n <= 100; n++) {
      frame.view.setInt32(26, 0xc633_6400 + n);
      frame.number = n;
      frame.seconds = 7;
      frame.nanoseconds = 0;
      packet.decode(frame);
      facts.add(frame, packet);
    }
    return [...facts.examples(4).values()].map((examples) => examples.map(({ events }) => events[0]?.frame));
  };
  for (let i = 0; i < 10; i++) expect(run()).toEqual([[1, 2, 3, 100]]);
});
