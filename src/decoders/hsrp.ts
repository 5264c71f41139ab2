/**
 * HSRP version 1 (RFC 2281) and version 2 (Cisco), UDP port 1985, or 2029 over IPv6: enough to know a virtual gateway.
 *
 * Version 1:                                       Version 2, a list of type, length, value; the group state is type 1:
 *  0  version 0    1  operation: 0 hello,           0  type 1    1  length 40
 *     1 coup, 2 resign    2  state                  2  version 2    3  operation    4  state    5  IP version
 *  5  priority    6  group                          6  group      8  identifier, a MAC    14  priority
 *  8  authentication, 8 bytes                      26  virtual address, 16 bytes; IPv4 in the first 4
 * 16  virtual IPv4
 */

import type { Packet } from './packet.ts';
import { Transport } from './packet-codes.ts';

const lengthV1 = 20;
const groupState = 1;
const groupStateLength = 40;
const portIpv4 = 1985;
const portIpv6 = 2029;

/** What a router says of its group; reused for every message. */
export interface HsrpMessage {
  version: 1 | 2;
  /** 0 hello, 1 coup, 2 resign. */
  operation: number;
  /** Whether the sender says that it is the one that answers for the virtual address. */
  isActive: boolean;
  /** 0 to 255 in version 1, to 4095 in version 2. */
  group: number;
  priority: number;
  addressVersion: 4 | 6;
  /** The virtual address, words as in Packet; all 0 when the sender has not learned it. */
  virtual0: number;
  virtual1: number;
  virtual2: number;
  virtual3: number;
  /** The MAC that the group's active router answers with, 0 to 2^48 - 1. */
  virtualMac: number;
}

/** A record for `readHsrp` to fill. */
export function emptyHsrpMessage(): HsrpMessage {
  return {
    version: 1,
    operation: 0,
    isActive: false,
    group: 0,
    priority: 0,
    addressVersion: 4,
    virtual0: 0,
    virtual1: 0,
    virtual2: 0,
    virtual3: 0,
    virtualMac: 0,
  };
}

/** Fills `message` from a UDP packet to HSRP's port; `view` is the frame's. False when it is no message about a group's state. */
export function readHsrp(packet: Packet, view: DataView, message: HsrpMessage): boolean {
  if (packet.transport !== Transport.udp) return false;
  if (packet.destinationPort !== (packet.version === 6 ? portIpv6 : portIpv4)) return false;
  const start = packet.payloadStart;
  const wireEnd = start + packet.payloadLength;
  const end = Math.min(wireEnd, packet.ipEnd);
  if (end - start < 2) return false;
  return view.getUint8(start) === 0 ? readV1(view, start, end, message) : readV2(view, start, end, message);
}

function readV1(view: DataView, start: number, end: number, message: HsrpMessage): boolean {
  const operation = view.getUint8(start + 1);
  // Operation 3 announces interfaces without a group's state, and has another layout.
  if (end - start < lengthV1 || operation > 2) return false;
  message.version = 1;
  message.operation = operation;
  message.isActive = view.getUint8(start + 2) === 16;
  message.priority = view.getUint8(start + 5);
  message.group = view.getUint8(start + 6);
  message.addressVersion = 4;
  message.virtual0 = 0;
  message.virtual1 = 0;
  message.virtual2 = 0;
  message.virtual3 = view.getInt32(start + 16);
  message.virtualMac = 0x00000c07ac00 + message.group;
  return true;
}

function readV2(view: DataView, start: number, end: number, message: HsrpMessage): boolean {
  let at = start;
  while (end - at >= 2) {
    const length = view.getUint8(at + 1);
    if (view.getUint8(at) === groupState) {
      if (length < groupStateLength || end - at < 2 + groupStateLength) return false;
      readGroupState(view, at, message);
      return true;
    }
    at += 2 + length;
  }
  return false;
}

function readGroupState(view: DataView, at: number, message: HsrpMessage): void {
  const isIpv6 = view.getUint8(at + 5) === 6;
  message.version = 2;
  message.operation = view.getUint8(at + 3);
  message.isActive = view.getUint8(at + 4) === 6;
  message.group = view.getUint16(at + 6);
  message.priority = view.getUint32(at + 14);
  message.addressVersion = isIpv6 ? 6 : 4;
  message.virtual0 = isIpv6 ? view.getInt32(at + 26) : 0;
  message.virtual1 = isIpv6 ? view.getInt32(at + 30) : 0;
  message.virtual2 = isIpv6 ? view.getInt32(at + 34) : 0;
  message.virtual3 = view.getInt32(at + (isIpv6 ? 38 : 26));
  message.virtualMac = (isIpv6 ? 0x000573a00000 : 0x00000c9ff000) + (message.group & 0xfff);
}
