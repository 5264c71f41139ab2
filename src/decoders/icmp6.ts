/**
 * ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861).
 *
 *  0  type    1  code    2  checksum
 *  4  packet too big: MTU; echo: identifier; neighbour advertisement: flags router, solicited, override
 *  8  errors: the packet quoted; neighbour messages and redirect: target address    24  redirect: destination address
 *
 * Options follow at 8 (router solicitation), 16 (router advertisement), 24 (neighbour messages), 40 (redirect):
 *  0  type: 1 source, 2 target link-layer address, 4 redirected packet    1  length in 8 bytes
 */

import type { Packet } from './packet.ts';
import { Transport } from './packet-codes.ts';
import { decodeQuoted } from './quoted-packet.ts';
import { stopMalformed, stopShort } from './stop.ts';

const headerLength = 8;
const tooBig = 2;
const lastError = 4;
const echoRequest = 128;
const echoReply = 129;
const routerSolicitation = 133;
const routerAdvertisement = 134;
const neighbourSolicitation = 135;
const neighbourAdvertisement = 136;
const redirect = 137;
const sourceLinkAddress = 1;
const targetLinkAddress = 2;
const redirectedPacket = 4;

/** Fills the ICMP and ND fields as far as the message was captured. */
export function decodeIcmp6(packet: Packet, view: DataView, start: number, end: number): void {
  packet.transport = Transport.icmp6;
  if (end - start >= 2) {
    packet.icmpType = view.getUint8(start);
    packet.icmpCode = view.getUint8(start + 1);
  }
  const type = packet.icmpType;
  if (end - start >= 4) packet.checksum = view.getUint16(start + 2);
  const isEcho = type === echoRequest || type === echoReply;
  if (isEcho && end - start >= 6) {
    packet.sourcePort = view.getUint16(start + 4);
    packet.destinationPort = packet.sourcePort;
  }
  if (end - start < headerLength) {
    packet.payloadStart = end;
    packet.payloadLength = 0;
    stopShort(packet, start + headerLength);
    return;
  }
  packet.payloadStart = start + headerLength;
  packet.payloadLength = packet.wireEnd - packet.payloadStart;
  switch (type) {
    case routerSolicitation:
      decodeOptions(packet, view, start + 8, end, sourceLinkAddress);
      break;
    case routerAdvertisement:
      decodeOptions(packet, view, start + 16, end, sourceLinkAddress);
      break;
    case neighbourSolicitation:
      if (readTarget(packet, view, start, end)) decodeOptions(packet, view, start + 24, end, sourceLinkAddress);
      break;
    case neighbourAdvertisement: {
      const flags = view.getUint8(start + 4);
      packet.ndRouter = (flags & 0x80) !== 0;
      packet.ndSolicited = (flags & 0x40) !== 0;
      packet.ndOverride = (flags & 0x20) !== 0;
      if (readTarget(packet, view, start, end)) decodeOptions(packet, view, start + 24, end, targetLinkAddress);
      break;
    }
    case redirect:
      if (readTarget(packet, view, start, end)) decodeOptions(packet, view, start + 40, end, targetLinkAddress);
      break;
    default:
      if (type < 1 || type > lastError) break;
      if (type === tooBig) packet.icmpMtu = view.getUint32(start + 4);
      decodeQuoted(packet, view, start + headerLength, end);
  }
}

function readTarget(packet: Packet, view: DataView, start: number, end: number): boolean {
  if (end - start < 24) {
    stopShort(packet, start + 24);
    return false;
  }
  packet.target0 = view.getInt32(start + 8);
  packet.target1 = view.getInt32(start + 12);
  packet.target2 = view.getInt32(start + 16);
  packet.target3 = view.getInt32(start + 20);
  return true;
}

function decodeOptions(packet: Packet, view: DataView, start: number, end: number, linkAddress: number): void {
  let at = start;
  if (at > end) {
    stopShort(packet, at);
    return;
  }
  while (at < packet.wireEnd) {
    if (end - at < 8) {
      stopShort(packet, at + 8);
      return;
    }
    const type = view.getUint8(at);
    const length = view.getUint8(at + 1) * 8;
    if (length === 0 || at + length > packet.wireEnd) {
      stopMalformed(packet);
      return;
    }
    if (type === linkAddress && packet.ndLinkAddress < 0) {
      packet.ndLinkAddress = view.getUint16(at + 2) * 0x100000000 + view.getUint32(at + 4);
    } else if (type === redirectedPacket && packet.icmpType === redirect) {
      decodeQuoted(packet, view, at + 8, Math.min(at + length, end));
    }
    at += length;
  }
}
