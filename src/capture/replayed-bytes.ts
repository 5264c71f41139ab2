/** A source whose first bytes were already taken to see what it is: gives them again, then the rest. */
import type { ByteSource } from './byte-source.ts';

export class ReplayedBytes implements ByteSource {
  private head: Uint8Array;
  private readonly rest: ByteSource;

  /** `head` is kept, not copied: the caller must not change it afterwards. */
  constructor(head: Uint8Array, rest: ByteSource) {
    this.head = head;
    this.rest = rest;
  }

  get storedBytes(): number | null {
    return this.rest.storedBytes;
  }

  get storedBytesRead(): number {
    return this.rest.storedBytesRead - this.head.length;
  }

  get cutOff(): boolean {
    return this.rest.cutOff;
  }

  get damage(): string | null {
    return this.rest.damage;
  }

  get readsAtOnce(): number {
    return this.rest.readsAtOnce ?? 1;
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.head.length === 0) return this.rest.read(target, offset, length);
    const count = Math.min(length, this.head.length);
    target.set(this.head.subarray(0, count), offset);
    this.head = this.head.subarray(count);
    return count;
  }

  close(): Promise<void> {
    return this.rest.close();
  }
}
