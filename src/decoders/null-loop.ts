/**
 * BSD loopback (tcpdump.org/linktypes: LINKTYPE_NULL, LINKTYPE_LOOP) and captures without a link header.
 *
 *  0  address family, 4 bytes: in the byte order of the capturing machine (null) or big-endian (loop)
 */
import type { Packet } from './packet.ts';
import { stopShort, stopUnsupported } from './stop.ts';

const headerLength = 4;

/** Returns the offset of the IP header, or -1 when the family is neither IPv4's 2 nor IPv6's 10, 24, 28 or 30. */
export function decodeNullLoop(packet: Packet, view: DataView, start: number, end: number): number {
  if (end - start < headerLength) {
    stopShort(packet, start + headerLength);
    return -1;
  }
  // Families are below 256: whichever order leaves the high half empty is the writer's.
  const bigEndian = view.getUint32(start);
  const family = bigEndian > 0xffff ? view.getUint32(start, true) : bigEndian;
  if (family === 2 || family === 10 || family === 24 || family === 28 || family === 30) return start + headerLength;
  stopUnsupported(packet);
  return -1;
}
