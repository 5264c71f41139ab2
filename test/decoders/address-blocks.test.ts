import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpv4, parseIp, parseIpv4 } from '../../src/decoders/address.ts';
import { addressBlocks } from '../../src/decoders/address-blocks.ts';

const row = (from: string, count: number) => Array.from({ length: count }, (_, i) => formatIpv4(parseIpv4(from)! + i));

/** The IPv4 addresses of blocks. */
function addressesIn(blocks: readonly string[]): string[] {
  return blocks.flatMap((block) => {
    const [start = '', length = '32'] = block.split('/');
    return row(start, 2 ** (32 - Number(length)));
  });
}

describe('blocks of addresses', () => {
  test.each([
    ['one address', ['203.0.113.7'], ['203.0.113.7']],
    ['addresses apart', ['203.0.113.7', '203.0.113.9'], ['203.0.113.7', '203.0.113.9']],
    ['two that fill a block', ['203.0.113.8', '203.0.113.9'], ['203.0.113.8/31']],
    ['two that lie across a border', ['203.0.113.7', '203.0.113.8'], ['203.0.113.7', '203.0.113.8']],
    [
      'a hundred',
      row('203.0.113.100', 100),
      ['203.0.113.100/30', '203.0.113.104/29', '203.0.113.112/28', '203.0.113.128/26', '203.0.113.192/29'],
    ],
    ['those beyond the sign of 32 bits', row('127.255.255.254', 4), ['127.255.255.254/31', '128.0.0.0/31']],
    ['IPv6', ['2001:db8::102', '2001:db8::101', '2001:db8::100', '2001:db8::103'], ['2001:db8::100/126']],
    ['both versions', ['::1', '0.0.0.1', '0.0.0.0', '::'], ['::/127', '0.0.0.0/31']],
    ['what is no address', ['lvs1', '203.0.113.7'], ['203.0.113.7', 'lvs1']],
    ['none', [], []],
  ])('%s', (_, addresses, blocks) => {
    expect(addressBlocks(addresses)).toEqual(blocks);
  });

  test('hold each address once, and no other', () => {
    const near = fc.integer({ min: 0, max: 300 }).map((n) => formatIpv4(parseIpv4('203.0.112.200')! + n));
    fc.assert(
      fc.property(fc.array(near, { maxLength: 300 }), (addresses) => {
        const known = Array.from(new Set(addresses)).sort((a, b) => (parseIp(a)!.words[3] >>> 0) - (parseIp(b)!.words[3] >>> 0));
        expect(addressesIn(addressBlocks(addresses))).toEqual(known);
      }),
    );
  });
});
