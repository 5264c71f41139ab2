import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  canonicalIp,
  canonicalMac,
  destinationMacOf,
  formatIp,
  formatMac,
  parseIp,
  parseMac,
  sourceMacOf,
} from '../../src/decoders/address.ts';

test.each([
  '52:54:00:29:b1:06',
  '52:54:00:29:B1:06',
  '52-54-00-29-B1-06',
  '52.54.00.29.b1.06',
  '52:54:0:29:b1:6',
  '5254.0029.b106',
  '5254-0029-b106',
  '525400:29b106',
  '52540029b106',
  ' 52540029B106 ',
])('the MAC %s is 52:54:00:29:b1:06', (text) => {
  expect(canonicalMac(text)).toBe('52:54:00:29:b1:06');
});

test.each([
  '',
  '52:54:00:29:b1',
  '52:54:00:29:b1:06:07',
  '52:54-00:29:b1:06',
  '52:54:00:29:b1:0g',
  '5254:0029:b1',
  '192.168.1.100',
  '52:54:00:29:b1:006',
])("'%s' is no MAC", (text) => {
  expect(parseMac(text)).toBeNull();
});

test.each([
  ['192.168.1.100', '192.168.1.100'],
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  // RFC 5952 sections 4.1 to 4.3
  ['2001:0DB8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8::0:1', '2001:db8::1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['fe80::5054:ff:fe29:b146', 'fe80::5054:ff:fe29:b146'],
  // RFC 5952 section 5
  ['::FFFF:c0a8:164', '::ffff:192.168.1.100'],
  ['::ffff:192.168.1.100', '::ffff:192.168.1.100'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
])('the address %s is written %s', (text, canonical) => {
  expect(canonicalIp(text)).toBe(canonical);
});

test.each([
  '',
  '192.168.1',
  '192.168.1.256',
  '192.168.1.010',
  '192.168.1.1/24',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1::2::3',
  '1:2:3:4:5:6:7:8::',
  ':1::2',
  '1::2:',
  ':::',
  'fe80::1%eth0',
  '[::1]',
  '12345::',
  '::1.2.3.256',
  '::1.2.3.4:5',
])("'%s' is no IP address", (text) => {
  expect(parseIp(text)).toBeNull();
});

test('every address is read back as it was written', () => {
  const word = fc.oneof(fc.constant(0), fc.integer());
  fc.assert(
    fc.property(word, word, word, word, (a, b, c, d) => {
      expect(parseIp(formatIp(6, a, b, c, d))).toEqual({ version: 6, words: [a, b, c, d] });
      expect(parseIp(formatIp(4, 0, 0, 0, d))).toEqual({ version: 4, words: [0, 0, 0, d] });
    }),
    { seed: 1 },
  );
});

test('the MACs of an Ethernet header come out of its three words', () => {
  const view = new DataView(Uint8Array.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0x82, 0x54, 0x80, 0x29, 0xb1, 0x46]).buffer);
  const [first, second, third] = [view.getInt32(0), view.getInt32(4), view.getInt32(8)];
  expect(formatMac(destinationMacOf(first, second))).toBe('ff:fe:fd:fc:fb:fa');
  expect(formatMac(sourceMacOf(second, third))).toBe('82:54:80:29:b1:46');
});
