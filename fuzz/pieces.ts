/** A capture file taken apart where its format divides it, so that records can be doubled, moved, lost and lent as a whole. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { joined, mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

const PCAP_MAGICS = new Set([0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34]);
const SECTION_HEADER = 0x0a0d0d0a;
const ZSTD_FRAME = 0x28b52ffd;
const ZSTD_SKIPPABLE = 0x502a4d18;
/** Words that a capture file is made of. */
const WORDS = [
  ...PCAP_MAGICS,
  SECTION_HEADER,
  0x1a2b3c4d,
  ZSTD_FRAME,
  ZSTD_SKIPPABLE,
  1,
  2,
  3,
  5,
  6,
  9,
  0xbad,
  113,
  276,
  228,
  229,
  101,
  108,
];
/** Inflated bytes that are looked at; more is a bomb. */
const MAX_INFLATED = 1 << 20;

/** The header of a pcap file and its records, the blocks of a pcapng file, the frames of a zstd file; what makes no sense is the last piece. */
export function piecesOf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = pieceLength(view, at);
    const end = length > 0 && at + length <= bytes.length ? at + length : bytes.length;
    pieces.push(bytes.slice(at, end));
    at = end;
  }
  return pieces;
}

/** 0 when there is no telling. */
function pieceLength(view: DataView, at: number): number {
  if (view.byteLength < 4) return 0;
  const magic = view.getUint32(0);
  if (magic === SECTION_HEADER) {
    const isLittle = view.byteLength > 12 && view.getUint32(8) !== 0x1a2b3c4d;
    const length = view.byteLength < at + 8 ? 0 : view.getUint32(at + 4, isLittle);
    return length < 12 ? 0 : length + (-length & 3);
  }
  const isLittle = PCAP_MAGICS.has(view.getUint32(0, true));
  if (isLittle || PCAP_MAGICS.has(magic)) {
    if (at === 0) return 24;
    return view.byteLength < at + 16 ? 0 : 16 + view.getUint32(at + 8, isLittle);
  }
  return 0;
}

/** A capture file like others: records moved, bytes changed, packed or unpacked. */
export function mutateCapture(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  if (random.oneIn(24)) return packed(input, random);
  if (input[0] === 0x1f && input[1] === 0x8b && random.oneIn(2)) {
    const inner = unpacked(input);
    if (inner !== null) return packed(mutateCapture(inner, unpacked(other) ?? other, random), random);
  }
  if (random.oneIn(2)) return mutateBytes(input, other, random, WORDS);
  const pieces = piecesOf(input);
  for (let changes = 1 + random.small(4); changes > 0; changes--) movePiece(pieces, other, random);
  if (pieces.length > 0 && random.oneIn(2)) {
    const at = random.below(pieces.length);
    pieces[at] = mutateBytes(pieces[at]!, other, random, WORDS);
  }
  return joined(pieces);
}

function movePiece(pieces: Uint8Array[], other: Uint8Array, random: Random): void {
  const at = random.below(pieces.length);
  switch (random.below(5)) {
    case 0:
      pieces.splice(at, 1 + random.small(pieces.length));
      break;
    case 1:
      pieces.splice(at, 0, ...pieces.slice(at, at + 1 + random.small(8)));
      break;
    case 2:
      pieces.splice(at, 0, ...pieces.splice(random.below(pieces.length), 1 + random.small(4)));
      break;
    case 3:
      pieces.splice(at, 0, random.pick(piecesOf(other).concat(new Uint8Array(0))));
      break;
    default:
      // What stands behind a cut is of no use: the input gets shorter, and the next ones faster.
      pieces.splice(1 + random.below(pieces.length));
  }
}

/** Gzip of one or several members, some perhaps empty, or zstd whose blocks are stored as they are. */
function packed(bytes: Uint8Array, random: Random): Uint8Array {
  const cuts = [0, ...Array.from({ length: random.small(4) }, () => random.below(bytes.length)), bytes.length].sort((a, b) => a - b);
  const parts = cuts.slice(1).map((cut, i) => bytes.subarray(cuts[i]!, cut));
  if (random.oneIn(2)) return joined(parts.map((part) => gzipSync(part, { level: 1 })));
  return joined(parts.map((part) => storedZstd(part, random)));
}

function unpacked(bytes: Uint8Array): Uint8Array | null {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_INFLATED });
  } catch {
    return null;
  }
}

/** A zstd frame (RFC 8878 section 3.1.1) of blocks that are stored, or say one byte many times; without a checksum. */
function storedZstd(content: Uint8Array, random: Random): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, random.below(12) << 3)];
  const blockBytes = 1 + random.below(2000);
  let at = 0;
  do {
    const piece = content.subarray(at, at + blockBytes);
    at += blockBytes;
    const isLast = at >= content.length ? 1 : 0;
    const header = (piece.length << 3) | isLast;
    parts.push(Uint8Array.of(header, header >>> 8, header >>> 16), piece);
    if (isLast === 0 && random.oneIn(20)) {
      const repeated = (random.below(1000) << 3) | 2;
      parts.push(Uint8Array.of(repeated, repeated >>> 8, repeated >>> 16, random.below(256)));
    }
  } while (at < content.length);
  if (random.oneIn(6)) parts.push(Uint8Array.of(0x50 + random.below(16), 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3));
  return joined(parts);
}
