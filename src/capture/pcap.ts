/**
 * The pcap file format (pcap-savefile(5), draft-ietf-opsawg-pcap), in the variants that libpcap's sf-pcap.c reads.
 *
 * file header, 24 bytes          record header, 16 bytes (24 in the modified variant)
 *   0 magic: order, variant        0 seconds
 *   4 version major, minor         4 microseconds or nanoseconds
 *   8 time zone, accuracy: unused  8 captured length
 *  16 snapshot length             12 length on the wire
 *  20 link type, FCS bits         16 modified variant only: index, protocol, packet type
 */
import { UsageError } from '../usage-error.ts';
import { type Frame, type FrameSkimmer, LinkType, RecordFormat } from './frame.ts';
import type { Intake } from './intake.ts';
import { readableLinkType, unreadableLinkType } from './link-types.ts';
import { MAX_FRAME_BYTES, type OpenCaptureInfo, RecordReader } from './record-reader.ts';

/** Length in bytes of the file header. */
export const PCAP_HEADER_BYTES = 24;

/** Longest record, in bytes, header included. */
export const MAX_PCAP_RECORD_BYTES = 24 + MAX_FRAME_BYTES;

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** Alexey Kuznetsov's modified format: eight more bytes in each record header. */
const MODIFIED = 0xa1b2cd34;

/** In which order the two lengths stand: exchanged before version 2.3; in 2.3 only some writers had learned it. */
const LengthOrder = { capturedFirst: 0, shorterIsCaptured: 1, wireFirst: 2 } as const;
type LengthOrder = (typeof LengthOrder)[keyof typeof LengthOrder];

/** Whether a capture that begins with these bytes (as a big-endian integer) is a pcap file. */
export function isPcapMagic(magic: number): boolean {
  return byteOrder(magic) !== null;
}

function byteOrder(magic: number): 'big' | 'little' | null {
  if (magic === MICROSECONDS || magic === NANOSECONDS || magic === MODIFIED) return 'big';
  const swapped = ((magic << 24) | ((magic & 0xff00) << 8) | ((magic >>> 8) & 0xff00) | (magic >>> 24)) >>> 0;
  return swapped === MICROSECONDS || swapped === NANOSECONDS || swapped === MODIFIED ? 'little' : null;
}

export class PcapReader extends RecordReader {
  private readonly little: boolean;
  private readonly headerBytes: number;
  private readonly lengthOrder: LengthOrder;
  /** Fractions of a second that make a second, and nanoseconds in a fraction. */
  private readonly fractions: number;
  private readonly fractionNanoseconds: number;
  private readonly linkType: number;

  /** The intake must hold the file header. Throws UsageError for a version or a link type that cannot be read. */
  constructor(intake: Intake, info: OpenCaptureInfo, point: number, subject: string) {
    super(intake, info, point);
    const { view, position } = intake;
    this.little = byteOrder(view.getUint32(position)) === 'little';
    const magic = view.getUint32(position, this.little);
    const major = view.getUint16(position + 4, this.little);
    const minor = view.getUint16(position + 6, this.little);
    // 543.0 is what DG/UX tcpdump wrote.
    if (!((major === 2 && minor <= 4) || (major === 543 && minor === 0))) {
      throw new UsageError(
        `${subject} says it is pcap version ${major}.${minor}; versions 2.0 to 2.4 were expected: the file is probably damaged, so copy or record it again.`,
      );
    }
    if (major === 543 || minor < 3) this.lengthOrder = LengthOrder.wireFirst;
    else if (minor === 3) this.lengthOrder = LengthOrder.shorterIsCaptured;
    else this.lengthOrder = LengthOrder.capturedFirst;
    this.headerBytes = magic === MODIFIED ? 24 : 16;
    this.fractions = magic === NANOSECONDS ? 1_000_000_000 : 1_000_000;
    this.fractionNanoseconds = magic === NANOSECONDS ? 1 : 1000;
    const snapLength = view.getUint32(position + 16, this.little);
    info.snapLength = snapLength > 0x7fff_ffff ? 0 : snapLength;
    // The upper half holds the length of the frame check sequence (bits 26 to 31) and bits that are reserved.
    const linkTypeField = view.getUint32(position + 20, this.little);
    if ((linkTypeField & 0x03ff_0000) !== 0) {
      throw new UsageError(
        `${subject} gives its link type as 0x${linkTypeField.toString(16)}, with reserved bits set; a link type such as 1 (Ethernet) was expected: the file is probably damaged, so copy or record it again.`,
      );
    }
    const linkType = linkTypeField & 0xffff;
    const readable = readableLinkType(linkType);
    if (readable === null) throw unreadableLinkType(subject, [linkType]);
    this.linkType = readable;
    info.linkTypes.push(readable);
    intake.position = position + PCAP_HEADER_BYTES;
  }

  protected override skimRecords(skimmer: FrameSkimmer): number {
    if (!this.little || this.linkType !== LinkType.ethernet || this.lengthOrder !== LengthOrder.capturedFirst) return -1;
    const { position, limit } = this.intake;
    return skimmer.skim(RecordFormat.pcap, position, limit, this.number, this.fractions, this.point, this.headerBytes);
  }

  next(frame: Frame): boolean {
    const intake = this.intake;
    const at = intake.position;
    const start = at + this.headerBytes;
    // One way out at the end of a piece, wherever in a record it is.
    if (start <= intake.limit && !this.stopped) {
      const view = intake.view;
      const little = this.little;
      let captured = view.getUint32(at + 8, little);
      let wireLength = view.getUint32(at + 12, little);
      if (this.lengthOrder !== LengthOrder.capturedFirst && (this.lengthOrder === LengthOrder.wireFirst || captured > wireLength)) {
        const first = captured;
        captured = wireLength;
        wireLength = first;
      }
      // A frame longer than the snapshot length is believed: some writers got that field wrong.
      if (captured > MAX_FRAME_BYTES) {
        return this.stopAt(
          intake.offset,
          `a record claims ${captured} captured bytes, more than the ${MAX_FRAME_BYTES} of the longest frame`,
        );
      }
      const end = start + captured;
      if (end <= intake.limit) {
        let seconds = view.getUint32(at, little);
        let fraction = view.getUint32(at + 4, little);
        if (fraction >= this.fractions) {
          const whole = Math.floor(fraction / this.fractions);
          seconds += whole;
          fraction -= whole * this.fractions;
        }
        if (frame.view !== view) {
          frame.bytes = intake.bytes;
          frame.view = view;
        }
        frame.start = start;
        frame.end = end;
        frame.number = this.number += 1;
        frame.seconds = seconds;
        frame.nanoseconds = fraction * this.fractionNanoseconds;
        frame.wireLength = wireLength;
        frame.linkType = this.linkType;
        frame.point = this.point;
        intake.position = end;
        this.info.frames += 1;
        return true;
      }
    }
    return this.exhaust();
  }
}
