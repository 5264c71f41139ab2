/**
 * Bytes of a zstd stream (RFC 8878) where node:zlib has no zstd: fzstd decodes. It takes any window size and any block size that a
 * file claims, so the frames are split here, the limits kept here, and one block at a time is handed over.
 */
import { Decompress } from 'fzstd';
import type { ByteSource } from './byte-source.ts';

const FRAME_MAGIC = 0xfd2fb528;
/** Skippable frames have sixteen magic numbers (RFC 8878 section 3.1.2). */
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Block_Maximum_Size (RFC 8878 section 3.1.1.2.4), whatever the window. */
const MAX_BLOCK_BYTES = 128 * 1024;
/** What the zstd command decodes without being told of more memory (`--memory`, `--long`). */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;

const BlockType = { raw: 0, rle: 1, compressed: 2, reserved: 3 } as const;

export class ZstdBytes implements ByteSource {
  cutOff = false;
  damage: string | null = null;
  private readonly stored: ByteSource;
  /** Stored bytes waiting: room for a frame header, a block and a checksum, and as much again to read ahead. */
  private readonly input = new Uint8Array(4 * MAX_BLOCK_BYTES);
  private from = 0;
  private until = 0;
  private made = 0;
  /** Decoded blocks not taken yet: at most one, but for the empty one that fzstd adds at a frame's end. */
  private readonly output: Uint8Array[] = [];
  private decoder: Decompress | null = null;
  private hasChecksum = false;
  /** Length of a frame header that still stands before its first block in the input. */
  private headerBytes = 0;
  /** Bytes from `from` on that the decoder already has. */
  private handedBytes = 0;
  private finished = false;

  constructor(stored: ByteSource) {
    this.stored = stored;
  }

  get storedBytes(): number | null {
    return this.stored.storedBytes;
  }

  get storedBytesRead(): number {
    return this.stored.storedBytesRead;
  }

  async read(target: Uint8Array, offset: number, length: number): Promise<number> {
    for (;;) {
      const block = this.output[0];
      if (block !== undefined) {
        const count = Math.min(length, block.length);
        target.set(block.subarray(0, count), offset);
        if (count === block.length) this.output.shift();
        else this.output[0] = block.subarray(count);
        return count;
      }
      if (this.finished) return 0;
      if (this.decoder === null) await this.beginFrame();
      else await this.decodeBlock(this.decoder);
    }
  }

  close(): Promise<void> {
    return this.stored.close();
  }

  /** Reads a frame header, or passes over a skippable frame; at the end of the stream, finishes. */
  private async beginFrame(): Promise<void> {
    if (!(await this.want(4))) {
      if (this.until > this.from) this.cutOff = true;
      this.finished = true;
      return;
    }
    const magic = this.word(this.from);
    if ((magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC) {
      if (!(await this.want(8))) return this.endsEarly();
      const skipped = 8 + this.word(this.from + 4);
      return this.skip(skipped);
    }
    if (magic !== FRAME_MAGIC) return this.stop('what follows a frame is not zstd');
    if (!(await this.want(5))) return this.endsEarly();
    const descriptor = this.input[this.from + 4]!;
    const singleSegment = (descriptor & 0x20) !== 0;
    if ((descriptor & 3) !== 0) return this.stop('a dictionary is needed to decompress it');
    const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6]!;
    const header = (singleSegment ? 5 : 6) + sizeBytes;
    if (!(await this.want(header))) return this.endsEarly();
    const window = singleSegment ? this.contentBytes(this.from + 5, sizeBytes) : windowBytes(this.input[this.from + 5]!);
    if (window > MAX_WINDOW_BYTES) {
      return this.stop(`it needs a window of ${window} bytes, more than ${MAX_WINDOW_BYTES}; decompress it with zstd -d --long=31 first`);
    }
    this.hasChecksum = (descriptor & 4) !== 0;
    this.headerBytes = header;
    this.decoder = new Decompress((block) => {
      if (block.length > 0) this.output.push(block);
      this.made += block.length;
    });
  }

  /**
   * Hands the next block to the decoder: the first one together with the frame header, the last one with the checksum, and every other one
   * with the first byte of what follows, because the decoder keeps all that it was given for as long as it is given nothing but whole blocks.
   */
  private async decodeBlock(decoder: Decompress): Promise<void> {
    const header = this.headerBytes;
    if (!(await this.want(header + 3))) return this.endsEarly();
    const at = this.from + header;
    const blockHeader = this.input[at]! | (this.input[at + 1]! << 8) | (this.input[at + 2]! << 16);
    const isLast = (blockHeader & 1) !== 0;
    const type = (blockHeader >>> 1) & 3;
    const size = blockHeader >>> 3;
    if (type === BlockType.reserved || size > MAX_BLOCK_BYTES) return this.stop('a block header makes no sense');
    const blockBytes = header + 3 + (type === BlockType.rle ? 1 : size);
    if (!(await this.want(blockBytes))) return this.endsEarly();
    const following = isLast ? (this.hasChecksum ? 4 : 0) : 1;
    const isWhole = await this.want(blockBytes + following);
    // The decoder keeps what it is given: a copy.
    const piece = this.input.slice(this.from + this.handedBytes, this.from + blockBytes + (isWhole ? following : 0));
    this.from += blockBytes;
    this.headerBytes = 0;
    this.handedBytes = following;
    try {
      decoder.push(piece, isLast && isWhole);
    } catch (error) {
      return this.stop(error instanceof Error ? error.message : String(error));
    }
    if (!isWhole) return this.endsEarly();
    if (isLast) {
      this.from += following;
      this.handedBytes = 0;
      this.decoder = null;
    }
  }

  /** Makes `count` bytes stand at `from`; false when the stream ends before. */
  private async want(count: number): Promise<boolean> {
    while (this.until - this.from < count) {
      if (this.from + count > this.input.length || this.from === this.until) {
        this.input.copyWithin(0, this.from, this.until);
        this.until -= this.from;
        this.from = 0;
      }
      const read = await this.stored.read(this.input, this.until, this.input.length - this.until);
      if (read === 0) return false;
      this.until += read;
    }
    return true;
  }

  private async skip(count: number): Promise<void> {
    while (count > 0) {
      if (!(await this.want(1))) return this.endsEarly();
      const step = Math.min(count, this.until - this.from);
      this.from += step;
      count -= step;
    }
  }

  private word(at: number): number {
    const input = this.input;
    return (input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)) >>> 0;
  }

  /** Frame_Content_Size (RFC 8878 section 3.1.1.1.4); the two-byte form counts from 256. */
  private contentBytes(at: number, sizeBytes: number): number {
    let size = 0;
    for (let i = sizeBytes - 1; i >= 0; i -= 1) size = size * 256 + this.input[at + i]!;
    return sizeBytes === 2 ? size + 256 : size;
  }

  private endsEarly(): void {
    this.cutOff = true;
    this.finished = true;
  }

  private stop(reason: string): void {
    this.damage = `The zstd data is damaged after ${this.made} decompressed bytes (${reason}); what came before was read.`;
    this.finished = true;
  }
}

/** Window_Size from the Window_Descriptor (RFC 8878 section 3.1.1.1.2). */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}
