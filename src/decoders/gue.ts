/**
 * Generic UDP encapsulation (draft-ietf-intarea-gue), as IPVS uses it for tunnelling.
 *
 *  0  variant 2 bits, control 1 bit, length of the optional fields in 4 bytes 5 bits
 *  1  protocol carried    2  flags    4  optional fields
 *
 * Variant 1 has no header: its first bits are those of the IPv4 or IPv6 packet carried.
 */
import type { Packet } from './packet.ts';
import { stopShort, stopUnsupported } from './stop.ts';

/** The port that Linux and IANA give to GUE. */
export const GUE_PORT = 6080;

/** Returns the offset of the IP packet carried, or -1 when there is none that we read. */
export function decodeGue(packet: Packet, view: DataView, start: number, end: number): number {
  if (end - start < 4) {
    stopShort(packet, start + 4);
    return -1;
  }
  const first = view.getUint8(start);
  if (first >>> 6 === 1) return start;
  const protocol = view.getUint8(start + 1);
  const isControl = (first & 0x20) !== 0;
  if (first >>> 6 !== 0 || isControl || (protocol !== 4 && protocol !== 41)) {
    stopUnsupported(packet);
    return -1;
  }
  return start + 4 + (first & 0x1f) * 4;
}
