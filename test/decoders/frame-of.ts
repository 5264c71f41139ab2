/** Frames made of a sample's bytes: in a buffer of exactly their size, or among garbage as in a capture's buffer. */
import { emptyFrame, type Frame } from '../../src/capture/frame.ts';
import { Packet } from '../../src/decoders/packet.ts';
import type { Sample } from './samples.ts';

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** A frame whose buffer holds nothing else; `captured` bytes of it, all unless given. */
export function frameOf(sample: Sample, captured = sample.hex.length / 2): Frame {
  return exactFrame(bytesOf(sample.hex).slice(0, captured), sample.linkType, sample.hex.length / 2);
}

export function exactFrame(bytes: Uint8Array, linkType: number, wireLength = bytes.length): Frame {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  return { ...emptyFrame(), bytes: copy, view, start: 0, end: copy.length, number: 1, wireLength, linkType };
}

/** The same frame with other bytes before and after it. */
export function amongGarbage(frame: Frame, garbage: number): Frame {
  const before = 37;
  const bytes = new Uint8Array(before + frame.bytes.length + 4096).fill(garbage);
  bytes.set(frame.bytes, before);
  return { ...frame, bytes, view: new DataView(bytes.buffer), start: before, end: before + frame.bytes.length };
}

export function packetOf(sample: Sample, captured?: number): Packet {
  const packet = new Packet();
  packet.decode(frameOf(sample, captured));
  return packet;
}

const offsets = ['wireEnd', 'ipStart', 'ipEnd', 'transportStart', 'payloadStart'] as const;

/** Every field of a packet, with offsets counted from the frame's start where they are set. */
export function fieldsOf(packet: Packet, frame: Frame): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...packet, quoted: { ...packet.quoted } };
  const isIp = packet.version !== 0;
  for (const name of offsets) if (isIp || name === 'wireEnd') fields[name] = packet[name] - frame.start;
  return fields;
}
