/**
 * Decoders, and all else that reads the bytes of one frame. The input is two bytes of link type, two of how much longer the frame was on
 * the wire, then the frame.
 */
import { AddressMapping } from '../../src/anonymize/address-mapping.ts';
import { FrameAnonymizer } from '../../src/anonymize/frame-anonymizer.ts';
import { type CapturedFrame, emptyFrame, type Frame } from '../../src/capture/frame.ts';
import { conversationOf } from '../../src/correlation/conversation.ts';
import { emptyHsrpMessage, readHsrp } from '../../src/decoders/hsrp.ts';
import { IpvsSyncReader } from '../../src/decoders/ipvs-sync.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { emptyVrrpAdvert, readVrrp } from '../../src/decoders/vrrp.ts';
import { FrameKey } from '../../src/points/frame-key.ts';
import { decodeFrame } from '../../src/reports/html/frame-headers.ts';
import { frameAlone, LINK_TYPES, mutateFrame } from '../frames.ts';
import { joined } from '../mutate-bytes.ts';
import { Broken, expectSame, type Target } from '../target.ts';

const HEAD = 4;
const OFFSETS = ['wireEnd', 'ipStart', 'ipEnd', 'transportStart', 'payloadStart'] as const;
const KEY = [0x01234567, 0x12345678, 0x23456789, 0x3456789a] as const;
const ANONYMIZER = new FrameAnonymizer(new AddressMapping(new Uint8Array(16), { keepsVendor: false }));
/** Never a new one: what a frame leaves behind in it would show in the next one. */
const reused = new Packet();

export const decoders: Target = {
  name: 'decoders',
  maxBytes: 4096,
  batch: 256,
  weight: 1,
  mutate(input, other, random) {
    const head = input.slice(0, HEAD);
    if (random.oneIn(8)) head.set(lengthBytes(random.pick(LINK_TYPES)));
    if (random.oneIn(8)) head.set(lengthBytes(random.small(0x1_0000)), 2);
    const bytes = mutateFrame(input.subarray(HEAD), other.subarray(HEAD), linkTypeOf(input), random);
    return joined([head, bytes]);
  },
  run(input) {
    if (input.length < HEAD) return;
    const bytes = input.slice(HEAD);
    const linkType = linkTypeOf(input);
    const wireLength = bytes.length + new DataView(input.buffer, input.byteOffset).getUint16(2);
    const captured: CapturedFrame = { ...emptyFrame(), number: 1, linkType, wireLength, bytes };
    const alone = frameAlone(captured);
    const told = tell(new Packet(), alone);
    for (const garbage of [0x00, 0x45, 0xff]) {
      expectSame(told, tell(reused, frameAlone(captured, garbage)), 'the same frame with other bytes around it');
    }
    expectSound(reused, frameAlone(captured, 0xff));
    expectFewerShown(bytes, linkType);
    decodeFrame(captured);
  },
};

/** The input that is this frame. */
export function decoderInput({ linkType, wireLength, bytes }: CapturedFrame): Uint8Array {
  const longer = Math.max(0, Math.min(0xffff, wireLength - bytes.length));
  return joined([lengthBytes(linkType), lengthBytes(longer), bytes]);
}

function lengthBytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

function linkTypeOf(input: Uint8Array): number {
  return ((input[0] ?? 0) << 8) | (input[1] ?? 0);
}

/** All that is read of a frame, as text, with offsets that count from its first byte. */
function tell(packet: Packet, frame: Frame): string {
  packet.decode(frame);
  const { view, start } = frame;
  const fields: Record<string, unknown> = { ...packet };
  for (const name of OFFSETS) if (packet.version !== 0 || name === 'wireEnd') fields[name] = packet[name] - start;
  const advert = emptyVrrpAdvert();
  const hsrp = emptyHsrpMessage();
  const sync = new IpvsSyncReader();
  const connections: unknown[] = [];
  if (sync.begin(packet, view)) while (sync.next()) connections.push({ ...sync.connection });
  if (connections.length > 255) throw new Broken(`${connections.length} connections in one synchronisation message`);
  const key = new FrameKey(KEY);
  key.read(frame, packet);
  return JSON.stringify([
    fields,
    readVrrp(packet, view, advert) ? { ...advert, addresses: [...advert.addresses] } : null,
    readHsrp(packet, view, hsrp) ? hsrp : null,
    connections,
    conversationOf(packet, view),
    key.value,
    key.destination,
  ]);
}

function expectSound(packet: Packet, frame: Frame): void {
  packet.decode(frame);
  for (const [name, value] of Object.entries(packet)) {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Broken(`${name} is ${value}`);
  }
  if (packet.version === 0) return;
  const { ipStart, ipEnd, payloadStart, payloadLength } = packet;
  if (!(frame.start <= ipStart && ipStart <= ipEnd && ipEnd <= frame.end)) throw new Broken(`an IP packet from ${ipStart} to ${ipEnd}`);
  if (payloadStart > ipEnd || payloadLength < 0) throw new Broken(`a payload of ${payloadLength} bytes at ${payloadStart}, after ${ipEnd}`);
}

function expectFewerShown(bytes: Uint8Array, linkType: number): void {
  const after = bytes.slice();
  const shown = ANONYMIZER.anonymize(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), new DataView(after.buffer), linkType);
  if (!(shown >= 0 && shown <= bytes.length)) throw new Broken(`${shown} bytes of an anonymized frame of ${bytes.length} are shown`);
}
