import { expect, test } from 'vitest';
import { Observations } from '../../src/cluster/observations.ts';
import { Facts } from '../../src/correlation/facts.ts';
import { IpvsSync } from '../../src/correlation/ipvs-sync.ts';
import { formatMac } from '../../src/decoders/address.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { frameOf } from '../decoders/frame-of.ts';
import { samples } from '../decoders/samples.ts';
import { KEY } from '../support/story.ts';

const ref = (frame: number) => ({ point: 0, frame, at: frame });

test('a sync message declares VIP, service, real servers and forwarding method', () => {
  const facts = new Facts([], KEY);
  const packet = new Packet();
  const frame = frameOf(samples.ipvsSync);
  packet.decode(frame);
  facts.add(frame, packet);
  const o = new Observations(facts);
  const [service, ...others] = [...facts.sync.services.values()];
  expect(others).toEqual([]);
  expect({ ...service, vip: o.ip(service!.vip), realServers: [...service!.realServers].map((id) => o.ip(id)).sort() }).toEqual({
    vip: '203.0.113.100',
    port: 80,
    protocol: 6,
    forwarding: 3,
    realServers: ['203.0.113.10', '203.0.113.11', '203.0.113.12'],
  });
  expect(facts.sync.senders.entries().map((s) => [formatMac(s.mac), s.syncId])).toEqual([['00:16:3e:99:b7:95', 1]]);
});

test('senders are noted when they change, not with each message', () => {
  const sync = new IpvsSync();
  for (const [frame, mac, id] of [
    [1, 7, 61],
    [2, 7, 61],
    [3, 8, 61],
    [4, 7, 62],
  ] as const)
    sync.message(ref(frame), mac, id);
  expect(sync.senders.entries().map((s) => s.ref.frame)).toEqual([1, 3, 4]);
  expect(sync.messages).toBe(4);
  expect(sync.last).toEqual(ref(4));
});

test('services and real servers have an end', () => {
  const sync = new IpvsSync();
  for (let port = 1; port <= 2000; port++) sync.connection(1, port, 6, 3, 2);
  for (let rip = 1; rip <= 1000; rip++) sync.connection(1, 1, 6, 3, rip);
  expect(sync.services.size).toBe(1024);
  expect(sync.services.get('1/1/6/3')!.realServers.size).toBe(256);
});
