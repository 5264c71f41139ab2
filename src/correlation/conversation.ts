/**
 * Which frames belong together: the packets of a flow in both directions and the errors about it, the questions and answers about one
 * address, the adverts of one virtual router.
 */
import { type Packet, PacketKind, Transport } from '../decoders/packet.ts';

/** IP protocols by which an ICMP message is told from the flow that it quotes. */
const ARP = 0x100;
const NEIGHBOURS = 0x101;
/** Later fragments have no ports: all of a datagram, and all datagrams of the same two machines, are one conversation. */
const FRAGMENTS = 0x102;

const ICMP_ECHO: ReadonlySet<number> = new Set([0, 8, 128, 129]);
const FIRST_ND = 133;
const LAST_ND = 137;

/**
 * A number that is the same for all frames of a conversation, and by chance only for others; 0 for a frame that belongs to none.
 * @param view the frame's
 */
export function conversationOf(p: Packet, view: DataView): number {
  if (p.kind === PacketKind.arp) {
    const about = p.arpOperation === 2 ? p.arpSenderIp : p.arpTargetIp;
    return keyOf(ARP, end(0, 0, 0, about, 0), NOBODY);
  }
  if (p.kind !== PacketKind.ip) return 0;
  const { quoted } = p;
  if (quoted.version !== 0) {
    const hasPorts = quoted.sourcePort >= 0;
    return keyOf(
      quoted.protocol,
      end(quoted.source0, quoted.source1, quoted.source2, quoted.source3, hasPorts ? quoted.sourcePort : 0),
      end(quoted.destination0, quoted.destination1, quoted.destination2, quoted.destination3, hasPorts ? quoted.destinationPort : 0),
    );
  }
  if (p.transport === Transport.icmp6 && p.icmpType >= FIRST_ND && p.icmpType <= LAST_ND) {
    return keyOf(NEIGHBOURS, end(p.target0, p.target1, p.target2, p.target3, 0), NOBODY);
  }
  const hasPorts = p.sourcePort >= 0;
  const to = end(p.destination0, p.destination1, p.destination2, p.destination3, hasPorts ? p.destinationPort : 0);
  if (p.transport === Transport.vrrp) {
    const router = p.ipEnd - p.payloadStart >= 2 ? view.getUint8(p.payloadStart + 1) : 0;
    return keyOf(p.protocol, to, end(0, 0, 0, 0, router));
  }
  const from = end(p.source0, p.source1, p.source2, p.source3, hasPorts ? p.sourcePort : 0);
  const isOther = p.isFragment || (p.transport === Transport.icmp && !ICMP_ECHO.has(p.icmpType));
  return keyOf(isOther ? FRAGMENTS + p.protocol : p.protocol, from, to);
}

/** One end of a conversation, hashed twice; the two hashes together are all but free of collisions. */
type End = readonly [number, number];

const NOBODY: End = [0, 0];

function end(word0: number, word1: number, word2: number, word3: number, port: number): End {
  let a = 0x2545f491;
  let b = 0x41c64e6d;
  for (const value of [word0, word1, word2, word3, port]) {
    a = Math.imul(a ^ value, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b ^ value, 0x85ebca77);
    b ^= b >>> 13;
  }
  return [a, b];
}

/** The same whichever end comes first; 1 to 2^53 - 1. */
function keyOf(kind: number, one: End, other: End): number {
  const a = Math.imul(one[0] + other[0] + kind, 0x27d4eb2f);
  const b = Math.imul(one[1] ^ other[1] ^ (kind << 16), 0x165667b1);
  return ((a ^ (a >>> 15)) >>> 0) * 0x20_0000 + ((b ^ (b >>> 16)) & 0x1f_ffff) || 1;
}
