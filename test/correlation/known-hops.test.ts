/** Frames that are known without decoding leave the same facts as when each is decoded: this is asked of all captures, and of broken ones. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { generateCapture } from '../../bench/generate.mjs';
import { type CapturedFrame, emptyFrame, type Frame, LinkType, mergedNumber } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { EdgeTable } from '../../src/correlation/edges.ts';
import { Facts } from '../../src/correlation/facts.ts';
import type { HashKey } from '../../src/correlation/hash.ts';
import { Hop, KnownHops } from '../../src/correlation/known-hops.ts';
import { Lookout } from '../../src/correlation/lookout.ts';
import { DecodeStatus, LinkKind, Packet, PacketKind, TcpFlag, Transport, Tunnel } from '../../src/decoders/packet.ts';
import { casesIn, FIXTURES } from '../support/fixtures.ts';

const KEY: HashKey = [0x1234_5678, 0x2345_6789, 0x3456_789a, 0x4567_89ab];

async function framesIn(path: string, most = Number.POSITIVE_INFINITY): Promise<CapturedFrame[]> {
  const frames: CapturedFrame[] = [];
  const source = await openCapture(path);
  const frame = emptyFrame();
  do {
    while (frames.length < most && source.next(frame)) {
      const { number, seconds, nanoseconds, wireLength, linkType, point } = frame;
      frames.push({ number, seconds, nanoseconds, wireLength, linkType, point, bytes: frame.bytes.slice(frame.start, frame.end) });
    }
  } while (frames.length < most && (await source.more()));
  await source.close();
  return frames;
}

function frameOf({ bytes, ...captured }: CapturedFrame): Frame {
  return { ...captured, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), start: 0, end: bytes.length };
}

function decoded(captured: CapturedFrame): Packet {
  const packet = new Packet();
  packet.decode(frameOf(captured));
  return packet;
}

/** Everything that was added up, but for what is only a way to find it again. */
function told(facts: Facts) {
  const { edges, passages, paths, flows } = facts;
  const rows = Array.from({ length: flows.hot.length / 4 }, (_, i) => i * 4).filter((row) => flows.hot[row] !== 0);
  return {
    frames: [facts.arpFrames, facts.ipFrames, facts.cookedFrames, facts.noLinkFrames, facts.lastAt],
    points: facts.points,
    edges: [edges.source, edges.destination, edges.vlan, edges.overflowed, edges.frames],
    passages: Array.from({ length: passages.count }, (_, i) => [
      passages.edge[i],
      passages.server[i],
      passages.kind[i],
      passages.countsOf(i),
    ]),
    senders: passages.senders.map((sender) => [sender, passages.changesOf(sender)]),
    paths: [paths.parent, paths.event, paths.root, paths.flows, paths.overflowed],
    flows: rows.map((row) => [...flows.hot.subarray(row, row + 3), flows.eventsOf(row)]),
    cold: flows.cold,
    forgotten: flows.forgotten,
    sightings: facts.sightings,
    examples: facts.examples(4),
    errors: facts.errors,
    redirects: facts.redirects,
  };
}

/** Adds frames both ways, each decoded or only those that are not known; the number that were known. */
function addBothWays(
  frames: readonly CapturedFrame[],
  maxFlows: number | undefined = undefined,
  ended: () => Facts | null = () => null,
): number {
  const decoded = new Facts([], KEY, maxFlows, ended());
  const undecoded = new Facts([], KEY, maxFlows, ended(), new Lookout(0));
  const packet = new Packet();
  let known = 0;
  for (const captured of frames) {
    const frame = frameOf(captured);
    packet.decode(frame);
    decoded.add(frame, packet);
    if (undecoded.addKnown(frame)) known++;
    else undecoded.add(frame, packet);
  }
  expectSame(undecoded, decoded);
  return known;
}

function expectSame(facts: Facts, other: Facts): void {
  const [one, two] = [told(facts), told(other)];
  // Tables of a million words are compared at once, and not shown.
  const differing = Object.keys(one).filter((key) => !isDeepStrictEqual(one[key as keyof typeof one], two[key as keyof typeof two]));
  expect(differing).toEqual([]);
}

describe('facts are those of decoded frames', () => {
  const folder = mkdtempSync(join(tmpdir(), 'known-hops-'));
  let busy: CapturedFrame[] = [];
  beforeAll(async () => {
    const { path } = await generateCapture(join(folder, 'busy.pcap'), { packets: 30_000, flows: 500 });
    busy = await framesIn(path);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(casesIn())('of %s', async (name) => {
    addBothWays(await framesIn(join(FIXTURES, name, 'mirror.pcap')));
  });

  it('of a busy mirror port, where most are known', () => {
    expect(addBothWays(busy)).toBeGreaterThan(busy.length * 0.8);
  });

  it('of a busy mirror port with VLAN tags', () => {
    const tagged = busy.slice(0, 12_000).map((frame, i) => withTag(frame, i % 2 === 0 ? 0 : 4095));
    expect(addBothWays(tagged)).toBeGreaterThan(tagged.length * 0.4);
    // The same hops on two VLANs and without one.
    addBothWays(tagged.flatMap((frame, i) => [frame, busy[i]!, withTag(busy[i]!, 3), withTag(frame, 9)]));
  });

  it('when flows are forgotten and come back', async () => {
    const { path } = await generateCapture(join(folder, 'many.pcap'), { packets: 60_000, flows: 9000, seed: 2 });
    const many = (await framesIn(path)).map((frame) => ({ ...frame, bytes: elsewhere(frame.bytes) }));
    const crowded = busy.slice(0, 15_000).flatMap((frame, i) => [frame, ...many.slice(i * 4, i * 4 + 4)]);
    expect(addBothWays(crowded, 1 << 12)).toBeGreaterThan(crowded.length * 0.15);
  });

  it('in the memory of facts that ended', () => {
    const ended = () => {
      const facts = new Facts([], KEY, 1 << 12, null, new Lookout(0));
      for (const captured of busy.slice(0, 12_000)) facts.add(frameOf(captured), decoded(captured));
      return facts;
    };
    expect(addBothWays(busy.slice(6000, 18_000), 1 << 12, ended)).toBeGreaterThan(5000);
  });

  it('of several capture points', () => {
    expect(
      addBothWays(busy.map((frame, i) => ({ ...frame, point: i < 6000 ? 0 : i % 3, number: mergedNumber(i % 3, frame.number) }))),
    ).toBeGreaterThan(10_000);
  });

  it('when there is no room for paths, passages and edges any more', () => {
    const [request] = busy.filter(({ bytes }) => bytes[23] === 6 && bytes[47] === TcpFlag.syn);
    const flood = Array.from({ length: 40_000 }, (_, i) => {
      const [syn, ack, data] = [TcpFlag.syn, TcpFlag.ack, TcpFlag.ack | TcpFlag.psh].map((flags, nth) => fromMac(request!, i, flags, nth));
      // Each of a MAC of its own, and once more on another hop.
      return [
        syn!,
        ack!,
        data!,
        fromMac(request!, i, TcpFlag.ack, 3),
        fromMac(request!, i + 50_000, TcpFlag.ack, 4, i),
        fromMac(request!, i, TcpFlag.ack, 5),
      ];
    });
    expect(addBothWays(flood.flat())).toBeGreaterThan(0);
  });

  it('of a capture that is long enough to look for them', async () => {
    const { path } = await generateCapture(join(folder, 'long.pcap'), { packets: 320_000, flows: 300 });
    const decoded = new Facts([], KEY);
    const undecoded = new Facts([], KEY);
    const addKnown = vi.spyOn(undecoded, 'addKnown');
    const packet = new Packet();
    for (const captured of await framesIn(path)) {
      const frame = frameOf(captured);
      packet.decode(frame);
      decoded.add(frame, packet);
      undecoded.addUndecoded(frame);
    }
    expectSame(undecoded, decoded);
    const { results } = addKnown.mock;
    expect(results.length).toBeGreaterThan(50_000);
    expect(results.filter(({ value }) => value === true).length).toBeGreaterThan(results.length * 0.8);
  });

  it('when segments acknowledge nothing', () => {
    const silent = busy.map((frame, i) => {
      const bytes = Uint8Array.from(frame.bytes);
      if (bytes[23] === 6 && (bytes[47]! & 7) === 0 && i % 3 !== 0) bytes[47] = TcpFlag.psh;
      return { ...frame, bytes };
    });
    expect(addBothWays(silent)).toBeGreaterThan(0);
  });

  it('when connections begin anew, with other sequence numbers and from the other end', () => {
    const again = busy.slice(0, 10_000).map((frame) => {
      const bytes = Uint8Array.from(frame.bytes);
      // A later sequence number, and a second more.
      bytes[38] = bytes[38]! ^ 0x40;
      return { ...frame, bytes, seconds: frame.seconds + 1 };
    });
    const turned = busy.slice(0, 10_000).map((frame) => ({ ...frame, bytes: turnedRound(frame.bytes), seconds: frame.seconds + 2 }));
    addBothWays([...busy.slice(0, 10_000), ...again, ...turned, ...busy.slice(0, 5000)]);
  });

  it('of frames with any byte of their headers changed, cut off, doubled and in another order', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 20, maxLength: 120 }), fc.nat({ max: 20_000 }), (changes, from) => {
        const frames = busy.slice(from, from + 400);
        for (const { at, offset, flip, cut, wire, move } of changes) {
          const frame = frames[at % frames.length]!;
          const bytes = Uint8Array.from(frame.bytes.subarray(0, cut < 60 ? cut : undefined));
          if (offset < bytes.length) bytes[offset] = bytes[offset]! ^ flip;
          frames.splice((at + move) % frames.length, 0, { ...frame, bytes, wireLength: Math.max(0, frame.wireLength + wire) });
        }
        addBothWays([...busy.slice(0, 300), ...frames]);
      }),
      { seed: 20_261_126, numRuns: 60 },
    );
  });
});

const change = fc.record({
  at: fc.nat({ max: 2000 }),
  offset: fc.nat({ max: 60 }),
  flip: fc.integer({ min: 1, max: 255 }),
  cut: fc.integer({ min: 10, max: 300 }),
  wire: fc.constantFrom(0, 0, 0, -20, 20),
  move: fc.nat({ max: 30 }),
});

/** The same frame from the n-th MAC and a port of its own, with these flags and another sequence number. */
function fromMac(frame: CapturedFrame, n: number, flags: number, nth: number, port: number = n): CapturedFrame {
  const bytes = Uint8Array.from(frame.bytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, 0x0100_0000 + n);
  view.setUint16(34, 1024 + port);
  view.setUint32(38, view.getUint32(38) + nth);
  bytes[47] = flags;
  return { ...frame, bytes };
}

/** The same frame with a VLAN tag of some priority. */
function withTag(frame: CapturedFrame, vlan: number): CapturedFrame {
  const bytes = Uint8Array.from([...frame.bytes.subarray(0, 12), 0x81, 0, 0x20 | (vlan >> 8), vlan & 0xff, ...frame.bytes.subarray(12)]);
  return { ...frame, bytes, wireLength: frame.wireLength + 4 };
}

/** The same frame of other clients. */
function elsewhere(bytes: Uint8Array): Uint8Array {
  const moved = Uint8Array.from(bytes);
  // Clients are 198.18.0.0/15.
  for (const offset of [26, 30]) if (moved[offset] === 198) moved[offset] = 11;
  return moved;
}

/** A frame of the other end, as a SYN that asks in the other direction where it was a SYN. */
function turnedRound(bytes: Uint8Array): Uint8Array {
  const turned = Uint8Array.from(bytes);
  const part = (from: number, length: number) => bytes.subarray(from, from + length);
  turned.set(part(6, 6), 0);
  turned.set(part(0, 6), 6);
  turned.set(part(30, 4), 26);
  turned.set(part(26, 4), 30);
  turned.set(part(36, 2), 34);
  turned.set(part(34, 2), 36);
  return turned;
}

/** The row of a frame; -1 when it cannot have one, or has none. */
function rowOf(hops: KnownHops, frame: Frame, edges: EdgeTable): number {
  return hops.read(frame, edges) ? hops.find() : -1;
}

/** A segment in the middle of a connection, and the table that knows its hop. */
function knownSegment() {
  const bytes = new Uint8Array(54 + 20);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 60, 1, 2, 0x40, 0, 63, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  bytes.set([0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, TcpFlag.ack, 1, 0, 0x12, 0x34, 0, 0], 34);
  const captured = { number: 1, seconds: 1, nanoseconds: 2, wireLength: bytes.length, linkType: LinkType.ethernet, point: 0, bytes };
  const packet = new Packet();
  const edges = new EdgeTable(KEY);
  packet.decode(frameOf(captured));
  const edge = () => edges.of(packet.mac0, packet.mac1, packet.mac2, packet.vlan);
  edge();
  const hops = new KnownHops();
  const row = hops.put(packet, edge(), 1);
  return { captured, edges, hops, row };
}

test('a frame is found where it was put, with what its headers say', () => {
  const { captured, edges, hops, row } = knownSegment();
  expect(hops.rows[row + Hop.passage]).toBe(1 | (1 << 16));
  expect(rowOf(hops, frameOf(captured), edges)).toBe(row);
  const { ttl, sequence, acknowledgment, checksum, ipLength, ipId, tcpFlags, payloadLength } = hops;
  expect({ ttl, sequence, acknowledgment, checksum, ipLength, ipId, tcpFlags, payloadLength }).toEqual({
    ttl: 63,
    sequence: 1,
    acknowledgment: 2,
    checksum: 0x1234,
    ipLength: 60,
    ipId: 0x102,
    tcpFlags: TcpFlag.ack,
    payloadLength: 20,
  });
  expect(rowOf(hops.cleared(), frameOf(captured), edges)).toBe(-1);
});

test('a frame that is found is one in which the decoders find no fault', () => {
  const { captured, edges, hops, row } = knownSegment();
  const packet = new Packet();
  let found = 0;
  for (let offset = 0; offset < 54; offset++) {
    for (let flip = 1; flip < 256; flip++) {
      const bytes = Uint8Array.from(captured.bytes);
      bytes[offset] = bytes[offset]! ^ flip;
      const frame = frameOf({ ...captured, bytes });
      if (rowOf(hops, frame, edges) < 0) continue;
      found++;
      packet.decode(frame);
      expect(packet).toMatchObject({
        status: DecodeStatus.ok,
        kind: PacketKind.ip,
        transport: Transport.tcp,
        version: 4,
        isFragment: false,
      });
      expect(packet.tcpFlags & (TcpFlag.syn | TcpFlag.fin | TcpFlag.rst)).toBe(0);
      const { ttl, sequence, acknowledgment, checksum, ipLength, ipId, tcpFlags, payloadLength } = hops;
      expect(packet).toMatchObject({ ttl, sequence, acknowledgment, checksum, ipLength, ipId, tcpFlags, payloadLength });
      expect(hops.rows[row + Hop.source]).toBe(packet.source3);
    }
  }
  // Bytes that a director or a client may change: identification, TTL, checksums, numbers, flags, window, urgent pointer, type of service.
  expect(found).toBeGreaterThan(4000);
});

test('other links, and a table in which nothing was put, know none', () => {
  const { captured, edges, hops } = knownSegment();
  for (const linkType of [LinkType.raw, LinkType.linuxSll, LinkType.linuxSll2])
    expect(rowOf(hops, frameOf({ ...captured, linkType }), edges)).toBe(-1);
  // Its key is that of an empty row.
  const zeros = Uint8Array.from(captured.bytes).fill(0, 26, 38);
  expect(rowOf(new KnownHops(), frameOf({ ...captured, bytes: zeros.fill(0, 0, 12) }), new EdgeTable(KEY))).toBe(-1);
});

test('a tag takes its place in a frame', () => {
  const { captured, hops } = knownSegment();
  const edges = new EdgeTable(KEY);
  const packet = new Packet();
  const tagged = withTag(captured, 5);
  packet.decode(frameOf(tagged));
  const edge = () => edges.of(packet.mac0, packet.mac1, packet.mac2, packet.vlan);
  edge();
  expect(rowOf(hops, frameOf(tagged), edges)).toBe(-1);
  hops.put(packet, edge(), 1);
  expect(rowOf(hops, frameOf(tagged), edges)).toBeGreaterThanOrEqual(0);
  expect(rowOf(hops, frameOf(withTag(captured, 6)), edges)).toBe(-1);
  expect(rowOf(hops, frameOf({ ...tagged, wireLength: tagged.wireLength - 1 }), edges)).toBe(-1);
  for (let length = 0; length < 58; length++) {
    expect(rowOf(hops, frameOf({ ...tagged, bytes: tagged.bytes.slice(0, length) }), edges)).toBe(-1);
  }
});

test('what find does not read is not put: IPv6, tunnels, other links', () => {
  const { captured, hops } = knownSegment();
  const packet = new Packet();
  packet.decode(frameOf(captured));
  expect(hops.put(packet, 1, 1)).toBeGreaterThanOrEqual(0);
  for (const other of [{ version: 6 }, { tunnel: Tunnel.ipip }, { link: LinkKind.cooked }] as const) {
    packet.decode(frameOf(captured));
    expect(hops.put(Object.assign(packet, other), 1, 1)).toBe(-1);
    packet.tunnel = Tunnel.none;
  }
  // Nor what had no room in its table.
  packet.decode(frameOf(captured));
  expect([hops.put(packet, 0, 1), hops.put(packet, 1, 0)]).toEqual([-1, -1]);
});

test('a set holds two hops, and the older one gives way', () => {
  const { captured, edges, hops, row } = knownSegment();
  const view = new DataView(captured.bytes.buffer);
  const packet = new Packet();
  const others: CapturedFrame[] = [];
  // Of many ports some fall into the set of the first one.
  for (let port = 1; port < 65_536 && others.length < 2; port++) {
    view.setUint16(34, port);
    packet.decode(frameOf(captured));
    if (port !== 40_000 && hops.put(packet, 1, 1) === row) others.push({ ...captured, bytes: Uint8Array.from(captured.bytes) });
    hops.cleared();
  }
  const [second, third] = others as [CapturedFrame, CapturedFrame];
  view.setUint16(34, 40_000);
  const isFound = () => [captured, second, third].map((frame) => rowOf(hops, frameOf(frame), edges) >= 0);
  const put = (frame: CapturedFrame) => {
    packet.decode(frameOf(frame));
    hops.put(packet, 1, 1);
  };
  put(captured);
  put(second);
  expect(isFound()).toEqual([true, true, false]);
  put(third);
  expect(isFound()).toEqual([false, true, true]);
  put(second);
  expect(isFound()).toEqual([false, true, true]);
});
