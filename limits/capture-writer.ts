/** Writes captures of any size and any nonsense: records into one buffer that goes to the file in large writes. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

const BUFFER_BYTES = 17 << 20;
const FULL_BYTES = 4 << 20;
/** Later than the frames of any fixture. */
const FIRST_SECOND = 1_900_000_000;
/** A hundred thousand frames a second. */
const GAP_US = 10;
const PCAP_HEADER_BYTES = 24;

export interface Time {
  readonly seconds: number;
  readonly microseconds: number;
}

export class CaptureWriter {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #used = 0;
  #written = 0;
  #microseconds = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w');
  }

  pcapHeader(snapLength = 262_144, linkType = 1): this {
    const header = Buffer.alloc(PCAP_HEADER_BYTES);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(snapLength, 16);
    header.writeUInt32LE(linkType, 20);
    return this.raw(header);
  }

  /** All records of another pcap file of the same byte order. */
  recordsOf(path: string): this {
    return this.raw(readFileSync(path).subarray(PCAP_HEADER_BYTES));
  }

  /** The record of a frame, a little later than the one before unless a time is given. */
  frame(bytes: Uint8Array, at?: Time, captured: number = bytes.length): this {
    this.#microseconds += GAP_US;
    const header = Buffer.alloc(16);
    header.writeUInt32LE(at?.seconds ?? FIRST_SECOND + Math.floor(this.#microseconds / 1e6), 0);
    header.writeUInt32LE(at?.microseconds ?? this.#microseconds % 1e6, 4);
    header.writeUInt32LE(captured, 8);
    header.writeUInt32LE(Math.max(captured, bytes.length), 12);
    return this.raw(header).raw(bytes);
  }

  raw(bytes: Uint8Array): this {
    if (this.#used + bytes.length > BUFFER_BYTES) this.#flush();
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
    if (this.#used > FULL_BYTES) this.#flush();
    return this;
  }

  /** So many zeros, which take no room on the disk. */
  hole(bytes: number): this {
    this.#flush();
    this.#written += bytes;
    ftruncateSync(this.#descriptor, this.#written);
    return this;
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    for (let at = 0; at < this.#used; ) {
      const count = writeSync(this.#descriptor, this.#buffer, at, this.#used - at, this.#written);
      at += count;
      this.#written += count;
    }
    this.#used = 0;
  }
}
