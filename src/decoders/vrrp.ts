/**
 * VRRP version 2 (RFC 3768) and version 3 (RFC 9568), IP protocol 112.
 *
 *  0  version 4 bits, type 4 bits: 1 is an advertisement
 *  1  virtual router id    2  priority    3  count of addresses
 *        version 2                                version 3
 *  4  authentication type                   4  reserved 4 bits, interval in centiseconds 12 bits
 *  5  interval in seconds
 *  6  checksum                              6  checksum, with a pseudo-header
 *  8  addresses, 4 bytes each               8  addresses, 4 or 16 bytes each
 *     then 8 bytes of authentication data
 */

import type { Packet } from './packet.ts';
import { Transport } from './packet-codes.ts';

const headerLength = 8;
const authenticationLength = 8;
const protocolVrrp = 112;
const mostAddresses = 255;

/** `unknown`: not all of the message was captured. */
export const VrrpChecksum = { unknown: -1, wrong: 0, right: 1 } as const;
export type VrrpChecksum = (typeof VrrpChecksum)[keyof typeof VrrpChecksum];

/** One advertisement; reused for every message. */
export interface VrrpAdvert {
  version: 2 | 3;
  /** Virtual router id, 1 to 255. */
  vrid: number;
  /** 255: owner of the addresses; 0: the master resigns. */
  priority: number;
  /** Number of addresses that the message announces. */
  count: number;
  /** Number of them that were captured: `addresses` holds these. */
  addressCount: number;
  /** Interval between advertisements in centiseconds. */
  interval: number;
  /** Version 2: 0 none, 1 plain password, 2 IP authentication header. Version 3: 0. */
  authType: number;
  /** Version 2: the eight bytes of authentication data, only to tell whether two routers agree; 0 when not captured. Never to be shown. */
  authData0: number;
  authData1: number;
  /** Whether the checksum agrees with the message. A router that disagrees with its peers is ignored by them. */
  checksum: VrrpChecksum;
  /** Version of the addresses: that of the IP packet. */
  addressVersion: 4 | 6;
  /** Four signed 32-bit words an address, as in Packet: IPv4 in the fourth. */
  readonly addresses: Int32Array;
}

/** A record for `readVrrp` to fill. */
export function emptyVrrpAdvert(): VrrpAdvert {
  return {
    version: 2,
    vrid: 0,
    priority: 0,
    count: 0,
    addressCount: 0,
    interval: 0,
    authType: 0,
    authData0: 0,
    authData1: 0,
    checksum: VrrpChecksum.unknown,
    addressVersion: 4,
    addresses: new Int32Array(4 * mostAddresses),
  };
}

/**
 * Fills `advert` from a packet whose transport is `vrrp`; `view` is the frame's. False when it is no advertisement of version 2 or 3,
 * when its header was not captured, when its lengths contradict each other, or when it is CARP, which has the same protocol number.
 */
export function readVrrp(packet: Packet, view: DataView, advert: VrrpAdvert): boolean {
  const start = packet.payloadStart;
  const end = packet.ipEnd;
  if (packet.transport !== Transport.vrrp || end - start < headerLength) return false;
  const first = view.getUint8(start);
  const version = first >>> 4;
  if ((first & 0xf) !== 1 || (version !== 2 && version !== 3)) return false;
  const count = view.getUint8(start + 3);
  // CARP (OpenBSD) says version 2 as well; its authentication is always 7 words long, which stands where VRRP counts addresses.
  if (version === 2 && count === 7 && packet.payloadLength === 36) return false;
  const addressLength = packet.version === 6 ? 16 : 4;
  const addressesEnd = start + headerLength + count * addressLength;
  if (addressesEnd - start > packet.payloadLength) return false;

  advert.version = version;
  advert.vrid = view.getUint8(start + 1);
  advert.priority = view.getUint8(start + 2);
  advert.count = count;
  advert.addressVersion = packet.version === 6 ? 6 : 4;
  advert.addressCount = 0;
  for (let at = start + headerLength; at < addressesEnd && at + addressLength <= end; at += addressLength) {
    readAddress(advert, view, at);
  }
  advert.authData0 = 0;
  advert.authData1 = 0;
  if (version === 2) {
    advert.authType = view.getUint8(start + 4);
    advert.interval = view.getUint8(start + 5) * 100;
    if (end - addressesEnd >= authenticationLength) {
      advert.authData0 = view.getInt32(addressesEnd);
      advert.authData1 = view.getInt32(addressesEnd + 4);
    }
  } else {
    advert.authType = 0;
    advert.interval = view.getUint16(start + 4) & 0xfff;
  }
  advert.checksum = checksumOf(packet, view, version, start);
  return true;
}

function readAddress(advert: VrrpAdvert, view: DataView, at: number): void {
  const word = 4 * advert.addressCount;
  const words = advert.addressVersion === 6 ? 4 : 1;
  advert.addresses.fill(0, word, word + 4);
  for (let i = 0; i < words; i++) advert.addresses[word + 4 - words + i] = view.getInt32(at + 4 * i);
  advert.addressCount++;
}

function checksumOf(packet: Packet, view: DataView, version: 2 | 3, start: number): VrrpChecksum {
  const end = start + packet.payloadLength;
  if (end > packet.ipEnd) return VrrpChecksum.unknown;
  const sum = sumOf(view, start, end);
  const withPseudoHeader = sum + pseudoHeaderSum(packet);
  // RFC 5798 left open whether IPv4 has a pseudo-header; keepalived and Cisco differ, and either is right.
  const isRight = (packet.version === 4 && isAllOnes(sum)) || (version === 3 && isAllOnes(withPseudoHeader));
  return isRight ? VrrpChecksum.right : VrrpChecksum.wrong;
}

function sumOf(view: DataView, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (; at + 2 <= end; at += 2) sum += view.getUint16(at);
  return at < end ? sum + view.getUint8(at) * 0x100 : sum;
}

function pseudoHeaderSum(packet: Packet): number {
  return (
    halves(packet.source0) +
    halves(packet.source1) +
    halves(packet.source2) +
    halves(packet.source3) +
    halves(packet.destination0) +
    halves(packet.destination1) +
    halves(packet.destination2) +
    halves(packet.destination3) +
    packet.payloadLength +
    protocolVrrp
  );
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

function isAllOnes(sum: number): boolean {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}
