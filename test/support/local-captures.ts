/** What machines captured themselves, each by its own clock: made of the frames of a whole capture, or of other captures, in memory. */
import type { ByteSource } from '../../src/capture/byte-source.ts';
import { LinkType } from '../../src/capture/frame.ts';
import { type OpenCaptureOptions, openCaptureBytes } from '../../src/capture/open-capture.ts';
import { formatMac } from '../../src/decoders/address.ts';
import { joined, pcapHeader, pcapRecord } from '../capture/capture-bytes.ts';

/** A frame of a pcap file. */
export interface Recorded {
  /** Nanoseconds since the first second of the file. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface Recording {
  readonly seconds: number;
  readonly linkType: number;
  readonly frames: readonly Recorded[];
}

/** The frames of a pcap file of any byte order, micro- or nanoseconds. */
export function recordingOf(pcap: Uint8Array): Recording {
  const view = new DataView(pcap.buffer, pcap.byteOffset, pcap.byteLength);
  const little = [0xa1b2c3d4, 0xa1b23c4d].includes(view.getUint32(0, true));
  const unit = view.getUint32(0, little) === 0xa1b23c4d ? 1 : 1000;
  const seconds = pcap.length > 24 ? view.getUint32(24, little) : 0;
  const frames: Recorded[] = [];
  for (let at = 24; at + 16 <= pcap.length; ) {
    const length = view.getUint32(at + 8, little);
    const time = (view.getUint32(at, little) - seconds) * 1e9 + view.getUint32(at + 4, little) * unit;
    frames.push({ at: time, bytes: pcap.slice(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return { seconds, linkType: view.getUint32(20, little), frames };
}

/** A pcap file of these frames, in nanoseconds. */
export function pcapOf({ seconds, linkType, frames }: Recording): Uint8Array {
  const records = frames.map(({ at, bytes }) => {
    const whole = Math.round(at);
    const second = Math.floor(whole / 1e9);
    return pcapRecord({ seconds: seconds + second, fraction: whole - second * 1e9, data: bytes });
  });
  return joined(pcapHeader({ magic: 0xa1b23c4d, linkType }), records);
}

/** A clock that is ahead by some seconds at the first frame, and runs faster by parts in a million. */
export interface WrongClock {
  readonly ahead: number;
  readonly ppm?: number;
}

/** The same frames by a wrong clock. */
export function byClock(pcap: Uint8Array, { ahead, ppm = 0 }: WrongClock): Uint8Array {
  const recording = recordingOf(pcap);
  const first = recording.frames[0]?.at ?? 0;
  const frames = recording.frames.map(({ at, bytes }) => ({ at: at + ahead * 1e9 + (at - first) * ppm * 1e-6, bytes }));
  return pcapOf({ ...recording, frames });
}

/** What the machine with this MAC captures: what it sends, what it gets, and what goes to groups. */
export function seenAt(mac: string, pcap: Uint8Array, latencyNs = 0): Uint8Array {
  const recording = recordingOf(pcap);
  const frames = recording.frames
    .filter(({ bytes }) => [destinationOf(bytes), sourceOf(bytes)].includes(mac) || (bytes[0]! & 1) === 1)
    .map(({ at, bytes }) => ({ at: sourceOf(bytes) === mac ? at : at + latencyNs, bytes }));
  return pcapOf({ ...recording, frames });
}

/** Those frames that `keep` keeps, by their nanoseconds since the first one. */
export function part(pcap: Uint8Array, keep: (at: number, bytes: Uint8Array) => boolean): Uint8Array {
  const recording = recordingOf(pcap);
  const first = recording.frames[0]?.at ?? 0;
  return pcapOf({ ...recording, frames: recording.frames.filter(({ at, bytes }) => keep(at - first, bytes)) });
}

/** The capture as `tcpdump -i any` on the machine with this MAC writes it (LINKTYPE_LINUX_SLL): without destination MACs. */
export function onAny(mac: string, pcap: Uint8Array): Uint8Array {
  const recording = recordingOf(pcap);
  const frames = recording.frames.map(({ at, bytes }) => {
    const type = sourceOf(bytes) === mac ? 4 : bytes[0] === 0xff ? 1 : (bytes[0]! & 1) === 1 ? 2 : 0;
    return { at, bytes: Uint8Array.from([0, type, 0, 1, 0, 6, ...bytes.slice(6, 12), 0, 0, ...bytes.slice(12)]) };
  });
  return pcapOf({ ...recording, linkType: LinkType.linuxSll, frames });
}

function destinationOf(bytes: Uint8Array): string {
  return macAt(bytes, 0);
}

function sourceOf(bytes: Uint8Array): string {
  return macAt(bytes, 6);
}

function macAt(bytes: Uint8Array, at: number): string {
  return formatMac(bytes.slice(at, at + 6).reduce((mac, byte) => mac * 256 + byte, 0));
}

/** Captures in memory by their names, as `diagnose` opens them. */
export function inMemory(files: Readonly<Record<string, Uint8Array>>) {
  const open = (name: string, options: OpenCaptureOptions = {}) => {
    const bytes = files[name];
    if (bytes === undefined) throw new Error(`no capture ${name} was made`);
    return openCaptureBytes(name, bytesOf(bytes), options);
  };
  return { open, reopen: open, remove() {} };
}

function bytesOf(bytes: Uint8Array): ByteSource {
  let position = 0;
  return {
    storedBytes: bytes.length,
    get storedBytesRead() {
      return position;
    },
    cutOff: false,
    damage: null,
    read(target, offset, length) {
      const count = Math.min(length, bytes.length - position);
      target.set(bytes.subarray(position, position + count), offset);
      position += count;
      return count;
    },
    async close() {},
  };
}
