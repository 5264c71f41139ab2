/**
 * SCTP (RFC 9260 section 3.1): the common header's ports, by which IPVS schedules it.
 *
 *  0  source port    2  destination port    4  verification tag    8  checksum
 */

import type { Packet } from './packet.ts';
import { Transport } from './packet-codes.ts';
import { stopShort } from './stop.ts';

const headerLength = 12;

/** Fills the ports as far as the header was captured. */
export function decodeSctp(packet: Packet, view: DataView, start: number, end: number): void {
  packet.transport = Transport.sctp;
  if (end - start >= 4) {
    packet.sourcePort = view.getUint16(start);
    packet.destinationPort = view.getUint16(start + 2);
  }
  if (end - start < headerLength) {
    packet.payloadStart = end;
    packet.payloadLength = 0;
    stopShort(packet, start + headerLength);
    return;
  }
  packet.payloadStart = start + headerLength;
  packet.payloadLength = packet.wireEnd - packet.payloadStart;
}
