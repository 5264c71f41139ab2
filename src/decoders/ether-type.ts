/** What follows a link header: VLAN tags are skipped, a length means LLC, the rest is an EtherType (RFC 9542 section 3). */
import { decodeLlc } from './llc.ts';
import type { Packet } from './packet.ts';
import { stopUnsupported } from './stop.ts';
import { decodeVlanTags, isVlanTag } from './vlan.ts';

const largestLength = 1500;

/** Sets `packet.etherType`; returns the offset of what it names, or -1 when there is no more to read. */
export function decodeEtherType(packet: Packet, view: DataView, type: number, start: number, end: number): number {
  let at = start;
  if (isVlanTag(type)) {
    at = decodeVlanTags(packet, view, type, start, end);
    if (at < 0) return -1;
    type = view.getUint16(at - 2);
  }
  if (type <= largestLength) return decodeLlc(packet, view, type, at, end);
  packet.etherType = type;
  // 1501 to 1535 are neither a length nor a type (IEEE 802.3 clause 3.2.6).
  if (type >= 0x0600) return at;
  stopUnsupported(packet);
  return -1;
}
