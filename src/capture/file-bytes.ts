/**
 * Bytes of a regular file or a device. Large pieces are read in the thread pool, so that whoever reads ahead can judge one piece while the
 * next is copied; a stream over the same file takes 1.4 to 3.4 times as long.
 */
import { closeSync, read, readSync } from 'node:fs';
import { UsageError } from '../usage-error.ts';
import type { ByteSource } from './byte-source.ts';

/** Up to so many bytes are copied sooner than the thread pool is asked. */
const SMALL_PIECE_BYTES = 512 * 1024;

export class FileBytes implements ByteSource {
  readonly storedBytes: number | null;
  storedBytesRead = 0;
  /** Whether the file has become shorter since it was opened. Standard input may be a file of which somebody else read the beginning. */
  cutOff = false;
  readonly damage = null;
  /** With a second one under way, the thread that reads need not wait for us between two pieces. One where the kernel is not told where to read. */
  readsAtOnce: number;
  private readonly subject: string;
  private readonly descriptor: number;
  private open = true;
  /** Where the next read begins if those under way give all that they were asked for: when its turn comes, it is read again if they did not. */
  private asked = 0;
  /** Reads that are under way, and what settles with the last of them. */
  private pending = 0;
  private underWay: Promise<unknown> = Promise.resolve();

  /** `subject` names the file in sentences; `storedBytes` is its size, null when it has none. */
  constructor(subject: string, descriptor: number, storedBytes: number | null) {
    this.subject = subject;
    this.descriptor = descriptor;
    this.storedBytes = storedBytes;
    // A device knows no places, and those of standard input are counted from where somebody else began.
    this.readsAtOnce = storedBytes === null || descriptor === 0 ? 1 : 2;
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (!this.open) return 0;
    if (this.pending === 0) this.asked = this.storedBytesRead;
    const isSmall = Math.min(length, (this.storedBytes ?? Number.POSITIVE_INFINITY) - this.asked) <= SMALL_PIECE_BYTES;
    if (isSmall && this.pending === 0) return this.readNow(target, offset, length);
    this.pending++;
    const count = isSmall ? this.underWay.then(() => this.readNow(target, offset, length)) : this.readInPool(target, offset, length);
    const reading = count.finally(() => {
      this.pending--;
    });
    this.underWay = reading.catch(() => {});
    return reading;
  }

  private readNow(target: Uint8Array, offset: number, length: number): number {
    if (!this.open) return 0;
    try {
      return this.counted(readSync(this.descriptor, target, offset, length, this.placeOf(this.storedBytesRead)));
    } catch (error) {
      if (this.readsAtOnce === 1 || (error as NodeJS.ErrnoException).code !== 'ESPIPE') throw this.unreadable(error);
      // A file that can only be read on, as some file systems have. The first read of all is this one.
      this.readsAtOnce = 1;
      return this.readNow(target, offset, length);
    }
  }

  private async readInPool(target: Uint8Array, offset: number, length: number): Promise<number> {
    const from = this.asked;
    this.asked += length;
    const before = this.underWay;
    const copying = this.copy(target, offset, length, from);
    copying.catch(() => {});
    await before;
    try {
      const count = await copying;
      const missing = from - this.storedBytesRead;
      if (missing === 0 || !this.open) return this.counted(count);
      // The read before gave less than it was asked for: this one is to go on there.
      this.asked -= missing;
      return this.counted(await this.copy(target, offset, length, this.storedBytesRead));
    } catch (error) {
      throw this.unreadable(error);
    }
  }

  private copy(target: Uint8Array, offset: number, length: number, from: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.descriptor, target, offset, length, this.placeOf(from), (error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
    });
  }

  /** Where to read, for the kernel: null is where the read before ended. */
  private placeOf(from: number): number | null {
    return this.readsAtOnce === 1 ? null : from;
  }

  private counted(count: number): number {
    this.storedBytesRead += count;
    if (count === 0 && this.descriptor !== 0) this.cutOff = this.storedBytesRead < (this.storedBytes ?? 0);
    return count;
  }

  private unreadable(error: unknown): UsageError {
    const reason = error instanceof Error ? error.message : String(error);
    return new UsageError(
      `${this.subject} cannot be read past byte ${this.storedBytesRead} (${reason}); a readable capture was expected: copy it to a sound disk and try again.`,
    );
  }

  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    // Until a read has ended, its descriptor must not become another file's.
    await this.underWay;
    // Standard input is not ours to close.
    if (this.descriptor !== 0) closeSync(this.descriptor);
  }
}
