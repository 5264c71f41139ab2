/**
 * What tells one frame from all others, wherever it is captured: the parts of it that neither a network card nor a capture alters.
 *
 * Left out, because two captures of one frame may differ in them: checksums of TCP and UDP (a sender with offload captures them
 * unfinished), lengths of TCP segments, PSH and FIN (segmentation and receive offload split and join segments: the first part keeps
 * the sequence number and the IP identification), VLAN tags (stripped by the card), and the destination MAC (a cooked capture has
 * none; it is compared apart). The TTL stays in: it tells the copy of a packet on the next hop from the packet itself.
 */
import { type Frame, LinkType } from '../capture/frame.ts';
import { finish, type HashKey } from '../correlation/hash.ts';
import { destinationMacOf } from '../decoders/address.ts';
import { LinkKind, type Packet, PacketKind, TcpFlag, Transport } from '../decoders/packet.ts';

/** Bytes of a payload that has no header we know: enough to tell it apart, and within the usual snapshot lengths. */
const TELLING_BYTES = 24;
/** Flags that a segment keeps however it is cut. */
const STABLE_FLAGS = TcpFlag.syn | TcpFlag.rst | TcpFlag.ack;
/** Link headers in front of what all captures of a frame have in common, in bytes. */
const LINK_BYTES: Readonly<Record<number, number>> = { [LinkType.ethernet]: 14, [LinkType.linuxSll]: 16, [LinkType.linuxSll2]: 20 };

/** The key of the frame at hand; one object for all frames. */
export class FrameKey {
  /** The key: a whole number of 53 bits. */
  value = 0;
  /** Destination MAC; -1 where the capture has none. */
  destination = -1;
  /** Whether the sender numbers such packets, so that the same key hardly comes twice. */
  isNumbered = false;

  readonly #seed: HashKey;
  #a = 0;
  #b = 0;

  constructor(seed: HashKey) {
    this.#seed = seed;
  }

  /** Reads the key of a frame and its packet. */
  read(frame: Frame, p: Packet): void {
    this.#a = this.#seed[0];
    this.#b = this.#seed[1];
    this.isNumbered = false;
    this.destination = p.link === LinkKind.ethernet ? destinationMacOf(p.mac0, p.mac1) : -1;
    // Raw captures have no source MAC: the key then differs from that of captures that have one.
    this.#mix(p.link === LinkKind.none ? 0 : p.mac1 & 0xffff);
    this.#mix(p.link === LinkKind.none ? 0 : p.mac2);
    if (p.kind === PacketKind.ip) this.#readIp(frame, p);
    else if (p.kind === PacketKind.arp) this.#readArp(p);
    else {
      this.#mix(p.etherType);
      const start = frame.start + (LINK_BYTES[frame.linkType] ?? 0);
      this.#mixBytes(frame, start, Math.min(frame.end, start + TELLING_BYTES));
    }
    this.value = (finish(this.#a) >>> 0) * 0x20_0000 + (finish(this.#b) >>> 11);
  }

  #readArp(p: Packet): void {
    this.#mix(p.arpOperation);
    this.#mixMac(p.arpSenderMac);
    this.#mix(p.arpSenderIp);
    this.#mix(p.arpTargetIp);
  }

  #readIp(frame: Frame, p: Packet): void {
    this.#mix(p.source0);
    this.#mix(p.source1);
    this.#mix(p.source2);
    this.#mix(p.source3);
    this.#mix(p.destination0);
    this.#mix(p.destination1);
    this.#mix(p.destination2);
    this.#mix(p.destination3);
    this.#mix((p.protocol << 16) | (p.ttl << 8) | p.tunnelTtl);
    this.#mix((p.ipId << 16) | p.fragmentOffset);
    this.isNumbered = p.ipId !== 0;
    switch (p.transport) {
      case Transport.tcp:
        this.#mix((p.sourcePort << 16) | (p.destinationPort & 0xffff));
        this.#mix(p.sequence);
        this.#mix(p.acknowledgment);
        this.#mix(p.tcpFlags & STABLE_FLAGS);
        return;
      case Transport.udp:
        this.#mix((p.sourcePort << 16) | (p.destinationPort & 0xffff));
        this.#mix(p.payloadLength);
        return;
      case Transport.icmp:
      case Transport.icmp6:
        this.#mix((p.icmpType << 8) | p.icmpCode);
        // Computed by software: no offload leaves it unfinished.
        this.#mix(p.checksum);
        return;
      case Transport.fragment:
        return;
      default:
        this.#mixBytes(frame, p.payloadStart, Math.min(p.ipEnd, p.payloadStart + TELLING_BYTES));
    }
  }

  #mixBytes(frame: Frame, start: number, end: number): void {
    for (let at = start; at < end; at++) this.#mix(frame.bytes[at]!);
  }

  #mixMac(mac: number): void {
    this.#mix(Math.floor(mac / 0x1_0000_0000));
    this.#mix(mac | 0);
  }

  #mix(word: number): void {
    this.#a = Math.imul((this.#a << 13) ^ (this.#a >>> 19) ^ word, 0x9e3779b1);
    this.#b = Math.imul((this.#b << 15) ^ (this.#b >>> 17) ^ word, 0x85ebca77);
  }
}
