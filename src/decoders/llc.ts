/**
 * LLC (IEEE 802.2) and its SNAP extension (RFC 1042), which may carry an EtherType after all.
 *
 *  0  DSAP 0xaa, SSAP 0xaa, control 0x03
 *  3  organisation 00:00:00 (RFC 1042), or 00:00:f8 (bridge tunnel, IEEE 802.1H)
 *  6  EtherType
 */
import type { Packet } from './packet.ts';
import { stopMalformed, stopShort, stopUnsupported } from './stop.ts';

const snapLength = 8;

/**
 * Reads an LLC header of a frame whose length field says `length` (0: unknown). Returns the offset of what SNAP's EtherType names;
 * -1 for any other LLC frame, which has EtherType 0.
 */
export function decodeLlc(packet: Packet, view: DataView, length: number, start: number, end: number): number {
  packet.etherType = 0;
  if (length > 0) {
    // The rest is padding; a length beyond the wire's is a lie, and the wire's holds.
    if (start + length > packet.wireEnd) stopMalformed(packet);
    else packet.wireEnd = start + length;
    if (end > packet.wireEnd) end = packet.wireEnd;
  }
  if (end - start < 3) {
    stopShort(packet, start + 3);
    return -1;
  }
  if (view.getUint16(start) !== 0xaaaa || view.getUint8(start + 2) !== 0x03) {
    stopUnsupported(packet);
    return -1;
  }
  if (end - start < snapLength) {
    stopShort(packet, start + snapLength);
    return -1;
  }
  const organisation = view.getUint32(start + 2) & 0xffffff;
  const type = view.getUint16(start + 6);
  if ((organisation !== 0 && organisation !== 0xf8) || type < 0x0600) {
    stopUnsupported(packet);
    return -1;
  }
  packet.etherType = type;
  return start + snapLength;
}
