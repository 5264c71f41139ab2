/**
 * What one frame says, as numbers: the result of decoding, and the one switch that chains the decoders. One Packet is reused for
 * every frame; nothing is copied out of the frame but integers, nothing is allocated, nothing throws on captured bytes. No field
 * keeps a value of an earlier frame: what a frame does not say is as in a new Packet.
 *
 * Addresses. A MAC is three 32-bit words together with its partner: the first twelve bytes of an Ethernet header, read as they stand.
 * An IPv4 address is a signed 32-bit integer in word 3 (words 0 to 2 are 0); an IPv6 address is four signed 32-bit words.
 *
 * Tunnels. The fields below `version` describe the innermost IP packet that could be read; `tunnel*` describe the outermost one around it.
 */
import { type Frame, LinkType } from '../capture/frame.ts';
import { skipAuthenticationHeader } from './ah.ts';
import { decodeArp } from './arp.ts';
import { decodeEthernet } from './ethernet.ts';
import { decodeGre } from './gre.ts';
import { decodeGue, GUE_PORT } from './gue.ts';
import { decodeIcmp } from './icmp.ts';
import { decodeIcmp6 } from './icmp6.ts';
import { decodeIpv4, isIpv4Readable } from './ipv4.ts';
import { decodeIpv6, isIpv6Readable } from './ipv6.ts';
import { decodeLinuxCooked, decodeLinuxCooked2 } from './linux-cooked.ts';
import { decodeNullLoop } from './null-loop.ts';
import { DecodeStatus, LinkKind, PacketKind, Transport, Tunnel } from './packet-codes.ts';
import { clearQuoted } from './quoted-packet.ts';
import { decodeSctp } from './sctp.ts';
import { stopShort, stopUnsupported } from './stop.ts';
import { decodeTcp } from './tcp.ts';
import { decodeUdp } from './udp.ts';

export { DecodeStatus, LinkKind, PacketKind, TcpFlag, Transport, Tunnel } from './packet-codes.ts';

const etherTypeIpv4 = 0x0800;
const etherTypeArp = 0x0806;
const etherTypeIpv6 = 0x86dd;

const protocolIcmp = 1;
const protocolIpv4 = 4;
const protocolTcp = 6;
const protocolUdp = 17;
const protocolIpv6 = 41;
const protocolGre = 47;
const protocolAuthentication = 51;
const protocolIcmp6 = 58;
const protocolNoNext = 59;
const protocolVrrp = 112;
const protocolSctp = 132;

/** Tunnels in tunnels that are followed. */
const mostTunnels = 4;

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
  /** Offset at which the innermost layer read ends by its lengths, had all of it been captured; the frame's on the wire at first. */
  wireEnd = 0;

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
  /**
   * Offset of the payload, and its length in bytes as the headers say (it may exceed what was captured; `ipEnd` bounds reading).
   * Without a transport that we decode: what follows the IP headers.
   */
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

  /** Fills every field from a frame. Whatever its bytes are, it ends with a `status`. */
  decode(frame: Frame): void {
    const view = frame.view;
    const start = frame.start;
    const end = frame.end;
    const wireEnd = start + frame.wireLength;
    this.wireEnd = Math.max(wireEnd, end);
    this.status = DecodeStatus.ok;
    if (this.isAnyRareFieldSet()) this.clearRareFields();
    if (frame.linkType !== LinkType.ethernet) {
      this.decodeOtherLink(frame.linkType, view, start, end);
      return;
    }
    const at = decodeEthernet(this, view, start, end);
    if (at >= 0 && this.etherType === etherTypeIpv4) this.decodeIp(view, at, end, 4);
    else this.decodeEtherType(view, at, end);
  }

  private decodeOtherLink(linkType: number, view: DataView, start: number, end: number): void {
    this.link = LinkKind.none;
    this.etherType = 0;
    this.mac0 = 0;
    this.mac1 = 0;
    this.mac2 = 0;
    switch (linkType) {
      case LinkType.linuxSll:
        this.decodeEtherType(view, decodeLinuxCooked(this, view, start, end), end);
        break;
      case LinkType.linuxSll2:
        this.decodeEtherType(view, decodeLinuxCooked2(this, view, start, end), end);
        break;
      case LinkType.null:
      case LinkType.loop:
        this.decodeIpOfAnyVersion(view, decodeNullLoop(this, view, start, end), end);
        break;
      case LinkType.raw:
        this.decodeIpOfAnyVersion(view, start, end);
        break;
      case LinkType.ipv4:
        this.decodeIp(view, start, end, 4);
        break;
      case LinkType.ipv6:
        this.decodeIp(view, start, end, 6);
        break;
      default:
        this.clearIp();
        stopUnsupported(this);
    }
  }

  /** Reads what `etherType` says is at `at`; nothing when that is -1. */
  private decodeEtherType(view: DataView, at: number, end: number): void {
    if (at < 0) {
      this.clearIp();
      return;
    }
    switch (this.etherType) {
      case etherTypeIpv4:
        this.decodeIp(view, at, end, 4);
        break;
      case etherTypeIpv6:
        this.decodeIp(view, at, end, 6);
        break;
      case etherTypeArp:
        this.clearIp();
        decodeArp(this, view, at, Math.min(end, this.wireEnd));
        break;
      default:
        this.clearIp();
        stopUnsupported(this);
    }
  }

  /** No link header says which version follows: the packet's first four bits do. */
  private decodeIpOfAnyVersion(view: DataView, at: number, end: number): void {
    if (at >= 0 && at < end) {
      this.decodeIp(view, at, end, view.getUint8(at) >>> 4 === 6 ? 6 : 4);
      return;
    }
    this.clearIp();
    if (at >= 0) stopShort(this, at + 1);
  }

  private decodeIp(view: DataView, start: number, end: number, version: 4 | 6): void {
    // An LLC frame's length ends before its padding.
    if (end > this.wireEnd) end = this.wireEnd;
    if (!(version === 4 ? isIpv4Readable(this, view, start, end) : isIpv6Readable(this, view, start, end))) {
      this.clearIp();
      return;
    }
    let at = version === 4 ? decodeIpv4(this, view, start, end, false) : decodeIpv6(this, view, start, end, false);
    // The common case goes no further way; it fills every transport field, so that none needs to be cleared.
    if (at >= 0 && this.protocol === protocolTcp) {
      decodeTcp(this, view, at, this.ipEnd);
      return;
    }
    this.clearTransport();
    while (at >= 0) at = this.decodeUpperLayer(view, at);
  }

  /** Reads what `protocol` says is at `at`; returns where to go on when that was one more header before the transport, else -1. */
  private decodeUpperLayer(view: DataView, at: number): number {
    const end = this.ipEnd;
    this.payloadStart = at;
    this.payloadLength = this.wireEnd - at;
    switch (this.protocol) {
      case protocolTcp:
        decodeTcp(this, view, at, end);
        return -1;
      case protocolUdp:
        decodeUdp(this, view, at, end);
        return this.destinationPort === GUE_PORT && this.status === DecodeStatus.ok ? this.enterGue(view) : -1;
      case protocolIcmp:
        decodeIcmp(this, view, at, end);
        return -1;
      case protocolIcmp6:
        decodeIcmp6(this, view, at, end);
        return -1;
      case protocolSctp:
        decodeSctp(this, view, at, end);
        return -1;
      case protocolVrrp:
        this.transport = Transport.vrrp;
        return -1;
      case protocolIpv4:
        this.transport = Transport.other;
        return this.enterTunnel(view, at, 4, this.version === 4 ? Tunnel.ipip : Tunnel.fourInSix);
      case protocolIpv6:
        this.transport = Transport.other;
        return this.enterTunnel(view, at, 6, this.version === 4 ? Tunnel.sixInFour : Tunnel.sixInSix);
      case protocolGre:
        this.transport = Transport.other;
        return this.enterTunnelOfAnyVersion(view, decodeGre(this, view, at, end), Tunnel.gre);
      case protocolAuthentication:
        this.transport = Transport.other;
        return skipAuthenticationHeader(this, view, at, end);
      case protocolNoNext:
        return -1;
      default:
        this.transport = Transport.other;
        stopUnsupported(this);
        return -1;
    }
  }

  private enterGue(view: DataView): number {
    const payloadEnd = this.payloadStart + this.payloadLength;
    if (payloadEnd < this.wireEnd) this.wireEnd = payloadEnd;
    if (payloadEnd < this.ipEnd) this.ipEnd = payloadEnd;
    return this.enterTunnelOfAnyVersion(view, decodeGue(this, view, this.payloadStart, this.ipEnd), Tunnel.gue);
  }

  private enterTunnelOfAnyVersion(view: DataView, at: number, tunnel: Tunnel): number {
    if (at < 0) return -1;
    if (at < this.ipEnd) return this.enterTunnel(view, at, view.getUint8(at) >>> 4 === 6 ? 6 : 4, tunnel);
    stopShort(this, at + 1);
    return -1;
  }

  /** Makes the IP packet at `start` the innermost one, unless it cannot be read: then the one around it stays. */
  private enterTunnel(view: DataView, start: number, version: 4 | 6, tunnel: Tunnel): number {
    const end = this.ipEnd;
    if (this.tunnelDepth === mostTunnels) {
      stopUnsupported(this);
      return -1;
    }
    if (!(version === 4 ? isIpv4Readable(this, view, start, end) : isIpv6Readable(this, view, start, end))) return -1;
    if (this.tunnelDepth === 0) {
      this.tunnelVersion = this.version;
      this.tunnelSource0 = this.source0;
      this.tunnelSource1 = this.source1;
      this.tunnelSource2 = this.source2;
      this.tunnelSource3 = this.source3;
      this.tunnelDestination0 = this.destination0;
      this.tunnelDestination1 = this.destination1;
      this.tunnelDestination2 = this.destination2;
      this.tunnelDestination3 = this.destination3;
      this.tunnelTtl = this.ttl;
    }
    this.tunnelDepth++;
    this.tunnel = tunnel;
    this.clearTransport();
    return version === 4 ? decodeIpv4(this, view, start, end, this.isFragment) : decodeIpv6(this, view, start, end, this.isFragment);
  }

  /** Whether the frame before left a value in a field that most frames have no use for. */
  private isAnyRareFieldSet(): boolean {
    return (
      this.kind === PacketKind.arp ||
      this.tunnelDepth !== 0 ||
      this.transport === Transport.icmp ||
      this.transport === Transport.icmp6 ||
      this.vlan >= 0 ||
      this.cookedType >= 0
    );
  }

  private clearRareFields(): void {
    this.vlan = -1;
    this.innerVlan = -1;
    this.cookedType = -1;
    if (this.kind === PacketKind.arp) this.clearArp();
    if (this.tunnelDepth !== 0) this.clearTunnel();
    if (this.transport === Transport.icmp || this.transport === Transport.icmp6) this.clearIcmp();
  }

  /** All but `transport` itself and where its header is. */
  private clearTransport(): void {
    this.sourcePort = -1;
    this.destinationPort = -1;
    this.tcpFlags = 0;
    this.sequence = 0;
    this.acknowledgment = 0;
    this.checksum = 0;
  }

  private clearArp(): void {
    this.arpOperation = 0;
    this.arpSenderMac = 0;
    this.arpSenderIp = 0;
    this.arpTargetMac = 0;
    this.arpTargetIp = 0;
  }

  private clearIp(): void {
    this.kind = PacketKind.other;
    this.version = 0;
    this.ipStart = 0;
    this.ipEnd = 0;
    this.source0 = 0;
    this.source1 = 0;
    this.source2 = 0;
    this.source3 = 0;
    this.destination0 = 0;
    this.destination1 = 0;
    this.destination2 = 0;
    this.destination3 = 0;
    this.ttl = 0;
    this.ipLength = 0;
    this.ipId = 0;
    this.dontFragment = false;
    this.isFragment = false;
    this.fragmentOffset = 0;
    this.protocol = 0;
    this.transport = Transport.none;
    this.transportStart = 0;
    this.payloadStart = 0;
    this.payloadLength = 0;
    this.clearTransport();
  }

  private clearTunnel(): void {
    this.tunnel = Tunnel.none;
    this.tunnelDepth = 0;
    this.tunnelVersion = 0;
    this.tunnelSource0 = 0;
    this.tunnelSource1 = 0;
    this.tunnelSource2 = 0;
    this.tunnelSource3 = 0;
    this.tunnelDestination0 = 0;
    this.tunnelDestination1 = 0;
    this.tunnelDestination2 = 0;
    this.tunnelDestination3 = 0;
    this.tunnelTtl = 0;
  }

  private clearIcmp(): void {
    this.icmpType = -1;
    this.icmpCode = -1;
    this.icmpMtu = 0;
    clearQuoted(this.quoted);
    this.target0 = 0;
    this.target1 = 0;
    this.target2 = 0;
    this.target3 = 0;
    this.ndLinkAddress = -1;
    this.ndRouter = false;
    this.ndSolicited = false;
    this.ndOverride = false;
  }
}
