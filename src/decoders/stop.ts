/** Where decoding stops early, and why: the capture ended, or the packet's own lengths contradict each other. */

import type { Packet } from './packet.ts';
import { DecodeStatus } from './packet-codes.ts';

/**
 * Records that bytes up to `neededEnd` were needed and not all there: malformed when the packet itself says that it ends before,
 * truncated when only the capture does. The first trouble of a frame stays.
 */
export function stopShort(packet: Packet, neededEnd: number): void {
  if (packet.status !== DecodeStatus.ok) return;
  packet.status = neededEnd > packet.wireEnd ? DecodeStatus.malformed : DecodeStatus.truncated;
}

/** Records that lengths or versions contradict each other. The first trouble of a frame stays. */
export function stopMalformed(packet: Packet): void {
  if (packet.status === DecodeStatus.ok) packet.status = DecodeStatus.malformed;
}

/** Records that the next header is none that we decode. The first trouble of a frame stays. */
export function stopUnsupported(packet: Packet): void {
  if (packet.status === DecodeStatus.ok) packet.status = DecodeStatus.unsupported;
}
