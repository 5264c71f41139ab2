/**
 * VLAN tags (IEEE 802.1Q, 802.1ad), between the source MAC and the EtherType.
 *
 *  0  tag control information: priority 3 bits, drop eligible 1 bit, VLAN id 12 bits
 *  2  the next EtherType, or another tag's
 */
import type { Packet } from './packet.ts';
import { stopShort, stopUnsupported } from './stop.ts';

const tagLength = 4;
/** The two outer ids are recorded; more tags than that occur only where someone stacks them on purpose. */
const mostTags = 4;

/** Whether an EtherType announces a tag: 802.1Q, 802.1ad, and the two values in use before 802.1ad was written. */
export function isVlanTag(type: number): boolean {
  return type === 0x8100 || type === 0x88a8 || type === 0x9100 || type === 0x9200;
}

/** Reads the tags at `start`; returns the offset after the last one, whose EtherType stands in the two bytes before it, or -1. */
export function decodeVlanTags(packet: Packet, view: DataView, type: number, start: number, end: number): number {
  let at = start;
  for (let tags = 0; isVlanTag(type); tags++) {
    packet.etherType = type;
    if (tags === mostTags) {
      stopUnsupported(packet);
      return -1;
    }
    if (end - at < tagLength) {
      stopShort(packet, at + tagLength);
      return -1;
    }
    const id = view.getUint16(at) & 0xfff;
    if (tags === 0) packet.vlan = id;
    else if (tags === 1) packet.innerVlan = id;
    type = view.getUint16(at + 2);
    at += tagLength;
  }
  return at;
}
