/**
 * The pcapng file format (draft-ietf-opsawg-pcapng): blocks of type, total length, body, total length again.
 * Sections may change the byte order and begin a new list of interfaces; each interface has its own link type and clock.
 *
 * offset in the block     enhanced packet (6)   obsolete packet (2)      simple packet (3)
 *                    8    interface             interface, drops (u16)   length on the wire
 *               12, 16    time high, low        time high, low           data
 *                   20    captured length       captured length
 *                   24    length on the wire    length on the wire
 *                   28    data                  data
 */
import { UsageError } from '../usage-error.ts';
import { type Frame, type FrameSkimmer, LinkType, RecordFormat } from './frame.ts';
import type { Intake } from './intake.ts';
import { InterfaceClock } from './interface-clock.ts';
import { readableLinkType, unreadableLinkType } from './link-types.ts';
import { MAX_FRAME_BYTES, type OpenCaptureInfo, RecordReader } from './record-reader.ts';

/** First four bytes of every section, the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
/**
 * What Wireshark numbers like frames though it holds none, so that our numbers are the same: systemd journal entries, custom blocks
 * (copied or not when a file is edited) and sysdig events in six layouts.
 */
const NUMBERED_BLOCKS: ReadonlySet<number> = new Set([9, 0xbad, 0x40000bad, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222]);

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const SWAPPED_BYTE_ORDER_MAGIC = 0x4d3c2b1a;

const Option = { end: 0, timeResolution: 9, timeOffset: 14, droppedByInterface: 5, droppedBySystem: 7 } as const;

const BLOCK_FRAME_BYTES = 12;
const SECTION_HEADER_BYTES = 28;
const INTERFACE_DESCRIPTION_BYTES = 20;
const INTERFACE_STATISTICS_BYTES = 24;
const PACKET_BYTES = 32;
const SIMPLE_PACKET_BYTES = 16;

/** Longest block that is believed, in bytes: libpcap's INITIAL_MAX_BLOCKSIZE. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
/** Most interfaces in a section: what the obsolete packet block can number. */
const MAX_INTERFACES = 65_536;
/** Link types named in the sentence about a capture of which nothing can be read. */
const MAX_NAMED_LINK_TYPES = 8;

interface Interface {
  /** LINKTYPE_ value to deliver; -1 when its frames are skipped. */
  readonly linkType: number;
  readonly snapLength: number;
  readonly clock: InterfaceClock;
  hasDelivered: boolean;
  /** Frames dropped as its last statistics block says; 0 before. */
  dropped: number;
}

export class PcapngReader extends RecordReader {
  private readonly subject: string;
  private little = false;
  private interfaces: Interface[] = [];
  private hasInterface = false;
  /** Interface of the last enhanced packet block in this section; -1 before there was one. */
  private lastInterface = -1;
  /** Link types met that cannot be read. */
  private readonly unreadable: number[] = [];

  private constructor(intake: Intake, info: OpenCaptureInfo, point: number, subject: string) {
    super(intake, info, point);
    this.subject = subject;
  }

  /** Reads the first section header. Throws UsageError when it is not whole or makes no sense. */
  static async open(intake: Intake, info: OpenCaptureInfo, point: number, subject: string): Promise<PcapngReader> {
    const reader = new PcapngReader(intake, info, point, subject);
    if (!(await intake.fillTo(BLOCK_FRAME_BYTES))) throw reader.headerTooShort(SECTION_HEADER_BYTES);
    if (!reader.readByteOrder(intake.position)) throw reader.badHeader('its byte-order mark is not one');
    const total = intake.view.getUint32(intake.position + 4, reader.little);
    const problem = blockLengthProblem(total, SECTION_HEADER_BYTES);
    if (problem !== null) throw reader.badHeader(problem);
    if (!(await intake.fillTo(paddedLength(total)))) throw reader.headerTooShort(total);
    const version = reader.sectionVersion(intake.position);
    if (!isReadableVersion(version)) throw reader.badHeader(`its version is ${version}, not 1.0`);
    if (intake.view.getUint32(intake.position + paddedLength(total) - 4, reader.little) !== total) {
      throw reader.badHeader('its two lengths differ');
    }
    intake.position += paddedLength(total);
    return reader;
  }

  protected override skimRecords(skimmer: FrameSkimmer): number {
    const from = this.interfaces[this.lastInterface];
    if (!this.little || from === undefined || from.linkType !== LinkType.ethernet || from.clock.fractions === 0) return -1;
    const { position, limit } = this.intake;
    return skimmer.skim(RecordFormat.pcapng, position, limit, this.number, from.clock.fractions, this.point, this.lastInterface);
  }

  next(frame: Frame): boolean {
    const intake = this.intake;
    for (;;) {
      const at = intake.position;
      const available = intake.limit - at;
      if (available < BLOCK_FRAME_BYTES || this.stopped) return this.exhaust();
      const view = intake.view;
      const type = view.getUint32(at, this.little);
      if (type === SECTION_HEADER && !this.readByteOrder(at)) {
        return this.stopAt(intake.offset, 'a section header has no byte-order mark');
      }
      const little = this.little;
      const total = view.getUint32(at + 4, little);
      const length = paddedLength(total);
      if (length > available || total < BLOCK_FRAME_BYTES) return this.isTooShort(total);
      if (view.getUint32(at + length - 4, little) !== total) {
        return this.stopAt(intake.offset, `a block says at its begin that it has ${total} bytes, and at its end otherwise`);
      }
      if (type === ENHANCED_PACKET) {
        if (total < PACKET_BYTES) return this.stopAt(intake.offset, `a packet block has only ${total} bytes`);
        const captured = view.getUint32(at + 20, little);
        if (captured > total - PACKET_BYTES || captured > MAX_FRAME_BYTES) return this.stopAtLength(captured);
        const index = view.getUint32(at + 8, little);
        const from = this.interfaces[index];
        if (from === undefined) return this.stopAtInterface(index);
        this.lastInterface = index;
        if (this.deliver(frame, from, at + 28, captured, view.getUint32(at + 24, little))) {
          from.clock.read(view.getUint32(at + 12, little), view.getUint32(at + 16, little), frame);
          intake.position = at + length;
          return true;
        }
      } else if (type === SIMPLE_PACKET || type === OBSOLETE_PACKET) {
        if (this.readRarePacket(frame, type, at, total)) {
          intake.position = at + length;
          return true;
        }
        if (this.stopped) return false;
      } else if (!this.readOther(type, at, total)) {
        return false;
      }
      intake.position = at + length;
    }
  }

  protected override atEnd(): void {
    if (this.info.frames === 0 && this.unreadable.length > 0) throw unreadableLinkType(this.subject, this.unreadable);
  }

  /** Fills all of the frame but its time; false when the interface's frames are skipped. */
  private deliver(frame: Frame, from: Interface, start: number, captured: number, wireLength: number): boolean {
    this.number += 1;
    if (from.linkType < 0) {
      this.info.skippedFrames += 1;
      return false;
    }
    if (!from.hasDelivered) this.noteFirstFrame(from);
    const { view } = this.intake;
    if (frame.view !== view) {
      frame.bytes = this.intake.bytes;
      frame.view = view;
    }
    frame.start = start;
    frame.end = start + captured;
    frame.number = this.number;
    frame.wireLength = wireLength;
    frame.linkType = from.linkType;
    frame.point = this.point;
    this.info.frames += 1;
    return true;
  }

  private noteFirstFrame(from: Interface): void {
    from.hasDelivered = true;
    if (!this.info.linkTypes.includes(from.linkType)) this.info.linkTypes.push(from.linkType);
  }

  /** A simple packet block belongs to the section's first interface and tells no time: it is given as 0. */
  private readRarePacket(frame: Frame, type: number, at: number, total: number): boolean {
    const { view, offset } = this.intake;
    const little = this.little;
    if (type === SIMPLE_PACKET) {
      if (total < SIMPLE_PACKET_BYTES) return this.stopAt(offset, `a packet block has only ${total} bytes`);
      const from = this.interfaces[0];
      if (from === undefined) return this.stopAtInterface(0);
      const wireLength = view.getUint32(at + 8, little);
      const captured = from.snapLength > 0 ? Math.min(wireLength, from.snapLength) : wireLength;
      if (captured > total - SIMPLE_PACKET_BYTES || captured > MAX_FRAME_BYTES) return this.stopAtLength(captured);
      frame.seconds = 0;
      frame.nanoseconds = 0;
      return this.deliver(frame, from, at + 12, captured, wireLength);
    }
    if (total < PACKET_BYTES) return this.stopAt(offset, `a packet block has only ${total} bytes`);
    const from = this.interfaces[view.getUint16(at + 8, little)];
    if (from === undefined) return this.stopAtInterface(view.getUint16(at + 8, little));
    const captured = view.getUint32(at + 20, little);
    if (captured > total - PACKET_BYTES || captured > MAX_FRAME_BYTES) return this.stopAtLength(captured);
    from.clock.read(view.getUint32(at + 12, little), view.getUint32(at + 16, little), frame);
    return this.deliver(frame, from, at + 28, captured, view.getUint32(at + 24, little));
  }

  /** Blocks without a frame; unknown ones are passed over. False when reading stops there. */
  private readOther(type: number, at: number, total: number): boolean {
    switch (type) {
      case INTERFACE_DESCRIPTION:
        return this.readInterface(at, total);
      case INTERFACE_STATISTICS:
        this.readStatistics(at, total);
        return true;
      case SECTION_HEADER:
        return this.readSection(at, total);
      default:
        if (NUMBERED_BLOCKS.has(type)) {
          this.number += 1;
          this.info.skippedFrames += 1;
        }
        return true;
    }
  }

  private readSection(at: number, total: number): boolean {
    if (total < SECTION_HEADER_BYTES) return this.stopAt(this.intake.offset, `a section header has only ${total} bytes`);
    const version = this.sectionVersion(at);
    if (!isReadableVersion(version)) return this.stopAt(this.intake.offset, `a section of version ${version} begins, which cannot be read`);
    this.interfaces = [];
    this.lastInterface = -1;
    return true;
  }

  private readInterface(at: number, total: number): boolean {
    const { view, offset } = this.intake;
    if (total < INTERFACE_DESCRIPTION_BYTES) return this.stopAt(offset, `an interface description has only ${total} bytes`);
    if (this.interfaces.length >= MAX_INTERFACES) {
      return this.stopAt(offset, `a section describes more than ${MAX_INTERFACES} interfaces`);
    }
    let resolution = 6;
    let timeOffset = 0n;
    this.eachOption(at + 16, at + total - 4, (code, value, length) => {
      if (code === Option.timeResolution && length >= 1) resolution = view.getUint8(value);
      else if (code === Option.timeOffset && length >= 8) timeOffset = view.getBigInt64(value, this.little);
    });
    const linkType = view.getUint16(at + 8, this.little);
    const readable = readableLinkType(linkType);
    if (readable === null && this.unreadable.length < MAX_NAMED_LINK_TYPES && !this.unreadable.includes(linkType)) {
      this.unreadable.push(linkType);
    }
    const snapLength = view.getUint32(at + 12, this.little);
    this.noteSnapLength(snapLength);
    this.interfaces.push({
      linkType: readable ?? -1,
      snapLength,
      clock: new InterfaceClock(resolution, timeOffset),
      hasDelivered: false,
      dropped: 0,
    });
    return true;
  }

  /** The largest counts, and 0 ("no limit") is the largest. */
  private noteSnapLength(snapLength: number): void {
    const isFirst = !this.hasInterface;
    this.hasInterface = true;
    const limit = snapLength > 0x7fff_ffff ? 0 : snapLength;
    if (isFirst || limit === 0 || (this.info.snapLength !== 0 && limit > this.info.snapLength)) this.info.snapLength = limit;
  }

  private readStatistics(at: number, total: number): void {
    if (total < INTERFACE_STATISTICS_BYTES) return;
    const { view } = this.intake;
    const from = this.interfaces[view.getUint32(at + 8, this.little)];
    if (from === undefined) return;
    let dropped = -1;
    this.eachOption(at + 20, at + total - 4, (code, value, length) => {
      if ((code === Option.droppedByInterface || code === Option.droppedBySystem) && length >= 8) {
        const count = Number(view.getBigUint64(value, this.little));
        dropped = Math.min(Math.max(0, dropped) + count, Number.MAX_SAFE_INTEGER);
      }
    });
    if (dropped < 0) return;
    // Statistics are running totals: the last block of an interface replaces those before.
    this.info.dropped = Math.min((this.info.dropped ?? 0) + dropped - from.dropped, Number.MAX_SAFE_INTEGER);
    from.dropped = dropped;
  }

  /** Calls for every whole option between two offsets; one that reaches past the end is the last. */
  private eachOption(at: number, end: number, each: (code: number, value: number, length: number) => void): void {
    const { view } = this.intake;
    while (at + 4 <= end) {
      const code = view.getUint16(at, this.little);
      const length = view.getUint16(at + 2, this.little);
      if (code === Option.end || at + 4 + length > end) return;
      each(code, at + 4, length);
      at += 4 + paddedLength(length);
    }
  }

  /** Takes the byte order of the section that begins here; false when its mark is none. */
  private readByteOrder(at: number): boolean {
    const mark = this.intake.view.getUint32(at + 8);
    if (mark !== BYTE_ORDER_MAGIC && mark !== SWAPPED_BYTE_ORDER_MAGIC) return false;
    this.little = mark === SWAPPED_BYTE_ORDER_MAGIC;
    return true;
  }

  private sectionVersion(at: number): string {
    const { view } = this.intake;
    return `${view.getUint16(at + 12, this.little)}.${view.getUint16(at + 14, this.little)}`;
  }

  /** The block is not whole: either more must be read, or its length is absurd. */
  private isTooShort(total: number): false {
    const problem = blockLengthProblem(total, BLOCK_FRAME_BYTES);
    if (problem !== null) return this.stopAt(this.intake.offset, `of a block ${problem}`);
    this.intake.reserve(paddedLength(total));
    return this.exhaust();
  }

  private stopAtLength(captured: number): false {
    return this.stopAt(
      this.intake.offset,
      `a packet block claims ${captured} captured bytes, more than it holds or than the longest frame has`,
    );
  }

  private stopAtInterface(index: number): false {
    return this.stopAt(this.intake.offset, `a frame comes from interface ${index}, which its section does not describe`);
  }

  private badHeader(problem: string): UsageError {
    return new UsageError(
      `${this.subject} begins like a pcapng capture, but of its section header ${problem}; a sound section header was expected: copy or record the file again.`,
    );
  }

  private headerTooShort(expected: number): UsageError {
    const { limit, position } = this.intake;
    return new UsageError(
      `${this.subject} ends after ${limit - position} bytes, inside its pcapng section header; ${expected} bytes were expected: copy or record the file again.`,
    );
  }
}

/** Blocks are padded to 32 bits; a length that forgot it is rounded up, as Wireshark does. */
function paddedLength(length: number): number {
  return length + (-length & 3);
}

/** Continues the sentence "of a block …"; null when the length can be true. */
function blockLengthProblem(total: number, least: number): string | null {
  if (total < least) return `the length is ${total} bytes, less than the ${least} that it needs`;
  if (total > MAX_BLOCK_BYTES) return `the length is ${total} bytes, more than the ${MAX_BLOCK_BYTES} that are believed`;
  return null;
}

/** Minor version 2 was written for new block types only (libpcap's sf-pcapng.c). */
function isReadableVersion(version: string): boolean {
  return version === '1.0' || version === '1.2';
}
