/**
 * Linux cooked capture, what `tcpdump -i any` writes (tcpdump.org/linktypes: LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2).
 * Only the sender's address is kept by the kernel.
 *
 *        v1            v2
 * packet type   0, 2 bytes    10, 1 byte
 * ARPHRD        2, 2 bytes     8, 2 bytes
 * address length 4, 2 bytes   11, 1 byte
 * address       6, 8 bytes    12, 8 bytes
 * protocol     14, 2 bytes     0, 2 bytes
 * header       16 bytes       20 bytes
 */
import { decodeEtherType } from './ether-type.ts';
import { decodeLlc } from './llc.ts';
import type { Packet } from './packet.ts';
import { LinkKind } from './packet-codes.ts';
import { stopShort, stopUnsupported } from './stop.ts';

const headerLengthV1 = 16;
const headerLengthV2 = 20;

/** The protocol field's pseudo value for an LLC header without length. */
const protocol8022 = 0x0004;

/** Reads a version 1 header; returns the offset of what `packet.etherType` names, or -1. */
export function decodeLinuxCooked(packet: Packet, view: DataView, start: number, end: number): number {
  packet.link = LinkKind.cooked;
  if (end - start < headerLengthV1) {
    stopShort(packet, start + headerLengthV1);
    return -1;
  }
  packet.cookedType = view.getUint16(start);
  if (view.getUint16(start + 4) === 6) readSource(packet, view, start + 6);
  return decodeProtocol(packet, view, view.getUint16(start + 2), view.getUint16(start + 14), start + headerLengthV1, end);
}

/** Reads a version 2 header; returns the offset of what `packet.etherType` names, or -1. */
export function decodeLinuxCooked2(packet: Packet, view: DataView, start: number, end: number): number {
  packet.link = LinkKind.cooked;
  if (end - start < headerLengthV2) {
    stopShort(packet, start + headerLengthV2);
    return -1;
  }
  packet.cookedType = view.getUint8(start + 10);
  if (view.getUint8(start + 11) === 6) readSource(packet, view, start + 12);
  return decodeProtocol(packet, view, view.getUint16(start + 8), view.getUint16(start), start + headerLengthV2, end);
}

function readSource(packet: Packet, view: DataView, at: number): void {
  packet.mac1 = view.getUint16(at);
  packet.mac2 = view.getInt32(at + 2);
}

function decodeProtocol(packet: Packet, view: DataView, hardware: number, protocol: number, at: number, end: number): number {
  if (!hasEtherType(hardware)) {
    stopUnsupported(packet);
    return -1;
  }
  if (protocol >= 0x0600) return decodeEtherType(packet, view, protocol, at, end);
  if (protocol === protocol8022) return decodeLlc(packet, view, 0, at, end);
  stopUnsupported(packet);
  return -1;
}

/** False for devices whose protocol field is no EtherType: frame relay (770), 802.11 in its three forms (801 to 803), netlink (824). */
function hasEtherType(hardware: number): boolean {
  return hardware !== 770 && !(hardware >= 801 && hardware <= 803) && hardware !== 824;
}
