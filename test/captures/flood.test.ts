/** A flood in the midst of a real incident hides nothing: what was found without it is found with it. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyFrame, type Frame, type FrameSource } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { MAX_EDGES } from '../../src/correlation/edges.ts';
import { MAX_FLOWS } from '../../src/correlation/flows.ts';
import { Packet, PacketKind, TcpFlag, Transport } from '../../src/decoders/packet.ts';
import { diagnoseFrames } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { FIXTURES } from '../support/fixtures.ts';

/** Offsets in an untagged Ethernet frame. */
const SOURCE_MAC = 8;
const IPV4_SOURCE = 26;
const ARP_SENDER_MAC = 24;
const ARP_SENDER_IP = 28;

/** A flood repeats a frame of the capture, each time a little different. */
interface Flood {
  readonly frames: number;
  readonly repeats: (packet: Packet) => boolean;
  readonly change: (view: DataView, at: number, i: number) => void;
}

const isSyn = (p: Packet) =>
  p.transport === Transport.tcp && p.version === 4 && (p.tcpFlags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn && p.vlan < 0;

const FLOODS = {
  'SYNs from spoofed clients': {
    frames: MAX_FLOWS + MAX_FLOWS / 8,
    repeats: isSyn,
    change: (view, at, i) => view.setUint32(at + IPV4_SOURCE, 0x2d00_0000 + i),
  },
  'frames from random MACs': {
    frames: MAX_EDGES + 1000,
    repeats: isSyn,
    change: (view, at, i) => {
      view.setUint32(at + SOURCE_MAC, 0x0a00_0000 + i);
      view.setUint32(at + IPV4_SOURCE, 0x2d00_0000 + i);
    },
  },
  'ARP from random machines': {
    frames: 70_000,
    repeats: (p) => p.kind === PacketKind.arp && p.arpOperation === 1 && p.arpSenderIp !== 0,
    change: (view, at, i) => {
      view.setUint32(at + SOURCE_MAC, 0x0a00_0000 + i);
      view.setUint32(at + ARP_SENDER_MAC, 0x0a00_0000 + i);
      view.setUint32(at + ARP_SENDER_IP, 0x2d00_0000 + i);
    },
  },
} satisfies Record<string, Flood>;

/** The frames of a capture with a flood after the first half of them, all within the microsecond after the frame before it. */
class FloodedSource implements FrameSource {
  readonly #of: FrameSource;
  readonly #flood: Flood;
  readonly #after: number;
  readonly #packet = new Packet();
  readonly #repeated: Frame = emptyFrame();
  #left = 0;
  #added = 0;
  #isOver = false;

  constructor(of: FrameSource, flood: Flood, after: number) {
    this.#of = of;
    this.#flood = flood;
    this.#after = after;
  }

  get info() {
    return this.#of.info;
  }

  next(frame: Frame): boolean {
    if (this.#left > 0) {
      this.#flood.change(this.#repeated.view, 0, this.#added - this.#left--);
      Object.assign(frame, this.#repeated, { number: frame.number + 1 });
      return true;
    }
    if (!this.#of.next(frame)) return false;
    const { number } = frame;
    frame.number += this.#added;
    this.#packet.decode(frame);
    if (!this.#isOver && this.#flood.repeats(this.#packet)) this.#repeat(frame);
    if (!this.#isOver && number >= this.#after && this.#repeated.end > 0) {
      this.#left = this.#added = this.#flood.frames;
      this.#isOver = true;
    }
    return true;
  }

  /** Keeps a copy of the frame: it is what the flood repeats. */
  #repeat(frame: Frame): void {
    const bytes = frame.bytes.slice(frame.start, frame.end);
    Object.assign(this.#repeated, frame, { bytes, view: new DataView(bytes.buffer), start: 0, end: bytes.length });
  }

  more = () => this.#of.more();
  close = () => this.#of.close();
}

async function diagnosisOf(name: string, flood?: Flood): Promise<Diagnosis> {
  const source = await openCapture(join(FIXTURES, name, 'mirror.pcap'));
  try {
    const flooded = flood === undefined ? source : new FloodedSource(source, flood, 60);
    return await diagnoseFrames(flooded, null, NOTHING_GIVEN);
  } finally {
    await source.close();
  }
}

const found = (diagnosis: Diagnosis) =>
  diagnosis.findings.filter((f) => f.severity === 'critical').map((f) => `${f.rule} of ${f.culprits.map((c) => c.mac).join(' and ')}`);

test.each([
  ['rs-answers-arp-t1', 'SYNs from spoofed clients'],
  ['reply-wrong-source-tcp', 'SYNs from spoofed clients'],
  ['rs-announces-vip-t1', 'frames from random MACs'],
  ['rs-answers-arp-t1', 'ARP from random machines'],
  ['director-no-rewrite-partial', 'ARP from random machines'],
  ['split-brain-t1', 'ARP from random machines'],
] as const)('%s is found in a flood of %s', async (name, kind) => {
  const [calm, flooded] = [await diagnosisOf(name), await diagnosisOf(name, FLOODS[kind])];
  expect(found(calm)).not.toEqual([]);
  expect(found(flooded)).toEqual(expect.arrayContaining(found(calm)));
  expect(Object.values(flooded.limits).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
});
