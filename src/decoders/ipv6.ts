/**
 * IPv6 (RFC 8200) and its extension headers.
 *
 *  0  version 4 bits, traffic class, flow label     4  payload length
 *  6  next header    7  hop limit    8  source    24  destination
 *
 * Extension headers: 0 next header, 1 length; hop-by-hop (0), routing (43), destination (60), mobility (135), HIP (139) and
 * Shim6 (140) count 8 bytes beyond the first 8; authentication (51) counts 4 bytes beyond the first 8; fragment (44) has 8.
 */

import type { Packet } from './packet.ts';
import { PacketKind, Transport } from './packet-codes.ts';
import { stopMalformed, stopShort, stopUnsupported } from './stop.ts';

const headerLength = 40;
const mostExtensions = 16;
const fragmentHeader = 44;
const authenticationHeader = 51;
const noNextHeader = 59;

/** Whether the fixed header can be read at `start`; says why not in `packet.status`. */
export function isIpv6Readable(packet: Packet, view: DataView, start: number, end: number): boolean {
  if (end - start < headerLength) {
    stopShort(packet, start + headerLength);
    return false;
  }
  if (view.getUint8(start) >>> 4 === 6) return true;
  stopMalformed(packet);
  return false;
}

/** Whether a next header value names an extension header that can be skipped. */
export function isIpv6Extension(protocol: number): boolean {
  switch (protocol) {
    case 0:
    case 43:
    case fragmentHeader:
    case authenticationHeader:
    case 60:
    case 135:
    case 139:
    case 140:
      return true;
    default:
      return false;
  }
}

/** Length in bytes, 8 to 2048, of the extension header at `at`, of which two bytes must be readable. */
export function ipv6ExtensionLength(view: DataView, protocol: number, at: number): number {
  if (protocol === fragmentHeader) return 8;
  const units = view.getUint8(at + 1);
  return protocol === authenticationHeader ? (units + 2) * 4 : (units + 1) * 8;
}

/**
 * Fills the IP fields from a header that `isIpv6Readable`; returns the offset of the transport header, or -1 when there is none here.
 * `insideFragment` as for IPv4.
 */
export function decodeIpv6(packet: Packet, view: DataView, start: number, end: number, insideFragment: boolean): number {
  packet.kind = PacketKind.ip;
  packet.version = 6;
  packet.ipStart = start;
  packet.source0 = view.getInt32(start + 8);
  packet.source1 = view.getInt32(start + 12);
  packet.source2 = view.getInt32(start + 16);
  packet.source3 = view.getInt32(start + 20);
  packet.destination0 = view.getInt32(start + 24);
  packet.destination1 = view.getInt32(start + 28);
  packet.destination2 = view.getInt32(start + 32);
  packet.destination3 = view.getInt32(start + 36);
  packet.ttl = view.getUint8(start + 7);
  packet.ipId = 0;
  packet.dontFragment = false;
  packet.isFragment = false;
  packet.fragmentOffset = 0;
  const protocol = view.getUint8(start + 6);
  packet.protocol = protocol;

  const payload = view.getUint16(start + 4);
  // 0 with something to follow: a jumbogram (RFC 2675) or segmentation offload; either way the wire's length is the packet's.
  const length = payload === 0 && protocol !== noNextHeader ? packet.wireEnd - start : headerLength + payload;
  packet.ipLength = length;
  if (start + length <= packet.wireEnd) packet.wireEnd = start + length;
  else if (!insideFragment) stopMalformed(packet);
  packet.ipEnd = Math.min(end, packet.wireEnd);

  packet.transport = Transport.none;
  let at = start + headerLength;
  if (isIpv6Extension(protocol)) {
    at = skipExtensions(packet, view, at);
    if (at < 0) return -1;
  }
  packet.transportStart = at;
  if (packet.fragmentOffset === 0) return at;
  packet.transport = Transport.fragment;
  packet.payloadStart = at;
  packet.payloadLength = packet.wireEnd - at;
  return -1;
}

/** Leaves the upper-layer protocol in `packet.protocol`, and returns its offset; -1 when an extension header is not whole. */
function skipExtensions(packet: Packet, view: DataView, start: number): number {
  const end = packet.ipEnd;
  let at = start;
  for (let count = 0; isIpv6Extension(packet.protocol); count++) {
    // Until the next header is known, this one is what the packet carries.
    packet.transportStart = at;
    packet.payloadStart = at;
    packet.payloadLength = packet.wireEnd - at;
    packet.transport = Transport.other;
    if (count === mostExtensions) {
      stopUnsupported(packet);
      return -1;
    }
    const needed = at + 8;
    if (needed > end) {
      stopShort(packet, needed);
      return -1;
    }
    const length = ipv6ExtensionLength(view, packet.protocol, at);
    if (at + length > end) {
      stopShort(packet, at + length);
      return -1;
    }
    if (packet.protocol === fragmentHeader) {
      const offset = view.getUint16(at + 2);
      packet.fragmentOffset = offset & 0xfff8;
      // An atomic fragment (RFC 6946) is a whole packet.
      packet.isFragment = (offset & 0xfff9) !== 0;
      packet.ipId = view.getInt32(at + 4);
    }
    packet.protocol = view.getUint8(at);
    at += length;
    if (packet.fragmentOffset !== 0) break;
  }
  packet.transport = Transport.none;
  return at;
}
