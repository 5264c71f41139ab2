/** One frame, by our decoders and by tshark: every field in which they differ. */
import { type Frame, LinkType } from '../../src/capture/frame.ts';
import { destinationMacOf, formatIp, formatMac, sourceMacOf } from '../../src/decoders/address.ts';
import { DecodeStatus, LinkKind, type Packet, PacketKind, Transport } from '../../src/decoders/packet.ts';
import { emptyVrrpAdvert, readVrrp } from '../../src/decoders/vrrp.ts';
import type { Field, Row } from './tshark.ts';

export interface Difference {
  readonly field: string;
  readonly ours: string;
  readonly theirs: string;
  /** Our status of the frame, as a word. */
  readonly status: string;
}

type Report = (field: string, ours: string | number, theirs: string) => void;

const advert = emptyVrrpAdvert();

/** Compares what both say; `packet` holds `frame` decoded. */
export function differencesOf(frame: Frame, packet: Packet, row: Row): Difference[] {
  const differences: Difference[] = [];
  const status = Object.keys(DecodeStatus)[packet.status] ?? '';
  const report: Report = (field, ours, theirs) => {
    const left = typeof ours === 'number' ? String(ours) : ours;
    const right = typeof ours === 'number' && theirs !== '' ? String(Number(theirs)) : theirs;
    if (left !== right) differences.push({ field, ours: left, theirs: right, status });
  };
  // A simple packet block has no time, which a Frame says with 0.
  report(
    'frame.time_epoch',
    `${frame.seconds}.${String(frame.nanoseconds).padStart(9, '0')}`,
    row.first('frame.time_epoch') || '0.000000000',
  );
  report('frame.len', frame.wireLength, row.first('frame.len'));
  report('frame.cap_len', frame.end - frame.start, row.first('frame.cap_len'));
  compareLink(frame, packet, row, report);
  compareArp(packet, row, report);
  compareIp(packet, row, report);
  compareTransport(packet, row, report);
  compareIcmp(packet, row, report);
  compareNeighbourDiscovery(packet, row, report);
  compareVrrp(frame, packet, row, report);
  return differences;
}

function compareLink(frame: Frame, packet: Packet, row: Row, report: Report): void {
  if (packet.link === LinkKind.ethernet) {
    report('eth.dst', formatMac(destinationMacOf(packet.mac0, packet.mac1)), row.first('eth.dst') || formatMac(0));
    report('eth.src', formatMac(sourceMacOf(packet.mac1, packet.mac2)), row.first('eth.src') || formatMac(0));
  }
  if (packet.link === LinkKind.cooked) {
    report('sll.src.eth', formatMac(sourceMacOf(packet.mac1, packet.mac2)), row.first('sll.src.eth') || formatMac(0));
    report('sll.pkttype', packet.cookedType, row.first('sll.pkttype') || '-1');
  }
  if (frame.linkType === LinkType.ethernet || packet.link === LinkKind.cooked) {
    // A length behind a tag instead of an EtherType: LLC.
    const types =
      row.first('vlan.len') === '' ? [...row.all('eth.type').slice(0, 1), ...row.all('sll.etype'), ...row.all('sll.gretype')] : [];
    types.push(...row.all('vlan.etype'), ...row.all('llc.type'));
    report('ethertype', packet.etherType, types.at(-1) ?? '0');
  }
  const vlans = [...row.all('ieee8021ad.id'), ...row.all('vlan.id')];
  report('vlan.id', packet.vlan, vlans[0] ?? '-1');
  report('vlan.id (inner)', packet.innerVlan, vlans[1] ?? '-1');
}

function compareArp(packet: Packet, row: Row, report: Report): void {
  if (packet.kind === PacketKind.arp) {
    report('arp.opcode', packet.arpOperation, row.first('arp.opcode'));
    report('arp.src.hw_mac', formatMac(packet.arpSenderMac), row.first('arp.src.hw_mac'));
    report('arp.src.proto_ipv4', formatIp(4, 0, 0, 0, packet.arpSenderIp), row.first('arp.src.proto_ipv4'));
    report('arp.dst.hw_mac', formatMac(packet.arpTargetMac), row.first('arp.dst.hw_mac'));
    report('arp.dst.proto_ipv4', formatIp(4, 0, 0, 0, packet.arpTargetIp), row.first('arp.dst.proto_ipv4'));
  } else {
    report('arp.src.proto_ipv4', '', row.first('arp.src.proto_ipv4'));
  }
}

/** The IP headers around the innermost packet and in it, as tshark names them; what an ICMP error quotes comes after `icmp`. */
function ipLayers(row: Row): { own: ('ip' | 'ipv6')[]; quoted: ('ip' | 'ipv6')[] } {
  const own: ('ip' | 'ipv6')[] = [];
  const quoted: ('ip' | 'ipv6')[] = [];
  let isQuote = false;
  for (const protocol of row.first('frame.protocols').split(':')) {
    if (protocol === 'icmp' || protocol === 'icmpv6') isQuote = true;
    else if (protocol === 'ip' || protocol === 'ipv6') (isQuote ? quoted : own).push(protocol);
  }
  return { own, quoted };
}

/** The value of a field in the `index`th IP header, of those of its own version. */
function atLayer(row: Row, layers: readonly ('ip' | 'ipv6')[], index: number, ipv4: Field, ipv6: Field): string {
  const layer = layers[index];
  if (layer === undefined) return '';
  const before = layers.slice(0, index).filter((other) => other === layer).length;
  return row.all(layer === 'ip' ? ipv4 : ipv6)[before] ?? '';
}

function compareIp(packet: Packet, row: Row, report: Report): void {
  const { own, quoted } = ipLayers(row);
  // A header that tshark names but could not read has no address.
  const readable = own.filter((_, index) => atLayer(row, own, index, 'ip.dst', 'ipv6.dst') !== '');
  report('ip layers', packet.kind === PacketKind.ip ? packet.tunnelDepth + 1 : 0, String(readable.length));
  if (packet.kind !== PacketKind.ip || packet.version === 0) return;
  const inner = packet.tunnelDepth;
  const p = packet;
  const of = (ipv4: Field, ipv6: Field) => atLayer(row, own, inner, ipv4, ipv6);
  report('ip.src', formatIp(packet.version, p.source0, p.source1, p.source2, p.source3), of('ip.src', 'ipv6.src'));
  report('ip.dst', formatIp(packet.version, p.destination0, p.destination1, p.destination2, p.destination3), of('ip.dst', 'ipv6.dst'));
  report('ip.ttl', packet.ttl, of('ip.ttl', 'ipv6.hlim'));
  if (packet.version === 4) {
    report('ip.len', packet.ipLength, of('ip.len', 'ipv6.plen'));
    report('ip.id', packet.ipId, of('ip.id', 'ip.id'));
    report('ip.frag_offset', packet.fragmentOffset, inBytes(of('ip.frag_offset', 'ip.frag_offset')));
    report('ip.flags.df', packet.dontFragment ? 1 : 0, of('ip.flags.df', 'ip.flags.df'));
    const isFragment = Number(of('ip.flags.mf', 'ip.flags.mf')) !== 0 || Number(of('ip.frag_offset', 'ip.frag_offset')) !== 0;
    report('is fragment', packet.isFragment ? 1 : 0, isFragment ? '1' : '0');
  } else {
    // 0 means the wire's length to us: a jumbogram or segmentation offload.
    const payload = of('ip.len', 'ipv6.plen');
    if (payload !== '0') report('ipv6.plen', packet.ipLength - 40, payload);
    // An ICMP error may quote a fragment.
    if (packet.transport !== Transport.icmp6) {
      report('ipv6.fraghdr.ident', packet.ipId >>> 0, row.first('ipv6.fraghdr.ident') || '0');
      report('ipv6.fraghdr.offset', packet.fragmentOffset, inBytes(row.first('ipv6.fraghdr.offset') || '0'));
    }
  }
  if (packet.tunnelDepth > 0 && packet.tunnelVersion !== 0) {
    const outer = (ipv4: Field, ipv6: Field) => atLayer(row, own, 0, ipv4, ipv6);
    report(
      'tunnel source',
      formatIp(packet.tunnelVersion, p.tunnelSource0, p.tunnelSource1, p.tunnelSource2, p.tunnelSource3),
      outer('ip.src', 'ipv6.src'),
    );
    report(
      'tunnel destination',
      formatIp(packet.tunnelVersion, p.tunnelDestination0, p.tunnelDestination1, p.tunnelDestination2, p.tunnelDestination3),
      outer('ip.dst', 'ipv6.dst'),
    );
    report('tunnel ttl', packet.tunnelTtl, outer('ip.ttl', 'ipv6.hlim'));
  }
  const quote = packet.quoted;
  const whole = [...own, ...quoted];
  const ofQuote = (ipv4: Field, ipv6: Field) => atLayer(row, whole, own.length, ipv4, ipv6);
  const quotedDestination = ofQuote('ip.dst', 'ipv6.dst');
  report('quoted', quote.version, quotedDestination === '' ? '0' : quoted[0] === 'ip' ? '4' : '6');
  if (quote.version === 0 || quotedDestination === '') return;
  report(
    'quoted ip.src',
    formatIp(quote.version, quote.source0, quote.source1, quote.source2, quote.source3),
    ofQuote('ip.src', 'ipv6.src'),
  );
  report(
    'quoted ip.dst',
    formatIp(quote.version, quote.destination0, quote.destination1, quote.destination2, quote.destination3),
    quotedDestination,
  );
  report('quoted ip.ttl', quote.ttl, ofQuote('ip.ttl', 'ipv6.hlim'));
}

/** tshark counts fragment offsets in units of eight bytes, as they are on the wire. */
function inBytes(offset: string): string {
  return String(8 * Number(offset));
}

function compareTransport(packet: Packet, row: Row, report: Report): void {
  const isIcmp = packet.transport === Transport.icmp || packet.transport === Transport.icmp6;
  // In an ICMP error the transport that tshark shows is the quoted one.
  const protocol = isIcmp ? packet.quoted.protocol : packet.protocol;
  const sourcePort = isIcmp ? packet.quoted.sourcePort : packet.sourcePort;
  const destinationPort = isIcmp ? packet.quoted.destinationPort : packet.destinationPort;
  const at = packet.tunnelDepth > 0 ? 'last' : 'first';
  const hasTransport = isIcmp
    ? packet.quoted.version !== 0
    : packet.transport === Transport.tcp || packet.transport === Transport.udp || packet.transport === Transport.sctp;
  for (const [number, name] of [
    [6, 'tcp'],
    [17, 'udp'],
    [132, 'sctp'],
  ] as const) {
    const isThis = hasTransport && protocol === number;
    report(`${name}.srcport`, isThis ? sourcePort : -1, row[at](`${name}.srcport`) || '-1');
    report(`${name}.dstport`, isThis ? destinationPort : -1, row[at](`${name}.dstport`) || '-1');
  }
  if (isIcmp) {
    if (packet.quoted.protocol === 6) report('quoted tcp.seq', packet.quoted.sequence >>> 0, row[at]('tcp.seq') || '0');
    return;
  }
  if (packet.transport === Transport.tcp) {
    report('tcp.flags', packet.tcpFlags, String(Number(row[at]('tcp.flags') || '0') & 0xff));
    report('tcp.seq_raw', packet.sequence >>> 0, row[at]('tcp.seq_raw') || '0');
    report('tcp.ack_raw', packet.acknowledgment >>> 0, row[at]('tcp.ack_raw') || '0');
    report('tcp.checksum', packet.checksum, row[at]('tcp.checksum') || '0');
    // tshark tells no length of a segment that is in fragments.
    if (!packet.isFragment) report('tcp.len', packet.payloadLength, row[at]('tcp.len') || '0');
  }
  if (packet.transport === Transport.udp) {
    // Our length ends where the IP packet does: in a first fragment, and where the header promises too much, which is malformed.
    const length = row[at]('udp.length') || '8';
    const isClipped = Number(length) > packet.payloadLength + 8 && (packet.isFragment || packet.status === DecodeStatus.malformed);
    // 0 means the IP packet's length to us: a jumbogram or segmentation offload. tshark reads no further then.
    const isOffloaded = length === '0';
    if (!isClipped && !isOffloaded) report('udp.length', packet.payloadLength + 8, length);
    if (!isOffloaded) report('udp.checksum', packet.checksum, row[at]('udp.checksum') || '0');
  }
}

function compareIcmp(packet: Packet, row: Row, report: Report): void {
  const version = packet.transport === Transport.icmp ? 4 : packet.transport === Transport.icmp6 ? 6 : 0;
  report('icmp.type', version === 4 ? packet.icmpType : -1, row.first('icmp.type') || '-1');
  report('icmpv6.type', version === 6 ? packet.icmpType : -1, row.first('icmpv6.type') || '-1');
  if (version === 4) {
    report('icmp.code', packet.icmpCode, row.first('icmp.code') || '-1');
    report('icmp.checksum', packet.checksum, row.first('icmp.checksum') || '0');
    report('icmp.mtu', packet.icmpMtu, row.first('icmp.mtu') || '0');
    report('icmp.redir_gw', formatIp(4, 0, 0, 0, packet.target3), row.first('icmp.redir_gw') || '0.0.0.0');
    if (packet.icmpType === 0 || packet.icmpType === 8) report('icmp.ident', packet.sourcePort, row.first('icmp.ident') || '-1');
  }
  if (version === 6) {
    report('icmpv6.code', packet.icmpCode, row.first('icmpv6.code') || '-1');
    report('icmpv6.checksum', packet.checksum, row.first('icmpv6.checksum') || '0');
    report('icmpv6.mtu', packet.icmpMtu, row.first('icmpv6.mtu') || '0');
    if (packet.icmpType === 128 || packet.icmpType === 129) {
      report('icmpv6.echo.identifier', packet.sourcePort, row.first('icmpv6.echo.identifier') || '-1');
    }
  }
}

function compareNeighbourDiscovery(packet: Packet, row: Row, report: Report): void {
  if (packet.transport !== Transport.icmp6 || packet.icmpType < 133 || packet.icmpType > 137) return;
  const target =
    row.first('icmpv6.nd.ns.target_address') || row.first('icmpv6.nd.na.target_address') || row.first('icmpv6.nd.rd.target_address');
  report('nd target', formatIp(6, packet.target0, packet.target1, packet.target2, packet.target3), target || '::');
  const linkAddress = packet.icmpType < 136 ? row.first('icmpv6.opt.src_linkaddr') : row.first('icmpv6.opt.target_linkaddr');
  report('nd link address', packet.ndLinkAddress < 0 ? '' : formatMac(packet.ndLinkAddress), linkAddress);
  report('icmpv6.nd.na.flag.r', packet.ndRouter ? 1 : 0, row.first('icmpv6.nd.na.flag.r') || '0');
  report('icmpv6.nd.na.flag.s', packet.ndSolicited ? 1 : 0, row.first('icmpv6.nd.na.flag.s') || '0');
  report('icmpv6.nd.na.flag.o', packet.ndOverride ? 1 : 0, row.first('icmpv6.nd.na.flag.o') || '0');
}

function compareVrrp(frame: Frame, packet: Packet, row: Row, report: Report): void {
  const isVrrp = readVrrp(packet, frame.view, advert);
  report('vrrp', isVrrp ? 1 : 0, row.first('vrrp.virt_rtr_id') === '' ? '0' : '1');
  if (!isVrrp) return;
  report('vrrp.virt_rtr_id', advert.vrid, row.first('vrrp.virt_rtr_id'));
  report('vrrp.prio', advert.priority, row.first('vrrp.prio'));
  report('vrrp.version', advert.version, row.first('vrrp.version'));
  report('vrrp.addr_count', advert.count, row.first('vrrp.addr_count'));
  if (advert.version === 2) {
    report('vrrp.auth_type', advert.authType, row.first('vrrp.auth_type'));
    report('vrrp.adver_int', advert.interval, String(100 * Number(row.first('vrrp.adver_int'))));
  } else {
    report('vrrp.short_adver_int', advert.interval, row.first('vrrp.short_adver_int'));
  }
  const addresses: string[] = [];
  for (let i = 0; i < advert.addressCount; i++) {
    const word = (n: number) => advert.addresses[4 * i + n] ?? 0;
    addresses.push(formatIp(advert.addressVersion, word(0), word(1), word(2), word(3)));
  }
  report('vrrp addresses', addresses.join(' '), [...row.all('vrrp.ip_addr'), ...row.all('vrrp.ipv6_addr')].join(' '));
}
