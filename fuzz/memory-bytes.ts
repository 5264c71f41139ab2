/** Stored bytes that lie in memory, given in pieces of a chosen size, at once as a file does or later as a pipe does. */
import type { ByteSource } from '../src/capture/byte-source.ts';

export class MemoryBytes implements ByteSource {
  storedBytesRead = 0;
  readonly cutOff = false;
  readonly damage = null;
  readonly #bytes: Uint8Array;
  readonly #pieceBytes: number;
  readonly #waits: boolean;

  constructor(bytes: Uint8Array, pieceBytes: number = bytes.length + 1, waits = false) {
    this.#bytes = bytes;
    this.#pieceBytes = pieceBytes;
    this.#waits = waits;
  }

  get storedBytes(): number {
    return this.#bytes.length;
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    const count = Math.min(length, this.#pieceBytes, this.#bytes.length - this.storedBytesRead);
    target.set(this.#bytes.subarray(this.storedBytesRead, this.storedBytesRead + count), offset);
    this.storedBytesRead += count;
    return this.#waits ? Promise.resolve(count) : count;
  }

  async close(): Promise<void> {}
}
