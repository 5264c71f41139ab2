import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { PrefixPermutation } from '../../src/anonymize/prefix-permutation.ts';

const secretOf = (n: number) => createHash('sha256').update(`secret ${n}`).digest();

test('of all numbers of 8 bits none is lost, and every two share as many first bits as before', () => {
  for (let n = 0; n < 20; n++) {
    const permutation = new PrefixPermutation(secretOf(n), { bits: 8 });
    const mapped = Array.from({ length: 256 }, (_, value) => Number(permutation.map(BigInt(value))));
    expect(new Set(mapped).size).toBe(256);
    for (let a = 0; a < 256; a++) for (let b = 0; b < a; b++) expect(Math.clz32(mapped[a]! ^ mapped[b]!)).toBe(Math.clz32(a ^ b));
  }
});

test('bits are turned over independently of each other', () => {
  const value = 0xcb00_7164n;
  const turned = Array.from({ length: 2000 }, (_, n) => new PrefixPermutation(secretOf(n), { bits: 32 }).map(value) ^ value);
  const share = (isSo: (bits: bigint) => boolean) => turned.filter(isSo).length / turned.length;
  for (let i = 0n; i < 32n; i++) expect(Math.abs(share((bits) => ((bits >> i) & 1n) === 1n) - 0.5)).toBeLessThan(0.05);
  for (let i = 0n; i < 31n; i++)
    expect(Math.abs(share((bits) => ((bits >> i) & 1n) === ((bits >> (i + 1n)) & 1n)) - 0.5)).toBeLessThan(0.05);
});

test('what lies in a special prefix stays there, kept or mapped within, and nothing else comes there', () => {
  const special = [
    { prefix: 0b101n, length: 3, isKept: true },
    { prefix: 0b0110n, length: 4, isKept: false },
  ];
  const inside = (value: bigint) => special.findIndex(({ prefix, length }) => value >> BigInt(8 - length) === prefix);
  const changed = new Set<bigint>();
  for (let n = 0; n < 20; n++) {
    const permutation = new PrefixPermutation(secretOf(n), { bits: 8, special });
    for (let value = 0n; value < 256n; value++) {
      const mapped = permutation.map(value);
      expect(inside(mapped)).toBe(inside(value));
      if (mapped !== value) changed.add(value);
    }
  }
  for (let value = 0n; value < 256n; value++) expect(changed.has(value)).toBe(inside(value) !== 0);
});
