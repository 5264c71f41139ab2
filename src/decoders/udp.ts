/**
 * UDP (RFC 768).
 *
 *  0  source port    2  destination port    4  length with this header    6  checksum
 */

import type { Packet } from './packet.ts';
import { Transport } from './packet-codes.ts';
import { stopMalformed, stopShort } from './stop.ts';

const headerLength = 8;

/** Fills the transport fields as far as the header was captured. */
export function decodeUdp(packet: Packet, view: DataView, start: number, end: number): void {
  packet.transport = Transport.udp;
  if (end - start < headerLength) {
    packet.payloadStart = end;
    packet.payloadLength = 0;
    stopShort(packet, start + headerLength);
    if (end - start < 4) return;
    packet.sourcePort = view.getUint16(start);
    packet.destinationPort = view.getUint16(start + 2);
    return;
  }
  packet.sourcePort = view.getUint16(start);
  packet.destinationPort = view.getUint16(start + 2);
  const length = view.getUint16(start + 4);
  packet.checksum = view.getUint16(start + 6);
  const room = packet.wireEnd - start;
  packet.payloadStart = start + headerLength;
  // 0: a jumbogram (RFC 2675 section 4) or segmentation offload. The first fragment of a datagram ends before its length does.
  if (length === 0 || (length > room && packet.isFragment)) {
    packet.payloadLength = room - headerLength;
  } else if (length < headerLength || length > room) {
    packet.payloadLength = room - headerLength;
    stopMalformed(packet);
  } else {
    packet.payloadLength = length - headerLength;
  }
}
