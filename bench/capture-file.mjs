/**
 * Writes a capture record by record into one buffer that goes to the file in large writes: ten million records in seconds.
 * pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng, one section, one interface, Enhanced Packet Blocks. Ethernet, microseconds.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFER_SIZE = 4 << 20;
/** Room for the largest record with its headers: a full-size frame and the 32 bytes of an Enhanced Packet Block. */
const LARGEST_RECORD = 2048;
/** The headers that a frame is written with must fit before the cut. */
const LEAST_SNAP_LENGTH = 96;
/** Third of a million packets a second: a busy mirror port. */
const GAP_US = 3;
const FIRST_SECOND = 1_700_000_000;

export class CaptureFile {
  /** The bytes that frames are written into, at the offset which `record` returns. */
  bytes = new Uint8Array(BUFFER_SIZE);
  view = new DataView(this.bytes.buffer);
  /** Records so far. */
  packets = 0;
  /** Milliseconds since the first record. */
  ms = 0;
  /** Bytes of the file so far that have left the buffer. */
  written = 0;
  #offset = 0;
  #seconds = FIRST_SECOND;
  #microseconds = 0;
  #fd;
  #pcapng;
  #snapLength;

  /**
   * @param {string} path a new file
   * @param {'pcap' | 'pcapng'} format
   * @param {number} snapLength frames are cut to this many bytes, 96 or more
   */
  constructor(path, format, snapLength) {
    if (snapLength < LEAST_SNAP_LENGTH)
      throw new Error(`a snap length of ${snapLength} cuts the headers; the least is ${LEAST_SNAP_LENGTH}`);
    this.#pcapng = format === 'pcapng';
    this.#snapLength = snapLength;
    this.#fd = openSync(path, 'wx');
    if (this.#pcapng) this.#pcapngHeader();
    else this.#pcapHeader();
  }

  /**
   * Begins a record of a frame of so many bytes on the wire. The caller writes the frame's captured bytes, all of them: the buffer is used again.
   * @param {number} wireLength bytes, up to 1514
   * @returns {number} where in `bytes` the frame begins
   */
  record(wireLength) {
    if (this.#offset > BUFFER_SIZE - LARGEST_RECORD) this.#flush();
    this.#tick();
    const view = this.view;
    const length = this.captured(wireLength);
    let at = this.#offset;
    if (this.#pcapng) {
      const padded = (length + 3) & ~3;
      const microseconds = this.#seconds * 1e6 + this.#microseconds;
      view.setUint32(at, 6, true);
      view.setUint32(at + 4, padded + 32, true);
      view.setUint32(at + 8, 0, true);
      view.setUint32(at + 12, Math.floor(microseconds / 2 ** 32), true);
      view.setUint32(at + 16, microseconds % 2 ** 32, true);
      view.setUint32(at + 20, length, true);
      view.setUint32(at + 24, wireLength, true);
      at += 28;
      if (padded !== length) view.setUint32(at + padded - 4, 0, true);
      view.setUint32(at + padded, padded + 32, true);
      this.#offset = at + padded + 4;
    } else {
      view.setUint32(at, this.#seconds, true);
      view.setUint32(at + 4, this.#microseconds, true);
      view.setUint32(at + 8, length, true);
      view.setUint32(at + 12, wireLength, true);
      at += 16;
      this.#offset = at + length;
    }
    this.packets++;
    return at;
  }

  /** How many bytes of a frame are kept, by its length on the wire. */
  captured(wireLength) {
    return Math.min(wireLength, this.#snapLength);
  }

  /** Writes what is left and closes the file; safe to call again. */
  close() {
    if (this.#fd === undefined) return;
    this.#flush();
    closeSync(this.#fd);
    this.#fd = undefined;
  }

  #tick() {
    this.#microseconds += GAP_US;
    if (this.#microseconds >= 1e6) {
      this.#microseconds -= 1e6;
      this.#seconds++;
    }
    this.ms = (this.#seconds - FIRST_SECOND) * 1000 + Math.floor(this.#microseconds / 1000);
  }

  #flush() {
    let from = 0;
    while (from < this.#offset) from += writeSync(this.#fd, this.bytes, from, this.#offset - from);
    this.written += this.#offset;
    this.#offset = 0;
  }

  #pcapHeader() {
    this.view.setUint32(0, 0xa1b2c3d4, true);
    this.view.setUint16(4, 2, true);
    this.view.setUint16(6, 4, true);
    this.view.setUint32(16, this.#snapLength, true);
    this.view.setUint32(20, 1, true);
    this.#offset = 24;
  }

  #pcapngHeader() {
    const view = this.view;
    view.setUint32(0, 0x0a0d0d0a, true);
    view.setUint32(4, 28, true);
    view.setUint32(8, 0x1a2b3c4d, true);
    view.setUint16(12, 1, true);
    view.setUint16(14, 0, true);
    view.setBigInt64(16, -1n, true);
    view.setUint32(24, 28, true);
    view.setUint32(28, 1, true);
    view.setUint32(32, 20, true);
    view.setUint16(36, 1, true);
    view.setUint32(40, this.#snapLength, true);
    view.setUint32(44, 20, true);
    this.#offset = 48;
  }
}
