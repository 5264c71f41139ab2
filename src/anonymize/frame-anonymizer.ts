/**
 * Other addresses in the bytes of a frame, wherever they stand, and no payload. Only what is understood is shown: the frame ends, as with
 * a short snapshot length, where its headers do or where something begins that is not read. Checksums are mended by the difference that
 * the changes make (RFC 1624), so that a right one stays right and a wrong one stays wrong.
 *
 * The walk over the headers is written anew here and not shared with the decoders: they skip what tells them nothing, and that is just
 * where an address may hide.
 */
import { LinkType } from '../capture/frame.ts';
import type { AddressMapping } from './address-mapping.ts';

const EtherType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
const TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
const MAX_TAGS = 4;
const MAX_TUNNELS = 4;
const MAX_EXTENSIONS = 16;
const Protocol = {
  icmp: 1,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  authentication: 51,
  icmp6: 58,
  vrrp: 112,
  sctp: 132,
} as const;
const Extension = { hopByHop: 0, routing: 43, fragment: 44, authentication: 51, destination: 60 } as const;
const EXTENSIONS: ReadonlySet<number> = new Set([...Object.values(Extension), 135, 139, 140]);
const Port = { hsrp: 1985, hsrpIpv6: 2029, gue: 6080, ipvsSync: 8848 } as const;

/** Options that say nothing of who sends: all others are overwritten. End and no-operation, TCP sizes, SACK, time stamps; router alert. */
const TCP_OPTIONS: ReadonlySet<number> = new Set([2, 3, 4, 5, 8]);
const IPV4_OPTIONS: ReadonlySet<number> = new Set([148]);
/** Of IPv6 options: padding, router alert, jumbo payload. */
const IPV6_OPTIONS: ReadonlySet<number> = new Set([0, 1, 5, 0xc2]);
/** ICMP errors, whose quote is all that follows the first eight bytes. */
const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
const ICMP_REDIRECT = 5;
const ICMP_ECHO: ReadonlySet<number> = new Set([0, 8]);
/** Where options begin in messages of neighbour discovery, by ICMPv6 type. */
const ND_OPTIONS_AT: Readonly<Record<number, number>> = { 133: 8, 134: 16, 135: 24, 136: 24, 137: 40 };
const NdOption = { sourceLink: 1, targetLink: 2, prefix: 3, redirected: 4, mtu: 5, nonce: 14, route: 24, dnsServers: 25 } as const;

/** A frame on the way: what it was, and what it becomes. Offsets in both are the same. */
export class FrameAnonymizer {
  private readonly mapping: AddressMapping;
  private before: DataView = new DataView(new ArrayBuffer(0));
  private after: DataView = this.before;
  /** Whether the innermost IP packet is IPv6. */
  private isIpv6 = false;

  constructor(mapping: AddressMapping) {
    this.mapping = mapping;
  }

  /**
   * Changes the bytes of a frame in place.
   * @param before the same bytes, which are not changed
   * @returns how many of the first bytes may be shown; what follows them must not
   */
  anonymize(before: DataView, after: DataView, linkType: number): number {
    this.before = before;
    this.after = after;
    const end = after.byteLength;
    switch (linkType) {
      case LinkType.ethernet:
        return this.ethernet(end);
      case LinkType.linuxSll:
        return end < 16 ? 0 : this.cooked(4, 2, 6, 14, 16, end);
      case LinkType.linuxSll2:
        return end < 20 ? 0 : this.cooked(11, 1, 12, 0, 20, end);
      case LinkType.null:
      case LinkType.loop:
        return end < 4 ? 0 : this.ip(4, end, 0, false);
      case LinkType.raw:
      case LinkType.ipv4:
      case LinkType.ipv6:
        return this.ip(0, end, 0, false);
      default:
        return 0;
    }
  }

  // ---- link

  private ethernet(end: number): number {
    if (end < 6) return 0;
    this.mac(0);
    if (end < 12) return 6;
    this.mac(6);
    if (end < 14) return 12;
    let at = 12;
    for (let tags = 0; tags < MAX_TAGS && TAGS.has(this.u16(at)); tags++) {
      if (end - at < 6) return Math.min(end, at + 4);
      at += 4;
    }
    const type = this.u16(at);
    return type <= 1500 ? this.llc(at + 2, type === 0 ? end : Math.min(end, at + 2 + type)) : this.etherType(type, at + 2, end);
  }

  /** Linux cooked header: where the length of the address stands and how wide it is, the address, the protocol, and what follows. */
  private cooked(lengthAt: number, lengthBytes: 1 | 2, addressAt: number, protocolAt: number, at: number, end: number): number {
    const length = lengthBytes === 1 ? this.u8(lengthAt) : this.u16(lengthAt);
    // A tunnel's address is an IP address, and what stands behind a shorter address is left over from another frame.
    if (length === 6) this.mac(addressAt);
    this.fill(addressAt + (length === 6 ? 6 : 0), addressAt + 8, 0);
    const protocol = this.u16(protocolAt);
    if (protocol >= 0x0600) {
      if (!TAGS.has(protocol)) return this.etherType(protocol, at, end);
      return end - at < 4 || TAGS.has(this.u16(at + 2)) ? at : this.etherType(this.u16(at + 2), at + 4, end);
    }
    return protocol === 4 ? this.llc(at, end) : at;
  }

  /** Of IEEE 802.2 frames only SNAP is read; bridges and switches tell their names and MACs in the others. */
  private llc(at: number, end: number): number {
    const organisation = end - at < 8 ? -1 : this.u32(at + 2) & 0xff_ffff;
    const isSnap = (organisation === 0 || organisation === 0xf8) && this.u16(at) === 0xaaaa && this.u8(at + 2) === 3;
    return isSnap ? this.etherType(this.u16(at + 6), at + 8, end) : Math.min(end, at + 3);
  }

  private etherType(type: number, at: number, end: number): number {
    switch (type) {
      case EtherType.arp:
        return this.arp(at, end);
      case EtherType.ipv4:
      case EtherType.ipv6:
        return this.ip(at, end, 0, false);
      default:
        return at;
    }
  }

  private arp(at: number, end: number): number {
    if (end - at < 28 || this.u16(at + 2) !== EtherType.ipv4 || this.u16(at + 4) !== 0x0604) return Math.min(end, at + 8);
    for (const offset of [8, 18]) this.mac(at + offset);
    for (const offset of [14, 24]) this.ipv4(at + offset);
    return at + 28;
  }

  // ---- IP

  /** `isQuoted`: inside an ICMP error, where lengths are those of the whole packet and no payload but the transport header is shown. */
  private ip(at: number, end: number, depth: number, isQuoted: boolean): number {
    const version = at < end ? this.u8(at) >>> 4 : 0;
    if (version === 4) return this.ipv4Packet(at, end, depth, isQuoted);
    return version === 6 ? this.ipv6Packet(at, end, depth, isQuoted) : at;
  }

  private ipv4Packet(at: number, end: number, depth: number, isQuoted: boolean): number {
    const headerLength = end - at < 20 ? 0 : 4 * (this.u8(at) & 0xf);
    if (headerLength < 20) return at;
    const headerEnd = Math.min(end, at + headerLength);
    this.ipv4(at + 12);
    this.ipv4(at + 16);
    this.options(at + 20, headerEnd, IPV4_OPTIONS);
    this.mend(at + 10, this.change(at, headerEnd));
    const isLaterFragment = (this.u16(at + 6) & 0x1fff) !== 0;
    if (headerEnd < at + headerLength || isLaterFragment) return headerEnd;
    this.isIpv6 = false;
    const length = this.u16(at + 2);
    const limit = isQuoted || length === 0 ? end : Math.max(headerEnd, Math.min(end, at + length));
    return this.upperLayer(this.u8(at + 9), headerEnd, limit, this.change(at + 12, at + 20), depth, isQuoted);
  }

  private ipv6Packet(at: number, end: number, depth: number, isQuoted: boolean): number {
    if (end - at < 40) return at;
    this.ipv6(at + 8);
    this.ipv6(at + 24);
    const length = this.u16(at + 4);
    const limit = isQuoted || length === 0 ? end : Math.min(end, at + 40 + length);
    let next = this.u8(at + 6);
    let start = at + 40;
    for (let count = 0; EXTENSIONS.has(next); count++) {
      if (count === MAX_EXTENSIONS || limit - start < 8) return start;
      const bytes = this.extensionLength(next, start);
      if (limit - start < bytes) return start;
      if (next === Extension.fragment && (this.u16(start + 2) & 0xfff8) !== 0) return start + 8;
      this.extension(next, start, start + bytes);
      next = this.u8(start);
      start += bytes;
    }
    this.isIpv6 = true;
    return this.upperLayer(next, start, limit, this.change(at + 8, at + 40), depth, isQuoted);
  }

  private extensionLength(type: number, at: number): number {
    if (type === Extension.fragment) return 8;
    return type === Extension.authentication ? (this.u8(at + 1) + 2) * 4 : (this.u8(at + 1) + 1) * 8;
  }

  private extension(type: number, at: number, end: number): void {
    switch (type) {
      case Extension.fragment:
      case Extension.authentication:
        return;
      case Extension.routing:
        for (let address = at + 8; end - address >= 16; address += 16) this.ipv6(address);
        return;
      case Extension.hopByHop:
      case Extension.destination:
        this.ipv6Options(at + 2, end);
        return;
      default:
        this.fill(at + 4, end, 0);
    }
  }

  private ipv6Options(at: number, end: number): void {
    while (at < end) {
      const type = this.u8(at);
      const length = type === 0 || at + 1 === end ? 1 : Math.min(end - at, 2 + this.u8(at + 1));
      if (!IPV6_OPTIONS.has(type) || type === 1) {
        this.after.setUint8(at, length === 1 ? 0 : 1);
        this.fill(at + 2, at + length, 0);
      }
      at += length;
    }
  }

  /** Options of IPv4 and TCP: what is not among `kept` becomes no-operations. */
  private options(at: number, end: number, kept: ReadonlySet<number>): void {
    while (at < end) {
      const type = this.u8(at);
      if (type === 0) {
        this.fill(at, end, 0);
        return;
      }
      const length = type === 1 || at + 1 === end ? 1 : this.u8(at + 1);
      const isWhole = length >= (type === 1 ? 1 : 2) && at + length <= end;
      const next = isWhole ? at + length : end;
      if (type !== 1 && !(isWhole && kept.has(type))) this.fill(at, next, 1);
      at = next;
    }
  }

  /** `pseudo` is what the addresses around it add to a checksum that covers them. */
  private upperLayer(protocol: number, at: number, end: number, pseudo: number, depth: number, isQuoted: boolean): number {
    switch (protocol) {
      case Protocol.tcp:
        return this.tcp(at, end, pseudo);
      case Protocol.udp:
        return this.udp(at, end, pseudo, depth, isQuoted);
      case Protocol.icmp:
        return this.icmp(at, end, isQuoted);
      case Protocol.icmp6:
        return this.icmp6(at, end, pseudo, isQuoted);
      case Protocol.vrrp:
        return this.vrrp(at, end, pseudo);
      case Protocol.sctp:
        return Math.min(end, at + 12);
      case Protocol.ipv4:
      case Protocol.ipv6:
        return depth === MAX_TUNNELS ? at : this.ip(at, end, depth + 1, isQuoted);
      case Protocol.gre:
        return this.gre(at, end, depth, isQuoted);
      case Protocol.authentication: {
        const length = end - at < 12 ? 0 : this.extensionLength(protocol, at);
        if (length < 12 || length > end - at || depth === MAX_TUNNELS) return at;
        return this.upperLayer(this.u8(at), at + length, end, pseudo, depth + 1, isQuoted);
      }
      default:
        return at;
    }
  }

  // ---- transport

  private tcp(at: number, end: number, pseudo: number): number {
    const headerLength = end - at < 20 ? 20 : 4 * (this.u8(at + 12) >>> 4);
    const shown = Math.min(end, at + Math.max(20, headerLength));
    if (shown > at + 20) this.options(at + 20, shown, TCP_OPTIONS);
    if (shown >= at + 18) this.mend(at + 16, pseudo + this.change(at, shown));
    return shown;
  }

  private udp(at: number, end: number, pseudo: number, depth: number, isQuoted: boolean): number {
    if (end - at < 8) return end;
    const length = this.u16(at + 4);
    const limit = length >= 8 && !isQuoted ? Math.min(end, at + length) : end;
    const shown = isQuoted ? at + 8 : this.datagram(this.u16(at + 2), at + 8, limit, length - 8, depth);
    // 0 says that there is no checksum, and all ones stand for 0 (RFC 768).
    if (this.u16(at + 6) !== 0) this.mend(at + 6, pseudo + this.change(at, shown), 0xffff);
    return shown;
  }

  private datagram(port: number, at: number, end: number, length: number, depth: number): number {
    switch (port) {
      case Port.ipvsSync:
        return this.ipvsSync(at, end, length);
      case Port.gue:
        return this.gue(at, end, depth);
      case Port.hsrp:
      case Port.hsrpIpv6:
        return end - at >= 2 && this.u8(at) === 0 ? this.hsrp1(at, end) : this.hsrp2(at, end);
      default:
        return at;
    }
  }

  private icmp(at: number, end: number, isQuoted: boolean): number {
    if (end - at < 8) return Math.min(end, at + 4);
    const type = this.u8(at);
    let shown = at + 4;
    if (ICMP_ECHO.has(type)) shown = at + 8;
    else if (ICMP_ERRORS.has(type)) {
      if (type === ICMP_REDIRECT) this.ipv4(at + 4);
      shown = isQuoted ? at + 8 : this.ip(at + 8, end, 0, true);
    }
    this.mend(at + 2, this.change(at, shown));
    return shown;
  }

  private icmp6(at: number, end: number, pseudo: number, isQuoted: boolean): number {
    if (end - at < 8) return Math.min(end, at + 4);
    const shown = this.icmp6Body(this.u8(at), at, end, isQuoted);
    this.mend(at + 2, pseudo + this.change(at, shown));
    return shown;
  }

  private icmp6Body(type: number, at: number, end: number, isQuoted: boolean): number {
    const isError = type >= 1 && type <= 4;
    const isEcho = type === 128 || type === 129;
    if (isEcho || (isError && isQuoted)) return at + 8;
    // A quote of a quote is not followed.
    if (isQuoted) return at + 4;
    if (isError) return this.ip(at + 8, end, 0, true);
    const isListener = type >= 130 && type <= 132;
    const optionsAt = ND_OPTIONS_AT[type];
    const addresses = isListener || type === 135 || type === 136 ? 1 : type === 137 ? 2 : 0;
    if (end - at < 8 + 16 * addresses) return at + 8;
    for (let i = 0; i < addresses; i++) this.ipv6(at + 8 + 16 * i);
    if (isListener) return at + 24;
    if (optionsAt === undefined) return at + 4;
    return end - at < optionsAt ? at + 8 : this.ndOptions(at + optionsAt, end);
  }

  private ndOptions(at: number, end: number): number {
    while (end - at >= 8) {
      const length = 8 * this.u8(at + 1);
      if (length === 0) return at;
      if (this.u8(at) === NdOption.redirected) return this.ip(at + 8, Math.min(end, at + length), 0, true);
      if (length > end - at) return at;
      this.ndOption(this.u8(at), at, length);
      at += length;
    }
    return at;
  }

  private ndOption(type: number, at: number, length: number): void {
    switch (type) {
      case NdOption.sourceLink:
      case NdOption.targetLink:
        if (length === 8) this.mac(at + 2);
        else this.fill(at + 2, at + length, 0);
        return;
      case NdOption.mtu:
      case NdOption.nonce:
        return;
      case NdOption.prefix:
        if (length === 32) this.ipv6Prefix(at + 16, this.u8(at + 2));
        else this.fill(at + 2, at + length, 0);
        return;
      case NdOption.dnsServers:
        for (let address = at + 8; address + 16 <= at + length; address += 16) this.ipv6(address);
        return;
      case NdOption.route:
        if (length === 24) this.ipv6Prefix(at + 8, this.u8(at + 2));
        else this.fill(at + 8, at + length, 0);
        return;
      default:
        // A search list names domains; of others nobody knows.
        this.fill(at + 2, at + length, 0);
    }
  }

  private vrrp(at: number, end: number, pseudo: number): number {
    if (end - at < 8) return Math.min(end, at + 4);
    const version = this.u8(at) >>> 4;
    const count = this.u8(at + 3);
    // OpenBSD's CARP has the same protocol number and no addresses, but an authentication of 28 bytes.
    const isCarp = version === 2 && count === 7 && end - at === 36;
    const addressBytes = this.isIpv6 ? 16 : 4;
    const addressesEnd = at + 8 + addressBytes * count;
    if (isCarp || (version !== 2 && version !== 3) || addressesEnd > end) return at + 8;
    // RFC 5798 left open whether the checksum of version 3 over IPv4 covers a pseudo-header: what fits is what was meant.
    const hasNoPseudoHeader = version === 2 || (!this.isIpv6 && this.isAllOnes(at, end));
    for (let address = at + 8; address < addressesEnd; address += addressBytes) {
      if (addressBytes === 16) this.ipv6(address);
      else this.ipv4(address);
    }
    let shown = addressesEnd;
    if (version === 2 && end - addressesEnd >= 8) {
      shown = addressesEnd + 8;
      this.secret(addressesEnd, shown);
    }
    this.mend(at + 6, (hasNoPseudoHeader ? 0 : pseudo) + this.change(at, shown));
    return shown;
  }

  // ---- tunnels

  private gre(at: number, end: number, depth: number, isQuoted: boolean): number {
    if (end - at < 4) return at;
    const flags = this.u16(at);
    const type = this.u16(at + 2);
    const start = at + 4 + [0x8000, 0x2000, 0x1000].reduce((sum, flag) => sum + ((flags & flag) === 0 ? 0 : 4), 0);
    const isIp = type === EtherType.ipv4 || type === EtherType.ipv6;
    if ((flags & 0x4007) !== 0 || !isIp || start > end || depth === MAX_TUNNELS) return at + 4;
    const shown = this.ip(start, end, depth + 1, isQuoted);
    if ((flags & 0x8000) !== 0) this.mend(at + 4, this.change(at, shown));
    return shown;
  }

  private gue(at: number, end: number, depth: number): number {
    if (end - at < 4 || depth === MAX_TUNNELS) return at;
    const first = this.u8(at);
    if (first >>> 6 === 1) return this.ip(at, end, depth + 1, false);
    const protocol = this.u8(at + 1);
    const start = at + 4 + 4 * (first & 0x1f);
    if (first >>> 5 !== 0 || (protocol !== Protocol.ipv4 && protocol !== Protocol.ipv6) || start > end) return at;
    return this.ip(start, end, depth + 1, false);
  }

  // ---- datagrams that name machines

  /** Connections that directors tell each other (Linux net/netfilter/ipvs/ip_vs_sync.c); see the decoder for the layout. */
  private ipvsSync(at: number, end: number, length: number): number {
    if (end - at < 8 || this.u16(at + 2) !== length) return at;
    const isV1 = this.u8(at) === 0 && this.u8(at + 5) === 1 && this.u16(at + 6) === 0;
    const count = this.u8(at + (isV1 ? 4 : 0));
    let next = at + (isV1 ? 8 : 4);
    for (let i = 0; i < count; i++) {
      const bytes = isV1 ? this.syncConnectionV1(next, end) : this.syncConnectionV0(next, end);
      if (bytes === 0) break;
      next += bytes;
    }
    return Math.min(next, end);
  }

  private syncConnectionV0(at: number, end: number): number {
    if (end - at < 24) return 0;
    for (const offset of [8, 12, 16]) this.ipv4(at + offset);
    const hasSequence = (this.u16(at + 20) & 0x0600) !== 0;
    return hasSequence ? 48 : 24;
  }

  private syncConnectionV1(at: number, end: number): number {
    if (end - at < 36) return 0;
    const isIpv6 = (this.u8(at) & 1) !== 0;
    const fixed = isIpv6 ? 72 : 36;
    const length = this.u16(at + 2) & 0xfff;
    if (length < fixed || end - at < fixed) return 0;
    for (let i = 0; i < 3; i++) {
      if (isIpv6) this.ipv6(at + 24 + 16 * i);
      else this.ipv4(at + 24 + 4 * i);
    }
    // Parameters: a type, a length, and what may be a name or the data of a persistence engine.
    const stop = Math.min(end, at + ((length + 3) & ~3));
    let parameter = at + fixed;
    while (parameter + 2 <= stop && parameter < at + length) {
      const next = Math.min(stop, parameter + 2 + this.u8(parameter + 1));
      this.fill(parameter + 2, next, 0);
      parameter = next;
    }
    this.fill(parameter, stop, 0);
    return (length + 3) & ~3;
  }

  private hsrp1(at: number, end: number): number {
    if (end - at < 20) return at;
    this.secret(at + 8, at + 16);
    this.ipv4(at + 16);
    return at + 20;
  }

  private hsrp2(at: number, end: number): number {
    while (end - at >= 2) {
      const length = this.u8(at + 1);
      if (end - at < 2 + length) return at;
      if (this.u8(at) === 1 && length >= 40) {
        this.mac(at + 8);
        if (this.u8(at + 5) === 6) this.ipv6(at + 26);
        else this.ipv4(at + 26);
        this.fill(at + 42, at + 2 + length, 0);
      } else {
        this.fill(at + 2, at + 2 + length, 0);
      }
      at += 2 + length;
    }
    return at;
  }

  // ---- values

  private u8(at: number): number {
    return this.before.getUint8(at);
  }

  private u16(at: number): number {
    return this.before.getUint16(at);
  }

  private u32(at: number): number {
    return this.before.getUint32(at);
  }

  private mac(at: number): void {
    const mac = this.mapping.mac(this.before.getUint16(at) * 0x1_0000_0000 + this.before.getUint32(at + 2));
    this.after.setUint16(at, Math.floor(mac / 0x1_0000_0000));
    this.after.setUint32(at + 2, mac % 0x1_0000_0000);
  }

  private ipv4(at: number): void {
    this.after.setUint32(at, this.mapping.ipv4(this.before.getUint32(at)));
  }

  private ipv6(at: number): void {
    const word = (i: number) => this.before.getUint32(at + 4 * i);
    for (const [i, mapped] of this.mapping.ipv6(word(0), word(1), word(2), word(3)).entries()) this.after.setUint32(at + 4 * i, mapped);
  }

  /** The bits after a prefix are no address: they stay zero. */
  private ipv6Prefix(at: number, length: number): void {
    this.ipv6(at);
    for (let i = 0; i < 16; i++) {
      const bits = Math.min(8, Math.max(0, length - 8 * i));
      this.after.setUint8(at + i, this.after.getUint8(at + i) & (0xff00 >>> bits));
    }
  }

  /** A password in clear: whether two machines have the same can still be seen. All zeros are none. */
  private secret(at: number, end: number): void {
    const bytes = new Uint8Array(this.before.buffer, this.before.byteOffset + at, end - at);
    if (bytes.every((byte) => byte === 0)) return;
    for (const [i, byte] of this.mapping.disguise(bytes).entries()) this.after.setUint8(at + i, byte);
  }

  private fill(at: number, end: number, value: number): void {
    for (; at < end; at++) this.after.setUint8(at, value);
  }

  // ---- checksums

  /** What the changes between two offsets add to a sum of 16-bit words that begins at the first. */
  private change(at: number, end: number): number {
    return sumOf(this.after, at, end) - sumOf(this.before, at, end);
  }

  private isAllOnes(at: number, end: number): boolean {
    const sum = sumOf(this.before, at, end);
    return sum > 0 && sum % 0xffff === 0;
  }

  /** Mends a checksum, which itself must not be among what changed (RFC 1624 equation 3); `zero` is how a checksum of 0 is written. */
  private mend(at: number, change: number, zero = 0): void {
    if (change === 0) return;
    const sum = ((~this.before.getUint16(at) & 0xffff) + change) % 0xffff;
    // Of the two zeros of ones' complement a sum of words that are not all zero is 0xffff.
    this.after.setUint16(at, ~(sum <= 0 ? sum + 0xffff : sum) & 0xffff || zero);
  }
}

function sumOf(view: DataView, at: number, end: number): number {
  let sum = 0;
  for (; at + 2 <= end; at += 2) sum += view.getUint16(at);
  return at < end ? sum + 0x100 * view.getUint8(at) : sum;
}
