import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compilePlainFilter, type FrameBegin, keepAll, MAX_INSTRUCTIONS } from '../../../src/capture/live/frame-filter.ts';
import { alsoInVlans, captureFilter, IPVS_SYNC, TUNNELS } from '../../../src/cluster/tcpdump.ts';
import { FIXTURES } from '../../support/fixtures.ts';
import { readCapture } from '../read-capture.ts';
import { runProgram } from './bpf-machine.ts';

const MACS = '020000000002 020000000001';
const ARP = '0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000264';
const IPV4 = (protocol: string, source = 'c6336407', destination = 'c0000264', fragment = '0000') =>
  `45 00 0030 0000 ${fragment} 40 ${protocol} 0000 ${source} ${destination}`;
const IPV6 = (next: string, source = '20010db8000000000000000000000007', destination = '20010db8000000000000000000000064') =>
  `60000000 0010 ${next} 40 ${source} ${destination}`;
const PORTS = '8710 0050 00000000 00000000 5002';

function bytesOf(...hex: string[]): Uint8Array {
  return Buffer.from(hex.join('').replace(/\s/g, ''), 'hex');
}

function keeps(filter: string, ...hex: string[]): boolean {
  const program = compilePlainFilter(filter, 256, 'ethernet');
  if (program === null) throw new Error(`not plain: ${filter}`);
  const kept = runProgram(program, bytesOf(MACS, ...hex));
  expect([0, 256]).toContain(kept);
  return kept === 256;
}

describe('a plain filter', () => {
  test.each([
    ['arp', '0806', ARP, true],
    ['arp', '0800', IPV4('06') + PORTS, false],
    ['icmp', '0800', IPV4('01') + '0800 0000', true],
    ['icmp6', '0800', IPV4('01') + '0800 0000', false],
    ['icmp6', '86dd', IPV6('3a') + '8700 0000', true],
    ['icmp6', '86dd', IPV6('2c') + '3a00 0000 00000000 8700 0000', true],
    ['icmp6', '86dd', IPV6('2c') + '0600 0000 00000000 8700 0000', false],
    ['proto 112', '0800', IPV4('70'), true],
    ['proto 112', '86dd', IPV6('70'), true],
    ['ip proto 112', '86dd', IPV6('70'), false],
    ['ip6 proto 112', '0800', IPV4('70'), false],
    ['host 192.0.2.100', '0800', IPV4('06') + PORTS, true],
    ['host 198.51.100.7', '0800', IPV4('06') + PORTS, true],
    ['host 192.0.2.99', '0800', IPV4('06') + PORTS, false],
    ['host 192.0.2.100', '0806', ARP, true],
    ['host 192.0.2.1', '0806', ARP, true],
    ['host 192.0.2.2', '0806', ARP, false],
    ['host 2001:db8::64', '86dd', IPV6('06') + PORTS, true],
    ['host 2001:db8::7', '86dd', IPV6('06') + PORTS, true],
    ['host 2001:db8::65', '86dd', IPV6('06') + PORTS, false],
    ['port 80', '0800', IPV4('06') + PORTS, true],
    ['port 34576', '0800', IPV4('06') + PORTS, true],
    ['port 81', '0800', IPV4('06') + PORTS, false],
    ['udp port 80', '0800', IPV4('06') + PORTS, false],
    ['tcp port 80', '86dd', IPV6('06') + PORTS, true],
    ['udp port 81 or tcp port 80', '0800', IPV4('06') + PORTS, true],
    ['port 80', '0800', IPV4('06', 'c6336407', 'c0000264', '0001') + PORTS, false],
    ['host 192.0.2.9 or proto 6 or arp', '0800', IPV4('06') + PORTS, true],
  ])('%s: a frame of type %s, %s is kept: %s', (filter, ethertype, payload, expected) => {
    expect(keeps(filter, ethertype, payload)).toBe(expected);
  });

  test('finds the ports behind IPv4 options', () => {
    expect(keeps('port 80', '0800', IPV4('06').replace('45', '46'), '01010101', PORTS)).toBe(true);
    expect(keeps('port 80', '0800', IPV4('06').replace('45', '46'), PORTS)).toBe(false);
  });

  test('looks behind up to two VLAN tags when it says so, and else behind none', () => {
    for (const tags of ['8100 0005', '88a8 0005', '9100 0005', '88a8 0005 8100 0006']) {
      expect(keeps(alsoInVlans('arp'), tags, '0806', ARP)).toBe(true);
      expect(keeps(alsoInVlans('host 192.0.2.100'), tags, '0800', IPV4('06'), PORTS)).toBe(true);
      expect(keeps(alsoInVlans('host 192.0.2.100'), tags, '0800', IPV4('06', 'c6336407', 'c6336408'), PORTS)).toBe(false);
      expect(keeps(alsoInVlans('port 80'), tags, '0800', IPV4('06'), PORTS)).toBe(true);
      expect(keeps('arp', tags, '0806', ARP)).toBe(false);
    }
    expect(keeps(alsoInVlans('arp'), '0806', ARP)).toBe(true);
    expect(keeps(alsoInVlans('arp'), '8100 0001 8100 0002 8100 0003', '0806', ARP)).toBe(false);
  });

  test('finds frames without a link header by the type that stands beside them', () => {
    const keepsCooked = (filter: string, ethertype: number, payload: string) =>
      runProgram(compilePlainFilter(filter, 100, 'network')!, bytesOf(payload), ethertype);
    expect(keepsCooked('arp', 0x0806, ARP)).toBe(100);
    expect(keepsCooked('host 192.0.2.1', 0x0806, ARP)).toBe(100);
    expect(keepsCooked('tcp port 80', 0x0800, IPV4('06') + PORTS)).toBe(100);
    expect(keepsCooked('tcp port 80', 0x86dd, IPV6('06') + PORTS)).toBe(100);
    expect(keepsCooked('tcp port 80', 0x0800, IPV4('11') + PORTS)).toBe(0);
    expect(keepsCooked(alsoInVlans('arp'), 0x8100, `0005 0806 ${ARP}`)).toBe(100);
  });

  test('may name some hundred addresses; with more than the kernel takes it is left to tcpdump', () => {
    const hosts = (count: number) => Array.from({ length: count }, (_, i) => `host 10.0.${i >> 8}.${i & 255}`).join(' or ');
    const program = compilePlainFilter(hosts(400), 256, 'ethernet')!;
    expect(program.length).toBeLessThanOrEqual(MAX_INSTRUCTIONS);
    expect(runProgram(program, bytesOf(MACS, '0800', IPV4('06', '0a00018f')))).toBe(256);
    expect(runProgram(program, bytesOf(MACS, '0800', IPV4('06', '0a000190')))).toBe(0);
    expect(runProgram(program, bytesOf(MACS, '86dd', IPV6('06')))).toBe(0);
    expect(compilePlainFilter(hosts(600), 256, 'ethernet')).toBeNull();
  });

  test.each([
    'arp and port 80',
    'not arp',
    'ether host 02:00:00:00:00:01',
    'host lvs1',
    'host 192.0.2.0/24',
    'src host 192.0.2.1',
    'port http',
    'port 65536',
    'proto 256',
    'ip6 port 80 x',
    'constructor port 80',
    'vlan',
    '',
    'arp or',
    '(arp) or (vlan and (icmp))',
  ])('is not "%s": that is left to tcpdump', (filter) => {
    expect(compilePlainFilter(filter, 256, 'ethernet')).toBeNull();
  });

  test('jumps forward within its program only, and ends on every way', () => {
    const filter = captureFilter(['192.0.2.100', '2001:db8::64'], [...TUNNELS, IPVS_SYNC, 'port 80']);
    for (const begin of ['ethernet', 'network'] satisfies FrameBegin[]) {
      const program = compilePlainFilter(alsoInVlans(filter), 256, begin)!;
      program.forEach(([code, jt, jf, k], at) => {
        const targets = code === 0x05 ? [k] : code === 0x15 || code === 0x45 ? [jt, jf] : code === 0x06 ? [] : [0];
        for (const target of targets) expect(at + 1 + target).toBeLessThan(program.length);
        for (const jump of [jt, jf]) expect(jump).toBeLessThan(256);
      });
    }
  });
});

test('without a filter every frame is kept up to the snap length', () => {
  expect(runProgram(keepAll(96), new Uint8Array(1))).toBe(96);
});

const hasTcpdump = spawnSync('tcpdump', ['--version']).status === 0;
if (!hasTcpdump) console.log('The filters of live captures are not compared with tcpdump: it is not installed.');

describe.skipIf(!hasTcpdump)('on the captures of real clusters, tcpdump keeps the same frames', () => {
  const filters = [
    captureFilter(['203.0.113.100', '203.0.113.10'], [...TUNNELS, IPVS_SYNC]),
    'icmp6 or host 2001:db8:113::100',
    'port 80',
    'udp port 53 or ip proto 112',
    'arp',
    alsoInVlans('host 203.0.113.100 or port 53'),
  ];
  const captures = [
    'healthy-ipv6',
    'healthy-vlan',
    'healthy-udp',
    'healthy-failover',
    'healthy-ipvs-sync',
    'healthy-ping',
    'rs-answers-arp-t5',
  ];

  test.each(filters)('%s', async (filter) => {
    const program = compilePlainFilter(filter, 65_535, 'ethernet')!;
    for (const name of captures) {
      const file = join(FIXTURES, name, 'mirror.pcap');
      const { frames } = await readCapture(file);
      const kept = frames.filter((frame) => runProgram(program, frame.data) > 0).length;
      const { stdout } = spawnSync('tcpdump', ['-r', file, '-w', '-', '--', filter], { maxBuffer: 1 << 28 });
      expect({ name, kept }).toEqual({ name, kept: countRecords(stdout) });
    }
  });
});

/** Records of a pcap file in this machine's byte order. */
function countRecords(pcap: Buffer): number {
  let count = 0;
  for (let at = 24; at + 16 <= pcap.length; at += 16 + pcap.readUInt32LE(at + 8)) count += 1;
  return count;
}
