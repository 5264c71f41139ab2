/**
 * What one frame says, as numbers: the result of decoding. One Packet is reused for every frame; nothing is copied out of the
 * frame but integers, nothing is allocated, nothing throws on captured bytes.
 *
 * Addresses. A MAC is three 32-bit words together with its partner: the first twelve bytes of an Ethernet header, read as they stand.
 * An IPv4 address is a signed 32-bit integer in word 3 (words 0 to 2 are 0); an IPv6 address is four signed 32-bit words.
 *
 * Tunnels. The fields below `version` describe the innermost IP packet that could be read; `tunnel*` describe the outermost one around it.
 */
export const DecodeStatus = { ok: 0, truncated: 1, malformed: 2, unsupported: 3 } as const;
export type DecodeStatus = (typeof DecodeStatus)[keyof typeof DecodeStatus];

/** Which group of fields is filled. `other`: nothing above the link layer that we decode. */
export const PacketKind = { other: 0, arp: 1, ip: 2 } as const;
export type PacketKind = (typeof PacketKind)[keyof typeof PacketKind];

/** `none`: no link header with MACs (raw IP, loopback). `cooked`: Linux `-i any`: source MAC only. */
export const LinkKind = { none: 0, ethernet: 1, cooked: 2 } as const;
export type LinkKind = (typeof LinkKind)[keyof typeof LinkKind];

/** How the innermost IP packet was carried. */
export const Tunnel = { none: 0, ipip: 1, sixInFour: 2, gre: 3, gue: 4, fourInSix: 5, sixInSix: 6 } as const;
export type Tunnel = (typeof Tunnel)[keyof typeof Tunnel];

/** What the transport fields mean. `other`: `protocol` says which; `fragment`: a later fragment, no transport header. */
export const Transport = { none: 0, tcp: 1, udp: 2, icmp: 3, icmp6: 4, vrrp: 5, sctp: 6, fragment: 7, other: 8 } as const;
export type Transport = (typeof Transport)[keyof typeof Transport];

/** TCP flag bits as on the wire (RFC 9293 section 3.1). */
export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;

/** The part of a packet that an ICMP error quotes. */
export interface QuotedPacket {
  /** 0 when nothing was quoted or it could not be read; else 4 or 6. */
  version: 0 | 4 | 6;
  source0: number;
  source1: number;
  source2: number;
  source3: number;
  destination0: number;
  destination1: number;
  destination2: number;
  destination3: number;
  protocol: number;
  /** TTL or hop limit as quoted. */
  ttl: number;
  /** -1 when the quote ends before the ports. */
  sourcePort: number;
  destinationPort: number;
  /** TCP sequence number as signed 32 bits; 0 when absent. */
  sequence: number;
}

export class Packet {
  status: DecodeStatus = DecodeStatus.ok;
  kind: PacketKind = PacketKind.other;

  // ---- link
  link: LinkKind = LinkKind.none;
  /** Destination MAC bytes 0–3; 0 in cooked captures. */
  mac0 = 0;
  /** Destination MAC bytes 4–5 and source MAC bytes 0–1. */
  mac1 = 0;
  /** Source MAC bytes 2–5. */
  mac2 = 0;
  /** Linux cooked packet type: 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us; -1 elsewhere. */
  cookedType = -1;
  /** Outermost VLAN id, 0 to 4095; -1 untagged. */
  vlan = -1;
  /** Second VLAN id (QinQ); -1 when there is none. */
  innerVlan = -1;
  /** EtherType after the tags; an IEEE 802.3 length field's LLC frame gives 0. */
  etherType = 0;

  // ---- ARP (kind === arp): Ethernet and IPv4 only (RFC 826)
  /** 1 request, 2 reply. */
  arpOperation = 0;
  /** Sender MAC as a number, 0 to 2^48 - 1. */
  arpSenderMac = 0;
  /** Sender IPv4 address as a signed 32-bit integer. */
  arpSenderIp = 0;
  arpTargetMac = 0;
  arpTargetIp = 0;

  // ---- IP (kind === ip), the innermost
  /** 4 or 6; 0 when kind is not ip. */
  version: 0 | 4 | 6 = 0;
  /** Offset in the frame's buffer of this IP header. */
  ipStart = 0;
  /** Offset just past what was captured of this IP packet: never past the frame's end, padding excluded. */
  ipEnd = 0;
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  /** TTL or hop limit. */
  ttl = 0;
  /** Length of the IP packet in bytes as its header says (IPv6: 40 + payload length); segmentation offload (0) gives the wire's length. */
  ipLength = 0;
  /** IPv4 identification; IPv6: the fragment header's, else 0. */
  ipId = 0;
  /** Whether the don't-fragment bit is set (IPv4). */
  dontFragment = false;
  /** Whether this is any fragment of a larger packet. */
  isFragment = false;
  /** Fragment offset in bytes. */
  fragmentOffset = 0;
  /** Upper-layer protocol number after IPv6 extension headers. */
  protocol = 0;

  // ---- tunnel around it
  tunnel: Tunnel = Tunnel.none;
  /** IP packets around the innermost one: 0 without a tunnel. */
  tunnelDepth = 0;
  tunnelVersion: 0 | 4 | 6 = 0;
  tunnelSource0 = 0;
  tunnelSource1 = 0;
  tunnelSource2 = 0;
  tunnelSource3 = 0;
  tunnelDestination0 = 0;
  tunnelDestination1 = 0;
  tunnelDestination2 = 0;
  tunnelDestination3 = 0;
  tunnelTtl = 0;

  // ---- transport of the innermost IP packet
  transport: Transport = Transport.none;
  /** Offset of the transport header in the frame's buffer. */
  transportStart = 0;
  /** Ports (TCP, UDP, SCTP); -1 when not captured. ICMP echo: the identifier in both. */
  sourcePort = -1;
  destinationPort = -1;
  /** TCP flags, bits as on the wire; 0 elsewhere. */
  tcpFlags = 0;
  /** TCP sequence and acknowledgment number, signed 32 bits. */
  sequence = 0;
  acknowledgment = 0;
  /** TCP, UDP or ICMP checksum as on the wire; 0 when not captured. Only to tell datagrams apart: offload leaves it partial. */
  checksum = 0;
  /** Offset of the payload, and its length in bytes as the headers say (it may exceed what was captured). */
  payloadStart = 0;
  payloadLength = 0;

  // ---- ICMP and ICMPv6 (transport icmp, icmp6)
  icmpType = -1;
  icmpCode = -1;
  /** Next-hop MTU of "fragmentation needed" / "packet too big"; 0 elsewhere. */
  icmpMtu = 0;
  /** What an ICMP error or redirect quotes. */
  readonly quoted: QuotedPacket = {
    version: 0,
    source0: 0,
    source1: 0,
    source2: 0,
    source3: 0,
    destination0: 0,
    destination1: 0,
    destination2: 0,
    destination3: 0,
    protocol: 0,
    ttl: 0,
    sourcePort: -1,
    destinationPort: -1,
    sequence: 0,
  };
  /** Redirect: the better gateway (IPv4 in word 3). ND neighbour solicitation, advertisement and redirect: the target. */
  target0 = 0;
  target1 = 0;
  target2 = 0;
  target3 = 0;
  /** ND: source or target link-layer address option as a number; -1 when absent. */
  ndLinkAddress = -1;
  /** ND advertisement flags: router, solicited, override. */
  ndRouter = false;
  ndSolicited = false;
  ndOverride = false;
}
