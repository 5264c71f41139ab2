/**
 * Connections that IPVS directors tell each other (Linux net/netfilter/ipvs/ip_vs_sync.c), UDP to 224.0.0.81 port 8848.
 *
 * Message version 0:                           version 1:
 *  0  count of connections                      0  zero
 *  1  sync id                                   1  sync id
 *  2  length of the message                     2  length of the message
 *                                               4  count of connections    5  version 1    6  zero
 *
 * Connection of version 0, 24 bytes (48 when its flags say that sequence options follow):
 *  1  protocol    2  client, virtual, destination port    8  client, virtual, destination IPv4
 * 20  flags      22  state
 *
 * Connection of version 1, its addresses at 24, padded to 4 bytes:
 *  0  type: bit 0 IPv6    1  protocol    2  version 4 bits, length 12 bits    4  flags    8  state
 * 10  client, virtual, destination port    16  firewall mark    20  timeout    24  client, virtual, destination address
 */

import type { Packet } from './packet.ts';
import { Transport } from './packet-codes.ts';

/** Kernel's default port of the sync daemon. */
export const IPVS_SYNC_PORT = 8848;

/** How the director forwards, of the flags' lowest three bits (IP_VS_CONN_F_FWD_MASK). */
export const IpvsForwarding = { masquerade: 0, localNode: 1, tunnel: 2, directRoute: 3, bypass: 4 } as const;

const lengthV0 = 24;
const lengthOptionsV0 = 24;
const flagsWithSequence = 0x0600;
const lengthV4 = 36;
const lengthV6 = 72;

/** One connection; reused for every one. */
export interface IpvsConnection {
  addressVersion: 4 | 6;
  /** IP protocol number. */
  protocol: number;
  /** IP_VS_CONN_F_ bits, among them 0x0100 inactive and 0x1000 template (persistence). */
  flags: number;
  /** The flags' forwarding method, 0 to 7: see IpvsForwarding. */
  forwarding: number;
  /** Connection state of the protocol, as the kernel numbers it. */
  state: number;
  /** Firewall mark of the service; 0 without one, and in version 0. */
  firewallMark: number;
  /** Seconds until the connection is forgotten; 0 in version 0. */
  timeoutSeconds: number;
  clientPort: number;
  virtualPort: number;
  destinationPort: number;
  /** Signed 32-bit words as in Packet: IPv4 in word 3. */
  client0: number;
  client1: number;
  client2: number;
  client3: number;
  virtual0: number;
  virtual1: number;
  virtual2: number;
  virtual3: number;
  /** The real server. */
  destination0: number;
  destination1: number;
  destination2: number;
  destination3: number;
}

/** Walks over the connections of one message at a time; one reader serves all messages. */
export class IpvsSyncReader {
  /** Message format, 0 or 1. */
  version: 0 | 1 = 0;
  /** Which sync group: directors ignore other ids. */
  syncId = 0;
  /** Connections that the message announces. */
  count = 0;
  /** Filled by `next`. */
  readonly connection: IpvsConnection = emptyConnection();
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  private end = 0;
  private left = 0;

  /**
   * Begins with the payload of a UDP packet; `view` is the frame's, and must stay as it is until the last `next`.
   * False when that is no sync message: the caller knows from the port that it should be one.
   */
  begin(packet: Packet, view: DataView): boolean {
    const start = packet.payloadStart;
    this.left = 0;
    if (packet.transport !== Transport.udp || packet.ipEnd - start < 4 || packet.payloadLength < 4) return false;
    // The kernel drops a message whose length is not the datagram's.
    if (view.getUint16(start + 2) !== packet.payloadLength) return false;
    const wireEnd = start + packet.payloadLength;
    this.view = view;
    this.end = Math.min(wireEnd, packet.ipEnd);
    this.syncId = view.getUint8(start + 1);
    const first = view.getUint8(start);
    // The kernel tells version 1 by these fields too: in version 0 they begin the first connection.
    const isV1 = first === 0 && this.end - start >= 8 && view.getUint8(start + 5) === 1 && view.getUint16(start + 6) === 0;
    this.version = isV1 ? 1 : 0;
    this.count = isV1 ? view.getUint8(start + 4) : first;
    this.at = start + (isV1 ? 8 : 4);
    this.left = this.count;
    return true;
  }

  /** Fills `connection` with the next one; false after the last that is whole. */
  next(): boolean {
    if (this.left === 0) return false;
    this.left--;
    const isRead = this.version === 1 ? this.nextV1() : this.nextV0();
    if (!isRead) this.left = 0;
    return isRead;
  }

  private nextV0(): boolean {
    const { view, at, connection } = this;
    if (this.end - at < lengthV0) return false;
    connection.addressVersion = 4;
    connection.protocol = view.getUint8(at + 1);
    connection.flags = view.getUint16(at + 20);
    connection.forwarding = connection.flags & 7;
    connection.state = view.getUint16(at + 22);
    connection.firewallMark = 0;
    connection.timeoutSeconds = 0;
    this.readPorts(at + 2);
    this.readIpv4(at + 8);
    this.at += (connection.flags & flagsWithSequence) === 0 ? lengthV0 : lengthV0 + lengthOptionsV0;
    return true;
  }

  private nextV1(): boolean {
    const { view, at, connection } = this;
    if (this.end - at < lengthV4) return false;
    const isIpv6 = (view.getUint8(at) & 1) !== 0;
    const versionAndLength = view.getUint16(at + 2);
    const length = versionAndLength & 0xfff;
    const shortest = isIpv6 ? lengthV6 : lengthV4;
    if (versionAndLength >>> 12 !== 0 || length < shortest || this.end - at < shortest) return false;
    connection.addressVersion = isIpv6 ? 6 : 4;
    connection.protocol = view.getUint8(at + 1);
    connection.flags = view.getUint32(at + 4);
    connection.forwarding = connection.flags & 7;
    connection.state = view.getUint16(at + 8);
    connection.firewallMark = view.getUint32(at + 16);
    connection.timeoutSeconds = view.getUint32(at + 20);
    this.readPorts(at + 10);
    if (isIpv6) this.readIpv6(at + 24);
    else this.readIpv4(at + 24);
    this.at += (length + 3) & ~3;
    return true;
  }

  private readPorts(at: number): void {
    this.connection.clientPort = this.view.getUint16(at);
    this.connection.virtualPort = this.view.getUint16(at + 2);
    this.connection.destinationPort = this.view.getUint16(at + 4);
  }

  private readIpv4(at: number): void {
    const { view, connection } = this;
    connection.client0 = 0;
    connection.client1 = 0;
    connection.client2 = 0;
    connection.client3 = view.getInt32(at);
    connection.virtual0 = 0;
    connection.virtual1 = 0;
    connection.virtual2 = 0;
    connection.virtual3 = view.getInt32(at + 4);
    connection.destination0 = 0;
    connection.destination1 = 0;
    connection.destination2 = 0;
    connection.destination3 = view.getInt32(at + 8);
  }

  private readIpv6(at: number): void {
    const { view, connection } = this;
    connection.client0 = view.getInt32(at);
    connection.client1 = view.getInt32(at + 4);
    connection.client2 = view.getInt32(at + 8);
    connection.client3 = view.getInt32(at + 12);
    connection.virtual0 = view.getInt32(at + 16);
    connection.virtual1 = view.getInt32(at + 20);
    connection.virtual2 = view.getInt32(at + 24);
    connection.virtual3 = view.getInt32(at + 28);
    connection.destination0 = view.getInt32(at + 32);
    connection.destination1 = view.getInt32(at + 36);
    connection.destination2 = view.getInt32(at + 40);
    connection.destination3 = view.getInt32(at + 44);
  }
}

function emptyConnection(): IpvsConnection {
  return {
    addressVersion: 4,
    protocol: 0,
    flags: 0,
    forwarding: 0,
    state: 0,
    firewallMark: 0,
    timeoutSeconds: 0,
    clientPort: 0,
    virtualPort: 0,
    destinationPort: 0,
    client0: 0,
    client1: 0,
    client2: 0,
    client3: 0,
    virtual0: 0,
    virtual1: 0,
    virtual2: 0,
    virtual3: 0,
    destination0: 0,
    destination1: 0,
    destination2: 0,
    destination3: 0,
  };
}
