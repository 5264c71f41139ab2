/** A finding says only what its own frames show. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addressesIn } from '../support/addresses-in.ts';
import { addressesByFrame, unproved } from '../support/cited-frames.ts';
import { casesIn, diagnoseCase, FIXTURES, MODES } from '../support/fixtures.ts';

test.each([
  ['52:54:00:b0:61:3f answers ARP for 192.168.1.100: 5 replies', [['52:54:00:b0:61:3f'], ['192.168.1.100']]],
  ['SYN 2001:db8:8::13:60164 > [2001:db8:8::100]:80.', [['2001:db8:8::13'], ['2001:db8:8::100']]],
  ['web1 (52:54:00:b0:61:3f) at 192.168.1.100:80.', [['52:54:00:b0:61:3f'], ['192.168.1.100']]],
  ['at 08:52:01 frame 4 came, 3.5 ms late', []],
])('the addresses of "%s" are found', (text, addresses) => {
  expect(addressesIn(text)).toEqual(addresses);
});

describe.each(casesIn())('%s', (name) => {
  test.each(MODES)('roles %s: each address and frame in a message occurs in the frames cited', async (mode) => {
    const { findings } = await diagnoseCase(name, mode);
    const frames = findings.length === 0 ? [] : await addressesByFrame(join(FIXTURES, name, 'mirror.pcap'));
    expect(findings.flatMap((f) => unproved(f, ({ frame }) => frames[frame - 1]!))).toEqual([]);
  });
});
