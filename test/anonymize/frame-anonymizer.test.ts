import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressMapping } from '../../src/anonymize/address-mapping.ts';
import { FrameAnonymizer } from '../../src/anonymize/frame-anonymizer.ts';
import { LinkType } from '../../src/capture/frame.ts';
import { PcapngWriter } from '../../src/capture/pcapng-writer.ts';
import { Packet, PacketKind } from '../../src/decoders/packet.ts';
import { readCapture, temporaryDirectory } from '../capture/read-capture.ts';
import { fixture } from '../cli/run.ts';
import { bytesOf, exactFrame } from '../decoders/frame-of.ts';
import { type Sample, samples } from '../decoders/samples.ts';
import { casesIn } from '../support/fixtures.ts';
import {
  ethernet,
  icmp,
  icmp6,
  ip,
  ipBytes,
  type Layer,
  macBytes,
  type Transport,
  tcp,
  tunnelled,
  u16,
  u32,
  udp,
} from '../support/frame-bytes.ts';
import { KEY } from './in-disguise.ts';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
const MAPPING = new AddressMapping(KEY, { keepsVendor: false });
const ANONYMIZER = new FrameAnonymizer(MAPPING);

/** What may be shown of a frame; with the bytes that may not, as they were, for who checks sums. */
function anonymized(bytes: Uint8Array, linkType: number): { shown: Uint8Array; whole: Uint8Array } {
  const before = bytes.slice();
  const whole = bytes.slice();
  const length = ANONYMIZER.anonymize(new DataView(before.buffer), new DataView(whole.buffer), linkType);
  expect(before).toEqual(bytes);
  expect(length).toBeLessThanOrEqual(bytes.length);
  whole.set(bytes.subarray(length), length);
  return { shown: whole.subarray(0, length), whole };
}

/** Addresses that are looked for: nobody else has them. */
const MAC = '52:54:ab:cd:ef:12';
const IPV4 = '198.18.77.99';
const IPV6 = '2001:db8:7777:9999:1234:5678:9abc:def1';
const OTHER = { mac: '52:54:00:00:00:01', ipv4: '192.0.2.1', ipv6: '2001:db8::1' };

function expectGone(shown: Uint8Array): void {
  for (const hidden of [macBytes(MAC), ipBytes(IPV4), ipBytes(IPV6)]) expect(Buffer.from(shown).includes(Buffer.from(hidden))).toBe(false);
}

const quoteOf = (layer: Layer): Layer => ({ type: layer.type, bytes: layer.bytes.slice(0, 28) });
const over4 = (transport: Transport) => ethernet(OTHER.mac, OTHER.mac, ip(OTHER.ipv4, OTHER.ipv4, transport));
const over6 = (transport: Transport) => ethernet(OTHER.mac, OTHER.mac, ip(OTHER.ipv6, OTHER.ipv6, transport));
const syn = tcp({ from: 40_000, to: 80, flags: 'S' });
const raw = (protocol: number, bytes: readonly number[]): Transport => ({ protocol, bytes, checksumAt: -1, coversAddresses: false });
/** A TCP header with options, padded to 32 bits. */
function tcpWith(options: readonly number[]): Transport {
  const padded = [...options, ...new Array<number>(-options.length & 3).fill(0)];
  const bytes = [...syn.bytes, ...padded];
  bytes[12] = ((20 + padded.length) / 4) << 4;
  return { ...syn, bytes };
}
function ipv4With(options: readonly number[]): Layer {
  const { bytes } = ip(OTHER.ipv4, OTHER.ipv4, syn);
  const all = [...bytes.slice(0, 20), ...options, ...bytes.slice(20)];
  all[0] = 0x40 + (20 + options.length) / 4;
  all.splice(2, 2, ...u16(all.length));
  return { type: 0x0800, bytes: all };
}
const nd = (type: number, body: readonly number[]) => over6(icmp6(type, 0, body));
const target = [0, 0, 0, 0, ...ipBytes(IPV6)];
const extension = (type: number, body: readonly number[]): Uint8Array => {
  const { bytes } = ip(OTHER.ipv6, OTHER.ipv6, raw(type, [6, body.length / 8 - 1 + 0, ...body.slice(2), ...syn.bytes]));
  return ethernet(OTHER.mac, OTHER.mac, { type: 0x86dd, bytes });
};
const sync1 = (isIpv6: boolean, parameters: readonly number[] = []) => {
  const addresses = isIpv6 ? [IPV6, IPV6, IPV6] : [IPV4, IPV4, IPV4];
  const fixed = isIpv6 ? 72 : 36;
  const connection = [
    isIpv6 ? 2 + 1 : 0,
    6,
    ...u16(fixed + parameters.length),
    ...u32(0x103),
    ...u16(1),
    ...u16(40_000),
    ...u16(80),
    ...u16(80),
    ...u32(0),
    ...u32(60),
  ];
  const body = [...connection, ...addresses.flatMap(ipBytes), ...parameters];
  return udp(50_000, 8848, [0, 1, ...u16(8 + body.length), 1, 1, 0, 0, ...body]);
};
const sync0 = () => {
  const connection = [0, 6, ...u16(40_000), ...u16(80), ...u16(80), ...[IPV4, IPV4, IPV4].flatMap(ipBytes), ...u16(0x103), ...u16(1)];
  return udp(50_000, 8848, [1, 1, ...u16(28), ...connection]);
};

/** Frames with the addresses in a place of their own; the third is how many bytes of the frame must still be shown. */
const HIDING_PLACES: readonly (readonly [string, Uint8Array, number])[] = [
  ['Ethernet', ethernet(MAC, MAC, ip(OTHER.ipv4, OTHER.ipv4, syn)), 54],
  ['an EtherType that is not read', ethernet(MAC, OTHER.mac, { type: 0x88cc, bytes: [2, 7, 4, ...macBytes(MAC), ...ipBytes(IPV4)] }), 14],
  [
    'the padding of a short frame',
    Uint8Array.from([...ethernet(OTHER.mac, OTHER.mac, ip(OTHER.ipv4, OTHER.ipv4, syn)).subarray(0, 54), ...ipBytes(IPV4), 0, 0]),
    54,
  ],
  ['the payload of TCP', over4(tcp({ from: 80, to: 40_000, flags: 'P.' })), 54],
  ['an option of TCP that tells the client (TOA)', over4(tcpWith([254, 8, ...u16(40_000), ...ipBytes(IPV4)])), 62],
  ['an option of multipath TCP', over4(tcpWith([1, 30, 20, 0x30, 1, ...ipBytes(IPV6).slice(0, 15), ...ipBytes(IPV4)])), 78],
  ['IPv4 record route', ethernet(OTHER.mac, OTHER.mac, ipv4With([7, 7, 8, ...ipBytes(IPV4), 0])), 62],
  ['an IPv6 routing header', extension(43, [0, 0, 0, 1, 0, 0, 0, 0, ...ipBytes(IPV6)]), 14 + 40 + 24 + 20],
  ['an IPv6 home address option', extension(60, [0, 0, 1, 2, 0, 0, 201, 16, ...ipBytes(IPV6)]), 14 + 40 + 24 + 20],
  ['the quote of an ICMP error', over4(icmp(3, 1, quoteOf(ip(IPV4, IPV4, syn)))), 14 + 28 + 28],
  ['the gateway of an ICMP redirect', over4(icmp(5, 1, quoteOf(ip(OTHER.ipv4, IPV4, syn)), ipBytes(IPV4))), 14 + 28 + 28],
  ['the quote of an ICMPv6 error', over6(icmp6(1, 0, [0, 0, 0, 0, ...ip(IPV6, IPV6, syn).bytes])), 14 + 48 + 60],
  ['the payload of a ping', over4(icmp(8, 0, { type: 0, bytes: [...ipBytes(IPV4), ...ipBytes(IPV6)] })), 42],
  ['neighbour discovery', nd(135, [...target, 1, 1, ...macBytes(MAC)]), 14 + 40 + 32],
  [
    'a redirect of neighbour discovery',
    nd(137, [...target, ...ipBytes(IPV6), 2, 1, ...macBytes(MAC), 4, 8, ...u32(0), ...u16(0), ...ip(IPV6, IPV6, syn).bytes.slice(0, 56)]),
    14 + 40 + 40 + 8 + 8 + 56,
  ],
  [
    'the prefix and the name servers of a router',
    nd(134, [
      64,
      0,
      ...u16(1800),
      ...u32(0),
      ...u32(0),
      3,
      4,
      64,
      0xc0,
      ...u32(0),
      ...u32(0),
      ...u32(0),
      ...ipBytes(IPV6),
      25,
      3,
      ...u16(0),
      ...u32(0),
      ...ipBytes(IPV6),
    ]),
    14 + 40 + 16 + 32 + 24,
  ],
  ['VRRP', over4(raw(112, [0x31, 51, 100, 1, 0, 100, 0, 0, ...ipBytes(IPV4)])), 14 + 20 + 12],
  ['IPVS sync', over4(sync1(false)), 14 + 28 + 8 + 36],
  ['IPVS sync of IPv6', over4(sync1(true)), 14 + 28 + 8 + 72],
  ['IPVS sync of version 0', over4(sync0()), 14 + 28 + 4 + 24],
  ['a parameter of IPVS sync', over4(sync1(false, [2, 4, ...ipBytes(IPV4), 0, 0])), 14 + 28 + 8 + 44],
  ['HSRP', over4(udp(1985, 1985, [0, 0, 16, 3, 10, 100, 1, 0, ...ipBytes(IPV4), ...ipBytes(IPV4), ...ipBytes(IPV4)])), 14 + 28 + 20],
  ['a tunnel of IP', over4(tunnelled(ip(IPV4, IPV4, syn))), 14 + 20 + 40],
  ['a tunnel of IPv6', over4(tunnelled(ip(IPV6, IPV6, syn))), 14 + 20 + 60],
  ['GRE', over4(raw(47, [0, 0, 8, 0, ...ip(IPV4, IPV4, syn).bytes])), 14 + 20 + 4 + 40],
  ['GUE', over4(udp(50_000, 6080, [0, 4, 0, 0, ...ip(IPV4, IPV4, syn).bytes])), 14 + 28 + 4 + 40],
  ['an IP protocol that is not read', over4(raw(89, [...ipBytes(IPV4), ...ipBytes(IPV6)])), 34],
];

test.each(HIDING_PLACES)('an address in %s is mapped or not shown', (_place, frame, shownBytes) => {
  const { shown } = anonymized(frame, LinkType.ethernet);
  expectGone(shown);
  expect(shown.length).toBe(shownBytes);
});

test('the address of a tunnel in a cooked header is not shown, and a MAC in it is mapped', () => {
  const header = (length: number, address: readonly number[]) =>
    Uint8Array.from([
      0,
      0,
      3,
      8,
      0,
      length,
      ...address,
      ...new Array<number>(8 - address.length).fill(7),
      8,
      0,
      ...ip(OTHER.ipv4, OTHER.ipv4, syn).bytes,
    ]);
  for (const frame of [header(4, ipBytes(IPV4)), header(6, macBytes(MAC))]) {
    const { shown } = anonymized(frame, LinkType.linuxSll);
    expectGone(shown);
    expect(shown.length).toBe(16 + 40);
  }
  expect([...anonymized(header(6, macBytes(MAC)), LinkType.linuxSll).shown.subarray(6, 14)]).toEqual([
    ...macBytes(MAPPING.macText(MAC)),
    0,
    0,
  ]);
});

test('a password of VRRP is not shown, but whether two routers have the same one is', () => {
  const advert = (password: string) => {
    const { shown } = anonymized(
      over4(raw(112, [0x21, 51, 100, 1, 1, 1, 0, 0, ...ipBytes(IPV4), ...Buffer.from(password.padEnd(8, '\0'))])),
      LinkType.ethernet,
    );
    return Buffer.from(shown.subarray(14 + 20 + 12)).toString('latin1');
  };
  expect(advert('secret')).toHaveLength(8);
  expect(advert('secret')).not.toContain('secret');
  expect(advert('secret')).toBe(advert('secret'));
  expect(advert('secret')).not.toBe(advert('other'));
  expect(advert('')).toBe('\0'.repeat(8));
});

describe.each(Object.entries(samples) as [string, Sample][])('%s', (_name, { hex, linkType }) => {
  test('of a frame cut anywhere no original address is shown, and nothing that was not captured', () => {
    const whole = bytesOf(hex);
    const hidden = addressesOf(whole, linkType);
    for (let length = 0; length <= whole.length; length++) {
      const shown = Buffer.from(anonymized(whole.slice(0, length), linkType).shown);
      expect(hidden.filter((address) => shown.includes(address)).map((address) => address.toString('hex'))).toEqual([]);
    }
  });

  test('the decoders read as much of it as before', () => {
    const before = new Packet();
    const after = new Packet();
    const bytes = bytesOf(hex);
    before.decode(exactFrame(bytes, linkType));
    after.decode(exactFrame(anonymized(bytes, linkType).shown, linkType, bytes.length));
    const read = ({
      status,
      kind,
      version,
      protocol,
      transport,
      sourcePort,
      destinationPort,
      tunnel,
      icmpType,
      ttl,
      payloadLength,
      quoted,
    }: Packet) => [
      status,
      kind,
      version,
      protocol,
      transport,
      sourcePort,
      destinationPort,
      tunnel,
      icmpType,
      ttl,
      payloadLength,
      quoted.sourcePort,
      quoted.protocol,
    ];
    expect(read(after)).toEqual(read(before));
  });
});

/** The addresses that the decoders find in a frame, without those that stay what they are. */
function addressesOf(bytes: Uint8Array, linkType: number): Buffer[] {
  const p = new Packet();
  p.decode(exactFrame(bytes, linkType));
  const macs: number[] = [];
  if (p.link > 0) macs.push((p.mac1 & 0xffff) * 0x1_0000_0000 + (p.mac2 >>> 0), (p.mac0 >>> 0) * 0x1_0000 + (p.mac1 >>> 16));
  if (p.ndLinkAddress >= 0) macs.push(p.ndLinkAddress);
  const ips: (readonly [number, number, number, number])[] = [];
  if (p.kind === PacketKind.arp) {
    macs.push(p.arpSenderMac, p.arpTargetMac);
    ips.push([0, 0, 0, p.arpSenderIp], [0, 0, 0, p.arpTargetIp]);
  } else if (p.kind === PacketKind.ip) {
    const { quoted: q } = p;
    ips.push([p.source0, p.source1, p.source2, p.source3], [p.destination0, p.destination1, p.destination2, p.destination3]);
    ips.push(
      [p.tunnelSource0, p.tunnelSource1, p.tunnelSource2, p.tunnelSource3],
      [p.tunnelDestination0, p.tunnelDestination1, p.tunnelDestination2, p.tunnelDestination3],
    );
    ips.push(
      [q.source0, q.source1, q.source2, q.source3],
      [q.destination0, q.destination1, q.destination2, q.destination3],
      [p.target0, p.target1, p.target2, p.target3],
    );
  }
  const changedMacs = macs.filter((mac) => MAPPING.mac(mac) !== mac).map((mac) => Buffer.from(mac.toString(16).padStart(12, '0'), 'hex'));
  const changedIps = ips
    .filter((words) => !isKept(words))
    .map((words) => Buffer.from(words[0] === 0 && words[1] === 0 && words[2] === 0 ? u32(words[3]) : words.flatMap(u32)));
  return [...changedMacs, ...changedIps];
}

function isKept(words: readonly [number, number, number, number]): boolean {
  if (words[0] === 0 && words[1] === 0 && words[2] === 0) return MAPPING.ipv4(words[3]) === words[3] >>> 0;
  return MAPPING.ipv6(...words).every((word, i) => word === words[i]! >>> 0);
}

test('bytes of any kind are taken, and none is shown that was not there', () => {
  const all = Object.values(samples) as Sample[];
  const flipped = fc
    .tuple(fc.constantFrom(...all), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 }), fc.nat(400))
    .map(([{ hex, linkType }, flips, cut]) => {
      const bytes = bytesOf(hex).slice(0, Math.max(0, hex.length / 2 - (cut % 50)));
      for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
      return { bytes, linkType };
    });
  const random = fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), linkType: fc.constantFrom(...Object.values(LinkType)) });
  fc.assert(
    fc.property(fc.oneof(flipped, random), ({ bytes, linkType }) => void anonymized(bytes, linkType)),
    { numRuns: 5000 },
  );
});

describe.skipIf(!hasTshark)('in tshark (skipped without tshark)', () => {
  const STATUS = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6', 'vrrp', 'gre'].map((protocol) => `${protocol}.checksum.status`);
  const CHECKING = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const WHOLE = ['-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE', '-o', 'tcp.desegment_tcp_streams:FALSE'];

  function statuses(frames: readonly { readonly bytes: Uint8Array }[], linkType: number): string[] {
    const blocks: Uint8Array[] = [];
    const writer = new PcapngWriter((block) => blocks.push(block), { application: 'test' });
    const from = writer.describeInterface({ linkType, snapLength: 0 });
    frames.forEach(({ bytes }, i) => {
      writer.frame(from, { seconds: 10 * i, nanoseconds: 0, wireLength: bytes.length, bytes });
    });
    const path = join(temporaryDirectory(), 'frames.pcapng');
    writeFileSync(path, Buffer.concat(blocks));
    const args = ['-r', path, ...CHECKING, ...WHOLE, '-T', 'fields', ...STATUS.flatMap((field) => ['-e', field])];
    return execFileSync('tshark', args, { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] }).split('\n');
  }

  test('a checksum that was right is right, and one that was wrong is wrong, in every frame of every capture', {
    timeout: 120_000,
  }, async () => {
    const frames = (await Promise.all(casesIn().map((name) => readCapture(fixture(`${name}/mirror.pcap`))))).flatMap(
      (capture) => capture.frames,
    );
    const before = statuses(
      frames.map(({ data }) => ({ bytes: data })),
      LinkType.ethernet,
    );
    const after = statuses(
      frames.map(({ data }) => ({ bytes: anonymized(data, LinkType.ethernet).whole })),
      LinkType.ethernet,
    );
    expect(before.filter((status) => /1/.test(status)).length).toBeGreaterThan(1000);
    expect(after.flatMap((status, i) => (status === before[i] ? [] : [`frame ${i}: ${before[i]} became ${status}`]))).toEqual([]);
  });

  test('so it is in every sample, and in each of them with a checksum that is wrong', { timeout: 60_000 }, () => {
    const linkTypes = [...new Set((Object.values(samples) as Sample[]).map((sample) => sample.linkType))];
    for (const linkType of linkTypes) {
      const all = (Object.values(samples) as Sample[]).filter((sample) => sample.linkType === linkType).map(({ hex }) => bytesOf(hex));
      const frames = [
        ...all,
        ...HIDING_PLACES.filter(() => linkType === LinkType.ethernet).map(([, frame]) => frame),
        ...all.flatMap((frame) => damaged(frame, linkType)),
      ];
      const before = statuses(
        frames.map((bytes) => ({ bytes })),
        linkType,
      );
      const after = statuses(
        frames.map((bytes) => ({ bytes: anonymized(bytes, linkType).whole })),
        linkType,
      );
      expect(
        after.flatMap((status, i) =>
          status === before[i] ? [] : [`${i}: ${before[i]} became ${status}: ${Buffer.from(frames[i]!).toString('hex')}`],
        ),
      ).toEqual([]);
    }
  });

  /** The frame with another time to live, which makes the checksum of its IPv4 header wrong. */
  function damaged(frame: Uint8Array, linkType: number): Uint8Array[] {
    const p = new Packet();
    p.decode(exactFrame(frame, linkType));
    if (p.version !== 4) return [];
    const bytes = frame.slice();
    bytes[p.ipStart + 8]! ^= 0x15;
    return [bytes];
  }
});
