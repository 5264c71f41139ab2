/** Bytes like other bytes, but not quite. */
import type { Random } from './random.ts';

/** Values at which lengths, counts and offsets go wrong. */
const EDGES = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 19, 20, 31, 32, 39, 40, 63, 64, 127, 128, 254, 255, 256, 1499, 1500, 32_767, 32_768, 65_534, 65_535,
];
const WIDE_EDGES = [
  ...EDGES,
  65_536,
  262_144,
  262_145,
  0x00ff_ffff,
  0x0100_0000,
  0x7fff_fffe,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_fffe,
  0xffff_ffff,
];

/**
 * One to a few small changes. Most of them stand near the beginning, where headers are.
 * @param words 32-bit values that mean something in such bytes, in either byte order
 */
export function mutateBytes(input: Uint8Array, other: Uint8Array, random: Random, words: readonly number[] = []): Uint8Array {
  let bytes: Uint8Array = input.slice();
  for (let changes = 1 + random.small(8); changes > 0; changes--) bytes = change(bytes, other, random, words);
  return bytes;
}

function change(bytes: Uint8Array, other: Uint8Array, random: Random, words: readonly number[]): Uint8Array {
  const at = placeIn(bytes.length, random);
  switch (random.below(12)) {
    case 0:
      return replaced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
    case 1:
      return replaced(bytes, at, 1, Uint8Array.of(random.below(256)));
    case 2:
      return replaced(bytes, at, 1, Uint8Array.of(random.pick(EDGES)));
    case 3:
      return replaced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) + random.pick([-1, 1, -4, 4])));
    case 4:
      return replaced(bytes, at, 2, integer(2, random.pick(EDGES), random));
    case 5:
      return replaced(bytes, at, 4, integer(4, random.pick(WIDE_EDGES), random));
    case 6:
      return replaced(bytes, at, 4, integer(4, words.length > 0 ? random.pick(words) : random.word(), random));
    case 7:
      return replaced(bytes, at, random.small(bytes.length - at), new Uint8Array(0));
    case 8:
      return replaced(bytes, at, 0, bytes.slice(at, at + 1 + random.small(64)));
    case 9: {
      const from = placeIn(other.length, random);
      const piece = other.slice(from, from + 1 + random.small(256));
      return replaced(bytes, at, random.oneIn(2) ? piece.length : 0, piece);
    }
    case 10: {
      const from = placeIn(bytes.length, random);
      return replaced(bytes, at, random.pick([1, 2, 4, 6]), bytes.slice(from, from + random.pick([1, 2, 4, 6])));
    }
    default:
      return bytes.slice(0, at);
  }
}

/** An offset into so many bytes; every other one in the first 64. */
export function placeIn(length: number, random: Random): number {
  return random.below(random.oneIn(2) ? Math.min(length, 64) : length);
}

/** The bytes with `count` of them from `at` on replaced; behind their end, longer by what replaces them. */
export function replaced(bytes: Uint8Array, at: number, count: number, by: Uint8Array): Uint8Array {
  return joined([bytes.subarray(0, at), by, bytes.subarray(at + count)]);
}

function integer(width: 2 | 4, value: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(width);
  const view = new DataView(bytes.buffer);
  const little = random.oneIn(2);
  if (width === 2) view.setUint16(0, value, little);
  else view.setUint32(0, value, little);
  return bytes;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
