/** What can be read only once (standard input, a pipe), copied while it is read so that it can be read again. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../usage-error.ts';
import type { ByteSource } from './byte-source.ts';

export class Spool {
  private readonly folder = tmpdir();
  private descriptor: number | null = null;
  private length = 0;
  /** Why the copy is not whole; it is noticed only by who reads it, since the first reading goes on without it. */
  private failure: string | null = null;

  /** Hands on what `once` gives, and keeps it. */
  copying(once: ByteSource): ByteSource {
    const keep = (bytes: Uint8Array) => this.keep(bytes);
    return {
      get storedBytes() {
        return once.storedBytes;
      },
      get storedBytesRead() {
        return once.storedBytesRead;
      },
      get cutOff() {
        return once.cutOff;
      },
      get damage() {
        return once.damage;
      },
      read(target, offset, length) {
        const kept = (count: number) => {
          keep(target.subarray(offset, offset + count));
          return count;
        };
        const count = once.read(target, offset, length);
        return typeof count === 'number' ? kept(count) : count.then(kept);
      },
      close: () => once.close(),
    };
  }

  /** The copy, from its beginning. @throws UsageError when it could not be made or cannot be read */
  again(): ByteSource {
    const { descriptor, length, failure } = this;
    if (failure !== null) throw this.lost(failure);
    let position = 0;
    return {
      storedBytes: length,
      get storedBytesRead() {
        return position;
      },
      cutOff: false,
      damage: null,
      read: (target, offset, wanted) => {
        if (descriptor === null || position >= length) return 0;
        try {
          const count = readSync(descriptor, target, offset, Math.min(wanted, length - position), position);
          position += count;
          return count;
        } catch (error) {
          throw this.lost((error as Error).message);
        }
      },
      close: async () => {},
    };
  }

  /** Gives the room on the disk back. */
  remove(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  private keep(bytes: Uint8Array): void {
    if (this.failure !== null) return;
    try {
      this.descriptor ??= openNameless(this.folder);
      for (let done = 0; done < bytes.length; ) done += writeSync(this.descriptor, bytes, done, bytes.length - done, this.length + done);
      this.length += bytes.length;
    } catch (error) {
      this.failure = (error as Error).message;
    }
  }

  private lost(reason: string): UsageError {
    return new UsageError(
      `a capture that can be read only once could not be kept in ${this.folder} to be read again (${reason}); save it to a file first, and name that file.`,
    );
  }
}

/** A file that only this process can read, and of which nothing remains however the process ends. */
function openNameless(folder: string): number {
  const own = mkdtempSync(join(folder, 'lvs-doctor-'));
  try {
    return openSync(join(own, 'capture'), 'wx+', 0o600);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}
