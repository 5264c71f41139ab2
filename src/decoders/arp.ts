/**
 * ARP for IPv4 over Ethernet (RFC 826).
 *
 *  0  hardware type 1 (or 6, IEEE 802)   2  protocol type 0x0800
 *  4  hardware length 6, protocol length 4
 *  6  operation
 *  8  sender MAC    14  sender IP
 * 18  target MAC    24  target IP
 */

import type { Packet } from './packet.ts';
import { PacketKind } from './packet-codes.ts';
import { stopShort, stopUnsupported } from './stop.ts';

const messageLength = 28;

/** Fills the ARP fields; the kind stays `other` when the message is not whole or not of IPv4 over Ethernet. */
export function decodeArp(packet: Packet, view: DataView, start: number, end: number): void {
  if (end - start < 8) {
    stopShort(packet, start + messageLength);
    return;
  }
  const hardware = view.getUint16(start);
  if ((hardware !== 1 && hardware !== 6) || view.getUint16(start + 2) !== 0x0800 || view.getUint16(start + 4) !== 0x0604) {
    stopUnsupported(packet);
    return;
  }
  if (end - start < messageLength) {
    stopShort(packet, start + messageLength);
    return;
  }
  packet.kind = PacketKind.arp;
  packet.arpOperation = view.getUint16(start + 6);
  packet.arpSenderMac = view.getUint16(start + 8) * 0x100000000 + view.getUint32(start + 10);
  packet.arpSenderIp = view.getInt32(start + 14);
  packet.arpTargetMac = view.getUint16(start + 18) * 0x100000000 + view.getUint32(start + 20);
  packet.arpTargetIp = view.getInt32(start + 24);
}
