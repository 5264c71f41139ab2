/**
 * IP authentication header (RFC 4302), which keepalived puts before VRRP with `auth_type AH`.
 *
 *  0  next header    1  length in 4 bytes beyond the first 8    4  security parameters    8  sequence    12  integrity value
 */
import type { Packet } from './packet.ts';
import { stopShort } from './stop.ts';

/** Puts the protocol behind it into `packet.protocol` and returns its offset, or -1 when the header is not whole. */
export function skipAuthenticationHeader(packet: Packet, view: DataView, start: number, end: number): number {
  if (end - start < 12) {
    stopShort(packet, start + 12);
    return -1;
  }
  const next = start + (view.getUint8(start + 1) + 2) * 4;
  if (next > end) {
    stopShort(packet, next);
    return -1;
  }
  packet.protocol = view.getUint8(start);
  packet.transportStart = next;
  packet.payloadStart = next;
  packet.payloadLength = packet.wireEnd - next;
  return next;
}
