/**
 * The contract between where frames come from and what reads them.
 * One Frame and its buffer are reused for every frame: nothing is allocated per frame, and nothing may be kept of it but numbers.
 */

import type { CaptureMemory } from '../hot-path/hot-path.ts';

/** Link types as in the pcap header (LINKTYPE_ values, tcpdump.org/linktypes). */
export const LinkType = {
  null: 0,
  ethernet: 1,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

/** One captured frame: a window on a buffer that holds many. */
export interface Frame {
  /** The buffer that holds this frame and its neighbours; valid until the next call of `next` or `more`. */
  bytes: Uint8Array;
  /** A view over exactly the same memory as `bytes`, so that offsets agree. */
  view: DataView;
  /** Offset of the frame's first captured byte. */
  start: number;
  /** Offset just past the frame's last captured byte. A read at or past it would silently see the next frame. */
  end: number;
  /** Number of the frame in its file, from 1, as Wireshark counts; where several captures are read as one, see `mergedNumber`. */
  number: number;
  /** Time of capture: whole seconds since 1970. */
  seconds: number;
  /** Time of capture: nanoseconds within the second, 0 to 999,999,999. */
  nanoseconds: number;
  /** Length in bytes that the frame had on the wire; `end - start` or more unless the file lies. */
  wireLength: number;
  /** LINKTYPE_ value that says how to read the bytes. */
  linkType: number;
  /** Index of the capture point that this frame comes from; 0 when there is one. */
  point: number;
}

/** A frame taken out of its capture, with bytes of its own; fields as in Frame. */
export interface CapturedFrame {
  readonly number: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly wireLength: number;
  readonly linkType: number;
  readonly point: number;
  /** What was captured of it, exactly. */
  readonly bytes: Uint8Array;
}

/** What is known of a capture; final only when `more` has said that the end was reached. */
export interface CaptureInfo {
  /** The name as the user gave it; '-' for stdin. */
  readonly name: string;
  /** 'live': frames from an interface, in no file format. */
  readonly format: 'pcap' | 'pcapng' | 'live';
  /** 'gzip' or 'zstd' when the bytes came compressed. */
  readonly compression: 'gzip' | 'zstd' | null;
  /** LINKTYPE_ values of the interfaces that delivered frames, in the order of their first frame; of a pcap file, that of its header. */
  readonly linkTypes: readonly number[];
  /** Largest snapshot length given by the file; 0 when it says "no limit". */
  readonly snapLength: number;
  /** Frames delivered so far. */
  readonly frames: number;
  /** Records passed over so far that count in `Frame.number`: frames of a link type that cannot be read, and what is numbered like a frame. */
  readonly skippedFrames: number;
  /** Bytes of the (decompressed) capture read so far. */
  readonly bytes: number;
  /** Size of the file as stored, or null when unknown (stdin): for a progress bar. */
  readonly storedBytes: number | null;
  /** Stored bytes consumed so far: for a progress bar. */
  readonly storedBytesRead: number;
  /** Whether the file ended inside a record. */
  readonly cutOff: boolean;
  /** One sentence on why reading stopped before the end (a damaged record), or null. */
  readonly damage: string | null;
  /** Frames that the capturing system says it dropped (pcapng interface statistics), or null when the file does not say. */
  readonly dropped: number | null;
}

/** Records that can be skimmed, of Ethernet and little-endian: those of pcap, or enhanced packet blocks of one interface in pcapng. */
export const RecordFormat = { pcap: 0, pcapng: 1 } as const;
export type RecordFormat = (typeof RecordFormat)[keyof typeof RecordFormat];

/** Takes frames from where they lie in memory, one after the other, as long as they tell it nothing new: handing each out would take longer. */
export interface FrameSkimmer {
  /** Where the records must lie. */
  readonly memory: CaptureMemory;
  /** Number of the last frame that was taken, or of the one before the first record. */
  readonly number: number;
  /** Whether the record at which it ended, if it is whole, is to be decoded: it need not be asked about that frame again. */
  readonly hasRefused: boolean;
  /**
   * @param at offset of the next record
   * @param limit offset just past what was read
   * @param number that of the frame before
   * @param fractions how many of its time stamps make a second: a million, or a billion
   * @param point index of the capture point
   * @param detail bytes of a record header of pcap; index of the interface of pcapng
   * @returns offset of the first record that was not taken
   */
  skim(format: RecordFormat, at: number, limit: number, number: number, fractions: number, point: number, detail: number): number;
}

/** A source of frames. Synchronous from one frame to the next; only refilling the buffer may wait. */
export interface FrameSource {
  readonly info: CaptureInfo;
  /** Fills `frame` with the next whole frame in the buffer; false when the buffer holds no further one. */
  next(frame: Frame): boolean;
  /** Reads into this memory from the next refill on, if records fit. A source without this method, and without `skim`, knows no such thing. */
  readInto?(memory: CaptureMemory): void;
  /** Has frames skimmed that `next` would give otherwise; whether the skimmer has refused the next one. */
  skim?(skimmer: FrameSkimmer): boolean;
  /** Refills the buffer once `next` has given false, and says true when `next` may give a frame; false at the end of the capture. Throws UsageError when the source cannot be read (any further). */
  more(): Promise<boolean>;
  /** Gives back the file or pipe. */
  close(): Promise<void>;
}

/** No capture has as many frames. Merged numbers fit 42 bits, as which the flow table keeps them. */
const FRAMES_A_CAPTURE = 2 ** 32;
/** Most captures that are read as one. */
export const MAX_CAPTURES = 1000;

/**
 * Number of a frame among those of several captures that are read as one: it tells the capture as well. Frames of a capture that is
 * read alone keep the numbers of their file.
 * @param capture index of the capture, below MAX_CAPTURES
 */
export function mergedNumber(capture: number, number: number): number {
  return (capture + 1) * FRAMES_A_CAPTURE + number;
}

/** Index of the capture that a frame number, merged or not, belongs to. */
export function captureOf(number: number): number {
  return Math.max(0, Math.floor(number / FRAMES_A_CAPTURE) - 1);
}

/** Number of a frame in its own file. */
export function numberInFile(number: number): number {
  return number % FRAMES_A_CAPTURE;
}

/** A Frame to hand to `next`: empty until then. */
export function emptyFrame(): Frame {
  const bytes = new Uint8Array(0);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    start: 0,
    end: 0,
    number: 0,
    seconds: 0,
    nanoseconds: 0,
    wireLength: 0,
    linkType: 0,
    point: 0,
  };
}
