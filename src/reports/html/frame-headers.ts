/** A captured frame as a person reads it: one line, and its headers field by field with the bytes that each takes. */
import { type CapturedFrame, emptyFrame } from '../../capture/frame.ts';
import { destinationMacOf, formatIp, formatIpv4, formatMac, sourceMacOf } from '../../decoders/address.ts';
import { DecodeStatus, LinkKind, Packet, PacketKind, Transport, Tunnel } from '../../decoders/packet.ts';
import { tcpFlagNames } from '../../decoders/tcp-flag-names.ts';
import { emptyVrrpAdvert, readVrrp } from '../../decoders/vrrp.ts';

/** One header. */
export interface Layer {
  readonly name: string;
  /** Offset of its first byte, and just past its last one that was captured. */
  readonly from: number;
  readonly to: number;
  readonly fields: readonly (readonly [label: string, value: string])[];
}

export interface DecodedFrame {
  /** `SYN 192.168.1.7:41814 → 192.168.1.100:80`; empty where nothing above the link is understood. */
  readonly line: string;
  readonly sourceMac: string | null;
  readonly destinationMac: string | null;
  readonly layers: readonly Layer[];
  /** What could not be read, in one sentence; null when all was. */
  readonly trouble: string | null;
}

export function decodeFrame(captured: CapturedFrame): DecodedFrame {
  const { bytes } = captured;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packet = new Packet();
  packet.decode({ ...emptyFrame(), ...captured, view, start: 0, end: bytes.length });
  const layers = [linkLayer(packet, bytes.length), ...arpLayers(packet, bytes.length), ...ipLayers(packet, view)];
  return {
    line: lineOf(packet),
    sourceMac: packet.link === LinkKind.none ? null : formatMac(sourceMacOf(packet.mac1, packet.mac2)),
    destinationMac: packet.link === LinkKind.ethernet ? formatMac(destinationMacOf(packet.mac0, packet.mac1)) : null,
    layers: layers.filter((layer) => layer.to > layer.from),
    trouble: TROUBLES[packet.status],
  };
}

const TROUBLES: Readonly<Record<DecodeStatus, string | null>> = {
  [DecodeStatus.ok]: null,
  [DecodeStatus.truncated]: 'The capture ends before the headers do.',
  [DecodeStatus.malformed]: 'Lengths in this frame contradict each other.',
  [DecodeStatus.unsupported]: 'What follows is a protocol that is not decoded here.',
};

const ARP_LENGTH = 28;
const ETHER_TYPES: Readonly<Record<number, string>> = { 2048: 'IPv4', 2054: 'ARP', 34525: 'IPv6', 33024: 'VLAN', 35020: 'LLDP' };

function linkLayer(p: Packet, length: number): Layer {
  const to = p.kind === PacketKind.arp ? Math.max(0, arpStart(p)) : p.kind === PacketKind.ip ? outerStart(p) : linkLength(p);
  const tags = [p.vlan, p.innerVlan].filter((vlan) => vlan >= 0);
  const type = `0x${p.etherType.toString(16).padStart(4, '0')}`;
  const name = { [LinkKind.ethernet]: 'Ethernet', [LinkKind.cooked]: 'Linux cooked capture', [LinkKind.none]: 'Link' }[p.link];
  const fields: [string, string][] = [];
  if (p.link !== LinkKind.none) fields.push(['source', formatMac(sourceMacOf(p.mac1, p.mac2))]);
  if (p.link === LinkKind.ethernet) fields.push(['destination', formatMac(destinationMacOf(p.mac0, p.mac1))]);
  if (tags.length > 0) fields.push(['VLAN', tags.join(', then ')]);
  if (p.link !== LinkKind.none)
    fields.push(['type', ETHER_TYPES[p.etherType] === undefined ? type : `${ETHER_TYPES[p.etherType]} (${type})`]);
  return { name, from: 0, to: Math.min(to, length), fields };
}

function linkLength(p: Packet): number {
  if (p.link === LinkKind.none) return 0;
  if (p.link === LinkKind.cooked) return 16;
  return 14 + 4 * [p.vlan, p.innerVlan].filter((vlan) => vlan >= 0).length;
}

/** ARP follows its link header at once. */
function arpStart(p: Packet): number {
  return linkLength(p);
}

/** Where the IP packet begins, or the outermost tunnel around it. */
function outerStart(p: Packet): number {
  return p.tunnelDepth > 0 ? linkLength(p) : p.ipStart;
}

const ARP_OPERATIONS: Readonly<Record<number, string>> = { 1: 'request', 2: 'reply' };

function arpLayers(p: Packet, length: number): Layer[] {
  if (p.kind !== PacketKind.arp) return [];
  const from = arpStart(p);
  return [
    {
      name: 'ARP',
      from,
      to: Math.min(from + ARP_LENGTH, length),
      fields: [
        ['operation', `${ARP_OPERATIONS[p.arpOperation] ?? 'operation'} (${p.arpOperation})`],
        ['sender', `${formatIpv4(p.arpSenderIp)} at ${formatMac(p.arpSenderMac)}`],
        ['target', `${formatIpv4(p.arpTargetIp)} at ${formatMac(p.arpTargetMac)}`],
      ],
    },
  ];
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'ICMP',
  4: 'IPv4 in IP',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6 in IP',
  47: 'GRE',
  58: 'ICMPv6',
  112: 'VRRP',
  132: 'SCTP',
};
const TUNNELS: Readonly<Record<Tunnel, string>> = {
  [Tunnel.none]: '',
  [Tunnel.ipip]: 'IPIP',
  [Tunnel.sixInFour]: 'IPv6 in IPv4',
  [Tunnel.gre]: 'GRE',
  [Tunnel.gue]: 'GUE',
  [Tunnel.fourInSix]: 'IPv4 in IPv6',
  [Tunnel.sixInSix]: 'IPv6 in IPv6',
};

function ipLayers(p: Packet, view: DataView): Layer[] {
  if (p.kind !== PacketKind.ip || p.version === 0) return [];
  const layers: Layer[] = [];
  if (p.tunnelDepth > 0 && p.tunnelVersion !== 0) {
    const fields: [string, string][] = [
      ['source', formatIp(p.tunnelVersion, p.tunnelSource0, p.tunnelSource1, p.tunnelSource2, p.tunnelSource3)],
      ['destination', formatIp(p.tunnelVersion, p.tunnelDestination0, p.tunnelDestination1, p.tunnelDestination2, p.tunnelDestination3)],
      ['TTL', String(p.tunnelTtl)],
    ];
    layers.push({ name: `Tunnel, ${TUNNELS[p.tunnel]}`, from: outerStart(p), to: p.ipStart, fields });
  }
  const hasTransport = p.transport !== Transport.none && p.transport !== Transport.fragment;
  const ipTo = hasTransport && p.transportStart > p.ipStart ? p.transportStart : p.payloadStart > p.ipStart ? p.payloadStart : p.ipEnd;
  const fields: [string, string][] = [
    ['source', sourceIpOf(p)],
    ['destination', destinationIpOf(p)],
    [p.version === 4 ? 'TTL' : 'hop limit', String(p.ttl)],
    ['protocol', PROTOCOLS[p.protocol] === undefined ? String(p.protocol) : `${PROTOCOLS[p.protocol]} (${p.protocol})`],
    ['length', String(p.ipLength)],
  ];
  if (p.version === 4) fields.push(['identification', String(p.ipId)], ['do not fragment', p.dontFragment ? 'set' : 'not set']);
  if (p.isFragment) fields.push(['fragment', `at offset ${p.fragmentOffset}`]);
  layers.push({ name: `IPv${p.version}`, from: p.ipStart, to: Math.min(ipTo, p.ipEnd), fields });
  layers.push(...transportLayers(p, view, ipTo));
  const payload = Math.min(p.payloadStart, p.ipEnd);
  if (hasTransport && p.transport !== Transport.vrrp && p.payloadLength > 0) {
    layers.push({ name: 'Payload', from: payload, to: p.ipEnd, fields: [['length', String(p.payloadLength)]] });
  }
  return layers;
}

function transportLayers(p: Packet, view: DataView, from: number): Layer[] {
  const layer = (name: string, to: number, fields: Layer['fields']): Layer[] => [{ name, from, to: Math.min(to, p.ipEnd), fields }];
  const ports: [string, string][] = [
    ['source port', portText(p.sourcePort)],
    ['destination port', portText(p.destinationPort)],
  ];
  switch (p.transport) {
    case Transport.tcp:
      return layer('TCP', p.payloadStart, [
        ...ports,
        ['flags', tcpFlagNames(p.tcpFlags) || 'none'],
        ['sequence', String(p.sequence >>> 0)],
        ['acknowledgment', String(p.acknowledgment >>> 0)],
      ]);
    case Transport.udp:
      return layer('UDP', p.payloadStart, ports);
    case Transport.sctp:
      return layer('SCTP', p.payloadStart, ports);
    case Transport.icmp:
    case Transport.icmp6:
      return layer(p.transport === Transport.icmp ? 'ICMP' : 'ICMPv6', Math.max(p.payloadStart, from + 4), icmpFields(p));
    case Transport.vrrp:
      return layer('VRRP', p.ipEnd, vrrpFields(p, view));
    default:
      return [];
  }
}

function portText(port: number): string {
  return port < 0 ? 'not captured' : String(port);
}

const ICMP_TYPES: Readonly<Record<number, string>> = {
  0: 'echo reply',
  3: 'destination unreachable',
  5: 'redirect',
  8: 'echo request',
  11: 'time exceeded',
};
const ICMP6_TYPES: Readonly<Record<number, string>> = {
  1: 'destination unreachable',
  2: 'packet too big',
  3: 'time exceeded',
  128: 'echo request',
  129: 'echo reply',
  133: 'router solicitation',
  134: 'router advertisement',
  135: 'neighbour solicitation',
  136: 'neighbour advertisement',
  137: 'redirect',
};

function icmpName(p: Packet): string {
  return (p.transport === Transport.icmp ? ICMP_TYPES : ICMP6_TYPES)[p.icmpType] ?? `type ${p.icmpType}`;
}

function hasTarget(p: Packet): boolean {
  return p.transport === Transport.icmp ? p.icmpType === 5 : p.icmpType >= 135 && p.icmpType <= 137;
}

function icmpFields(p: Packet): [string, string][] {
  const fields: [string, string][] = [['type', `${icmpName(p)} (${p.icmpType}, code ${p.icmpCode})`]];
  if (hasTarget(p)) fields.push([p.transport === Transport.icmp ? 'gateway' : 'target', targetOf(p)]);
  if (p.ndLinkAddress >= 0) fields.push(['link-layer address', formatMac(p.ndLinkAddress)]);
  if (p.transport === Transport.icmp6 && p.icmpType === 136) {
    const flags = [p.ndRouter && 'router', p.ndSolicited && 'solicited', p.ndOverride && 'override'].filter((flag) => flag !== false);
    fields.push(['flags', flags.join(', ') || 'none']);
  }
  if (p.icmpMtu > 0) fields.push(['next-hop MTU', String(p.icmpMtu)]);
  const q = p.quoted;
  if (q.version !== 0) {
    const end = (ip: string, port: number) => (port < 0 ? ip : withPort(ip, port));
    const source = formatIp(q.version, q.source0, q.source1, q.source2, q.source3);
    const destination = formatIp(q.version, q.destination0, q.destination1, q.destination2, q.destination3);
    fields.push([
      'about',
      `${PROTOCOLS[q.protocol] ?? `protocol ${q.protocol}`} ${end(source, q.sourcePort)} → ${end(destination, q.destinationPort)}, TTL ${q.ttl}`,
    ]);
  }
  return fields;
}

function vrrpFields(p: Packet, view: DataView): [string, string][] {
  const advert = emptyVrrpAdvert();
  if (!readVrrp(p, view, advert)) return [];
  const words = advert.addresses;
  const ips = Array.from({ length: advert.addressCount }, (_, i) =>
    formatIp(advert.addressVersion, words[4 * i]!, words[4 * i + 1]!, words[4 * i + 2]!, words[4 * i + 3]!),
  );
  return [
    ['version', String(advert.version)],
    ['virtual router', String(advert.vrid)],
    ['priority', advert.priority === 0 ? '0 (resigns)' : String(advert.priority)],
    ['interval', `${advert.interval / 100} s`],
    ['addresses', ips.join(', ')],
  ];
}

function lineOf(p: Packet): string {
  if (p.kind === PacketKind.arp) return arpLine(p);
  if (p.kind !== PacketKind.ip || p.version === 0) return '';
  const ends = `${endText(p, sourceIpOf(p), p.sourcePort)} → ${endText(p, destinationIpOf(p), p.destinationPort)}`;
  const tunnel = p.tunnel === Tunnel.none ? '' : ` in ${TUNNELS[p.tunnel]}`;
  switch (p.transport) {
    case Transport.tcp:
      return `${tcpFlagNames(p.tcpFlags) || 'TCP'} ${ends}, TTL ${p.ttl}${tunnel}`;
    case Transport.udp:
      return `UDP ${ends}, TTL ${p.ttl}${tunnel}`;
    case Transport.icmp:
    case Transport.icmp6:
      return `${p.transport === Transport.icmp ? 'ICMP' : 'ICMPv6'} ${icmpName(p)}${hasTarget(p) ? ` ${targetOf(p)}` : ''}, ${ends}${tunnel}`;
    default:
      return `${PROTOCOLS[p.protocol] ?? `IP protocol ${p.protocol}`} ${ends}, TTL ${p.ttl}${tunnel}`;
  }
}

function arpLine(p: Packet): string {
  const sender = formatIpv4(p.arpSenderIp);
  if (p.arpOperation === 2) return `ARP reply: ${sender} is at ${formatMac(p.arpSenderMac)}`;
  if (p.arpSenderIp === p.arpTargetIp) return `ARP announcement: ${sender} is at ${formatMac(p.arpSenderMac)}`;
  if (p.arpSenderIp === 0) return `ARP probe: who has ${formatIpv4(p.arpTargetIp)}?`;
  return `ARP request: who has ${formatIpv4(p.arpTargetIp)}? Tell ${sender}`;
}

function sourceIpOf(p: Packet): string {
  return formatIp(p.version === 6 ? 6 : 4, p.source0, p.source1, p.source2, p.source3);
}

function destinationIpOf(p: Packet): string {
  return formatIp(p.version === 6 ? 6 : 4, p.destination0, p.destination1, p.destination2, p.destination3);
}

function targetOf(p: Packet): string {
  return formatIp(p.version === 6 ? 6 : 4, p.target0, p.target1, p.target2, p.target3);
}

/** With the port where the protocol has one; an ICMP echo's identifier is none. */
function endText(p: Packet, ip: string, port: number): string {
  const hasPort = p.transport === Transport.tcp || p.transport === Transport.udp || p.transport === Transport.sctp;
  return hasPort && port >= 0 ? withPort(ip, port) : ip;
}

function withPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
