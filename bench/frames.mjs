/** Ethernet frames of ARP and of TCP over IPv4, written straight into a capture, with right checksums. */
import { pageText, textOffset } from './page-text.mjs';

export const SYN = 0x02;
export const FIN_ACK = 0x11;
export const SYN_ACK = 0x12;
export const ACK = 0x10;
export const PSH_ACK = 0x18;
export const FIN_PSH_ACK = 0x19;

const SYN_OPTIONS = 20;
const OPTIONS = 12;
const ARP_FRAME = 60;

/** Writes one TCP segment, as often as it passes the mirror port. Set its fields, then call `pass` once a hop. */
export class TcpSegment {
  sourceIp = 0;
  destinationIp = 0;
  sourcePort = 0;
  destinationPort = 0;
  sequence = 0;
  acknowledgement = 0;
  flags = 0;
  /** IPv4 identification. */
  id = 0;
  /** Payload in bytes, an even number up to 1448. */
  payload = 0;
  /** Which stretch of the page text is the payload: any integer. */
  content = 0;
  #out;
  #text;

  /**
   * @param {import('./capture-file.mjs').CaptureFile} out
   * @param {number} seed of the payload
   */
  constructor(out, seed) {
    this.#out = out;
    this.#text = pageText(seed);
  }

  /**
   * One hop of the segment.
   * @param {number} from MAC as a number
   * @param {number} to MAC as a number
   * @param {number} ttl
   */
  pass(from, to, ttl) {
    const out = this.#out;
    const opening = (this.flags & SYN) !== 0;
    const tcpHeader = 20 + (opening ? SYN_OPTIONS : OPTIONS);
    const ipLength = 20 + tcpHeader + this.payload;
    const at = out.record(14 + ipLength);
    const { bytes, view } = out;

    writeMacs(view, at, from, to);
    view.setUint16(at + 12, 0x0800);

    const addresses = halves(this.sourceIp) + halves(this.destinationIp);
    const id = this.id & 0xffff;
    view.setUint16(at + 14, 0x4500);
    view.setUint16(at + 16, ipLength);
    view.setUint16(at + 18, id);
    view.setUint16(at + 20, 0x4000);
    view.setUint16(at + 22, (ttl << 8) | 6);
    view.setUint16(at + 24, checksum(0x4500 + ipLength + id + 0x4000 + ((ttl << 8) | 6) + addresses));
    view.setUint32(at + 26, this.sourceIp);
    view.setUint32(at + 30, this.destinationIp);

    const control = (tcpHeader << 10) | this.flags;
    const window = 501;
    view.setUint16(at + 34, this.sourcePort);
    view.setUint16(at + 36, this.destinationPort);
    view.setUint32(at + 38, this.sequence);
    view.setUint32(at + 42, this.acknowledgement);
    view.setUint16(at + 46, control);
    view.setUint16(at + 48, window);
    view.setUint16(at + 52, 0);
    let sum = addresses + 6 + tcpHeader + this.payload + this.sourcePort + this.destinationPort + control + window;
    sum += halves(this.sequence) + halves(this.acknowledgement) + this.#writeOptions(view, at + 54, opening);
    if (this.payload > 0) {
      const offset = textOffset(this.content);
      const { bytes: text, sums } = this.#text;
      sum += sums[(offset + this.payload) / 2] - sums[offset / 2];
      const kept = out.captured(14 + ipLength) - 34 - tcpHeader;
      bytes.set(text.subarray(offset, offset + kept), at + 34 + tcpHeader);
    }
    view.setUint16(at + 50, checksum(sum));
  }

  /** Writes the options that Linux sends, and returns their sum for the checksum. */
  #writeOptions(view, at, opening) {
    // Real clocks of two hosts differ; the echo is the other side's clock a millisecond ago. A datagram that passes twice keeps what its sender wrote.
    const stamp = this.sequence;
    const echo = this.acknowledgement;
    if (opening) {
      view.setUint32(at, 0x020405b4);
      view.setUint32(at + 4, 0x0402080a);
      view.setUint32(at + 8, stamp);
      view.setUint32(at + 12, echo);
      view.setUint32(at + 16, 0x01030307);
      return halves(0x020405b4) + halves(0x0402080a) + halves(stamp) + halves(echo) + halves(0x01030307);
    }
    view.setUint32(at, 0x0101080a);
    view.setUint32(at + 4, stamp);
    view.setUint32(at + 8, echo);
    return halves(0x0101080a) + halves(stamp) + halves(echo);
  }
}

/**
 * An ARP request by broadcast and the reply to it (RFC 826).
 * @param {import('./capture-file.mjs').CaptureFile} out
 * @param {{ mac: number, ip: number }} asker
 * @param {{ mac: number, ip: number }} owner
 */
export function writeArpExchange(out, asker, owner) {
  writeArp(out, 1, asker, { mac: 0, ip: owner.ip }, 0xffff_ffff_ffff);
  writeArp(out, 2, owner, asker, asker.mac);
}

function writeArp(out, operation, sender, target, to) {
  const at = out.record(ARP_FRAME);
  const { bytes, view } = out;
  bytes.fill(0, at + 42, at + ARP_FRAME);
  writeMacs(view, at, sender.mac, to);
  view.setUint16(at + 12, 0x0806);
  view.setUint16(at + 14, 1);
  view.setUint16(at + 16, 0x0800);
  view.setUint16(at + 18, 0x0604);
  view.setUint16(at + 20, operation);
  writeMac(view, at + 22, sender.mac);
  view.setUint32(at + 28, sender.ip);
  writeMac(view, at + 32, target.mac);
  view.setUint32(at + 38, target.ip);
}

function writeMacs(view, at, from, to) {
  writeMac(view, at, to);
  writeMac(view, at + 6, from);
}

function writeMac(view, at, mac) {
  view.setUint16(at, mac / 2 ** 32);
  view.setUint32(at + 2, mac % 2 ** 32);
}

/** The two 16-bit halves of a 32-bit number, added. */
function halves(value) {
  return (value >>> 16) + (value & 0xffff);
}

/** The checksum of the Internet protocols (RFC 1071) from the plain sum of the 16-bit words. */
function checksum(sum) {
  sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
