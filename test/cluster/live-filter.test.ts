import { expect, test } from 'vitest';
import { mergeGiven } from '../../src/cluster/given/merge-given.ts';
import { givenFromOptions } from '../../src/cluster/given/options.ts';
import { parseGiven } from '../../src/cluster/given/parse-given.ts';
import { liveFilter } from '../../src/cluster/live-filter.ts';

const ROLES = { vip: ['203.0.113.100'], director: ['203.0.113.2'], realServer: ['203.0.113.10', '2001:db8::11'], gateway: [] };

test('of a cluster of which all addresses are given, its own frames are kept, with and without a VLAN tag', () => {
  const filter =
    'arp or icmp or icmp6 or proto 112 or proto 4 or proto 41 or proto 47 or udp port 8848 or ' +
    'host 203.0.113.100 or host 203.0.113.2 or host 203.0.113.10 or host 2001:db8::11';
  expect(liveFilter(givenFromOptions(ROLES))).toBe(`(${filter}) or (vlan and (${filter}))`);
});

test.each([
  ['no VIP', { ...ROLES, vip: [] }],
  ['no director', { ...ROLES, director: [] }],
  ['no real server: an answer from a wrong address does not contain the VIP', { ...ROLES, realServer: [] }],
  ['a real server by its MAC alone', { ...ROLES, realServer: ['203.0.113.10', '02:00:00:00:00:11'] }],
])('everything is kept with %s', (_, roles) => {
  expect(liveFilter(givenFromOptions(roles))).toBeNull();
});

test('everything is kept with services by firewall mark, whose VIPs have no name', () => {
  const marked = parseGiven('lvs1.save', '-A -f 1 -s rr\n-a -f 1 -r 203.0.113.10:80 -g -w 1\n');
  expect(liveFilter(mergeGiven([givenFromOptions(ROLES), marked]))).toBeNull();
});
