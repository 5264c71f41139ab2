/** Opens a saved capture: finds out where the bytes come from, how they are compressed and in which format they are. */
import { closeSync, fstatSync, open, openSync, type Stats, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { UsageError } from '../usage-error.ts';
import type { ByteSource } from './byte-source.ts';
import { FileBytes } from './file-bytes.ts';
import type { FrameSource } from './frame.ts';
import { type Decompressor, INFLATED_CHUNK_BYTES, InflatedBytes } from './inflated-bytes.ts';
import { Intake } from './intake.ts';
import { notACapture, TELLING_BYTES } from './not-a-capture.ts';
import { isPcapMagic, MAX_PCAP_RECORD_BYTES, PCAP_HEADER_BYTES, PcapReader } from './pcap.ts';
import { PcapngReader, SECTION_HEADER } from './pcapng.ts';
import type { OpenCaptureInfo } from './record-reader.ts';
import { ReplayedBytes } from './replayed-bytes.ts';

/**
 * Bytes read at a time, of short records half of it. On an AMD EPYC 256 KiB to 4 MiB are equally fast. On an Intel Xeon (Sapphire Rapids) the diagnosis
 * of long records takes a seventh less than with 1 MiB: whoever reads wakes up less often, and what it copied has left the cache of its own core, from
 * where others fetch it slowly.
 */
export const CHUNK_BYTES = 4 * 1024 * 1024;

const GZIP_MAGIC = 0x1f8b;
const ZSTD_MAGIC = 0x28b52ffd;
/** Skippable zstd frames, 50 to 5f 2a 4d 18: pzstd and seekable files begin with one. */
const ZSTD_SKIPPABLE = 0x502a4d18;

export interface OpenCaptureOptions {
  /** Index of the capture point that the frames are marked with; 0 unless given. */
  readonly point?: number;
  /** Bytes to read at a time, at least 1; 4 MiB unless given. */
  readonly chunkBytes?: number;
  /** Gets what can be read only once (standard input, a pipe), and gives the source to read instead. */
  readonly keep?: (once: ByteSource) => ByteSource;
}

/**
 * Opens the capture `name`: the path of a file or FIFO, or '-' for standard input. pcap or pcapng, plain, gzip or zstd, told by magic number.
 * Throws UsageError, with a sentence for the user, when there is no such file, it may not be read, or it is no capture that can be read.
 */
export async function openCapture(name: string, options: OpenCaptureOptions = {}): Promise<FrameSource> {
  const subject = subjectOf(name);
  return openCaptureBytes(name, await (name === '-' ? standardInput(subject, options) : storedFile(subject, name, options)), options);
}

/** The same for bytes that were obtained otherwise; closing the capture closes `stored`. */
export async function openCaptureBytes(name: string, stored: ByteSource, options: OpenCaptureOptions = {}): Promise<FrameSource> {
  const { point = 0, chunkBytes = CHUNK_BYTES } = options;
  const subject = subjectOf(name);
  let bytes = stored;
  try {
    let compression: 'gzip' | 'zstd' | null;
    [bytes, compression] = await decompressed(stored);
    return await readerOf({ name, subject, point, chunkBytes, bytes, compression });
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

function subjectOf(name: string): string {
  return name === '-' ? 'Standard input' : name;
}

interface Opened {
  readonly name: string;
  readonly subject: string;
  readonly point: number;
  readonly chunkBytes: number;
  readonly bytes: ByteSource;
  readonly compression: 'gzip' | 'zstd' | null;
}

async function readerOf({ name, subject, point, chunkBytes, bytes, compression }: Opened): Promise<FrameSource> {
  const what = compression === null ? subject : `${subject} (decompressed)`;
  const intake = new Intake(bytes, chunkBytes, MAX_PCAP_RECORD_BYTES);
  const hasMagic = await intake.fillTo(4);
  const magic = hasMagic ? intake.view.getUint32(intake.position) : 0;
  const format = isPcapMagic(magic) ? 'pcap' : magic === SECTION_HEADER ? 'pcapng' : null;
  if (format === null) {
    await intake.fillTo(TELLING_BYTES);
    if (!hasMagic && (bytes.damage !== null || bytes.cutOff)) throw cannotDecompress(subject, compression, bytes);
    throw notACapture(what, intake.bytes.subarray(intake.position, Math.min(intake.limit, intake.position + TELLING_BYTES)));
  }
  const info: OpenCaptureInfo = {
    name,
    format,
    compression,
    linkTypes: [],
    snapLength: 0,
    frames: 0,
    skippedFrames: 0,
    bytes: 0,
    storedBytes: bytes.storedBytes,
    storedBytesRead: 0,
    cutOff: false,
    damage: null,
    dropped: null,
  };
  if (format === 'pcapng') return PcapngReader.open(intake, info, point, what);
  if (!(await intake.fillTo(PCAP_HEADER_BYTES))) {
    throw new UsageError(
      `${what} ends after ${intake.limit - intake.position} bytes, inside its pcap file header; ${PCAP_HEADER_BYTES} bytes were expected: copy or record the file again.`,
    );
  }
  return new PcapReader(intake, info, point, what);
}

/** The source itself when it is not compressed; else a source of what is in it. */
async function decompressed(stored: ByteSource): Promise<[ByteSource, 'gzip' | 'zstd' | null]> {
  const head = new Uint8Array(4);
  let length = 0;
  while (length < head.length) {
    const count = await stored.read(head, length, head.length - length);
    if (count === 0) break;
    length += count;
  }
  const whole = new ReplayedBytes(head.subarray(0, length), stored);
  const magic = new DataView(head.buffer).getUint32(0);
  const isGzip = magic >>> 16 === GZIP_MAGIC;
  const isZstd = magic === ZSTD_MAGIC || (magic & 0xf0ffffff) >>> 0 === ZSTD_SKIPPABLE;
  if (!isGzip && !isZstd) return [whole, null];
  // Not by import(), which code that V8 kept cannot call (bin/load.js).
  const zlib: Zlib = process.getBuiltinModule('node:zlib');
  if (isGzip) return [new InflatedBytes(whole, () => zlib.createGunzip({ chunkSize: INFLATED_CHUNK_BYTES }), false), 'gzip'];
  const create = zlib.createZstdDecompress;
  if (create !== undefined) return [new InflatedBytes(whole, () => create({ chunkSize: INFLATED_CHUNK_BYTES }), true), 'zstd'];
  const { ZstdBytes } = await import('./zstd-bytes.ts');
  return [new ZstdBytes(whole), 'zstd'];
}

/** node:zlib, which has zstd since Node 22.15 and 23.8. */
interface Zlib {
  readonly createGunzip: CreateDecompress;
  readonly createZstdDecompress?: CreateDecompress;
}

type CreateDecompress = (options: { chunkSize: number }) => Decompressor;

async function standardInput(subject: string, { keep }: OpenCaptureOptions): Promise<ByteSource> {
  if (process.getBuiltinModule('node:tty').isatty(0)) {
    throw new UsageError(
      `${subject} is a terminal; a pcap or pcapng stream was expected: pipe one in, for example tcpdump -i eth0 -w - | lvs-doctor diagnose -.`,
    );
  }
  let status: Stats;
  try {
    status = fstatSync(0);
  } catch (error) {
    throw new UsageError(
      `${subject} cannot be read (${error instanceof Error ? error.message : String(error)}); a pcap or pcapng stream was expected: pipe one in.`,
    );
  }
  const source = await sourceOf(subject, 0, status);
  return keep?.(source) ?? source;
}

async function storedFile(subject: string, name: string, { keep }: OpenCaptureOptions): Promise<ByteSource> {
  const descriptor = await openDescriptor(subject, name);
  try {
    const status = fstatSync(descriptor);
    const source = await sourceOf(subject, descriptor, status);
    return status.isFile() ? source : (keep?.(source) ?? source);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** To open a FIFO waits for its writer, so a thread does; to start one takes longer than to diagnose some hundred frames, so for a file none does. */
async function openDescriptor(subject: string, name: string): Promise<number> {
  try {
    return isFile(name) ? openSync(name, 'r') : await promisify(open)(name, 'r');
  } catch (error) {
    throw cannotOpen(subject, error as NodeJS.ErrnoException);
  }
}

function isFile(name: string): boolean {
  try {
    return statSync(name).isFile();
  } catch {
    // Whoever opens it says what is wrong.
    return false;
  }
}

async function sourceOf(subject: string, descriptor: number, status: Stats): Promise<ByteSource> {
  if (status.isDirectory()) {
    throw new UsageError(`${subject} is a directory; a capture file was expected: name the file in it.`);
  }
  if (status.isFIFO() || status.isSocket()) {
    const { PipeBytes } = await import('./pipe-bytes.ts');
    return new PipeBytes(subject, descriptor);
  }
  return new FileBytes(subject, descriptor, status.isFile() ? status.size : null);
}

function cannotOpen(subject: string, error: NodeJS.ErrnoException): UsageError {
  const expected = 'a pcap or pcapng capture was expected';
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UsageError(`${subject} does not exist; ${expected}: check the path, or use - for standard input.`);
    case 'EACCES':
    case 'EPERM':
      return new UsageError(`${subject} may not be read by this user; ${expected}: change its permissions, or run with sudo.`);
    default:
      return new UsageError(`${subject} cannot be opened (${error.message}); ${expected}: check the path.`);
  }
}

function cannotDecompress(subject: string, compression: string | null, bytes: ByteSource): UsageError {
  const reason = bytes.damage === null ? 'it ends before its first bytes' : 'it is damaged at its begin';
  return new UsageError(
    `${subject} looks like ${compression} data but cannot be decompressed: ${reason}; a compressed pcap or pcapng capture was expected: copy the file again.`,
  );
}
