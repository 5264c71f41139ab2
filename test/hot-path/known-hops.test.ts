/** Frames that are known without decoding leave the same facts as when each is decoded: this is asked of all captures, and of broken ones. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { generateCapture } from '../../bench/generate.mjs';
import type { ByteSource } from '../../src/capture/byte-source.ts';
import { type CapturedFrame, emptyFrame, type Frame, type FrameSource, LinkType, mergedNumber } from '../../src/capture/frame.ts';
import { openCapture, openCaptureBytes } from '../../src/capture/open-capture.ts';
import { Facts } from '../../src/correlation/facts.ts';
import type { HashKey } from '../../src/correlation/hash.ts';
import { DecodeStatus, Packet, PacketKind, TcpFlag, Transport } from '../../src/decoders/packet.ts';
import { HotPath } from '../../src/hot-path/hot-path.ts';
import { COLD_BYTES, HOP_BYTES, HOP_SETS, HOPS, HOPS_A_SET } from '../../src/hot-path/layout.ts';
import {
  enhancedPacket,
  interfaceDescription,
  joined,
  pcapHeader,
  pcapRecord,
  sectionHeader,
  simplePacket,
} from '../capture/capture-bytes.ts';
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
    paths: [paths.parent, paths.event, paths.root, paths.flows, paths.begun, paths.overflowed],
    flows: rows.map((row) => [...flows.hot.subarray(row, row + 3), flows.eventsOf(row)]),
    cold: rows.map((row) => flows.cold.subarray(flows.hot[row + 3]!, flows.hot[row + 3]! + COLD_BYTES / 4)),
    forgotten: flows.forgotten,
    sightings: facts.sightings,
    examples: facts.examples(4),
    clients: facts.countClientsOfEach(Array.from({ length: facts.addresses.count }, (_, i) => i + 1)),
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
  const undecoded = new Facts([], KEY, maxFlows, ended());
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
      const facts = new Facts([], KEY, 1 << 12);
      for (const captured of busy.slice(0, 12_000)) facts.addUndecoded(frameOf(captured));
      return facts;
    };
    expect(addBothWays(busy.slice(6000, 18_000), 1 << 12, ended)).toBeGreaterThan(5000);
  });

  it('in the memory of facts that ended, as in memory of their own', () => {
    const [request] = busy.filter(({ bytes }) => bytes[23] === 6 && bytes[47] === TcpFlag.syn);
    const flood = Array.from({ length: 8000 }, (_, i) => fromMac(request!, 0, TcpFlag.syn, i, i));
    const ended = new Facts([], KEY, 1 << 12);
    for (const captured of [...busy.slice(0, 12_000), ...flood]) ended.addUndecoded(frameOf(captured));
    const [reused, fresh] = [new Facts([], KEY, 1 << 12, ended), new Facts([], KEY, 1 << 12)];
    for (const captured of [...busy.slice(4000, 12_000), ...flood]) {
      reused.addUndecoded(frameOf(captured));
      fresh.addUndecoded(frameOf(captured));
    }
    expectSame(reused, fresh);
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

  it('of a flood that has no room, whatever its times are', () => {
    const [request] = busy.filter(({ bytes }) => bytes[23] === 6 && bytes[47] === TcpFlag.syn);
    const flood = Array.from({ length: 12_000 }, (_, i) => {
      const bytes = Uint8Array.from(request!.bytes);
      const view = new DataView(bytes.buffer);
      view.setUint32(26, 0x0b00_0000 + Math.imul(i, 7));
      view.setUint32(38, Math.imul(i, 0x9e3779b1));
      // Forward, backward, and to and fro.
      const second = i < 4000 ? i : i < 8000 ? 8000 - i : (i * 7919) % 5000;
      return { ...request!, bytes, number: i + 1, seconds: request!.seconds + second };
    });
    expect(addBothWays(flood, 1 << 12)).toBeGreaterThan(8000);
    expect(addBothWays([...busy.slice(0, 5000), ...flood, ...busy.slice(5000, 9000)], 1 << 12)).toBeGreaterThan(8000);
  });

  it('of connections that are forgotten in their middle and go on', () => {
    const middle = busy.slice(2000, 2400).filter(({ bytes }) => bytes[23] === 6 && (bytes[47]! & 7) === 0);
    const crowd = busy.filter(({ bytes }) => bytes[23] === 6 && bytes[47] === TcpFlag.syn).slice(0, 1);
    const flood = Array.from({ length: 20_000 }, (_, i) => {
      const bytes = Uint8Array.from(crowd[0]!.bytes);
      new DataView(bytes.buffer).setUint32(26, 0x0c00_0000 + Math.imul(i, 13));
      return { ...crowd[0]!, bytes, seconds: crowd[0]!.seconds + 100 };
    });
    expect(addBothWays([...middle, ...middle, ...flood, ...middle, ...middle], 1 << 12)).toBeGreaterThan(500);
  });

  it('of full-size segments that come again and again, with and without FIN', () => {
    const isFull = ({ bytes }: CapturedFrame) => bytes[23] === 6 && (bytes[47]! & 7) === 0 && bytes[16]! * 256 + bytes[17]! > 1300;
    const full = busy.slice(0, 5000).filter(isFull).slice(-3);
    const again = Array.from({ length: 12 }, (_, i) =>
      full.map((frame, nth) => {
        const bytes = Uint8Array.from(frame.bytes);
        if (nth > 0) bytes[47] = bytes[47]! | (nth === 1 || i > 1 ? 1 : 0);
        // Another checksum each time, so that it is no copy.
        bytes[51] = i;
        return { ...frame, bytes, nanoseconds: 0, seconds: frame.seconds + i };
      }),
    );
    expect(addBothWays([...busy.slice(0, 5000), ...again.flat()])).toBeGreaterThan(4000);
  });

  it('of SYNs that carry a full segment and are sent again', () => {
    const isFull = ({ bytes }: CapturedFrame) => bytes[23] === 6 && (bytes[47]! & 7) === 0 && bytes[16]! * 256 + bytes[17]! > 1300;
    const [request] = busy.filter(({ bytes }) => bytes[23] === 6 && bytes[47] === TcpFlag.syn);
    const full = busy.slice(0, 5000).find(isFull)!;
    const syns = Array.from({ length: 6 }, (_, i) => {
      const bytes = Uint8Array.from(request!.bytes);
      bytes.set(full.bytes.subarray(16, 18), 16);
      bytes[51] = i;
      return { ...request!, bytes, wireLength: full.wireLength, seconds: request!.seconds + i };
    });
    addBothWays([...busy.slice(0, 5000), ...syns]);
  });

  it('of a SYN from the other end, on the hop of the answers, with the number that the client had', () => {
    const handshake = busy.slice(0, 8000).filter(({ bytes }) => bytes[23] === 6 && (bytes[47]! & TcpFlag.syn) !== 0);
    const isns = new Map<string, Uint8Array>();
    const forged = handshake.flatMap((frame) => {
      const ends = (one: number, other: number, oneIp: number, otherIp: number) =>
        [
          frame.bytes.subarray(oneIp, oneIp + 4),
          frame.bytes.subarray(one, one + 2),
          frame.bytes.subarray(otherIp, otherIp + 4),
          frame.bytes.subarray(other, other + 2),
        ].join();
      if (frame.bytes[47] === TcpFlag.syn) isns.set(ends(34, 36, 26, 30), frame.bytes.subarray(38, 42));
      const isn = isns.get(ends(36, 34, 30, 26));
      if (isn === undefined) return [];
      const bytes = Uint8Array.from(frame.bytes);
      bytes[47] = TcpFlag.syn;
      bytes.set(isn, 38);
      return [{ ...frame, bytes }];
    });
    expect(forged.length).toBeGreaterThan(20);
    addBothWays([...busy.slice(0, 8000), ...forged, ...forged, ...busy.slice(0, 3000)]);
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
    // With the sequence numbers that they had.
    addBothWays([...busy.slice(0, 10_000), ...turned, ...again]);
  });

  it('of a flood from one address that uses its ports again and again, and of the connections in it', async () => {
    const { path } = await generateCapture(join(folder, 'flood.pcap'), { packets: 12_000, traffic: 'syn-flood' });
    const flood = (await framesIn(path)).map((frame, i) => ({ ...frame, bytes: fromPort(frame.bytes, 2000 + (i % 400)) }));
    const mixed = busy.slice(0, 12_000).flatMap((frame, i) => [frame, flood[i]!]);
    expect(addBothWays([...flood, ...mixed])).toBeGreaterThan(2 * flood.length * 0.95);
    // Flows that are forgotten meanwhile, and such as begin before what stands ahead of them in the capture, by much and by little.
    const disordered = [...flood.slice(6000), ...mixed, ...flood.slice(0, 6000)];
    addBothWays(disordered.map(late), 1 << 12);
    addBothWays(disordered.map((frame, i) => ({ ...frame, seconds: 1, nanoseconds: (i * 7919) % 1000 })));
  });

  it('when connections begin anew 2 ** 53 nanoseconds after the first frame, where a double has no room for one more', async () => {
    const { path } = await generateCapture(join(folder, 'late.pcap'), { packets: 100, traffic: 'syn-flood' });
    const [base] = await framesIn(path);
    const syn = (await framesIn(path)).findLast(({ bytes }) => bytes[23] === 6)!;
    const begin = BigInt(base!.seconds) * 1_000_000_000n + BigInt(base!.nanoseconds);
    const frames = Array.from({ length: 120 }, (_, i) => {
      const bytes = fromPort(syn.bytes, 2000 + 2 * (i % 8));
      bytes[41] = i;
      // The first third is kept, the second begins a nanosecond before it, and the last takes its place.
      const at = begin + 2n ** 53n - (i >= 40 && i < 80 ? 1n : 0n);
      return { ...syn, bytes, seconds: Number(at / 1_000_000_000n), nanoseconds: Number(at % 1_000_000_000n) };
    });
    expect(addBothWays([base!, ...frames])).toBeGreaterThan(50);
  });

  it('when connections of which the beginning was not seen begin anew', async () => {
    const { path } = await generateCapture(join(folder, 'syns.pcap'), { packets: 2000, traffic: 'syn-flood' });
    const syns = await framesIn(path);
    const from = (port: number) => syns.map((frame, i) => ({ ...frame, bytes: fromPort(frame.bytes, port + (i % 400)) }));
    const [seen, begun] = [from(2000), from(6000)];
    const inTheMiddle = begun.map(({ bytes, ...frame }) => ({ ...frame, bytes: bytes.with(47, bytes[23] === 6 ? TcpFlag.ack : 0) }));
    expect(addBothWays([...seen, ...seen.slice(1000), ...inTheMiddle, ...begun])).toBeGreaterThan(syns.length * 2);
  });

  it('when two ends serve each other, each from the port on which it serves', async () => {
    const { path } = await generateCapture(join(folder, 'ends.pcap'), { packets: 401, traffic: 'syn-flood' });
    const ends = [0x0a00_0001, 0x9600_0001];
    const frames = (await framesIn(path)).map((frame, i) => {
      const bytes = Uint8Array.from(frame.bytes);
      const view = new DataView(bytes.buffer);
      // Others ask both of them first.
      view.setUint32(26, i < 100 ? 0x0a00_0002 + i : ends[i % 2]!);
      view.setUint32(30, ends[(i + 1) % 2]!);
      view.setUint16(34, 2000);
      view.setUint16(36, 2000);
      return { ...frame, bytes };
    });
    expect(addBothWays(frames)).toBeGreaterThan(20);
    expect(addBothWays(frames.slice(0, -1))).toBeGreaterThan(20);
  });

  it('of more services than are remembered, whose clients use their ports again', async () => {
    const { path } = await generateCapture(join(folder, 'services.pcap'), { packets: 6000, traffic: 'syn-flood' });
    const flood = (await framesIn(path)).map((frame, i) => ({ ...frame, bytes: fromPort(frame.bytes, 2000 + (i % 50), 1 + (i % 90)) }));
    expect(addBothWays([...flood, ...busy.slice(0, 3000), ...flood])).toBeGreaterThan(1000);
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

/** A frame in disorder: up to half a second earlier or later. */
function late(frame: CapturedFrame, i: number): CapturedFrame {
  return { ...frame, nanoseconds: (frame.nanoseconds + (i % 7) * 100_000_000) % 1_000_000_000 };
}

/** A segment from this port of one of two clients, above and below the service in order, to a port of it where it is told; anything else as it is. */
function fromPort(original: Uint8Array, port: number, servicePort?: number): Uint8Array {
  const bytes = Uint8Array.from(original);
  const view = new DataView(bytes.buffer);
  if (view.getUint16(12) !== 0x0800) return bytes;
  view.setUint32(26, port % 2 === 0 ? 0x0a00_0001 : 0x9600_0001);
  view.setUint16(34, port);
  if (servicePort !== undefined) view.setUint16(36, servicePort);
  return bytes;
}

describe('facts of captures that are skimmed are those of frames that are decoded one by one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skimmed-'));
  let busy: CapturedFrame[] = [];
  beforeAll(async () => {
    const { path } = await generateCapture(join(folder, 'frames.pcap'), { packets: 6000, flows: 60 });
    busy = await framesIn(path);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(casesIn())('of %s', async (name) => {
    await expectSameSkimmed(await readFile(join(FIXTURES, name, 'mirror.pcap')));
  });

  it.each(['pcap', 'pcapng'] as const)('of a busy mirror port, as %s, in pieces of any size', async (format) => {
    const { path } = await generateCapture(join(folder, `busy.${format}`), { packets: 20_000, flows: 300, format });
    const bytes = await readFile(path);
    for (const chunkBytes of [300, 4099, 1 << 16, 1 << 20]) {
      expect(await expectSameSkimmed(bytes, chunkBytes)).toBeGreaterThan(15_000);
    }
  });

  it('of a flood with connections before and after it', async () => {
    const { path } = await generateCapture(join(folder, 'flood.pcap'), { packets: 20_000, traffic: 'syn-flood' });
    const flood = await readFile(path);
    const calm = await readFile(join(folder, 'frames.pcap'));
    const both = Buffer.concat([calm, flood.subarray(24), calm.subarray(24)]);
    expect(await expectSameSkimmed(both)).toBeGreaterThan(5000);
  });

  it('in the memory of facts that ended amid the same piece', async () => {
    const { path } = await generateCapture(join(folder, 'small.pcap'), { packets: 1000, flows: 20, seed: 3 });
    const bytes = await readFile(path);
    for (let most = 300; most < 420; most += 5) {
      const ended = new Facts([], KEY);
      const source = await openCaptureBytes('ended', memoryBytes(bytes), { chunkBytes: 1 << 20 });
      let frames = 0;
      await readAll(source, ended, (frame, isRefused) => {
        if (isRefused) ended.addUnknown(frame);
        else ended.addUndecoded(frame);
        return ++frames < most;
      });
      expect(await expectSameSkimmed(bytes, 1 << 20, ended)).toBeGreaterThan(300);
    }
  });

  it('of one with a broken record after the first mebibyte, of which as much is read', async () => {
    const data = joined(busy[2000]!.bytes.subarray(0, 54), new Uint8Array(946));
    const records = Array.from({ length: 2000 }, (_, i) => pcapRecord({ data, ...(i === 1200 ? { captured: 300_000 } : {}) }));
    await expectSameSkimmed(joined(pcapHeader(), ...records), 1 << 20);
  });

  it('of a pcapng with several interfaces and clocks, sections, and blocks without a frame', async () => {
    const frames = busy.slice(0, 6000);
    const interfaces = [{}, { resolution: 9 }, { resolution: 3 }, { resolution: 0x8a }, { resolution: 6, offset: 3n }, { linkType: 101 }];
    const units = [10 ** 6, 10 ** 9, 10 ** 3, 2 ** 10, 10 ** 6, 10 ** 6];
    const head = (order: 'little' | 'big') => [
      sectionHeader(order),
      ...interfaces.map((options) => interfaceDescription({ order, ...options })),
    ];
    const blocks = frames.flatMap((frame, i) => {
      // Mostly runs of one interface, and now and then another one.
      const from = Math.floor(i / 1000) === 5 ? i % 6 : i % 97 === 0 ? (i / 97) % 6 : Math.floor(i / 1000);
      const time = (BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds)) * BigInt(units[from]!);
      const order = i < 5000 ? 'little' : 'big';
      const block = enhancedPacket({ order, from, time: time / 1_000_000_000n, data: frame.bytes, wireLength: frame.wireLength });
      return [...(i % 2500 === 0 ? head(order) : []), ...(i % 500 === 3 ? [simplePacket({ order, data: frame.bytes })] : []), block];
    });
    expect(await expectSameSkimmed(joined(...blocks))).toBeGreaterThan(1000);
  });

  it('of times before and after those of four digits, and out of order', async () => {
    const data = (i: number) => busy[1000 + i]!.bytes;
    const times = [...Array(40).keys()].map((i) => BigInt(i) * 1_000_000n);
    const odd = [0n, 5n, 253_402_300_799_999_999n, 253_402_300_800_000_000n, 0xffff_ffff_ffff_ffffn, 3n];
    const blocks = [...times, ...odd, ...times, ...odd].map((time, i) => enhancedPacket({ time, data: data(i % 3) }));
    await expectSameSkimmed(joined(sectionHeader(), interfaceDescription(), ...blocks));
  });

  it.each(['pcap', 'pcapng'] as const)('of a %s with any bytes changed, records too', async (format) => {
    const { path } = await generateCapture(join(folder, `broken.${format}`), { packets: 1500, flows: 12, format });
    const whole = await readFile(path);
    const change = fc.record({ at: fc.nat(), within: fc.nat(60), flip: fc.integer({ min: 1, max: 255 }) });
    // The first block of pcapng is its header, without which it is none.
    const starts = recordsIn(whole, format).slice(format === 'pcapng' ? 1 : 0);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 6 }), fc.nat(whole.length), async (changes, cut) => {
        const bytes = Buffer.from(whole.subarray(0, Math.max(cut, whole.length / 2)));
        // Most of them late: what follows a broken record is not read.
        for (const { at, within, flip } of changes) {
          const place = starts[Math.max(at % starts.length, (at * 7) % starts.length)]! + within;
          if (place < bytes.length) bytes[place] = bytes[place]! ^ flip;
        }
        await expectSameSkimmed(bytes, 5000);
      }),
      { seed: 20_261_127, numRuns: 300 },
    );
  });
});

/** Bytes in memory, as those of a file. */
function memoryBytes(bytes: Uint8Array): ByteSource {
  let given = 0;
  return {
    storedBytes: bytes.length,
    get storedBytesRead() {
      return given;
    },
    cutOff: false,
    damage: null,
    read(target, offset, length) {
      const piece = bytes.subarray(given, given + length);
      target.set(piece, offset);
      given += piece.length;
      return piece.length;
    },
    async close() {},
  };
}

/** Reads all frames, or until `use` says false: those that these facts do not skim are handed out. */
async function readAll(source: FrameSource, facts: Facts | null, use: (frame: Frame, isRefused: boolean) => unknown): Promise<void> {
  const frame = emptyFrame();
  if (facts !== null) source.readInto!(facts.memory);
  do {
    for (;;) {
      const isRefused = facts !== null && source.skim!(facts);
      if (!source.next(frame)) break;
      if (use(frame, isRefused) === false) return;
    }
  } while (await source.more());
}

/** Where the records of a capture begin. */
function recordsIn(bytes: Buffer, format: 'pcap' | 'pcapng'): number[] {
  const starts: number[] = [];
  let at = format === 'pcap' ? 24 : 0;
  for (; at < bytes.length; at += format === 'pcap' ? 16 + bytes.readUInt32LE(at + 8) : bytes.readUInt32LE(at + 4)) starts.push(at);
  return starts;
}

/** Reads a capture both ways; the number of frames that were skimmed. */
async function expectSameSkimmed(bytes: Uint8Array, chunkBytes = 1 << 16, ended: Facts | null = null): Promise<number> {
  const one = new Facts([], KEY, undefined, ended);
  const other = new Facts([], KEY);
  const [source, plain] = await Promise.all([bytes, bytes].map((b) => openCaptureBytes('broken', memoryBytes(b), { chunkBytes })));
  const handed = { frames: 0 };
  await readAll(source!, one, (frame, isRefused) => {
    handed.frames++;
    if (isRefused) one.addUnknown(frame);
    else one.addUndecoded(frame);
  });
  await readAll(plain!, null, (frame) => other.addUnknown(frame));
  expect(source!.info).toEqual(plain!.info);
  expectSame(one, other);
  return source!.info.frames - handed.frames;
}

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
  // Clients are 10.0.0.0/8.
  for (const offset of [26, 30]) if (moved[offset] === 10) moved[offset] = 11;
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

/** A connection of which the hop of its client is known, and the next segment on it. */
function knownSegment(change: (frame: CapturedFrame) => CapturedFrame = (frame) => frame) {
  const facts = new Facts([], KEY);
  const segment = (flags: number, isAnswer = false) => {
    const bytes = new Uint8Array(54 + 20);
    bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 60, 1, 2, 0x40, 0, 63, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    bytes.set([0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 1, 0, 0x12, 0x34, 0, 0], 34);
    const captured = { number: 1, seconds: 1, nanoseconds: 2, wireLength: bytes.length, linkType: LinkType.ethernet, point: 0 };
    return change({ ...captured, bytes: isAnswer ? turnedRound(bytes) : bytes });
  };
  const next = segment(TcpFlag.ack);
  for (const frame of [segment(TcpFlag.syn), segment(TcpFlag.syn | TcpFlag.ack, true), next, next]) facts.addUndecoded(frameOf(frame));
  return { facts, next };
}

test('a frame that is known is one in which the decoders find no fault', () => {
  const { facts, next } = knownSegment();
  const packet = new Packet();
  let found = 0;
  for (let offset = 0; offset < 54; offset++) {
    for (let flip = 1; flip < 256; flip++) {
      const bytes = Uint8Array.from(next.bytes);
      bytes[offset] = bytes[offset]! ^ flip;
      const frame = frameOf({ ...next, bytes });
      if (!facts.addKnown(frame)) {
        // What it takes for a copy is an event of the connection: from there the hop must be met once more.
        facts.addUndecoded(frameOf(next));
        continue;
      }
      found++;
      packet.decode(frame);
      expect(packet).toMatchObject({
        status: DecodeStatus.ok,
        kind: PacketKind.ip,
        transport: Transport.tcp,
        version: 4,
        isFragment: false,
      });
      expect(packet.tcpFlags & TcpFlag.rst).toBe(0);
    }
  }
  // Bytes that a director or a client may change: identification, TTL, checksums, numbers, flags, window, urgent pointer, type of service.
  expect(found).toBeGreaterThan(4000);
});

test('other links, and facts that have seen nothing, know none', () => {
  const { facts, next } = knownSegment();
  expect(facts.addKnown(frameOf(next))).toBe(true);
  for (const linkType of [LinkType.raw, LinkType.linuxSll, LinkType.linuxSll2]) {
    expect(facts.addKnown(frameOf({ ...next, linkType }))).toBe(false);
  }
  expect(new Facts([], KEY).addKnown(frameOf(next))).toBe(false);
  // Its key is that of an empty row.
  const zeros = frameOf({ ...next, bytes: Uint8Array.from(next.bytes).fill(0, 26, 38).fill(0, 0, 12) });
  expect([facts.addKnown(zeros), facts.addKnown(zeros)]).toEqual([false, false]);
});

test('a tag takes its place in a frame', () => {
  const { facts, next } = knownSegment((frame) => withTag(frame, 5));
  expect(facts.addKnown(frameOf(next))).toBe(true);
  const untagged = Uint8Array.from([...next.bytes.subarray(0, 12), ...next.bytes.subarray(16)]);
  expect(facts.addKnown(frameOf(withTag({ ...next, bytes: untagged, wireLength: next.wireLength - 4 }, 6)))).toBe(false);
  expect(facts.addKnown(frameOf({ ...next, bytes: untagged, wireLength: next.wireLength - 4 }))).toBe(false);
  expect(facts.addKnown(frameOf({ ...next, wireLength: next.wireLength - 1 }))).toBe(false);
  for (let length = 0; length < 58; length++) {
    expect(facts.addKnown(frameOf({ ...next, bytes: next.bytes.slice(0, length) }))).toBe(false);
  }
  expect(facts.addKnown(frameOf({ ...next, bytes: next.bytes.slice(0, 58) }))).toBe(true);
});

test('the second segment of a flow that was met in its middle is no longer its only one', () => {
  const { next } = knownSegment();
  const ofPort = (port: number) => {
    const bytes = Uint8Array.from(next.bytes);
    new DataView(bytes.buffer).setUint16(34, port);
    return { ...next, bytes };
  };
  // With the first flow the steps are learned.
  expect(addBothWays([2000, 2000, 2000, 2001, 2001, 2001].map(ofPort))).toBe(3);
  expect(addBothWays([2000, 2000, 2000, 2001, 2001].map(ofPort))).toBe(2);
});

test('what begins while a capture is not running begins otherwise', () => {
  const { next } = knownSegment();
  const syn = (port: number) => {
    const bytes = Uint8Array.from(next.bytes);
    bytes[47] = TcpFlag.syn;
    new DataView(bytes.buffer).setUint16(34, port);
    return frameOf({ ...next, bytes });
  };
  const [one, other] = [new Facts([], KEY), new Facts([], KEY)] as const;
  let known = 0;
  for (const [i, isWatched] of [true, true, true, false, false, false, true, true, false].entries()) {
    one.isWatched = isWatched;
    other.isWatched = isWatched;
    if (one.addKnown(syn(2000 + i))) known++;
    else one.addUnknown(syn(2000 + i));
    other.addUnknown(syn(2000 + i));
  }
  expectSame(one, other);
  expect(known).toBeGreaterThan(2);
});

test('what goes through a tunnel is not taken for the same without one', () => {
  const { next } = knownSegment();
  const outer = Uint8Array.from(next.bytes.subarray(0, 34));
  // IPIP: protocol 4, and a length with another header.
  outer[17] = 80;
  outer[23] = 4;
  const frames = [TcpFlag.syn, TcpFlag.ack, TcpFlag.ack, TcpFlag.ack, TcpFlag.ack].flatMap((flags, i) => {
    const inner = Uint8Array.from(next.bytes);
    inner[47] = flags;
    const bytes = Uint8Array.from([...outer, ...inner.subarray(14)]);
    const tunnelled = { ...next, bytes, wireLength: bytes.length };
    return i < 3 ? [tunnelled, tunnelled] : [{ ...next, bytes: inner }, tunnelled];
  });
  addBothWays(frames);
});

test('a set holds four hops, those of both directions, and the oldest gives way', () => {
  const hot = new HotPath(KEY);
  const rows = hot.words(HOPS, (HOP_SETS * HOPS_A_SET * HOP_BYTES) / 4);
  const put = (edge: number, isAnswer = false) =>
    isAnswer
      ? hot.exports.putHop(-6, -5, (80 << 16) | 999, edge, 1, 0, 0, 0)
      : hot.exports.putHop(-5, -6, (999 << 16) | 80, edge, 1, 0, 0, 0);
  put(1);
  const set = rows.findIndex((word) => word !== 0);
  const edgesInSet = () => Array.from({ length: HOPS_A_SET }, (_, i) => rows[set + (i * HOP_BYTES) / 4 + 3]! & 0xffff);
  put(2, true);
  put(3);
  put(4);
  expect(edgesInSet()).toEqual([4, 3, 2, 1]);
  // One that is there is put where it is.
  put(2, true);
  expect(edgesInSet()).toEqual([4, 3, 2, 1]);
  put(2);
  expect(edgesInSet()).toEqual([2, 4, 3, 2]);
});

test('facts that begin in the memory of others know none of their hops', () => {
  const { facts, next } = knownSegment();
  const others = new Facts([], KEY, undefined, facts);
  others.addUndecoded(frameOf({ ...next, bytes: Uint8Array.from(next.bytes).fill(7, 26, 34) }));
  expect(others.addKnown(frameOf(next))).toBe(false);
});
