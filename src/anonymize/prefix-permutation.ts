/**
 * A prefix-preserving permutation of numbers of a fixed width: two numbers whose first n bits agree, and no more, are mapped to two numbers
 * whose first n bits agree, and no more (Xu, Fan, Ammar, Moon: "Prefix-Preserving IP Address Anonymization", ICNP 2002, Crypto-PAn).
 * Bit i of the result is bit i of the number, turned over or not by a pseudo-random function of the i bits before it: the first bit of
 * AES-128 of those bits, filled up with the bits of a secret pad, and of their number. Crypto-PAn leaves the number out, so that bits share
 * their fate where the address happens to go on like the pad: half of what could be random is not.
 */
import { createCipheriv } from 'node:crypto';

/** Numbers that begin with `prefix` have a meaning of their own: no other number is mapped among them. */
export interface SpecialPrefix {
  readonly prefix: bigint;
  /** Bits of the prefix. */
  readonly length: number;
  /** Whether the numbers stay what they are; otherwise they are mapped among themselves. */
  readonly isKept: boolean;
}

export interface PrefixPermutationOptions {
  /** Width in bits, 1 to 64. */
  readonly bits: number;
  readonly special?: readonly SpecialPrefix[];
  /** Positions of bits, from 0 at the left, that are never turned over. */
  readonly keptBits?: readonly number[];
}

const BLOCK_BYTES = 16;
/** Mapped numbers that are remembered. Forgetting costs time only. */
const MAX_REMEMBERED = 1 << 18;

export class PrefixPermutation {
  private readonly bits: number;
  private readonly special: readonly SpecialPrefix[];
  private readonly keptBits: ReadonlySet<number>;
  private readonly key: Uint8Array;
  private readonly pad: bigint;
  private readonly blocks: Buffer;
  /** By the number in disguise: V8 hashes what a Map is searched for without a key, and captured addresses may be chosen to collide. */
  private readonly remembered = new Map<bigint, bigint>();
  private readonly disguise: bigint;

  /** @param secret 32 bytes: the key of AES-128, and what the pad is made of. */
  constructor(secret: Uint8Array, { bits, special = [], keptBits = [] }: PrefixPermutationOptions) {
    this.bits = bits;
    this.special = special;
    this.keptBits = new Set(keptBits);
    this.key = secret.subarray(0, BLOCK_BYTES);
    this.pad = toBigInt(this.encrypt(Buffer.from(secret.subarray(BLOCK_BYTES, 2 * BLOCK_BYTES))));
    this.disguise = BigInt.asUintN(64, this.pad);
    this.blocks = Buffer.alloc(bits * BLOCK_BYTES);
  }

  /** 0 to 2^bits - 1, one to one. */
  map(value: bigint): bigint {
    const disguised = value ^ this.disguise;
    const known = this.remembered.get(disguised);
    if (known !== undefined) return known;
    const mapped = value ^ this.turned(value);
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    this.remembered.set(disguised, mapped);
    return mapped;
  }

  /** The bits of `value` that are turned over. */
  private turned(value: bigint): bigint {
    for (let i = 0; i < this.bits; i++) this.writeBlock(value, i);
    const random = this.encrypt(this.blocks);
    let turned = 0n;
    for (let i = 0; i < this.bits; i++) {
      const isTurned = random[i * BLOCK_BYTES]! >>> 7 === 1 && !this.keptBits.has(i) && !this.decidesSpecial(value, i);
      turned = (turned << 1n) | (isTurned ? 1n : 0n);
    }
    return turned;
  }

  /** The first `length` bits of `value`, then the pad's, the last of them mixed with the length: none of these bits is ever a value's. */
  private writeBlock(value: bigint, length: number): void {
    const rest = 128n - BigInt(length);
    const block = ((value >> BigInt(this.bits - length)) << rest) | (BigInt.asUintN(Number(rest), this.pad) ^ BigInt(length));
    this.blocks.writeBigUInt64BE(block >> 64n, length * BLOCK_BYTES);
    this.blocks.writeBigUInt64BE(BigInt.asUintN(64, block), length * BLOCK_BYTES + 8);
  }

  /** Whether bit `i` leads toward a special prefix, or stands inside one whose numbers are kept. */
  private decidesSpecial(value: bigint, i: number): boolean {
    return this.special.some(({ prefix, length, isKept }) => {
      const common = Math.min(i, length);
      return (i < length || isKept) && value >> BigInt(this.bits - common) === prefix >> BigInt(length - common);
    });
  }

  private encrypt(bytes: Buffer): Buffer {
    const cipher = createCipheriv('aes-128-ecb', this.key, null);
    cipher.setAutoPadding(false);
    return cipher.update(bytes);
  }
}

function toBigInt(bytes: Buffer): bigint {
  return (bytes.readBigUInt64BE(0) << 64n) | bytes.readBigUInt64BE(8);
}
