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
  packet.sourcePort = view.getUint16(start);
  packet.destinationPort = view.getUint16(start + 2);
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
  if (end - start < 4) return;
  packet.sourcePort = view.getUint16(start);
  packet.destinationPort = view.getUint16(start + 2);
  if (end - start >= 8) packet.sequence = view.getInt32(start + 4);
  if (end - start >= 12) packet.acknowledgment = view.getInt32(start + 8);
  if (end - start >= 14) packet.tcpFlags = view.getUint8(start + 13);
  if (end - start >= 18) packet.checksum = view.getUint16(start + 16);
}

function withoutPayload(packet: Packet, end: number): void {
  packet.payloadStart = end;
  packet.payloadLength = 0;
}
