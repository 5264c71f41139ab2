/**
 * The buffer that records are read in: one ArrayBuffer, one DataView, absolute offsets. It has two halves: while the records of one are
 * judged, the other is read into. What is left of a record at the end is moved to where the next bytes begin. Frames point into it until then.
 */

import type { CaptureMemory } from '../hot-path/hot-path.ts';
import type { ByteSource } from './byte-source.ts';

/** The first piece; each is twice the one before for a while: V8 has met the end of a piece before it optimizes, and need not do so again. */
const FIRST_PIECE_BYTES = 16 * 1024;
const DOUBLED_PIECE_BYTES = 128 * 1024;
/** Then a piece is as large a share of what was read, up to a chunk: to touch a page of memory for the first time takes longer than to copy it. */
const PIECE_OF_ALL = 1 / 16;
/** Of shorter records, on average, a piece is half a chunk at most: nearly all of its bytes are looked at, and should be near the processor still. */
const LONG_RECORD_BYTES = 256;

const PAGE_BYTES = 4096;
/**
 * Where in a page a half's chunk begins. An AMD processor (Zen 3, measured) takes four times as long to copy from the page cache to where it begins
 * 1 to 31 bytes later in its page than there. Memory of WebAssembly begins with a page, that of malloc mostly 16 bytes later.
 */
const CHUNK_IN_PAGE = 64;

/** Bytes that were asked of the source: where they come to lie, to where their half may be read into, and how many came. */
interface Reading {
  readonly at: number;
  readonly end: number;
  readonly count: number | Promise<number>;
}

export class Intake {
  readonly source: ByteSource;
  bytes: Uint8Array;
  /** Over exactly the same memory as `bytes`. */
  view: DataView;
  /** Offset of the first byte that no reader has consumed. */
  position: number;
  /** Offset just past the last byte read. */
  limit: number;
  /** Bytes that were read from the source and may be consumed or were. */
  total = 0;
  /** Records among them, told by who consumes them. */
  records = 0;
  private readonly chunkBytes: number;
  private largestRecord: number;
  /** Offset of the first half, bytes of each, and of whole pages from one to the other. */
  private start = 0;
  private half: number;
  private stride: number;
  /** Bytes before the chunk of each half, for what is left of a record. */
  private lead: number;
  /** Offset to which the half that is consumed may be read into. */
  private end: number;
  /** Memory to move to at the next refill. */
  private home: CaptureMemory | null = null;
  /** What is being read, and to where; null when nothing is. */
  private ahead: Reading | null = null;

  /** Reads up to `chunkBytes` at a time and holds a record of `largestRecord` bytes without growing. */
  constructor(source: ByteSource, chunkBytes: number, largestRecord: number) {
    this.source = source;
    this.chunkBytes = chunkBytes;
    this.largestRecord = largestRecord;
    this.lead = leadFor(largestRecord);
    this.half = this.lead + chunkBytes;
    this.stride = wholePages(this.half);
    this.bytes = new Uint8Array(2 * this.stride);
    this.view = new DataView(this.bytes.buffer);
    this.position = this.limit = this.lead;
    this.end = this.limit + this.pieceBytes;
  }

  /** Bytes to read next, at most. */
  private get pieceBytes(): number {
    const doubled = Math.min(FIRST_PIECE_BYTES + this.total, DOUBLED_PIECE_BYTES);
    const share = wholePages(this.total * PIECE_OF_ALL);
    const most = this.total >= LONG_RECORD_BYTES * this.records ? this.chunkBytes : Math.ceil(this.chunkBytes / 2);
    return Math.min(Math.max(doubled, share), most);
  }

  /** Offset in the whole capture of the first byte not consumed. */
  get offset(): number {
    return this.total - (this.limit - this.position);
  }

  /** Sees to it that a record of `bytes` fits after the next `fill`. The caller bounds it. */
  reserve(bytes: number): void {
    if (bytes > this.largestRecord) this.largestRecord = bytes;
  }

  /** Reads into this memory from the next refill on, where the largest record fits. */
  moveTo(memory: CaptureMemory): void {
    this.home = memory;
  }

  /**
   * Adds what was read meanwhile to what is left, of which there is less than a record, and reads on; false at the end of the source.
   * Offsets into the buffer are void afterwards. Throws UsageError when reading fails.
   */
  async fill(): Promise<boolean> {
    const reading = this.ahead ?? this.readOn();
    let { count } = reading;
    if (typeof count === 'number') await eventLoopTurn();
    else count = await count;
    this.ahead = null;
    if (this.home !== null || this.lead < this.largestRecord) this.move(reading, count);
    else this.join(reading, count);
    this.total += count;
    if (count > 0) this.readOn();
    return count > 0;
  }

  /** Fills until `bytes` not consumed are there; false when the source ends before. */
  async fillTo(bytes: number): Promise<boolean> {
    this.reserve(bytes);
    while (this.limit - this.position < bytes) {
      if (!(await this.fill())) return false;
    }
    return true;
  }

  /** Begins to read: behind what is there when a good part of a piece has room there, for a pipe gives less than a piece; else into the other half. */
  private readOn(): Reading {
    const { pieceBytes } = this;
    const isBehind = (this.end - this.limit) * 4 >= pieceBytes;
    const isFirstHalf = this.limit <= this.start + this.half;
    const at = isBehind ? this.limit : this.start + (isFirstHalf ? this.stride : 0) + this.lead;
    const end = isBehind ? this.end : at + pieceBytes;
    const count = this.source.read(this.bytes, at, end - at);
    // Whoever fills next is told of a failure; nobody may ever ask.
    if (typeof count !== 'number') count.catch(() => {});
    this.ahead = { at, end, count };
    return this.ahead;
  }

  /** Makes what is left and the `count` bytes of a reading one piece. */
  private join({ at, end }: Reading, count: number): void {
    if (at !== this.limit) {
      const left = this.limit - this.position;
      this.bytes.copyWithin(at - left, this.position, this.limit);
      this.position = at - left;
      this.end = end;
    }
    this.limit = at + count;
  }

  /** The same in other memory: where `moveTo` said, or in a buffer that has room for the largest record. */
  private move({ at }: Reading, count: number): void {
    const left = this.bytes.subarray(this.position, this.limit);
    const more = this.bytes.subarray(at, at + count);
    this.lead = leadFor(this.largestRecord);
    this.half = this.lead + this.chunkBytes;
    this.stride = wholePages(this.half);
    const home = this.home !== null && this.home.length >= 2 * this.stride ? this.home : null;
    this.home = null;
    this.bytes = home?.bytes ?? new Uint8Array(2 * this.stride);
    this.view = home?.view ?? new DataView(this.bytes.buffer);
    this.start = home?.start ?? 0;
    // Where it would be without a move, so that no more and no less is read.
    this.position = this.start + Math.max(0, this.lead - left.length);
    this.bytes.set(left, this.position);
    this.bytes.set(more, this.position + left.length);
    this.limit = this.position + left.length + count;
    this.end = this.limit;
  }
}

/** Room for what is left of a record, such that the chunk behind it begins where it should in its page. */
function leadFor(largestRecord: number): number {
  return wholePages(largestRecord - CHUNK_IN_PAGE) + CHUNK_IN_PAGE;
}

function wholePages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

/** A source that never makes us wait would not let signals and timers in: a few microseconds a mebibyte. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
