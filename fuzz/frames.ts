/** Frames: taken out of captures, changed where their headers are, put into captures again. */

import { capturedFrame } from '../src/capture/fetch-frames.ts';
import { type CapturedFrame, emptyFrame, type Frame, LinkType } from '../src/capture/frame.ts';
import { openCaptureBytes } from '../src/capture/open-capture.ts';
import { PcapngWriter } from '../src/capture/pcapng-writer.ts';
import { UsageError } from '../src/usage-error.ts';
import { MemoryBytes } from './memory-bytes.ts';
import { joined, mutateBytes, replaced } from './mutate-bytes.ts';
import type { Random } from './random.ts';

export const LINK_TYPES: readonly number[] = Object.values(LinkType);

/** The first frames of a capture, as far as it can be read. */
export async function framesOf(bytes: Uint8Array, most: number): Promise<CapturedFrame[]> {
  const frames: CapturedFrame[] = [];
  try {
    const source = await openCaptureBytes('seed', new MemoryBytes(bytes), { chunkBytes: 65_536 });
    const frame = emptyFrame();
    try {
      do {
        while (frames.length < most && source.next(frame)) frames.push(capturedFrame(frame));
      } while (frames.length < most && (await source.more()));
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
  return frames;
}

/** A pcapng file of frames, with an interface for each link type. */
export function captureOf(frames: readonly CapturedFrame[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter((block) => blocks.push(block), { application: 'fuzz' });
  const interfaces = new Map<number, number>();
  for (const frame of frames) {
    const { linkType } = frame;
    if (!interfaces.has(linkType)) interfaces.set(linkType, writer.describeInterface({ linkType, snapLength: 0 }));
    writer.frame(interfaces.get(linkType)!, frame);
  }
  return joined(blocks);
}

/** A frame as decoders take it, in a buffer that holds nothing else; with `garbage`, among bytes of that value. */
export function frameAlone(frame: CapturedFrame, garbage: number | null = null): Frame {
  const before = garbage === null ? 0 : 37;
  const behind = garbage === null ? 0 : 512;
  const bytes = new Uint8Array(before + frame.bytes.length + behind).fill(garbage ?? 0);
  bytes.set(frame.bytes, before);
  return { ...frame, bytes, view: new DataView(bytes.buffer), start: before, end: before + frame.bytes.length };
}

const ETHER_TYPES = [0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x9100, 0x9200, 0x8864, 0x88cc, 0, 46, 0x05dc, 0x0600];
const PROTOCOLS = [0, 1, 2, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 89, 103, 108, 112, 115, 132, 135, 139, 140, 255];
const ICMP_TYPES = [0, 3, 4, 5, 8, 11, 12, 128, 129, 133, 134, 135, 136, 137];
const PORTS = [22, 53, 80, 443, 546, 547, 1985, 2029, 4789, 6080, 6081, 8848];
const TCP_FLAGS = [0x02, 0x12, 0x10, 0x11, 0x14, 0x04, 0x18, 0x00, 0xff, 0x29];

/** The bytes of a frame, changed where decoders look. `other` lends layers. */
export function mutateFrame(bytes: Uint8Array, other: Uint8Array, linkType: number, random: Random): Uint8Array {
  let result = bytes;
  for (let changes = 1 + random.small(4); changes > 0; changes--) result = changeFrame(result, other, linkType, random);
  return result;
}

function changeFrame(bytes: Uint8Array, other: Uint8Array, linkType: number, random: Random): Uint8Array {
  const ip = ipStart(bytes, linkType);
  const isIpv6 = (bytes[ip] ?? 0) >>> 4 === 6;
  const upper = ip + (isIpv6 ? 40 : 4 * ((bytes[ip] ?? 0) & 15));
  const set = (at: number, ...values: readonly number[]) => replaced(bytes, at, values.length, Uint8Array.from(values));
  switch (random.below(12)) {
    case 0: {
      const type = random.pick(ETHER_TYPES);
      return set(Math.max(0, ip - 2), type >>> 8, type);
    }
    case 1:
      return set(ip + (isIpv6 ? 6 : 9), random.pick(PROTOCOLS));
    case 2:
      return set(ip + (isIpv6 ? 4 : 2), ...(random.oneIn(2) ? [0, random.below(256)] : [random.below(256), random.below(256)]));
    case 3:
      return set(ip, isIpv6 ? random.pick([0x60, 0x6f, 0x45]) : 0x40 + random.below(16));
    case 4:
      // Fragments: offset and flags of IPv4; an extension header of IPv6.
      return isIpv6 ? withExtension(bytes, ip, random) : set(ip + 6, random.pick([0x20, 0x00, 0x3f, 0x01, 0x40]), random.below(4));
    case 5: {
      const port = random.pick(PORTS);
      return set(upper + random.pick([0, 2]), port >>> 8, port);
    }
    case 6:
      return set(upper, random.pick(ICMP_TYPES), random.below(6));
    case 7:
      return set(upper + 12, random.pick([0x50, 0x60, 0xf0, 0x40, 0x00]), random.pick(TCP_FLAGS));
    case 8:
      return replaced(
        bytes,
        12,
        0,
        Uint8Array.of(random.pick([0x81, 0x88, 0x91]), random.pick([0x00, 0xa8]), random.below(16), random.below(256)),
      );
    case 9:
      return tunnelled(bytes, ip, upper, random);
    case 10: {
      // The head of one frame, and what another one has above its IP header or within it.
      const theirs = ipStart(other, linkType);
      return joined([bytes.subarray(0, random.oneIn(2) ? ip : upper), other.subarray(random.oneIn(2) ? theirs : theirs + 20)]);
    }
    default:
      return mutateBytes(bytes, other, random);
  }
}

/** Where the IP header most likely begins. */
function ipStart(bytes: Uint8Array, linkType: number): number {
  switch (linkType) {
    case LinkType.ethernet: {
      let at = 14;
      while (at + 4 <= bytes.length && [0x81, 0x88, 0x91, 0x92].includes(bytes[at - 2]!) && [0x00, 0xa8].includes(bytes[at - 1]!)) at += 4;
      return at;
    }
    case LinkType.linuxSll:
      return 16;
    case LinkType.linuxSll2:
      return 20;
    case LinkType.null:
    case LinkType.loop:
      return 4;
    default:
      return 0;
  }
}

/** The IP packet with the same header around it once more: in IP, GRE or GUE. */
function tunnelled(bytes: Uint8Array, ip: number, upper: number, random: Random): Uint8Array {
  const header = bytes.slice(ip, upper);
  const isIpv6 = (header[0] ?? 0) >>> 4 === 6;
  const [protocol, between] = random.pick<readonly [number, readonly number[]]>([
    [isIpv6 ? 41 : 4, []],
    [47, [0, 0, ...(isIpv6 ? [0x86, 0xdd] : [0x08, 0x00])]],
    [47, [0xb0, 0, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]],
    [17, [0x40, 0, 0x17, 0xc0, 0, 0, 0, 0, ...(random.oneIn(2) ? [] : [0, 4, 0, 0])]],
  ]);
  const length = Math.min(0xffff, bytes.length - ip + between.length + (isIpv6 ? 0 : header.length));
  const at = isIpv6 ? 4 : 2;
  header.set([length >>> 8, length & 0xff].slice(0, Math.max(0, header.length - at)), Math.min(at, header.length));
  if (header.length > 9) header[isIpv6 ? 6 : 9] = protocol;
  return joined([bytes.subarray(0, ip), header, Uint8Array.from(between), bytes.subarray(ip)]);
}

/** An extension header between the IPv6 header and what follows it. */
function withExtension(bytes: Uint8Array, ip: number, random: Random): Uint8Array {
  if (bytes.length < ip + 40) return bytes;
  const kind = random.pick([0, 43, 44, 51, 60, 135, 139]);
  const units = random.small(4);
  const extension = new Uint8Array(kind === 44 ? 8 : kind === 51 ? 4 * (units + 2) : 8 * (units + 1));
  extension[0] = bytes[ip + 6]!;
  extension[1] = units;
  if (kind === 44) extension[3] = random.pick([0, 1, 8, 9]);
  return replaced(replaced(bytes, ip + 6, 1, Uint8Array.of(kind)), ip + 40, 0, extension);
}

const MOST_FRAMES = 200;
/** The largest that a capture file can hold. */
const MAX_WIRE_LENGTH = 0xffff_ffff;

/** A capture like others: frames doubled, moved, lost and changed, addresses exchanged, clocks set. Never longer than some hundred frames. */
export async function mutateFrames(input: Uint8Array, other: Uint8Array, random: Random): Promise<Uint8Array> {
  let frames = await framesOf(input, MOST_FRAMES);
  const others = await framesOf(other, MOST_FRAMES);
  if (frames.length === 0) frames = others.slice(0, 8);
  for (let changes = 1 + random.small(8); changes > 0 && frames.length > 0; changes--) frames = changeFrames(frames, others, random);
  return captureOf(frames.slice(0, MOST_FRAMES));
}

function changeFrames(frames: CapturedFrame[], others: readonly CapturedFrame[], random: Random): CapturedFrame[] {
  const at = random.below(frames.length);
  const frame = frames[at]!;
  const lender = others.length > 0 ? random.pick(others) : frame;
  const put = (changed: Partial<CapturedFrame>) => frames.with(at, { ...frame, ...changed });
  switch (random.below(14)) {
    case 0:
      return frames.toSpliced(at, 1 + random.small(frames.length));
    case 1:
      return frames.toSpliced(at, 0, ...frames.slice(at, at + 1 + random.small(16)));
    case 2:
      return frames.toSpliced(random.below(frames.length), 0, ...frames.slice(at, at + 1 + random.small(8)));
    case 3: {
      const from = random.below(others.length);
      return frames.toSpliced(at, 0, ...others.slice(from, from + 1 + random.small(40)));
    }
    case 4:
      return frames.slice(at);
    case 5:
      return frames.slice(0, at + 1);
    case 6:
      return put(clockSet(frame, random));
    case 7: {
      // Everything from here on is later, or earlier.
      const later = random.pick([-1e6, -100, -1, 1, 60, 86_400, 1e9]);
      return frames.map((each, i) => (i < at ? each : { ...each, seconds: Math.max(0, each.seconds + later) }));
    }
    case 8:
      return put({ bytes: frame.bytes.slice(0, random.below(frame.bytes.length + 1)) });
    case 9:
      return frames.map((each) => ({ ...each, bytes: each.bytes.slice(0, 40 + random.below(60)) }));
    case 10:
      return addressesExchanged(frames, random);
    case 11:
      return put({ linkType: random.pick(LINK_TYPES), wireLength: random.pick([0, 1, frame.bytes.length, 1514, 65_549, MAX_WIRE_LENGTH]) });
    default:
      return put(whole(frame, mutateFrame(frame.bytes, lender.bytes, frame.linkType, random)));
  }
}

/** A frame that was captured as a whole still is; its length on the wire stays a 32-bit number, as files have it. */
function whole(frame: CapturedFrame, bytes: Uint8Array): Partial<CapturedFrame> {
  const wireLength = frame.wireLength + bytes.length - frame.bytes.length;
  return { bytes, wireLength: Math.min(Math.max(0, wireLength), MAX_WIRE_LENGTH) };
}

function clockSet(frame: CapturedFrame, random: Random): Partial<CapturedFrame> {
  const seconds = random.pick([0, 1, frame.seconds - 1, frame.seconds + 1, 0x7fff_ffff, 0xffff_ffff, 4_294_967_296, 18_446_744_073]);
  return { seconds: Math.max(0, seconds), nanoseconds: random.pick([0, 1, 999_999_999, frame.nanoseconds]) };
}

/** Every place at which some MAC or IPv4 address stands gets another one of the same capture: roles change hands. */
function addressesExchanged(frames: readonly CapturedFrame[], random: Random): CapturedFrame[] {
  const [one, another] = [random.pick(frames).bytes, random.pick(frames).bytes];
  const places = [0, 6, 26, 30, 28, 38, 22].filter((at) => at + 6 <= one.length && at + 6 <= another.length);
  if (places.length === 0) return [...frames];
  const width = random.pick([4, 6]);
  const from = random.pick(places);
  const to = random.pick(places);
  const old = Buffer.from(one.slice(from, from + width));
  const by = another.slice(to, to + width);
  const isEverywhere = random.oneIn(2);
  return frames.map((frame) => {
    const at = Buffer.from(frame.bytes).indexOf(old);
    return at < 0 || (!isEverywhere && random.oneIn(2)) ? frame : { ...frame, bytes: replaced(frame.bytes, at, width, by) };
  });
}
