import { describe, expect, test } from 'vitest';
import { destinationMacOf, formatIp, formatMac, sourceMacOf } from '../../src/decoders/address.ts';
import { DecodeStatus, LinkKind, type Packet, PacketKind, TcpFlag, Transport, Tunnel } from '../../src/decoders/packet.ts';
import { packetOf } from './frame-of.ts';
import { samples } from './samples.ts';

function source(p: Packet): string {
  return p.version === 0 ? '' : formatIp(p.version, p.source0, p.source1, p.source2, p.source3);
}

function destination(p: Packet): string {
  return p.version === 0 ? '' : formatIp(p.version, p.destination0, p.destination1, p.destination2, p.destination3);
}

function tunnelEnds(p: Packet): string {
  if (p.tunnelVersion === 0) return '';
  const from = formatIp(p.tunnelVersion, p.tunnelSource0, p.tunnelSource1, p.tunnelSource2, p.tunnelSource3);
  return `${from} > ${formatIp(p.tunnelVersion, p.tunnelDestination0, p.tunnelDestination1, p.tunnelDestination2, p.tunnelDestination3)}`;
}

/** Like tcpdump: addresses and ports of the innermost packet. */
function flow(p: Packet): string {
  return `${source(p)} ${p.sourcePort} > ${destination(p)} ${p.destinationPort}`;
}

function quotedFlow({ quoted: q }: Packet): string {
  if (q.version === 0) return '';
  const from = formatIp(q.version, q.source0, q.source1, q.source2, q.source3);
  return `${from} ${q.sourcePort} > ${formatIp(q.version, q.destination0, q.destination1, q.destination2, q.destination3)} ${q.destinationPort}`;
}

function target(p: Packet, version: 4 | 6): string {
  return formatIp(version, p.target0, p.target1, p.target2, p.target3);
}

describe('ARP', () => {
  test('a request names who asks and for what', () => {
    const p = packetOf(samples.arpRequest);
    expect(p).toMatchObject({ status: DecodeStatus.ok, kind: PacketKind.arp, link: LinkKind.ethernet, etherType: 0x0806, arpOperation: 1 });
    expect(formatMac(p.arpSenderMac)).toBe('52:54:00:96:c5:f1');
    expect(formatIp(4, 0, 0, 0, p.arpSenderIp)).toBe('192.168.1.13');
    expect(p.arpTargetMac).toBe(0);
    expect(formatIp(4, 0, 0, 0, p.arpTargetIp)).toBe('192.168.1.100');
    expect(formatMac(destinationMacOf(p.mac0, p.mac1))).toBe('ff:ff:ff:ff:ff:ff');
    expect(formatMac(sourceMacOf(p.mac1, p.mac2))).toBe('52:54:00:96:c5:f1');
  });

  test('a reply names the claimed address and MAC', () => {
    const p = packetOf(samples.arpReply);
    expect(p.arpOperation).toBe(2);
    expect(formatMac(p.arpSenderMac)).toBe('52:54:00:6a:7b:d1');
    expect(formatIp(4, 0, 0, 0, p.arpSenderIp)).toBe('192.168.1.100');
    expect(formatMac(p.arpTargetMac)).toBe('52:54:00:96:c5:f1');
  });

  test('a request behind two tags is one in the outer and the inner VLAN', () => {
    expect(packetOf(samples.arpInQinq)).toMatchObject({ kind: PacketKind.arp, vlan: 200, innerVlan: 2001, etherType: 0x0806 });
  });
});

describe('TCP', () => {
  test('a SYN has its addresses, ports, flags and sequence', () => {
    const p = packetOf(samples.tcpSyn);
    expect(flow(p)).toBe('192.168.1.13 49794 > 192.168.1.100 80');
    expect(p).toMatchObject({
      ttl: 64,
      ipId: 10034,
      ipLength: 60,
      dontFragment: true,
      protocol: 6,
      tcpFlags: TcpFlag.syn,
      payloadLength: 0,
    });
    expect(p).toMatchObject({ vlan: -1, innerVlan: -1, cookedType: -1, tunnel: Tunnel.none, isFragment: false, icmpType: -1 });
  });

  test('a segment with data has the length of the data', () => {
    expect(packetOf(samples.tcpData)).toMatchObject({ tcpFlags: TcpFlag.psh | TcpFlag.ack, ipLength: 129, payloadLength: 77 });
  });

  test('a segment cut behind its twentieth byte is read as whole', () => {
    expect(packetOf(samples.tcpData, 64)).toMatchObject({
      status: DecodeStatus.ok,
      tcpFlags: TcpFlag.psh | TcpFlag.ack,
      payloadLength: 77,
    });
  });

  test('a segment cut in its header keeps what was captured', () => {
    const p = packetOf(samples.tcpData, 48);
    expect(flow(p)).toBe('192.168.1.13 49794 > 192.168.1.100 80');
    expect(p).toMatchObject({ status: DecodeStatus.truncated, transport: Transport.tcp, tcpFlags: TcpFlag.psh | TcpFlag.ack, checksum: 0 });
    expect(packetOf(samples.tcpData, 37)).toMatchObject({ transport: Transport.tcp, sourcePort: -1, destinationPort: -1, tcpFlags: 0 });
  });

  test('an IPv6 segment is read like an IPv4 one', () => {
    const p = packetOf(samples.tcpOverIpv6);
    expect(flow(p)).toBe('2001:db8:8::13 60164 > 2001:db8:8::100 80');
    expect(p).toMatchObject({ version: 6, ttl: 64, ipLength: 80, ipId: 0, tcpFlags: TcpFlag.syn });
  });

  test('a segment in a VLAN has its id', () => {
    expect(packetOf(samples.tcpInVlan)).toMatchObject({ vlan: 20, innerVlan: -1, etherType: 0x0800, transport: Transport.tcp });
  });

  test('the padding of a short frame is no payload', () => {
    expect(packetOf(samples.ipv4Options)).toMatchObject({ ipLength: 44, payloadLength: 0, sourcePort: 40000 });
  });

  test('a packet without a total length ends where the frame does', () => {
    expect(packetOf(samples.segmentationOffload)).toMatchObject({
      status: DecodeStatus.ok,
      ipLength: 90,
      payloadLength: 50,
      destinationPort: 40000,
    });
  });

  test('a packet in a SNAP frame ends where the length field says', () => {
    expect(packetOf(samples.ipv4InSnap)).toMatchObject({
      status: DecodeStatus.ok,
      etherType: 0x0800,
      sourcePort: 40000,
      sequence: 0xfedcba98 | 0,
    });
  });

  test('extension headers of IPv6 are skipped', () => {
    const p = packetOf(samples.ipv6Extensions);
    expect(flow(p)).toBe('2001:db8:2::7 40000 > 2001:db8:1::100 443');
    expect(p).toMatchObject({ protocol: 6, sequence: 1, acknowledgment: 2, tcpFlags: TcpFlag.ack, payloadLength: 0 });
  });
});

describe('other transports', () => {
  test('a UDP datagram has ports and length', () => {
    const p = packetOf(samples.udp);
    expect(flow(p)).toBe('192.168.1.13 40005 > 192.168.1.100 80');
    expect(p).toMatchObject({ transport: Transport.udp, payloadLength: 4, tcpFlags: 0, sequence: 0 });
  });

  test('an SCTP packet has ports', () => {
    expect(packetOf(samples.sctp)).toMatchObject({ transport: Transport.sctp, sourcePort: 5000, destinationPort: 2905, payloadLength: 20 });
  });

  test('VRRP behind an authentication header is VRRP', () => {
    expect(packetOf(samples.vrrp2BehindAh)).toMatchObject({
      status: DecodeStatus.ok,
      transport: Transport.vrrp,
      protocol: 112,
      payloadLength: 20,
    });
  });
});

describe('fragments', () => {
  test('the first one has ports, and the payload that is in it', () => {
    const p = packetOf(samples.ipv4FirstFragment);
    expect(p).toMatchObject({
      status: DecodeStatus.ok,
      isFragment: true,
      fragmentOffset: 0,
      transport: Transport.udp,
      destinationPort: 53,
    });
    expect(p.payloadLength).toBe(16);
    const p6 = packetOf(samples.ipv6FirstFragment);
    expect(p6).toMatchObject({ isFragment: true, fragmentOffset: 0, ipId: 0xdeadbeef | 0, transport: Transport.udp, payloadLength: 16 });
  });

  test('a later one has none, whatever its bytes look like', () => {
    for (const sample of [samples.ipv4LaterFragment, samples.ipv6LaterFragment]) {
      const p = packetOf(sample);
      expect(p).toMatchObject({
        status: DecodeStatus.ok,
        isFragment: true,
        fragmentOffset: 24,
        transport: Transport.fragment,
        protocol: 17,
      });
      expect(p).toMatchObject({ sourcePort: -1, destinationPort: -1, payloadLength: 24 });
    }
  });
});

describe('ICMP', () => {
  test('an echo has its identifier in both ports', () => {
    const p = packetOf(samples.echoRequest);
    expect(p).toMatchObject({ transport: Transport.icmp, icmpType: 8, icmpCode: 0, payloadLength: 56 });
    expect(p.sourcePort).toBe(p.destinationPort);
    expect(p.sourcePort).toBeGreaterThan(0);
  });

  test('"fragmentation needed" has the MTU and the packet that was too big', () => {
    const p = packetOf(samples.fragmentationNeeded);
    expect(p).toMatchObject({ icmpType: 3, icmpCode: 4, icmpMtu: 1280, sourcePort: -1 });
    expect(quotedFlow(p)).toMatch(/^203\.0\.113\.100 80 > 198\.51\.100\.\d+ \d+$/);
    expect(p.quoted.sequence).not.toBe(0);
  });

  test('a redirect has the better gateway', () => {
    const p = packetOf(samples.redirect);
    expect(p.icmpType).toBe(5);
    expect(target(p, 4)).toBe('203.0.113.1');
    expect(p.quoted.version).toBe(4);
  });

  test('"packet too big" has the MTU and the packet that was too big', () => {
    const p = packetOf(samples.packetTooBig);
    expect(p).toMatchObject({ transport: Transport.icmp6, icmpType: 2, icmpMtu: 1300 });
    expect(quotedFlow(p)).toBe('2001:db8:1::100 443 > 2001:db8:2::7 40000');
    expect(p.quoted).toMatchObject({ sequence: 5, ttl: 64, protocol: 6 });
  });

  test('a quote that ends before the ports has none', () => {
    const { hex, linkType } = samples.portUnreachable6;
    const cut = (14 + 40 + 8 + 40 + 3) * 2;
    expect(quotedFlow(packetOf({ hex, linkType }))).toBe('2001:db8:2::7 5000 > 2001:db8:1::10 53');
    expect(quotedFlow(packetOf({ hex, linkType }, cut / 2))).toBe('2001:db8:2::7 -1 > 2001:db8:1::10 -1');
  });

  test('a neighbour solicitation has the target and the asker, an advertisement the claim', () => {
    const ask = packetOf(samples.neighbourSolicitation);
    expect(target(ask, 6)).toBe('2001:db8:8::100');
    expect(formatMac(ask.ndLinkAddress)).toBe('fa:16:3e:a7:ca:a0');
    const claim = packetOf(samples.neighbourAdvertisement);
    expect(target(claim, 6)).toBe('2001:db8:8::100');
    expect(formatMac(claim.ndLinkAddress)).toBe('fa:16:3e:c0:12:6f');
    expect(claim).toMatchObject({ icmpType: 136, ndRouter: false, ndSolicited: true, ndOverride: true });
  });

  test('an ND redirect has the better hop, its MAC and the packet', () => {
    const p = packetOf(samples.redirect6);
    expect(target(p, 6)).toBe('fe80::2');
    expect(formatMac(p.ndLinkAddress)).toBe('52:54:00:29:b1:46');
    expect(quotedFlow(p)).toBe('2001:db8:1::10 443 > 2001:db8:2::7 40000');
  });
});

describe('tunnels', () => {
  test.each([
    ['IPIP', samples.ipip, Tunnel.ipip, /^198\.51\.100\.7 \d+ > 203\.0\.113\.100 80$/, '203.0.113.2 > 203.0.113.12'],
    ['6in4', samples.sixInFour, Tunnel.sixInFour, /^dead::beef 30000 > cafe::babe 13000$/, '1.2.3.4 > 5.6.7.8'],
    ['4in6', samples.fourInSix, Tunnel.fourInSix, /^198\.51\.100\.7 40000 > 192\.168\.1\.100 80$/, '2001:db8:1::2 > 2001:db8:1::10'],
    ['6in6', samples.sixInSix, Tunnel.sixInSix, /^2001:db8:2::7 40000 > 2001:db8:1::100 443$/, '2001:db8:1::2 > 2001:db8:1::10'],
    ['GRE', samples.gre, Tunnel.gre, /^66\.59\.111\.190 52072 > 172\.28\.2\.3 52072$/, '172.27.1.66 > 66.59.109.137'],
    [
      'GRE with checksum, key and sequence',
      samples.greWithKeyAndSequence,
      Tunnel.gre,
      /^198\.51\.100\.7 40000 > /,
      '192.168.1.2 > 192.168.1.10',
    ],
    ['GUE variant 0', samples.gueVariant0, Tunnel.gue, /^198\.51\.100\.7 40000 > 192\.168\.1\.100 80$/, '192.168.1.2 > 192.168.1.10'],
    ['GUE variant 1', samples.gueVariant1, Tunnel.gue, /^198\.51\.100\.7 40000 > 192\.168\.1\.100 80$/, '192.168.1.2 > 192.168.1.10'],
  ])('%s shows the packet inside and the tunnel around it', (_, sample, tunnel, inside, around) => {
    const p = packetOf(sample);
    expect(p).toMatchObject({ status: DecodeStatus.ok, tunnel, tunnelDepth: 1 });
    expect(flow(p)).toMatch(inside);
    expect(tunnelEnds(p)).toBe(around);
  });

  test('a GRE keepalive is a packet back to its sender, with nothing inside', () => {
    const p = packetOf(samples.greKeepalive);
    expect(p).toMatchObject({ status: DecodeStatus.ok, tunnel: Tunnel.gre, protocol: 47, transport: Transport.other });
    expect(flow(p)).toBe('192.168.1.10 -1 > 192.168.1.2 -1');
  });

  test('a tunnel whose inside was not captured is shown by itself', () => {
    const p = packetOf(samples.ipip, 14 + 20 + 19);
    expect(p).toMatchObject({
      status: DecodeStatus.truncated,
      tunnel: Tunnel.none,
      tunnelDepth: 0,
      protocol: 4,
      transport: Transport.other,
    });
    expect(flow(p)).toBe('203.0.113.2 -1 > 203.0.113.12 -1');
  });

  test('a datagram from GUE’s port is a datagram', () => {
    const toPort = samples.gueVariant0.hex.replace('80e817c0', '17c080e8');
    expect(toPort).not.toBe(samples.gueVariant0.hex);
    expect(packetOf({ ...samples.gueVariant0, hex: toPort })).toMatchObject({
      transport: Transport.udp,
      tunnel: Tunnel.none,
      sourcePort: 6080,
    });
  });
});

describe('links', () => {
  test.each([
    ['version 1', samples.cookedTcp],
    ['version 2', samples.cooked2Tcp],
  ])('a cooked frame (%s) has the sender’s MAC alone, and the direction', (_, sample) => {
    const p = packetOf(sample);
    expect(p).toMatchObject({ link: LinkKind.cooked, cookedType: 0, etherType: 0x0800, mac0: 0, transport: Transport.tcp });
    expect(destinationMacOf(p.mac0, p.mac1)).toBe(0);
    expect(formatMac(sourceMacOf(p.mac1, p.mac2))).toBe('52:54:00:96:c5:f1');
  });

  test.each([
    ['loopback of a little-endian machine', samples.nullLoopback, '127.0.0.1 40000 > 127.0.0.1 80'],
    ['IPv6 loopback of Darwin', samples.nullLoopbackIpv6, '::1 40000 > ::1 80'],
    ['IPv6 loopback of OpenBSD', samples.loopIpv6, '::1 40000 > ::1 80'],
    ['raw IPv4', samples.rawIpv4, '198.51.100.7 40000 > 192.168.1.100 80'],
    ['raw IPv6', samples.rawIpv6, '2001:db8:2::7 40000 > 2001:db8:1::100 443'],
  ])('%s has packets without MACs', (_, sample, expected) => {
    const p = packetOf(sample);
    expect(p).toMatchObject({ status: DecodeStatus.ok, kind: PacketKind.ip, link: LinkKind.none, mac0: 0, mac1: 0, mac2: 0 });
    expect(flow(p)).toBe(expected);
  });

  test('a loopback frame of a big-endian machine is read too', () => {
    const { hex, linkType } = samples.nullLoopback;
    expect(packetOf({ linkType, hex: '00000002' + hex.slice(8) })).toMatchObject({ kind: PacketKind.ip, sourcePort: 40000 });
  });

  test('a spanning tree frame has no EtherType', () => {
    expect(packetOf(samples.spanningTree)).toMatchObject({ status: DecodeStatus.unsupported, kind: PacketKind.other, etherType: 0 });
  });
});
