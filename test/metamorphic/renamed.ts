/**
 * Other addresses and ports for the machines of a capture: in its frames, wherever they stand, and in the words about them.
 *
 * IP addresses and MACs are XORed with constants, so that subnets, groups and equalities stay what they were; ports move within their
 * half, so that a service's stays lower than a client's. Untouched are those that a standard gives a meaning: groups, broadcast, the unspecified
 * address, virtual MACs, ports of FTP, DHCP and IPVS sync. The walk over the headers is written anew here: the decoders are not their own judge.
 */

import { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from '../../src/decoders/address.ts';

const MAC_KEY = 0x0035_5a3c_c369;
const IPV4_KEY = 0x0116_2b0d;
/** Over the last twelve bytes. */
const IPV6_KEY = [0x00000031, 0x00520000, 0x00160b2d] as const;
const VIRTUAL_MACS = /^(00005e0001|00005e0002|00000c07ac|00000c9ff|000573a0|0007b4|0[23]bf)/;
const FIXED_PORTS: ReadonlySet<number> = new Set([20, 21, 67, 68, 1985, 2029, 6080, 8848]);
const FIRST_CLIENT_PORT = 32_768;

// ---------------------------------------------------------------------------------------------------- values

/** 0 to 2^48 - 1. */
function renamedMac(mac: number): number {
  const text = mac.toString(16).padStart(12, '0');
  if (mac === 0 || VIRTUAL_MACS.test(text)) return mac;
  if (text.startsWith('3333ff')) return mac - (mac % 0x100_0000) + ((mac ^ IPV6_KEY[2]) & 0xff_ffff);
  if ((Math.floor(mac / 0x100_0000_0000) & 1) === 1) return mac;
  const high = Math.floor(mac / 0x100_0000);
  return (high ^ Math.floor(MAC_KEY / 0x100_0000)) * 0x100_0000 + ((mac % 0x100_0000) ^ (MAC_KEY % 0x100_0000));
}

/** As an unsigned 32-bit integer. */
function renamedIpv4(ip: number): number {
  const first = ip >>> 24;
  return ip === 0 || first >= 224 || first === 127 ? ip : (ip ^ IPV4_KEY) >>> 0;
}

/** As four unsigned 32-bit words. */
function renamedIpv6(words: readonly number[]): number[] {
  const [w0, w1, w2, w3] = words as [number, number, number, number];
  if ((w0 | w1 | w2) === 0 && w3 <= 1) return [...words];
  // ff02::1:ffXX:XXXX repeats the end of an address.
  if (w0 >>> 16 === 0xff02 && w2 === 1 && w3 >>> 24 === 0xff) return [w0, w1, w2, (w3 ^ (IPV6_KEY[2] & 0xff_ffff)) >>> 0];
  if (w0 >>> 24 === 0xff) return [...words];
  // fe80::/64 has its prefix from the standard.
  const keys = w0 >>> 16 === 0xfe80 ? [0, 0, IPV6_KEY[1], IPV6_KEY[2]] : [0, ...IPV6_KEY];
  return words.map((word, i) => (word ^ keys[i]!) >>> 0);
}

export function renamedPort(port: number): number {
  if (FIXED_PORTS.has(port) || port === 0) return port;
  if (port < FIRST_CLIENT_PORT) return FIXED_PORTS.has(port ^ 0x0005) ? port : port ^ 0x0005;
  return port ^ 0x2a5b;
}

// ---------------------------------------------------------------------------------------------------- words

const MAC = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/;
const IPV4 = /\b(?<ipv4>\d+\.\d+\.\d+\.\d+)(?::(?<port4>\d+))?\b/;
const IPV6_AND_PORT = /\[(?<inner>[0-9a-f:]+)\]:(?<port6>\d+)/;
const IPV6 = /(?<![\w:.])[0-9a-f]{0,4}:[0-9a-f:]*:[0-9a-f]{0,4}(?<!(?<!:):)(?![\w])/;
const SERVICE = /\b(?<service>\d+)(?=\/(?:tcp|udp))|(?<=port (?:= :)?|redirect to :)(?<port>\d+)/;
const WORD = new RegExp([MAC, IPV6_AND_PORT, IPV4, IPV6, SERVICE].map((r) => r.source).join('|'), 'g');

/** A text with other addresses and ports in it. */
export function renamedText(text: string): string {
  return text.replace(WORD, (word, ...rest) => {
    const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    const port = (digits: string | undefined) => (digits === undefined ? '' : `:${renamedPort(Number(digits))}`);
    if (groups.service !== undefined || groups.port !== undefined) return String(renamedPort(Number(word)));
    if (groups.inner !== undefined) return `[${renamedIp(groups.inner)}]${port(groups.port6)}`;
    if (groups.ipv4 !== undefined) return `${renamedIp(groups.ipv4)}${port(groups.port4)}`;
    const mac = MAC.test(word) ? parseMac(word) : null;
    return mac === null ? renamedIp(word) : formatMac(renamedMac(mac));
  });
}

function renamedIp(text: string): string {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return formatIpv4(renamedIpv4(ipv4 >>> 0));
  const ipv6 = parseIpv6(text);
  if (ipv6 === null) return text;
  const [w0, w1, w2, w3] = renamedIpv6(ipv6.map((word) => word >>> 0)) as [number, number, number, number];
  return formatIpv6(w0, w1, w2, w3);
}

// ---------------------------------------------------------------------------------------------------- frames

/** The bytes of an Ethernet frame with other addresses. */
export function renamedFrame(original: Uint8Array): Uint8Array {
  const bytes = original.slice();
  new Renaming(bytes).frame();
  return bytes;
}

const ETHER_TYPES_OF_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8]);

/** Walks over one frame and changes it in place. What is cut off stays as it is. */
class Renaming {
  readonly #view: DataView;
  readonly #end: number;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
  }

  frame(): void {
    this.#mac(0);
    this.#mac(6);
    let at = 12;
    while (ETHER_TYPES_OF_TAGS.has(this.#view.getUint16(at))) at += 4;
    const type = this.#view.getUint16(at);
    if (type === 0x0806) this.#arp(at + 2);
    else if (type === 0x0800 || type === 0x86dd) this.#ip(at + 2, this.#end);
  }

  #arp(at: number): void {
    for (const offset of [8, 18]) this.#mac(at + offset);
    for (const offset of [14, 24]) this.#ipv4(at + offset);
  }

  /** An IP packet that ends at `end` at the latest; also one in a tunnel, or quoted. */
  #ip(at: number, end: number, isQuoted = false): void {
    const view = this.#view;
    const isV4 = view.getUint8(at) >>> 4 === 4;
    if (end - at < (isV4 ? 20 : 40)) return;
    const protocol = view.getUint8(at + (isV4 ? 9 : 6));
    const length = isV4 ? view.getUint16(at + 2) : 40 + view.getUint16(at + 4);
    const addresses = isV4 ? at + 12 : at + 8;
    const start = at + (isV4 ? 4 * (view.getUint8(at) & 15) : 40);
    const before = this.#sum(addresses, start);
    if (isV4) for (const offset of [12, 16]) this.#ipv4(at + offset);
    else for (const offset of [8, 24]) this.#ipv6(at + offset);
    const change = this.#sum(addresses, start) - before;
    if (isV4) this.#mend(at + 10, change, end);
    const isFirst = !isV4 || (view.getUint16(at + 6) & 0x1fff) === 0;
    if (isFirst) this.#transport(protocol, start, isQuoted || length === 0 ? end : Math.min(end, at + length), change);
  }

  /** `change` is what the addresses add to the sum of a checksum that covers them. */
  #transport(protocol: number, at: number, end: number, change: number): void {
    const view = this.#view;
    switch (protocol) {
      case 6:
      case 17: {
        if (end - at < 4) return;
        const before = this.#sum(at, at + 4);
        const isSync = protocol === 17 && view.getUint16(at + 2) === 8848;
        for (const offset of [0, 2]) view.setUint16(at + offset, renamedPort(view.getUint16(at + offset)));
        this.#mend(at + (protocol === 6 ? 16 : 6), change + this.#sum(at, at + 4) - before, end);
        if (isSync) this.#sync(at + 8, end);
        return;
      }
      case 1: {
        const before = this.#sum(at, end);
        const type = view.getUint8(at);
        if (type === 5) this.#ipv4(at + 4);
        if ([3, 4, 5, 11, 12].includes(type)) this.#ip(at + 8, end, true);
        this.#mend(at + 2, this.#sum(at, end) - before, end);
        return;
      }
      case 58: {
        const before = this.#sum(at, end);
        const type = view.getUint8(at);
        if (type >= 1 && type <= 4) this.#ip(at + 8, end, true);
        if (type >= 135 && type <= 137) this.#ipv6(at + 8);
        if (type === 137) this.#ipv6(at + 24);
        if (type >= 133 && type <= 137) this.#linkOptions(at + ({ 133: 8, 134: 16, 137: 40 }[type] ?? 24), end);
        this.#mend(at + 2, change + this.#sum(at, end) - before, end);
        return;
      }
      case 112:
        this.#vrrp(at, end, change);
        return;
      case 4:
      case 41:
        this.#ip(at, end);
    }
  }

  #linkOptions(at: number, end: number): void {
    while (end - at >= 8 && this.#view.getUint8(at + 1) > 0) {
      const type = this.#view.getUint8(at);
      if (type === 1 || type === 2) this.#mac(at + 2);
      at += 8 * this.#view.getUint8(at + 1);
    }
  }

  #vrrp(at: number, end: number, change: number): void {
    const before = this.#sum(at, end);
    const isV6 = (end - at - 8) / this.#view.getUint8(at + 3) >= 16;
    for (let i = 0; i < this.#view.getUint8(at + 3); i++) {
      if (isV6) this.#ipv6(at + 8 + 16 * i);
      else this.#ipv4(at + 8 + 4 * i);
    }
    // Version 2 has no pseudo-header.
    const isV3 = this.#view.getUint8(at) >>> 4 === 3;
    this.#mend(at + 6, this.#sum(at, end) - before + (isV3 ? change : 0), end);
  }

  /** Connections of IPVS sync, version 1, IPv4 (Linux net/netfilter/ipvs/ip_vs_sync.c). */
  #sync(at: number, end: number): void {
    let next = at + 8;
    while (end - next >= 36) {
      for (const offset of [10, 12, 14]) this.#view.setUint16(next + offset, renamedPort(this.#view.getUint16(next + offset)));
      for (const offset of [24, 28, 32]) this.#ipv4(next + offset);
      next += ((this.#view.getUint16(next + 2) & 0xfff) + 3) & ~3;
    }
  }

  #mac(at: number): void {
    const mac = renamedMac(this.#view.getUint16(at) * 0x1_0000_0000 + this.#view.getUint32(at + 2));
    this.#view.setUint16(at, Math.floor(mac / 0x1_0000_0000));
    this.#view.setUint32(at + 2, mac >>> 0);
  }

  #ipv4(at: number): void {
    this.#view.setUint32(at, renamedIpv4(this.#view.getUint32(at)));
  }

  #ipv6(at: number): void {
    renamedIpv6([0, 4, 8, 12].map((offset) => this.#view.getUint32(at + offset))).forEach((word, i) => {
      this.#view.setUint32(at + 4 * i, word);
    });
  }

  #sum(start: number, end: number): number {
    let sum = 0;
    for (let at = start; at + 2 <= end; at += 2) sum += this.#view.getUint16(at);
    return sum;
  }

  /** A checksum after the words that it covers have changed (RFC 1624, equation 3). */
  #mend(at: number, change: number, end: number): void {
    if (at + 2 > end) return;
    let sum = (~this.#view.getUint16(at) & 0xffff) + change;
    while (sum < 0) sum += 0xffff;
    while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
    this.#view.setUint16(at, ~sum & 0xffff);
  }
}
