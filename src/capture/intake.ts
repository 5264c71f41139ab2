/**
 * The buffer that records are read in: one ArrayBuffer, one DataView, absolute offsets. It has parts: while the records of one are
 * judged, the others are read into. What is left of a record at the end is moved to where the next bytes begin. Frames point into it until then.
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
 * Where in a page a part's chunk begins. An AMD processor (Zen 3, measured) takes four times as long to copy from the page cache to where it begins
 * 1 to 31 bytes later in its page than there. Memory of WebAssembly begins with a page, that of malloc mostly 16 bytes later.
 */
const CHUNK_IN_PAGE = 64;

/** Bytes that were asked of the source: in which part and where they come to lie, to where it may be read into, and how many came. */
interface Reading {
  readonly part: number;
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
  /** Offset of the first part, and bytes of whole pages from one to the next. */
  private start = 0;
  private stride: number;
  /** Bytes before the chunk of each part, for what is left of a record. */
  private lead: number;
  /** The part that is consumed, and the offset to which it may be read into. */
  private part = 0;
  private end: number;
  /** Memory to move to at the next refill. */
  private home: CaptureMemory | null = null;
  /** What is being read, in the order in which it comes. */
  private ahead: Reading[] = [];

  /** Reads up to `chunkBytes` at a time and holds a record of `largestRecord` bytes without growing. */
  constructor(source: ByteSource, chunkBytes: number, largestRecord: number) {
    this.source = source;
    this.chunkBytes = chunkBytes;
    this.largestRecord = largestRecord;
    this.lead = leadFor(largestRecord);
    this.stride = wholePages(this.lead + chunkBytes);
    this.bytes = new Uint8Array(this.allParts);
    this.view = new DataView(this.bytes.buffer);
    this.position = this.limit = this.lead;
    this.end = this.limit + this.pieceBytes;
  }

  /** Reads that may be under way at a time. */
  private get mostAhead(): number {
    return this.source.readsAtOnce ?? 1;
  }

  /** Bytes of all parts. */
  private get allParts(): number {
    return (1 + this.mostAhead) * this.stride;
  }

  /** Bytes to read next, at most. */
  private get pieceBytes(): number {
    const asked = this.ahead.reduce((sum, { at, end }) => sum + end - at, this.total);
    const doubled = Math.min(FIRST_PIECE_BYTES + asked, DOUBLED_PIECE_BYTES);
    const share = wholePages(asked * PIECE_OF_ALL);
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
    const [reading = this.readOn()] = this.ahead;
    let { count } = reading;
    if (typeof count === 'number') await eventLoopTurn();
    else count = await count;
    this.ahead.shift();
    if (this.home !== null || this.lead < this.largestRecord) this.move(reading, count);
    else this.join(reading, count);
    this.total += count;
    if (count > 0) this.readAhead();
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

  /** Has as much read as may be, or one piece of what a source gives at once. */
  private readAhead(): void {
    while (this.ahead.length < this.mostAhead && typeof this.ahead[0]?.count !== 'number') this.readOn();
  }

  /** Begins to read: behind what is there when a good part of a piece has room there, for a pipe gives less than a piece; else into another part. */
  private readOn(): Reading {
    const { pieceBytes } = this;
    const isBehind = this.ahead.length === 0 && (this.end - this.limit) * 4 >= pieceBytes;
    const part = isBehind ? this.part : this.freePart();
    const at = isBehind ? this.limit : this.chunkOf(part);
    const end = isBehind ? this.end : at + pieceBytes;
    const count = this.source.read(this.bytes, at, end - at);
    // Whoever fills next is told of a failure; nobody may ever ask.
    if (typeof count !== 'number') count.catch(() => {});
    const reading = { part, at, end, count };
    this.ahead.push(reading);
    return reading;
  }

  /** The first part that is neither consumed nor read into. */
  private freePart(): number {
    const taken = new Set([this.part, ...this.ahead.map(({ part }) => part)]);
    let part = 0;
    while (taken.has(part)) part++;
    return part;
  }

  /** Offset of the chunk of a part. */
  private chunkOf(part: number): number {
    return this.start + part * this.stride + this.lead;
  }

  /** Makes what is left and the `count` bytes of a reading one piece. */
  private join({ part, at, end }: Reading, count: number): void {
    if (at !== this.limit) {
      const left = this.limit - this.position;
      this.bytes.copyWithin(at - left, this.position, this.limit);
      this.position = at - left;
      this.part = part;
      this.end = end;
    }
    this.limit = at + count;
  }

  /** The same in other memory: where `moveTo` said, or in a buffer that has room for the largest record. */
  private move({ at }: Reading, count: number): void {
    const before = this.bytes;
    const left = before.subarray(this.position, this.limit);
    const more = before.subarray(at, at + count);
    this.lead = leadFor(this.largestRecord);
    this.stride = wholePages(this.lead + this.chunkBytes);
    const home = this.home !== null && this.home.length >= this.allParts ? this.home : null;
    this.home = null;
    this.bytes = home?.bytes ?? new Uint8Array(this.allParts);
    this.view = home?.view ?? new DataView(this.bytes.buffer);
    this.start = home?.start ?? 0;
    this.part = 0;
    // Where it would be without a move, so that no more and no less is read.
    this.position = this.start + Math.max(0, this.lead - left.length);
    this.bytes.set(left, this.position);
    this.bytes.set(more, this.position + left.length);
    this.limit = this.position + left.length + count;
    this.end = this.limit;
    this.ahead = this.ahead.map((reading, i) => this.moved(reading, before, 1 + i));
  }

  /** What is being read into memory that was left: it follows when it is there. */
  private moved({ at, end, count }: Reading, before: Uint8Array, part: number): Reading {
    const { bytes } = this;
    const to = this.chunkOf(part);
    const follow = (came: number) => {
      bytes.set(before.subarray(at, at + came), to);
      return came;
    };
    const followed = typeof count === 'number' ? follow(count) : count.then(follow);
    if (typeof followed !== 'number') followed.catch(() => {});
    return { part, at: to, end: to + end - at, count: followed };
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
