import { expect, test } from 'vitest';
import { LinkType } from '../../src/capture/frame.ts';
import { DecodeStatus, Packet, PacketKind, Transport } from '../../src/decoders/packet.ts';
import { bytesOf, exactFrame } from './frame-of.ts';
import { type Sample, samples } from './samples.ts';

/** A sample with some bytes overwritten. */
function changed(sample: Sample, at: number, hex: string): Sample {
  return { ...sample, hex: sample.hex.slice(0, at * 2) + hex + sample.hex.slice(at * 2 + hex.length) };
}

function inserted(sample: Sample, at: number, hex: string): Sample {
  return { ...sample, hex: sample.hex.slice(0, at * 2) + hex + sample.hex.slice(at * 2) };
}

function cutOnTheWire(sample: Sample, length: number): Sample {
  return { ...sample, hex: sample.hex.slice(0, length * 2) };
}

const { tcpSyn, tcpOverIpv6, udp, arpRequest, neighbourAdvertisement, ipip, greWithKeyAndSequence, gueVariant0, fragmentationNeeded } =
  samples;
const { ok, malformed, unsupported } = DecodeStatus;
const { other, arp, ip } = PacketKind;
const ipAt = 14;
const tcpAt = 34;
const tag = '81000014';

test.each<[string, Sample, number, number, number]>([
  ['no byte at all', cutOnTheWire(tcpSyn, 0), malformed, other, Transport.none],
  ['an Ethernet header without its type', cutOnTheWire(tcpSyn, 13), malformed, other, Transport.none],
  ['an Ethernet header alone', cutOnTheWire(tcpSyn, 14), malformed, other, Transport.none],
  ['an EtherType that we do not decode', changed(tcpSyn, 12, '88cc'), unsupported, other, Transport.none],
  ['neither a length nor a type', changed(tcpSyn, 12, '05ff'), unsupported, other, Transport.none],
  ['a length beyond the frame', changed(samples.spanningTree, 12, '0500'), malformed, other, Transport.none],
  ['SNAP of another organisation', changed(samples.ipv4InSnap, 17, '00000c'), unsupported, other, Transport.none],
  ['four VLAN tags', inserted(tcpSyn, 12, tag.repeat(4)), ok, ip, Transport.tcp],
  ['five VLAN tags', inserted(tcpSyn, 12, tag.repeat(5)), unsupported, other, Transport.none],
  ['a VLAN tag and nothing more', cutOnTheWire(inserted(tcpSyn, 12, tag), 17), malformed, other, Transport.none],
  ['ARP of another hardware', changed(arpRequest, ipAt, '0020'), unsupported, other, Transport.none],
  ['ARP with long MACs', changed(arpRequest, ipAt + 4, '08'), unsupported, other, Transport.none],
  ['ARP that ends before its target', cutOnTheWire(arpRequest, ipAt + 27), malformed, other, Transport.none],
  ['ARP with an unknown operation', changed(arpRequest, ipAt + 6, '0009'), ok, arp, Transport.none],
  ['IPv4 that says version 6', changed(tcpSyn, ipAt, '65'), malformed, other, Transport.none],
  ['an IPv4 header of 16 bytes', changed(tcpSyn, ipAt, '44'), malformed, other, Transport.none],
  ['a total length within the header', changed(tcpSyn, ipAt + 2, '0013'), malformed, ip, Transport.none],
  ['a header longer than the total length', changed(changed(tcpSyn, ipAt, '4f'), ipAt + 2, '0020'), malformed, ip, Transport.none],
  ['a total length beyond the frame', changed(tcpSyn, ipAt + 2, '05dc'), malformed, ip, Transport.tcp],
  ['a protocol that we do not decode', changed(tcpSyn, ipAt + 9, '59'), unsupported, ip, Transport.other],
  ['TCP in a packet that ends before the ports', changed(tcpSyn, ipAt + 2, '0017'), malformed, ip, Transport.tcp],
  ['a TCP header of 16 bytes', changed(tcpSyn, tcpAt + 12, '40'), malformed, ip, Transport.tcp],
  ['a TCP header longer than the packet', changed(tcpSyn, tcpAt + 12, 'f0'), malformed, ip, Transport.tcp],
  ['a UDP length below its header', changed(udp, tcpAt + 4, '0007'), malformed, ip, Transport.udp],
  ['a UDP length beyond the packet', changed(udp, tcpAt + 4, '00ff'), malformed, ip, Transport.udp],
  ['a UDP length of zero', changed(udp, tcpAt + 4, '0000'), ok, ip, Transport.udp],
  ['IPv6 that says version 4', changed(tcpOverIpv6, ipAt, '45'), malformed, other, Transport.none],
  ['an IPv6 payload beyond the frame', changed(tcpOverIpv6, ipAt + 4, '0200'), malformed, ip, Transport.tcp],
  ['IPv6 without a payload length', changed(tcpOverIpv6, ipAt + 4, '0000'), ok, ip, Transport.tcp],
  ['IPv6 without a next header', changed(tcpOverIpv6, ipAt + 6, '3b'), ok, ip, Transport.none],
  ['IPv6 with an encrypted payload', changed(tcpOverIpv6, ipAt + 6, '32'), unsupported, ip, Transport.other],
  ['an IPv6 extension header beyond the packet', changed(changed(tcpOverIpv6, ipAt + 6, '3c'), 55, 'ff'), malformed, ip, Transport.other],
  ['an ND option of no length', changed(neighbourAdvertisement, 79, '00'), malformed, ip, Transport.icmp6],
  ['an ND option beyond the packet', changed(neighbourAdvertisement, 79, '02'), malformed, ip, Transport.icmp6],
  ['an ICMP error that quotes something else', changed(fragmentationNeeded, 42, '95'), malformed, ip, Transport.icmp],
  ['a tunnel with something else inside', changed(ipip, 34, '60'), malformed, ip, Transport.other],
  ['GRE of version 1', changed(greWithKeyAndSequence, 35, '01'), unsupported, ip, Transport.other],
  ['GRE with a source route', changed(greWithKeyAndSequence, 34, 'c0'), unsupported, ip, Transport.other],
  ['GRE that carries Ethernet', changed(greWithKeyAndSequence, 36, '6558'), unsupported, ip, Transport.other],
  ['a GUE control message', changed(gueVariant0, 42, '20'), unsupported, ip, Transport.udp],
  ['GUE of an unknown variant', changed(gueVariant0, 42, '80'), unsupported, ip, Transport.udp],
  ['GUE whose fields reach beyond the datagram', changed(gueVariant0, 42, '1f'), malformed, ip, Transport.udp],
  ['a link type that we do not decode', { ...tcpSyn, linkType: 147 }, unsupported, other, Transport.none],
  ['a loopback frame of another family', changed(samples.nullLoopback, 0, '07000000'), unsupported, other, Transport.none],
  ['IPv6 in a capture of IPv4', { ...samples.rawIpv6, linkType: LinkType.ipv4 }, malformed, other, Transport.none],
  ['IPv4 in a capture of IPv6', { ...samples.rawIpv4, linkType: LinkType.ipv6 }, malformed, other, Transport.none],
  ['a cooked netlink message', changed(samples.cookedTcp, 2, '0338'), unsupported, other, Transport.none],
  ['a cooked frame of a pseudo protocol', changed(samples.cookedTcp, 14, '0001'), unsupported, other, Transport.none],
])('%s', (_, { hex, linkType }, status, kind, transport) => {
  const packet = new Packet();
  packet.decode(exactFrame(bytesOf(hex), linkType));
  expect({ status: packet.status, kind: packet.kind, transport: packet.transport }).toEqual({ status, kind, transport });
});

test('tunnels in tunnels are followed four deep', () => {
  const around = (depth: number): Sample => {
    let inside: string = samples.rawIpv4.hex;
    for (let i = 0; i < depth; i++) {
      const length = (inside.length / 2 + 20).toString(16).padStart(4, '0');
      inside = `4500${length}0000000040040000c0a80102c0a8010a${inside}`;
    }
    return { linkType: LinkType.raw, hex: inside };
  };
  const packet = new Packet();
  packet.decode(exactFrame(bytesOf(around(4).hex), LinkType.raw));
  expect(packet).toMatchObject({ status: ok, tunnelDepth: 4, transport: Transport.tcp, sourcePort: 40000 });
  packet.decode(exactFrame(bytesOf(around(5).hex), LinkType.raw));
  expect(packet).toMatchObject({ status: unsupported, tunnelDepth: 4, transport: Transport.other, protocol: 4 });
});

test('a first fragment of a tunnel shows the longer packet inside', () => {
  const shortHeader = changed(ipip, ipAt + 40 + 12, '50');
  const fragment = changed(changed(shortHeader, ipAt + 2, '0040'), ipAt + 6, '2000');
  const packet = new Packet();
  packet.decode(exactFrame(bytesOf(fragment.hex).slice(0, ipAt + 64), LinkType.ethernet));
  expect(packet).toMatchObject({ status: ok, tunnelDepth: 1, transport: Transport.tcp, destinationPort: 80 });
});
