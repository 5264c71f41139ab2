/**
 * IPv4 (RFC 791).
 *
 *  0  version and header length     2  total length
 *  4  identification                6  flags 3 bits (DF is bit 1, MF bit 2), fragment offset 13 bits in 8 bytes
 *  8  TTL    9  protocol           10  header checksum
 * 12  source                       16  destination      20  options
 */

import type { Packet } from './packet.ts';
import { PacketKind, Transport } from './packet-codes.ts';
import { stopMalformed, stopShort } from './stop.ts';

const shortestHeader = 20;

/** Whether the fixed part of an IPv4 header can be read at `start`; says why not in `packet.status`. */
export function isIpv4Readable(packet: Packet, view: DataView, start: number, end: number): boolean {
  if (end - start < shortestHeader) {
    stopShort(packet, start + shortestHeader);
    return false;
  }
  const first = view.getUint8(start);
  if (first >= 0x45 && first <= 0x4f) return true;
  stopMalformed(packet);
  return false;
}

/**
 * Fills the IP fields from a header that `isIpv4Readable`; returns the offset of the transport header, or -1 when there is none here:
 * a later fragment, or options that were not captured. `insideFragment`: the packet around this one is a first fragment, so that
 * this one may lawfully be longer.
 */
export function decodeIpv4(packet: Packet, view: DataView, start: number, end: number, insideFragment: boolean): number {
  const lengths = view.getInt32(start);
  const fragment = view.getInt32(start + 4);
  const time = view.getInt32(start + 8);
  packet.kind = PacketKind.ip;
  packet.version = 4;
  packet.ipStart = start;
  packet.source0 = 0;
  packet.source1 = 0;
  packet.source2 = 0;
  packet.source3 = view.getInt32(start + 12);
  packet.destination0 = 0;
  packet.destination1 = 0;
  packet.destination2 = 0;
  packet.destination3 = view.getInt32(start + 16);
  packet.ttl = time >>> 24;
  packet.protocol = (time >>> 16) & 0xff;
  packet.ipId = fragment >>> 16;
  packet.dontFragment = (fragment & 0x4000) !== 0;
  packet.isFragment = (fragment & 0x3fff) !== 0;
  packet.fragmentOffset = (fragment & 0x1fff) << 3;

  const headerLength = (lengths >>> 22) & 0x3c;
  const totalLength = lengths & 0xffff;
  // Segmentation offload hands the kernel's packet to the capture before its length is known: 0 (RFC 791 has no use for it).
  const length = totalLength === 0 ? packet.wireEnd - start : totalLength;
  packet.ipLength = length;
  if (start + length <= packet.wireEnd) packet.wireEnd = start + length;
  else if (!insideFragment) stopMalformed(packet);
  packet.ipEnd = Math.min(end, packet.wireEnd);

  const at = start + headerLength;
  packet.transportStart = at;
  packet.transport = Transport.none;
  if (at > packet.ipEnd) {
    packet.payloadStart = packet.ipEnd;
    packet.payloadLength = 0;
    stopShort(packet, at);
    return -1;
  }
  if (packet.fragmentOffset !== 0) {
    packet.transport = Transport.fragment;
    packet.payloadStart = at;
    packet.payloadLength = packet.wireEnd - at;
    return -1;
  }
  return at;
}
