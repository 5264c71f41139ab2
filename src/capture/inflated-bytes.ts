/**
 * Bytes out of one of node:zlib's decompressors, which work in the thread pool while the frames before are judged.
 * Backpressure holds in both directions: two pieces of stored bytes are under way at a time, one in work and one to go on with at once, and a
 * decompressor stops at its high-water mark until what it made is taken; a decompression bomb therefore costs time, never memory.
 */
import type { Transform } from 'node:stream';
import type { ByteSource } from './byte-source.ts';

/** Output chunk of the decompressors: what the largest piece of input becomes, mostly (the default of 16 KiB takes twice as long). */
export const INFLATED_CHUNK_BYTES = 2 * 1024 * 1024;

/**
 * Pieces of input grow from small to large: what a decompressor makes of the piece in which it meets damage is lost,
 * so a piece is never more than an eighth of what came before it.
 */
const SMALLEST_PIECE_BYTES = 256;
/** With 64 KiB waking up threads for each takes a sixth of the time. */
const LARGEST_PIECE_BYTES = 256 * 1024;

/** A zlib stream; `bytesWritten` is how much input it consumed. */
export type Decompressor = Transform & { readonly bytesWritten: number };

export class InflatedBytes implements ByteSource {
  cutOff = false;
  damage: string | null = null;
  private readonly stored: ByteSource;
  private readonly create: () => Decompressor;
  private readonly restarts: boolean;
  private engine: Decompressor;
  /** Whether the decompressor came to an end before its input did. */
  private isFrameEnded = false;
  /** Made, but not taken. */
  private chunk: Uint8Array = new Uint8Array(0);
  private made = 0;
  private finished = false;
  private closed = false;
  /** Whether all stored bytes went in: an error after that means that the end mark is missing. */
  private allGiven = false;
  private failure: unknown = null;
  private wake: (() => void) | null = null;
  /** What waits until the decompressor has taken a piece or given up. */
  private readonly waiting = new Set<() => void>();

  /**
   * `create` gives a fresh zlib stream with INFLATED_CHUNK_BYTES as its chunk size. With `restarts`, one is created for each frame:
   * node:zlib's zstd stops after the first, whereas its gunzip goes on to the next member by itself and rightly ignores other bytes.
   */
  constructor(stored: ByteSource, create: () => Decompressor, restarts: boolean) {
    this.stored = stored;
    this.create = create;
    this.restarts = restarts;
    this.engine = this.begin();
    void this.feed();
  }

  get storedBytes(): number | null {
    return this.stored.storedBytes;
  }

  get storedBytesRead(): number {
    return this.stored.storedBytesRead;
  }

  async read(target: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.chunk.length === 0) {
      const chunk: Uint8Array | null = this.engine.read();
      if (chunk !== null) {
        this.chunk = chunk;
        this.made += chunk.length;
      } else if (this.failure !== null) {
        throw this.failure;
      } else if (this.finished) {
        return 0;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
    const count = Math.min(length, this.chunk.length);
    target.set(this.chunk.subarray(0, count), offset);
    this.chunk = this.chunk.subarray(count);
    return count;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.engine.destroy();
    await this.stored.close();
  }

  /** Gives the stored bytes to the decompressor, piece by piece, until they end or it fails. */
  private async feed(): Promise<void> {
    try {
      let given = 0;
      let before = Promise.resolve();
      while (!this.finished && !this.closed) {
        const size = Math.min(LARGEST_PIECE_BYTES, Math.max(SMALLEST_PIECE_BYTES, given >>> 3));
        const piece = new Uint8Array(size);
        const count = await this.stored.read(piece, 0, size);
        if (count === 0 || this.closed) break;
        given += count;
        const taken = this.give(piece.subarray(0, count));
        // A decompressor that stops between two frames is to have no more than the one piece.
        await (this.restarts ? taken : before);
        before = taken;
      }
      await before;
      if (this.finished || this.closed) return;
      this.allGiven = true;
      this.engine.end();
    } catch (error) {
      this.failure = error;
      this.finish();
    }
  }

  /** Has one piece of input consumed, by one decompressor after the other if it holds several frames. */
  private async give(piece: Uint8Array): Promise<void> {
    while (piece.length > 0) {
      const engine = this.engine;
      const before = engine.bytesWritten;
      const written = this.wait();
      engine.write(piece, written.end);
      await written.promise;
      const consumed = engine.bytesWritten - before;
      if (!this.restarts || consumed === piece.length) return;
      // What it made is still to be taken before it ends.
      while (!this.isFrameEnded && !this.finished) await this.wait().promise;
      if (this.finished) return;
      this.isFrameEnded = false;
      piece = piece.subarray(consumed);
      this.engine = this.begin();
    }
  }

  /** Something that ends by its `end`, or when the decompressor does. */
  private wait(): { readonly promise: Promise<void>; readonly end: () => void } {
    let end = () => {};
    const promise = new Promise<void>((resolve) => {
      end = () => {
        this.waiting.delete(end);
        resolve();
      };
    });
    this.waiting.add(end);
    return { promise, end };
  }

  private endWaiting(): void {
    for (const end of this.waiting) end();
  }

  private begin(): Decompressor {
    const engine = this.create();
    engine.on('readable', () => this.notify());
    engine.on('end', () => {
      if (this.restarts && !this.allGiven) {
        this.isFrameEnded = true;
        this.endWaiting();
      } else {
        this.finish();
      }
    });
    engine.on('close', () => {
      if (engine === this.engine && !this.isFrameEnded) this.finish();
    });
    engine.on('error', (error) => {
      if (this.allGiven) this.cutOff = true;
      else
        this.damage = `The compressed data is damaged after ${this.made} decompressed bytes (${error.message}); what came before was read.`;
      this.finish();
    });
    return engine;
  }

  private finish(): void {
    this.finished = true;
    this.endWaiting();
    this.notify();
  }

  private notify(): void {
    const wake = this.wake;
    this.wake = null;
    wake?.();
  }
}
