/**
 * ICMP (RFC 792; next-hop MTU: RFC 1191).
 *
 *  0  type    1  code    2  checksum
 *  4  echo: identifier; redirect: gateway address     6  echo: sequence; fragmentation needed: next-hop MTU
 *  8  errors and redirects: the packet quoted
 */

import type { Packet } from './packet.ts';
import { Transport } from './packet-codes.ts';
import { decodeQuoted } from './quoted-packet.ts';
import { stopShort } from './stop.ts';

const headerLength = 8;
const echoReply = 0;
const unreachable = 3;
const sourceQuench = 4;
const redirect = 5;
const echoRequest = 8;
const timeExceeded = 11;
const parameterProblem = 12;
const fragmentationNeeded = 4;

/** Fills the ICMP fields as far as the message was captured. */
export function decodeIcmp(packet: Packet, view: DataView, start: number, end: number): void {
  packet.transport = Transport.icmp;
  if (end - start >= 2) {
    packet.icmpType = view.getUint8(start);
    packet.icmpCode = view.getUint8(start + 1);
  }
  if (end - start >= 4) packet.checksum = view.getUint16(start + 2);
  const isEcho = packet.icmpType === echoRequest || packet.icmpType === echoReply;
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
  switch (packet.icmpType) {
    case unreachable:
      if (packet.icmpCode === fragmentationNeeded) packet.icmpMtu = view.getUint16(start + 6);
      decodeQuoted(packet, view, start + headerLength, end);
      break;
    case redirect:
      packet.target3 = view.getInt32(start + 4);
      decodeQuoted(packet, view, start + headerLength, end);
      break;
    case sourceQuench:
    case timeExceeded:
    case parameterProblem:
      decodeQuoted(packet, view, start + headerLength, end);
      break;
  }
}
