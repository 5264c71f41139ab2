import { expect, test } from 'vitest';
import { formatIp } from '../../src/decoders/address.ts';
import { IpvsForwarding, IpvsSyncReader } from '../../src/decoders/ipvs-sync.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { frameOf } from './frame-of.ts';
import { type Sample, samples } from './samples.ts';

function begin(sample: Sample, captured?: number): IpvsSyncReader | null {
  const frame = frameOf(sample, captured);
  const packet = new Packet();
  packet.decode(frame);
  const reader = new IpvsSyncReader();
  return reader.begin(packet, frame.view) ? reader : null;
}

/** Every connection as client > VIP > real server. */
function connections(reader: IpvsSyncReader | null): string[] {
  const lines: string[] = [];
  while (reader?.next()) {
    const c = reader.connection;
    const client = formatIp(c.addressVersion, c.client0, c.client1, c.client2, c.client3);
    const virtual = formatIp(c.addressVersion, c.virtual0, c.virtual1, c.virtual2, c.virtual3);
    const destination = formatIp(c.addressVersion, c.destination0, c.destination1, c.destination2, c.destination3);
    lines.push(`${client} ${c.clientPort} > ${virtual} ${c.virtualPort} > ${destination} ${c.destinationPort}`);
  }
  return lines;
}

test('a director tells its connections in version 1', () => {
  const reader = begin(samples.ipvsSync);
  expect(reader).toMatchObject({ version: 1, syncId: 1, count: 11 });
  const lines = connections(reader);
  expect(lines).toHaveLength(11);
  expect(lines[0]).toBe('198.51.100.7 44876 > 203.0.113.100 80 > 203.0.113.12 80');
  expect(lines[2]).toBe('198.51.100.7 44878 > 203.0.113.100 80 > 203.0.113.11 80');
});

test('a connection has its forwarding method, state and timeout', () => {
  const reader = begin(samples.ipvsSync);
  expect(reader?.next()).toBe(true);
  expect(reader?.connection).toMatchObject({
    protocol: 6,
    flags: 0x83,
    forwarding: IpvsForwarding.directRoute,
    state: 1,
    timeoutSeconds: 900,
    firewallMark: 0,
  });
});

test('an older director tells its connections in version 0', () => {
  const reader = begin(samples.ipvsSyncVersion0);
  expect(reader).toMatchObject({ version: 0, syncId: 11, count: 2 });
  expect(connections(reader)).toEqual([
    '198.51.100.7 40000 > 192.168.1.100 80 > 192.168.1.10 80',
    '198.51.100.7 40001 > 192.168.1.100 80 > 192.168.1.10 80',
  ]);
});

test('an IPv6 connection of a firewall mark is read', () => {
  const reader = begin(samples.ipvsSyncOfIpv6);
  expect(connections(reader)).toEqual(['2001:db8:2::7 40000 > 2001:db8:1::100 443 > 2001:db8:1::10 443']);
  expect(reader?.connection).toMatchObject({ addressVersion: 6, firewallMark: 5 });
});

test('a message cut by the capture has the connections that were captured', () => {
  const headers = 14 + 20 + 8 + 8;
  expect(connections(begin(samples.ipvsSync, headers + 2 * 36 + 35))).toHaveLength(2);
});

test('a datagram whose length the message denies is no sync message', () => {
  const { hex, linkType } = samples.ipvsSync;
  const at = (14 + 20 + 8 + 2) * 2;
  expect(begin({ linkType, hex: `${hex.slice(0, at)}0193${hex.slice(at + 4)}` })).toBeNull();
});

test('a connection that claims to be shorter than its fields ends the message', () => {
  const { hex, linkType } = samples.ipvsSync;
  const at = (14 + 20 + 8 + 8 + 36 + 2) * 2;
  expect(connections(begin({ linkType, hex: `${hex.slice(0, at)}0000${hex.slice(at + 4)}` }))).toHaveLength(1);
});
