/**
 * TCP (RFC 9293 section 3.1).
 *
 *  0  source port    2  destination port    4  sequence    8  acknowledgment
 * 12  data offset 4 bits, reserved 4 bits, flags 8 bits    14  window    16  checksum    18  urgent pointer    20  options
 */

import type { Packet } from './packet.ts';
import { Transport } from './packet-codes.ts';
import { stopMalformed, stopShort } from './stop.ts';

const shortestHeader = 20;

/** Fills the transport fields as far as the header was captured. */
export function decodeTcp(packet: Packet, view: DataView, start: number, end: number): void {
  packet.transport = Transport.tcp;
  if (end - start < shortestHeader) {
    decodePart(packet, view, start, end);
    return;
  }
  const ports = view.getInt32(start);
  packet.sourcePort = ports >>> 16;
  packet.destinationPort = ports & 0xffff;
  packet.sequence = view.getInt32(start + 4);
  packet.acknowledgment = view.getInt32(start + 8);
  const offsetAndFlags = view.getUint16(start + 12);
  packet.tcpFlags = offsetAndFlags & 0xff;
  packet.checksum = view.getUint16(start + 16);
  const headerLength = (offsetAndFlags >>> 12) << 2;
  const payload = start + headerLength;
  if (headerLength < shortestHeader || payload > packet.wireEnd) {
    withoutPayload(packet, end);
    stopMalformed(packet);
    return;
  }
  // Options cut by the capture are no loss: none of them is read.
  packet.payloadStart = Math.min(payload, end);
  packet.payloadLength = packet.wireEnd - payload;
}

function decodePart(packet: Packet, view: DataView, start: number, end: number): void {
  withoutPayload(packet, end);
  stopShort(packet, start + shortestHeader);
  packet.sourcePort = end - start >= 4 ? view.getUint16(start) : -1;
  packet.destinationPort = end - start >= 4 ? view.getUint16(start + 2) : -1;
  packet.sequence = end - start >= 8 ? view.getInt32(start + 4) : 0;
  packet.acknowledgment = end - start >= 12 ? view.getInt32(start + 8) : 0;
  packet.tcpFlags = end - start >= 14 ? view.getUint8(start + 13) : 0;
  packet.checksum = end - start >= 18 ? view.getUint16(start + 16) : 0;
}

function withoutPayload(packet: Packet, end: number): void {
  packet.payloadStart = end;
  packet.payloadLength = 0;
}
