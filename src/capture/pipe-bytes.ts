/**
 * Bytes of a pipe, FIFO or socket, as they come. A net.Socket with one reused buffer, not fs.read: a read that waits for a silent pipe
 * in the thread pool would keep the process from exiting, and readSync would keep it from hearing signals.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { UsageError } from '../usage-error.ts';
import type { ByteSource } from './byte-source.ts';

/** A pipe gives at most its own size at once, which is 64 KiB unless someone enlarged it. */
const BUFFER_BYTES = 256 * 1024;

export class PipeBytes implements ByteSource {
  readonly storedBytes = null;
  storedBytesRead = 0;
  readonly cutOff = false;
  readonly damage = null;
  private readonly subject: string;
  private readonly socket: Socket;
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  /** Bytes of the buffer that were not taken yet. The socket is paused while there are any. */
  private from = 0;
  private until = 0;
  private ended = false;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;

  /** `subject` names the pipe in sentences; the descriptor belongs to this source from now on. */
  constructor(subject: string, descriptor: number) {
    this.subject = subject;
    // Whoever imports node:process, as chalk does, has Node make process.stdin, and that fails once somebody else reads the descriptor.
    if (descriptor === 0) void process.stdin;
    const onread: OnReadOpts = {
      buffer: this.buffer,
      callback: (count: number): boolean => {
        this.from = 0;
        this.until = count;
        this.storedBytesRead += count;
        this.notify();
        return false;
      },
    };
    // Documented for the constructor too, but missing in its type.
    const options: SocketConstructorOpts & { onread: OnReadOpts } = { fd: descriptor, readable: true, writable: false, onread };
    this.socket = new Socket(options);
    this.socket.on('end', () => {
      this.ended = true;
      this.notify();
    });
    this.socket.on('close', () => {
      this.ended = true;
      this.notify();
    });
    this.socket.on('error', (error) => {
      this.failure = error;
      this.notify();
    });
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.from === this.until) return this.wait(target, offset, length);
    return this.take(target, offset, length);
  }

  async close(): Promise<void> {
    this.socket.destroy();
  }

  private take(target: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.until - this.from);
    target.set(this.buffer.subarray(this.from, this.from + count), offset);
    this.from += count;
    return count;
  }

  private async wait(target: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.from === this.until) {
      if (this.failure) {
        throw new UsageError(
          `${this.subject} cannot be read past byte ${this.storedBytesRead} (${this.failure.message}); a pcap or pcapng stream was expected: check the program that writes it.`,
        );
      }
      if (this.ended) return 0;
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.socket.resume();
      await woken;
    }
    return this.take(target, offset, length);
  }

  private notify(): void {
    const wake = this.wake;
    this.wake = null;
    wake?.();
  }
}
