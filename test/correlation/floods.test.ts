/** Whatever a network sends, the tables stay below their caps, count what did not fit, and keep what they know. */
import { describe, expect, test } from 'vitest';
import { emptyFrame, type Frame, LinkType } from '../../src/capture/frame.ts';
import { Observations } from '../../src/cluster/observations.ts';
import { ADDRESSES_AT_ONCE, MAX_ADDRESSES } from '../../src/correlation/addresses.ts';
import { EDGES_AT_ONCE, MAX_EDGES } from '../../src/correlation/edges.ts';
import { Facts } from '../../src/correlation/facts.ts';
import { MAX_FLOWS } from '../../src/correlation/flows.ts';
import { MAX_PASSAGES } from '../../src/correlation/passages.ts';
import { MAX_PATHS } from '../../src/correlation/paths.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { arp, BROADCAST, ethernet, ip, tcp } from '../support/frame-bytes.ts';
import { KEY, lan } from '../support/story.ts';

const { vip, client, director, rs1 } = lan();

/** Offsets in an Ethernet frame. */
const SOURCE_MAC = 8;
const IPV4_SOURCE = 26;
const IPV4_DESTINATION = 30;
const TCP_PORTS = 34;
const ARP_SENDER_MAC = 24;
const ARP_SENDER_IP = 28;

/** The same frame many times, a little different each time, into the same facts. */
function flood(facts: Facts, bytes: Uint8Array, times: number, change: (view: DataView, i: number) => void): void {
  const view = new DataView(bytes.buffer);
  const frame: Frame = { ...emptyFrame(), bytes, view, end: bytes.length, wireLength: bytes.length, linkType: LinkType.ethernet };
  const packet = new Packet();
  const from = facts.arpFrames + facts.ipFrames;
  for (let i = 0; i < times; i++) {
    change(view, i);
    frame.number = from + i + 1;
    // A hundred thousand frames a second.
    frame.seconds = Math.floor((from + i) / 100_000);
    frame.nanoseconds = ((from + i) % 100_000) * 10_000;
    packet.decode(frame);
    facts.add(frame, packet);
  }
}

const syn = (from = client.ip) => ethernet(client.mac, director.mac, ip(from, vip, tcp({ from: 40_000, to: 80, flags: 'S', sequence: 1 })));
const total = (counts: Float64Array) => counts.reduce((sum, n) => sum + n, 0);

describe('floods', () => {
  test('of spoofed clients: flows are overwritten at the cap and counted, their paths keep every one, and no client takes an address', () => {
    const facts = new Facts([], KEY);
    const flows = MAX_FLOWS + MAX_FLOWS / 4;
    flood(facts, syn(), flows, (view, i) => view.setUint32(IPV4_SOURCE, 0x0a00_0000 + i));
    expect(facts.flows.hot.length / 4).toBe(MAX_FLOWS);
    expect(facts.flows.count).toBeLessThanOrEqual(MAX_FLOWS);
    expect(facts.flows.count + facts.flows.forgotten).toBe(flows);
    const [path, ...others] = new Observations(facts).pathsTo(vip);
    expect(others).toEqual([]);
    expect(path!.flows).toBe(flows);
    expect(path!.examples[0]!.frames).toMatchObject([{ frame: 1 }]);
    expect(facts.addresses.count).toBe(2);
  });

  test('of random MACs: half of the table is kept for machines that talk on, and what is left out is counted', () => {
    const facts = new Facts([], KEY);
    const flooded = MAX_EDGES + 1000;
    flood(facts, syn(), flooded, (view, i) => view.setUint32(SOURCE_MAC, i));
    expect(facts.edges.count).toBe(EDGES_AT_ONCE + 1);
    expect(facts.edges.overflowed).toBe(flooded - EDGES_AT_ONCE);
    expect(total(facts.edges.frames)).toBe(EDGES_AT_ONCE);
    expect(facts.passages.count).toBeLessThanOrEqual(MAX_PASSAGES + 1);
    flood(facts, syn(), 3, (view) => view.setUint32(SOURCE_MAC, 0xffff_ffff));
    expect(facts.edges.count).toBe(EDGES_AT_ONCE + 2);
    expect(facts.edges.frames[EDGES_AT_ONCE + 1]).toBe(2);
  });

  test('of random MACs that each talk twice: edges end at their cap and are counted', () => {
    const facts = new Facts([], KEY);
    flood(facts, syn(), 2 * MAX_EDGES + 2000, (view, i) => view.setUint32(SOURCE_MAC, i >>> 1));
    expect(facts.edges.count).toBe(MAX_EDGES + 1);
    expect(facts.passages.count).toBeLessThanOrEqual(MAX_PASSAGES + 1);
    expect(facts.passages.overflowed + facts.paths.overflowed).toBeGreaterThan(0);
  });

  test('of random servers behind one hop: the first 1,024 are kept, and then the VIP is still one of them', () => {
    const facts = new Facts([{ version: 4, words: [0, 0, 0, 0x0a00_ffff] }], KEY);
    flood(facts, syn(), 10_000, (view, i) => {
      view.setUint32(IPV4_DESTINATION, 0x0a00_0000 + i);
      view.setUint16(TCP_PORTS, i);
    });
    expect(facts.addresses.count).toBe(1 + 1 + 1024);
    flood(facts, syn(), 1, (view) => view.setUint32(IPV4_DESTINATION, 0x0a00_ffff));
    expect(new Observations(facts).pathsTo('10.0.255.255')).toHaveLength(1);
  });

  test('of random servers from everywhere: flows may take half of the addresses, ARP the rest, and what is left out is counted', () => {
    const facts = new Facts([], KEY);
    const half = MAX_ADDRESSES >> 1;
    flood(facts, syn(), 40_000, (view, i) => {
      view.setUint32(SOURCE_MAC, i % 60);
      view.setUint32(IPV4_DESTINATION, 0x0a00_0000 + i);
    });
    expect(facts.addresses.count).toBe(half + 1);
    expect(facts.addresses.overflowed).toBe(40_000 - half);
    const reply = ethernet(rs1.mac, client.mac, arp({ operation: 'reply', senderMac: rs1.mac, senderIp: rs1.ip, targetIp: client.ip }));
    flood(facts, reply, 1, () => {});
    expect(new Observations(facts).about(rs1.ip)!.macs).toHaveLength(1);
  });

  test('of random ports: a server keeps 64 services, and the flows of the others share one path', () => {
    const facts = new Facts([], KEY);
    flood(facts, syn(), 60_000, (view, i) => view.setUint16(TCP_PORTS + 2, i + 1));
    const paths = new Observations(facts).pathsTo(vip);
    expect(paths).toHaveLength(65);
    expect(paths.find((path) => path.port === 0)!.flows).toBe(60_000 - 64);
  });

  test('of gratuitous ARP with random MACs and addresses: claims end and are counted', () => {
    const facts = new Facts([], KEY);
    const announcement = ethernet(
      rs1.mac,
      BROADCAST,
      arp({ operation: 'request', senderMac: rs1.mac, senderIp: vip, targetIp: client.ip }),
    );
    flood(facts, announcement, 70_000, (view, i) => {
      view.setUint32(ARP_SENDER_MAC, i >>> 3);
      view.setUint32(ARP_SENDER_IP, 0x0a00_0000 + i);
    });
    expect(facts.addresses.count).toBe(ADDRESSES_AT_ONCE + 1);
    expect(facts.addresses.overflowed).toBe(70_000 - ADDRESSES_AT_ONCE + 1);
    expect(facts.claims.addressCount).toBeLessThanOrEqual(MAX_ADDRESSES);
    expect(facts.claims.pairs.count).toBeLessThanOrEqual(1 << 16);
    // A machine that is really there announces itself again.
    flood(facts, announcement, 2, (view) => view.setUint32(ARP_SENDER_IP, 0x0b00_0001));
    expect(new Observations(facts).about('11.0.0.1')!.macs).toHaveLength(1);
    flood(facts, announcement, 140_000, (view, i) => view.setUint32(ARP_SENDER_IP, 0x0c00_0000 + (i >>> 1)));
    expect(facts.addresses.count).toBe(MAX_ADDRESSES + 1);
  });

  test('of new hops for old flows: their paths end at the greatest depth, and the paths stay below their cap', () => {
    const facts = new Facts([], KEY);
    flood(facts, syn(), 200_000, (view, i) => {
      view.setUint32(SOURCE_MAC, Math.floor(i / 700));
      view.setUint16(TCP_PORTS, i % 700);
    });
    expect(facts.paths.count).toBeLessThanOrEqual(MAX_PATHS + 1);
    expect(facts.paths.overflowed).toBeGreaterThan(0);
    expect(total(facts.paths.flows)).toBe(700);
  });
});
