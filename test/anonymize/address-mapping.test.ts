import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressMapping } from '../../src/anonymize/address-mapping.ts';

const KEY = fc.uint8Array({ minLength: 16, maxLength: 32 });
const WORD = fc.nat(0xffff_ffff);
const MAC = fc.nat(0xffff_ffff_ffff);

function mappingOf(key: Uint8Array, keepsVendor = false): AddressMapping {
  return new AddressMapping(key, { keepsVendor });
}

type Words = readonly [number, number, number, number];

/** Bits from the left in which two addresses agree. */
function commonBits(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((word, i) => word >>> 0 !== b[i]! >>> 0);
  return differing < 0 ? 32 * a.length : 32 * differing + Math.clz32(a[differing]! ^ b[differing]!);
}

/** An address, and one that shares a prefix of any length with it. */
function neighbours(words: number) {
  return fc
    .tuple(
      fc.array(WORD, { minLength: words, maxLength: words }),
      fc.nat(32 * words - 1),
      fc.array(WORD, { minLength: words, maxLength: words }),
    )
    .map(([a, bits, rest]) => {
      const b = a.map((word, i) => {
        const own = Math.min(32, Math.max(0, bits - 32 * i));
        const mask = own === 0 ? 0 : (0xffff_ffff << (32 - own)) >>> 0;
        return ((word & mask) | (rest[i]! & ~mask)) >>> 0;
      });
      return [a, b] as const;
    });
}

describe('IPv4', () => {
  test('two addresses share as many first bits afterwards as before: a subnet stays a subnet, and no two become one', () => {
    fc.assert(
      fc.property(KEY, neighbours(1), (key, [a, b]) => {
        const mapping = mappingOf(key);
        expect(commonBits([mapping.ipv4(a[0]!)], [mapping.ipv4(b[0]!)])).toBe(commonBits(a, b));
      }),
    );
  });

  const specials: readonly (readonly [string, (ip: number) => boolean])[] = [
    ['0.0.0.0/8', (ip) => ip >>> 24 === 0],
    ['loopback', (ip) => ip >>> 24 === 127],
    ['multicast', (ip) => ip >>> 28 === 14],
    ['broadcast', (ip) => ip === 0xffff_ffff],
  ];
  test.each(specials)('%s stays what it is, and nothing else becomes one', (_name, isSpecial) => {
    const near = fc.oneof(
      WORD,
      fc.nat(0xff_ffff),
      fc.nat(0xff_ffff).map((low) => 0x7f00_0000 + low),
      fc.nat(0xff).map((low) => 0xffff_ff00 + low),
      fc.nat(0xfff_ffff).map((low) => 0xe000_0000 + low),
    );
    fc.assert(
      fc.property(KEY, near, (key, ip) => {
        const mapped = mappingOf(key).ipv4(ip);
        if (isSpecial(ip)) expect(mapped).toBe(ip);
        else expect(isSpecial(mapped)).toBe(false);
      }),
    );
  });

  test('link-local addresses stay link-local, but are others', () => {
    const mapped = Array.from({ length: 50 }, (_, i) => mappingOf(Uint8Array.of(i, ...new Uint8Array(15))).ipv4(0xa9fe_1234));
    expect(mapped.every((ip) => ip >>> 16 === 0xa9fe)).toBe(true);
    expect(new Set(mapped).size).toBeGreaterThan(40);
  });

  test('another key gives other addresses, the same key the same', () => {
    const of = (byte: number) => mappingOf(new Uint8Array(16).fill(byte)).ipv4(0xc0a8_0164);
    expect(of(1)).toBe(of(1));
    expect(new Set([1, 2, 3, 4, 5].map(of)).size).toBe(5);
  });
});

describe('IPv6', () => {
  const ordinary = (words: readonly number[]) =>
    words[0]! >>> 24 !== 0xff && !(words[0] === 0 && words[1] === 0) && !(words[0] === 0x0064_ff9b && words[1] === 0);

  test('two addresses share as many first bits afterwards as before', () => {
    fc.assert(
      fc.property(KEY, neighbours(4), (key, [a, b]) => {
        fc.pre(ordinary(a) && ordinary(b));
        const mapping = mappingOf(key);
        expect(commonBits(mapping.ipv6(...(a as unknown as Words)), mapping.ipv6(...(b as unknown as Words)))).toBe(commonBits(a, b));
      }),
    );
  });

  test.each([
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['all nodes', 'ff02::1'],
    ['VRRP', 'ff02::12'],
  ])('%s stays what it is', (_name, text) => {
    fc.assert(
      fc.property(KEY, (key) => void expect(mappingOf(key).ipText(text)).toBe(text)),
      { numRuns: 20 },
    );
  });

  test.each([
    ['fe80::1', /^fe80::/],
    ['fd00:1:2::3', /^f[cd]/],
    ['2001:db8::1', /^[23]/],
    ['::ffff:192.168.1.1', /^::ffff:\d/],
    ['64:ff9b::192.168.1.1', /^64:ff9b::/],
    ['ff3e:30:2001:db8::8000:1', /^ff3e:30:[23].*:8000:1$/],
  ])('%s becomes another address of its kind', (text, kind) => {
    const mapped = Array.from({ length: 20 }, (_, i) => mappingOf(new Uint8Array(16).fill(i)).ipText(text));
    expect(mapped.filter((ip) => !kind.test(ip))).toEqual([]);
    expect(new Set([text, ...mapped]).size).toBeGreaterThan(15);
  });

  test('an embedded IPv4 address becomes what it becomes alone', () => {
    const mapping = mappingOf(new Uint8Array(16));
    expect(mapping.ipText('::ffff:192.168.1.1')).toBe(`::ffff:${mapping.ipText('192.168.1.1')}`);
  });

  test('a solicited-node group, and its MAC, are those of the mapped target', () => {
    fc.assert(
      fc.property(KEY, WORD, WORD, WORD, WORD, (key, w0, w1, w2, w3) => {
        fc.pre(ordinary([w0, w1, w2, w3]));
        const mapping = mappingOf(key);
        const target = mapping.ipv6(w0, w1, w2, w3);
        const group = mapping.ipv6(0xff02_0000, 0, 1, (0xff00_0000 | (w3 & 0xff_ffff)) >>> 0);
        expect(group).toEqual([0xff02_0000, 0, 1, (0xff00_0000 | (target[3] & 0xff_ffff)) >>> 0]);
        const groupMac = mapping.mac(0x3333_ff00_0000 + (w3 & 0xff_ffff));
        expect(groupMac).toBe(0x3333_ff00_0000 + (target[3] & 0xff_ffff));
      }),
    );
  });

  test.each([true, false])('an interface identifier made of a MAC is made of the mapped MAC (vendor part kept: %s)', (keepsVendor) => {
    const unicast = MAC.map((mac) => mac - (mac % 0x200_0000_0000 >= 0x100_0000_0000 ? 0x100_0000_0000 : 0)).filter(
      (mac) => !/^(0|5e|c07ac|c9ff|573a0|7b4|2bf)/.test(mac.toString(16)),
    );
    fc.assert(
      fc.property(KEY, unicast, (key, mac) => {
        const mapping = mappingOf(key, keepsVendor);
        const [, , w2, w3] = mapping.ipv6(0xfe80_0000, 0, ...eui64(mac));
        expect([w2, w3]).toEqual(eui64(mapping.mac(mac)));
      }),
    );
  });
});

/** The last two words of an address made of a MAC (RFC 4291 appendix A). */
function eui64(mac: number): [number, number] {
  const high = Math.floor(mac / 0x100_0000) ^ 0x02_0000;
  return [((high << 8) | 0xff) >>> 0, (0xfe00_0000 | (mac % 0x100_0000)) >>> 0];
}

describe('MACs', () => {
  test('no two become one, and who administers an address and whether it is a group stays', () => {
    fc.assert(
      fc.property(KEY, MAC, MAC, (key, a, b) => {
        const mapping = mappingOf(key);
        const bits = (mac: number) => Math.floor(mac / 0x100_0000_0000) & 3;
        expect(bits(mapping.mac(a))).toBe(bits(a));
        expect(mapping.mac(a) === mapping.mac(b)).toBe(a === b);
      }),
    );
  });

  test.each([
    '00:00:00:00:00:00',
    'ff:ff:ff:ff:ff:ff',
    '01:00:5e:00:00:12',
    '33:33:00:00:00:01',
    '00:00:5e:00:01:33',
    '00:00:5e:00:02:33',
    '00:00:0c:07:ac:05',
    '00:00:0c:9f:f0:01',
  ])('%s stays what it is', (mac) => {
    fc.assert(
      fc.property(KEY, (key) => void expect(mappingOf(key).macText(mac)).toBe(mac)),
      { numRuns: 20 },
    );
  });

  test('the IPv4 address in a MAC of Microsoft NLB is mapped like any other', () => {
    const mapping = mappingOf(new Uint8Array(16));
    expect(mapping.mac(0x02bf_c0a8_0101)).toBe(0x02bf_0000_0000 + mapping.ipv4(0xc0a8_0101));
  });

  test('the vendor part stays on request, and the rest does not', () => {
    const mapped = Array.from({ length: 20 }, (_, i) => mappingOf(new Uint8Array(16).fill(i), true).macText('00:16:3e:19:a6:ac'));
    expect(mapped.filter((mac) => !mac.startsWith('00:16:3e:'))).toEqual([]);
    expect(new Set(mapped).size).toBe(20);
  });
});
