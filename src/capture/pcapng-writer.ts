/**
 * Writes the pcapng file format (draft-ietf-opsawg-pcapng): one section, little-endian, times in nanoseconds. Each block is handed on
 * whole and nothing is ever changed afterwards, so that what was written stays readable up to its last block, however writing ends.
 *
 * block             type 4, total length 4, body, options, total length 4; all padded to 32 bits
 * section (0x0a0d0d0a)  byte-order magic 4, version 1.0 2+2, section length 8 (-1: not told)
 * interface (1)     link type 2, reserved 2, snapshot length 4
 * packet (6)        interface 4, time high 4, time low 4, captured length 4, length on the wire 4, data
 * option            code 2, length 2, value padded to 32 bits
 */
import type { CapturedFrame } from './frame.ts';

/** What is said of the whole file. */
export interface SectionNote {
  /** Program and version that writes it. */
  readonly application: string;
  readonly comment?: string;
}

/** Where frames come from. All frames of one file should have the same link type: not every program reads a mixture. */
export interface InterfaceNote {
  /** LINKTYPE_ value. */
  readonly linkType: number;
  /** Longest captured frame in bytes; 0 for no limit. */
  readonly snapLength: number;
  readonly name?: string;
  readonly description?: string;
}

/** A frame as it is written: all of CapturedFrame but where it stood. */
export type FrameToWrite = Pick<CapturedFrame, 'seconds' | 'nanoseconds' | 'wireLength' | 'bytes'>;

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** if_tsresol: 10^-9 seconds. */
const NANOSECONDS = 9;
const Option = { comment: 1, name: 2, description: 3, application: 4, timeResolution: 9 } as const;
/** An option's length is a 16-bit number. */
const MAX_OPTION_BYTES = 0xffff;
const MAX_TIME = 2n ** 64n - 1n;

export class PcapngWriter {
  private readonly write: (block: Uint8Array) => void;
  private interfaces = 0;

  /** Begins the file: `write` gets each block once, in order. */
  constructor(write: (block: Uint8Array) => void, { application, comment }: SectionNote) {
    this.write = write;
    const body = Buffer.alloc(16);
    body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
    body.writeUInt16LE(1, 4);
    body.writeBigInt64LE(-1n, 8);
    write(blockOf(SECTION_HEADER, body, [textOption(Option.application, application), textOption(Option.comment, comment)]));
  }

  /** Describes an interface; the number that `frame` takes. */
  describeInterface({ linkType, snapLength, name, description }: InterfaceNote): number {
    const body = Buffer.alloc(8);
    body.writeUInt16LE(linkType, 0);
    body.writeUInt32LE(snapLength, 4);
    const options = [
      textOption(Option.name, name),
      textOption(Option.description, description),
      option(Option.timeResolution, Buffer.of(NANOSECONDS)),
    ];
    this.write(blockOf(INTERFACE_DESCRIPTION, body, options));
    this.interfaces += 1;
    return this.interfaces - 1;
  }

  /** Writes a frame. A time before 1970 or after 2554 cannot be written, and becomes the nearest one that can. */
  frame(fromInterface: number, { seconds, nanoseconds, wireLength, bytes }: FrameToWrite, comment?: string): void {
    const time = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
    const body = Buffer.alloc(20 + paddedLength(bytes.length));
    body.writeUInt32LE(fromInterface, 0);
    const written = time < 0n ? 0n : time > MAX_TIME ? MAX_TIME : time;
    body.writeUInt32LE(Number(written >> 32n), 4);
    body.writeUInt32LE(Number(written & 0xffff_ffffn), 8);
    body.writeUInt32LE(bytes.length, 12);
    body.writeUInt32LE(wireLength, 16);
    body.set(bytes, 20);
    this.write(blockOf(ENHANCED_PACKET, body, [textOption(Option.comment, comment)]));
  }
}

function blockOf(type: number, body: Buffer, options: readonly Buffer[]): Buffer {
  const told = options.filter((bytes) => bytes.length > 0);
  const parts = told.length === 0 ? [body] : [body, ...told, Buffer.alloc(4)];
  const total = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const begin = Buffer.alloc(8);
  begin.writeUInt32LE(type, 0);
  begin.writeUInt32LE(total, 4);
  const end = Buffer.alloc(4);
  end.writeUInt32LE(total, 0);
  return Buffer.concat([begin, ...parts, end]);
}

/** Nothing when there is no text. A text too long for an option ends where its last whole character does. */
function textOption(code: number, text: string | undefined): Buffer {
  if (text === undefined || text === '') return Buffer.alloc(0);
  const bytes = Buffer.from(text);
  let length = Math.min(bytes.length, MAX_OPTION_BYTES);
  while (length < bytes.length && (bytes[length]! & 0xc0) === 0x80) length -= 1;
  return option(code, bytes.subarray(0, length));
}

function option(code: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + paddedLength(value.length));
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(value.length, 2);
  bytes.set(value, 4);
  return bytes;
}

function paddedLength(length: number): number {
  return length + (-length & 3);
}
