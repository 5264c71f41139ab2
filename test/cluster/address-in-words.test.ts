/** What is told of an address when the logs of all are full: the rest is tested where rules and claims are. */
import { expect, test } from 'vitest';
import { AddressInWords } from '../../src/cluster/address-in-words.ts';
import { Claims } from '../../src/correlation/claims.ts';
import { formatMac } from '../../src/decoders/address.ts';

test('of an address that is claimed first late in a flood the first claim is known, and that later ones are missing', () => {
  const claims = new Claims([1, 2, 3, 4]);
  let frame = 0;
  const say = (address: number, mac: number, sender = mac) => {
    const ref = { point: 0, frame: ++frame, at: frame * 1000 };
    claims.claim('gratuitous', ref, address, mac, sender, 0xffff_ffff_ffff, -1, 0);
    return ref;
  };
  for (let round = 0; round < 3; round++) {
    for (let mac = 1; mac <= 60_000; mac++) for (const sender of [mac, 1 << 20]) say(2 + (mac >> 1), mac, sender);
  }
  const [first] = [say(1, 70_000), say(1, 70_000)];
  const last = say(1, 70_000);
  const seen = new AddressInWords({ claims, ip: (address) => `10.0.0.${address}`, mac: formatMac }, 1);
  expect(seen.macs).toMatchObject([{ ip: '10.0.0.1', counts: { gratuitous: 3 }, first, last }]);
  expect(seen.log.map(({ ref }) => ref)).toEqual([first]);
  expect(seen.gap).toEqual({ from: first.at, until: last.at });
});
