/** What looks odd and is lawful: no finding at warning or above, whether roles are inferred or given. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { diagnoseCase, FIXTURES, givenOf, MODES, truthOf } from '../support/fixtures.ts';

const LAWFUL: Readonly<Record<string, readonly string[]>> = {
  'a new master announces itself in bursts, and the MAC of the VIP changes': ['healthy-failover', 'healthy-failover-crash'],
  'the VIP has a virtual MAC, and its master another one of its own': ['healthy-virtual-mac'],
  'addresses are probed, detected as duplicates or leased again': ['healthy-dhcp-reuse', 'healthy-ipv6'],
  'directors check the health of real servers': ['healthy-drain', 'healthy-rs-taken-out', 'healthy-director-also-client'],
  'a real server is a client of others, or a client uses a RIP': ['healthy-rs-client', 'healthy-direct-rip'],
  'a director is a real server too': ['healthy-localnode', 'healthy-two-box'],
  'two directors are active, or a firewall mark stands for the VIP': ['healthy-active-active', 'healthy-fwmark'],
  'a machine has two network cards or a bond, or a router answers for others': [
    'healthy-bonding',
    'healthy-bonding-rs',
    'healthy-proxy-arp',
    'dual-nic-director',
  ],
  'a service is NAT or a tunnel, UDP, or persistent': ['nat-mode', 'tun-mode', 'healthy-udp', 'healthy-persistence'],
  'a mirror doubles frames, a network card joins them, a network loses some': [
    'healthy-span-both',
    'healthy-offload',
    'healthy-loss',
    'healthy-pmtu',
  ],
  'the director answers the ping to the VIP itself': ['healthy-ping'],
};

describe.each(Object.entries(LAWFUL))('%s', (_, names) => {
  test.each(names.flatMap((name) => MODES.map((mode) => [name, mode] as const)))('%s, roles %s', async (name, mode) => {
    const diagnosis = await diagnoseCase(name, mode);
    expect(alarms(diagnosis)).toEqual([]);
    expect(diagnosis.verdict).not.toBe('fault');
  });
});

describe('flows of one direction at the director', () => {
  test.each(['healthy-t1', 'rs-announces-vip-t5', 'rs-answers-arp-t1'])('%s: nothing is told of missing replies', async (name) => {
    const file = join(FIXTURES, name, 'director.pcap');
    for (const point of [null, 'director']) {
      for (const given of [NOTHING_GIVEN, givenOf(truthOf(name))]) {
        const { findings, verdicts } = await diagnose([{ name: file, point }], given);
        const missing = ['rs-no-reply', 'director-not-forwarding', 'traffic-to-dead-rs', 'synack-unacknowledged'];
        expect(findings.filter((f) => missing.includes(f.rule))).toEqual([]);
        expect(verdicts.filter((v) => v.rule === 'rs-no-reply' && v.verdict !== 'not judged')).toEqual([]);
      }
    }
  });
});

function alarms({ findings }: Diagnosis): string[] {
  return findings.filter((f) => f.severity !== 'info').map((f) => `${f.rule}: ${f.message}`);
}
