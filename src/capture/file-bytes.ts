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
  private readonly subject: string;
  private readonly descriptor: number;
  private open = true;
  private underWay: Promise<unknown> = Promise.resolve();

  /** `subject` names the file in sentences; `storedBytes` is its size, null when it has none. */
  constructor(subject: string, descriptor: number, storedBytes: number | null) {
    this.subject = subject;
    this.descriptor = descriptor;
    this.storedBytes = storedBytes;
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (!this.open) return 0;
    const expected = Math.min(length, (this.storedBytes ?? Number.POSITIVE_INFINITY) - this.storedBytesRead);
    if (expected > SMALL_PIECE_BYTES) {
      const reading = this.readInPool(target, offset, length);
      this.underWay = reading.catch(() => {});
      return reading;
    }
    try {
      return this.counted(readSync(this.descriptor, target, offset, length, null));
    } catch (error) {
      throw this.unreadable(error);
    }
  }

  private readInPool(target: Uint8Array, offset: number, length: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.descriptor, target, offset, length, null, (error, count) => {
        if (error) reject(this.unreadable(error));
        else resolve(this.counted(count));
      });
    });
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
