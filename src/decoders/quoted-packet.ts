/** The packet that an ICMP error quotes: its IP header and at least eight bytes more (RFC 792, RFC 4443 section 2.4). */
import { ipv6ExtensionLength, isIpv6Extension } from './ipv6.ts';
import type { Packet, QuotedPacket } from './packet.ts';
import { stopMalformed, stopShort } from './stop.ts';

const protocolIcmp = 1;
const protocolTcp = 6;
const protocolUdp = 17;
const protocolIcmp6 = 58;
const protocolSctp = 132;
const mostExtensions = 8;

/** A quote that says nothing. */
export function clearQuoted(quoted: QuotedPacket): void {
  quoted.version = 0;
  quoted.source0 = 0;
  quoted.source1 = 0;
  quoted.source2 = 0;
  quoted.source3 = 0;
  quoted.destination0 = 0;
  quoted.destination1 = 0;
  quoted.destination2 = 0;
  quoted.destination3 = 0;
  quoted.protocol = 0;
  quoted.ttl = 0;
  quoted.sourcePort = -1;
  quoted.destinationPort = -1;
  quoted.sequence = 0;
}

/** Fills `packet.quoted` from the quote between `start` and `end`; its lengths are not believed, as quotes are cut on purpose. */
export function decodeQuoted(packet: Packet, view: DataView, start: number, end: number): void {
  if (end - start < 1) {
    stopShort(packet, start + 1);
    return;
  }
  const version = view.getUint8(start) >>> 4;
  if (version === 4) decodeQuotedIpv4(packet, view, start, end);
  else if (version === 6) decodeQuotedIpv6(packet, view, start, end);
  else stopMalformed(packet);
}

function decodeQuotedIpv4(packet: Packet, view: DataView, start: number, end: number): void {
  if (end - start < 20) {
    stopShort(packet, start + 20);
    return;
  }
  const headerLength = (view.getUint8(start) & 0xf) * 4;
  if (headerLength < 20) {
    stopMalformed(packet);
    return;
  }
  const quoted = packet.quoted;
  quoted.version = 4;
  quoted.source3 = view.getInt32(start + 12);
  quoted.destination3 = view.getInt32(start + 16);
  quoted.protocol = view.getUint8(start + 9);
  quoted.ttl = view.getUint8(start + 8);
  const isFirst = (view.getUint16(start + 6) & 0x1fff) === 0;
  if (isFirst) decodeQuotedTransport(quoted, view, start + headerLength, end);
}

function decodeQuotedIpv6(packet: Packet, view: DataView, start: number, end: number): void {
  if (end - start < 40) {
    stopShort(packet, start + 40);
    return;
  }
  const quoted = packet.quoted;
  quoted.version = 6;
  quoted.source0 = view.getInt32(start + 8);
  quoted.source1 = view.getInt32(start + 12);
  quoted.source2 = view.getInt32(start + 16);
  quoted.source3 = view.getInt32(start + 20);
  quoted.destination0 = view.getInt32(start + 24);
  quoted.destination1 = view.getInt32(start + 28);
  quoted.destination2 = view.getInt32(start + 32);
  quoted.destination3 = view.getInt32(start + 36);
  quoted.ttl = view.getUint8(start + 7);
  quoted.protocol = view.getUint8(start + 6);
  let at = start + 40;
  for (let count = 0; isIpv6Extension(quoted.protocol) && count < mostExtensions; count++) {
    if (end - at < 8) return;
    const isLaterFragment = quoted.protocol === 44 && (view.getUint16(at + 2) & 0xfff8) !== 0;
    const length = ipv6ExtensionLength(view, quoted.protocol, at);
    quoted.protocol = view.getUint8(at);
    if (isLaterFragment) return;
    at += length;
  }
  decodeQuotedTransport(quoted, view, at, end);
}

function decodeQuotedTransport(quoted: QuotedPacket, view: DataView, at: number, end: number): void {
  switch (quoted.protocol) {
    case protocolTcp:
      if (end - at >= 8) quoted.sequence = view.getInt32(at + 4);
      readPorts(quoted, view, at, end);
      break;
    case protocolUdp:
    case protocolSctp:
      readPorts(quoted, view, at, end);
      break;
    case protocolIcmp:
      if (end - at >= 6 && isEcho(view.getUint8(at), 8, 0)) readIdentifier(quoted, view, at);
      break;
    case protocolIcmp6:
      if (end - at >= 6 && isEcho(view.getUint8(at), 128, 129)) readIdentifier(quoted, view, at);
      break;
  }
}

function readPorts(quoted: QuotedPacket, view: DataView, at: number, end: number): void {
  if (end - at < 4) return;
  quoted.sourcePort = view.getUint16(at);
  quoted.destinationPort = view.getUint16(at + 2);
}

function isEcho(type: number, request: number, reply: number): boolean {
  return type === request || type === reply;
}

function readIdentifier(quoted: QuotedPacket, view: DataView, at: number): void {
  quoted.sourcePort = view.getUint16(at + 4);
  quoted.destinationPort = quoted.sourcePort;
}
