/** Bytes that a child process writes, as they come. */
import type { Readable } from 'node:stream';
import type { ByteSource } from '../byte-source.ts';

export class StreamBytes implements ByteSource {
  readonly storedBytes = null;
  storedBytesRead = 0;
  readonly cutOff = false;
  readonly damage = null;
  private readonly stream: Readable;
  private chunk: Uint8Array = new Uint8Array(0);
  private taken = 0;
  private ended = false;
  private wake: () => void = () => {};

  /** The stream belongs to this source from now on. An error of the stream is its end: the child says why. */
  constructor(stream: Readable) {
    this.stream = stream;
    const end = () => {
      this.ended = true;
      this.wake();
    };
    stream.on('readable', () => this.wake());
    stream.on('end', end);
    stream.on('close', end);
    stream.on('error', end);
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.taken === this.chunk.length) return this.wait(target, offset, length);
    const count = Math.min(length, this.chunk.length - this.taken);
    target.set(this.chunk.subarray(this.taken, this.taken + count), offset);
    this.taken += count;
    this.storedBytesRead += count;
    return count;
  }

  async close(): Promise<void> {
    this.stream.destroy();
  }

  private async wait(target: Uint8Array, offset: number, length: number): Promise<number> {
    for (;;) {
      const chunk: Uint8Array | null = this.stream.read();
      if (chunk !== null && chunk.length > 0) {
        this.chunk = chunk;
        this.taken = 0;
        return this.read(target, offset, length);
      }
      if (this.ended) return 0;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
