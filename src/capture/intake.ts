/**
 * The buffer that records are read in: one ArrayBuffer, one DataView, absolute offsets. What is left of a record at the end is moved to
 * the front before the next read. Frames point into it until then.
 */
import type { ByteSource } from './byte-source.ts';

export class Intake {
  readonly source: ByteSource;
  bytes: Uint8Array;
  /** Over exactly the same memory as `bytes`. */
  view: DataView;
  /** Offset of the first byte that no reader has consumed. */
  position = 0;
  /** Offset just past the last byte read. */
  limit = 0;
  /** Bytes read from the source so far. */
  total = 0;
  private readonly chunkBytes: number;
  private largestRecord: number;

  /** Reads up to `chunkBytes` at a time and holds a record of `largestRecord` bytes without growing. */
  constructor(source: ByteSource, chunkBytes: number, largestRecord: number) {
    this.source = source;
    this.chunkBytes = chunkBytes;
    this.largestRecord = largestRecord;
    this.bytes = new Uint8Array(chunkBytes + largestRecord);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Offset in the whole capture of the first byte not consumed. */
  get offset(): number {
    return this.total - (this.limit - this.position);
  }

  /** Sees to it that a record of `bytes` fits after the next `fill`. The caller bounds it. */
  reserve(bytes: number): void {
    if (bytes > this.largestRecord) this.largestRecord = bytes;
  }

  /** Moves what is left to the front and reads on; false at the end of the source. Offsets into the buffer are void afterwards. */
  async fill(): Promise<boolean> {
    this.makeRoom();
    const room = Math.min(this.chunkBytes, this.bytes.length - this.limit);
    // Whoever asks without having consumed a full buffer is told to consume.
    if (room === 0) return true;
    let count = this.source.read(this.bytes, this.limit, room);
    if (typeof count === 'number') await eventLoopTurn();
    else count = await count;
    this.limit += count;
    this.total += count;
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

  private makeRoom(): void {
    const left = this.limit - this.position;
    const needed = this.chunkBytes + this.largestRecord;
    if (this.bytes.length < needed) {
      const grown = new Uint8Array(needed);
      grown.set(this.bytes.subarray(this.position, this.limit));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    } else if (this.position > 0) {
      this.bytes.copyWithin(0, this.position, this.limit);
    }
    this.position = 0;
    this.limit = left;
  }
}

/** A file never makes us wait, so signals and timers are let in by hand: a few microseconds a mebibyte. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
