/**
 * GRE version 0 (RFC 2784, RFC 2890), as IPVS uses it for tunnelling.
 *
 *  0  flags: checksum 0x8000, routing 0x4000, key 0x2000, sequence 0x1000; version 3 bits
 *  2  EtherType of what is carried; 0 is a keepalive's empty answer
 *  4  checksum and reserved, key, sequence: 4 bytes each, where its flag is set
 */
import type { Packet } from './packet.ts';
import { stopShort, stopUnsupported } from './stop.ts';

/** Returns the offset of the IP packet carried, or -1 when there is none that we read. */
export function decodeGre(packet: Packet, view: DataView, start: number, end: number): number {
  if (end - start < 4) {
    stopShort(packet, start + 4);
    return -1;
  }
  const flags = view.getUint16(start);
  const type = view.getUint16(start + 2);
  if (type === 0 && (flags & 7) === 0) return -1;
  // Source routes (RFC 1701) were dropped by RFC 2784; version 1 is PPTP's.
  if ((flags & 0x4007) !== 0 || (type !== 0x0800 && type !== 0x86dd)) {
    stopUnsupported(packet);
    return -1;
  }
  const checksum = (flags & 0x8000) === 0 ? 0 : 4;
  const key = (flags & 0x2000) === 0 ? 0 : 4;
  const sequence = (flags & 0x1000) === 0 ? 0 : 4;
  return start + 4 + checksum + key + sequence;
}
