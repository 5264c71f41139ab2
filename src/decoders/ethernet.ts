/**
 * Ethernet II and IEEE 802.3 (IEEE 802.3 clause 3).
 *
 *  0  destination MAC, 6 bytes
 *  6  source MAC, 6 bytes
 * 12  EtherType from 0x0600, or below it the length of an LLC frame
 */
import { decodeEtherType } from './ether-type.ts';
import type { Packet } from './packet.ts';
import { LinkKind } from './packet-codes.ts';
import { stopShort } from './stop.ts';

const headerLength = 14;

/** Reads the link header and its tags; returns the offset of what `packet.etherType` names, or -1 when there is no more to read. */
export function decodeEthernet(packet: Packet, view: DataView, start: number, end: number): number {
  packet.link = LinkKind.ethernet;
  if (end - start < headerLength) {
    packet.etherType = 0;
    packet.mac0 = 0;
    packet.mac1 = 0;
    packet.mac2 = 0;
    if (end - start >= 12) readAddresses(packet, view, start);
    stopShort(packet, start + headerLength);
    return -1;
  }
  readAddresses(packet, view, start);
  const type = view.getUint16(start + 12);
  // The common case without a call: IPv4 that carries no tag.
  if (type === 0x0800) {
    packet.etherType = type;
    return start + headerLength;
  }
  packet.etherType = 0;
  return decodeEtherType(packet, view, type, start + headerLength, end);
}

function readAddresses(packet: Packet, view: DataView, start: number): void {
  packet.mac0 = view.getInt32(start);
  packet.mac1 = view.getInt32(start + 4);
  packet.mac2 = view.getInt32(start + 8);
}
