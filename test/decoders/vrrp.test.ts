import { expect, test } from 'vitest';
import { formatIp } from '../../src/decoders/address.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { emptyVrrpAdvert, readVrrp, type VrrpAdvert, VrrpChecksum } from '../../src/decoders/vrrp.ts';
import { frameOf } from './frame-of.ts';
import { type Sample, samples } from './samples.ts';

function read(sample: Sample, captured?: number): VrrpAdvert | null {
  const frame = frameOf(sample, captured);
  const packet = new Packet();
  packet.decode(frame);
  const advert = emptyVrrpAdvert();
  return readVrrp(packet, frame.view, advert) ? advert : null;
}

function addresses(advert: VrrpAdvert | null): string[] {
  if (advert === null) return [];
  const word = (at: number) => advert.addresses[at] ?? 0;
  return Array.from({ length: advert.addressCount }, (_, i) =>
    formatIp(advert.addressVersion, word(4 * i), word(4 * i + 1), word(4 * i + 2), word(4 * i + 3)),
  );
}

test('keepalived’s version 2 advertisement names its VIP', () => {
  const advert = read(samples.vrrp2);
  expect(advert).toMatchObject({ version: 2, count: 1, addressCount: 1, interval: 100, checksum: VrrpChecksum.right });
  expect(addresses(advert)).toEqual(['203.0.113.100']);
});

test('a version 3 advertisement has its interval in centiseconds', () => {
  const advert = read(samples.vrrp3);
  expect(advert).toMatchObject({ version: 3, vrid: 51, priority: 100, count: 2, interval: 100, authType: 0, checksum: VrrpChecksum.right });
  expect(addresses(advert)).toEqual(['192.168.1.100', '192.168.1.101']);
});

test('an IPv6 advertisement names its link-local address and its VIP', () => {
  const advert = read(samples.vrrp3OverIpv6);
  expect(advert).toMatchObject({ version: 3, vrid: 51, priority: 150, interval: 10, addressVersion: 6, checksum: VrrpChecksum.right });
  expect(addresses(advert)).toEqual(['fe80::100', '2001:db8:1::100']);
});

test('an advertisement behind an authentication header is read', () => {
  const advert = read(samples.vrrp2BehindAh);
  expect(advert).toMatchObject({ version: 2, vrid: 51, priority: 90, authType: 2, checksum: VrrpChecksum.right });
  expect(addresses(advert)).toEqual(['192.168.1.100']);
});

test('the plain password is kept only to be compared', () => {
  const password = Buffer.from('secret\0\0').toString('hex');
  const hex = samples.vrrp2.hex;
  const at = (14 + 20 + 12) * 2;
  const advert = read({ ...samples.vrrp2, hex: hex.slice(0, at) + password + hex.slice(at + 16) });
  expect(advert).toMatchObject({ authData0: 0x73656372, authData1: 0x65740000, checksum: VrrpChecksum.wrong });
});

test('an advertisement cut by the capture has the addresses that were captured', () => {
  const advert = read(samples.vrrp3, 14 + 20 + 8 + 5);
  expect(advert).toMatchObject({ count: 2, addressCount: 1, checksum: VrrpChecksum.unknown });
  expect(read(samples.vrrp3, 14 + 20 + 7)).toBeNull();
});

test('an advertisement that counts more addresses than it has is none', () => {
  const { hex, linkType } = samples.vrrp3;
  const at = (14 + 20 + 3) * 2;
  expect(read({ linkType, hex: `${hex.slice(0, at)}04${hex.slice(at + 2)}` })).toBeNull();
});

test('CARP, which has the same protocol number, is no VRRP', () => {
  // IP 10.53.199.124 > 224.0.0.18: CARPv2-advertise 36: vhid=1 advbase=1 advskew=1 authlen=7 counter=5708773735416310629
  const carp =
    '01005e00001200005e000101080045100038000040 00ff70'.replaceAll(' ', '') +
    '0000' +
    '0a35c77ce0000012' +
    '2101010700015303' +
    '4f38aa5b0282a325' +
    '078a77ebf5b039de2b7c38d51c37de86b2d6b5a4';
  expect(read({ linkType: 1, hex: carp })).toBeNull();
});
