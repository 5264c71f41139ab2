/**
 * One mapping of addresses for a whole run. IPv4 and IPv6 addresses keep their common prefixes, so that subnets stay subnets; what a
 * standard gives a meaning stays what it is (loopback, link-local, multicast, broadcast, virtual MACs).
 *
 * An IPv6 address and a MAC are mapped in parts, each part by itself, so that what is derived from an address follows it:
 *
 *   IPv6   64 bits of network | 24 bits | 16 bits | 24 bits      a solicited-node group repeats the last 24 bits (RFC 4291 section 2.7.1)
 *   EUI-64                    |  vendor |  ff fe  | device       with bit 0x02 of the first byte turned over (RFC 4291 appendix A)
 *   MAC                       |  vendor           | device
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { formatIp, formatMac, parseIp, parseMac } from '../decoders/address.ts';
import type { AddressRecord } from './address-record.ts';
import { PrefixPermutation, type SpecialPrefix } from './prefix-permutation.ts';

export interface AddressMappingOptions {
  /** Whether the vendor part of MACs, and of interface identifiers made of them, stays as it is. */
  readonly keepsVendor: boolean;
}

const kept = (prefix: bigint, length: number): SpecialPrefix => ({ prefix, length, isKept: true });
const apart = (prefix: bigint, length: number): SpecialPrefix => ({ prefix, length, isKept: false });

const SPECIAL_IPV4 = [
  kept(0n, 8), // "this network", RFC 1122
  kept(127n, 8), // loopback
  apart(0xa9fen, 16), // link-local, RFC 3927
  kept(0xen, 4), // multicast
  apart(0xfn, 4), // reserved, RFC 1112
  kept(0xffff_ffffn, 32), // limited broadcast
];

/** Of the first 64 bits. */
const SPECIAL_NETWORKS = [
  kept(0n, 64), // unspecified, loopback, and addresses that embed IPv4 (RFC 4291 section 2.5)
  kept(0x0064_ff9b_0000_0000n, 64), // translation to IPv4, RFC 6052
  kept(0x3fan, 10), // link-local, fe80::/10
  kept(0xffn, 8), // multicast
  apart(0x7en, 7), // unique local, RFC 4193
  apart(1n, 3), // global unicast, 2000::/3
];

const IPV4_MAPPED = 0xffff;
const GROUP_BIT = 0x01;
/** Positions of the bits "locally administered" and "group" in the first byte. */
const MAC_BITS = [6, 7];
const UNIVERSAL_BIT = 0x02_0000;
/** What redundancy protocols give to whichever machine is active: IANA's own, HSRP, HSRP for IPv6, GLBP. */
const VIRTUAL_MACS = /^(00005e|00000c07ac|00000c9ff|000573a0|0007b4)/;
/** Microsoft NLB: an IPv4 address follows; with the group bit for multicast. */
const NLB_PREFIXES: ReadonlySet<number> = new Set([0x02bf, 0x03bf]);
const SOLICITED_NODE_MAC = 0x3333ff;

export class AddressMapping {
  private readonly ipv4s: PrefixPermutation;
  private readonly networks: PrefixPermutation;
  private readonly vendors: PrefixPermutation;
  private readonly middles: PrefixPermutation;
  private readonly devices: PrefixPermutation;
  private readonly secretOf: (purpose: string) => Uint8Array;
  private readonly record: AddressRecord | null;

  /**
   * @param key the secret of the run: whoever has it can undo the mapping.
   * @param record is told what is mapped.
   */
  constructor(key: Uint8Array, { keepsVendor }: AddressMappingOptions, record: AddressRecord | null = null) {
    this.record = record;
    this.secretOf = (purpose) => new Uint8Array(hkdfSync('sha256', key, '', `lvs-doctor anonymize ${purpose}`, 32));
    this.ipv4s = new PrefixPermutation(this.secretOf('ipv4'), { bits: 32, special: SPECIAL_IPV4 });
    this.networks = new PrefixPermutation(this.secretOf('network'), { bits: 64, special: SPECIAL_NETWORKS });
    this.vendors = new PrefixPermutation(this.secretOf('vendor'), {
      bits: 24,
      keptBits: MAC_BITS,
      special: keepsVendor ? [kept(0n, 0)] : [],
    });
    this.middles = new PrefixPermutation(this.secretOf('middle'), { bits: 16, special: [kept(0xfffen, 16)] });
    this.devices = new PrefixPermutation(this.secretOf('device'), { bits: 24 });
  }

  /** An IPv4 address as an unsigned 32-bit integer. */
  ipv4(address: number): number {
    const mapped = Number(this.ipv4s.map(BigInt(address >>> 0)));
    this.record?.ipv4(address, mapped);
    return mapped;
  }

  /** An IPv6 address as four 32-bit words; the result is unsigned. */
  ipv6(word0: number, word1: number, word2: number, word3: number): readonly [number, number, number, number] {
    const mapped = this.mappedIpv6(word0, word1, word2, word3);
    this.record?.ipv6([word0, word1, word2, word3], mapped);
    return mapped;
  }

  /** A MAC, 0 to 2^48 - 1. */
  mac(mac: number): number {
    const mapped = this.mappedMac(mac);
    this.record?.mac(mac, mapped);
    return mapped;
  }

  /** An IP address as text; text that is none stays as it is. */
  ipText(text: string): string {
    const address = parseIp(text);
    if (address === null) return text;
    const [w0, w1, w2, w3] = address.words;
    return address.version === 4 ? formatIp(4, 0, 0, 0, this.ipv4(w3)) : formatIp(6, ...this.ipv6(w0, w1, w2, w3));
  }

  /** A MAC as text; text that is none stays as it is. */
  macText(text: string): string {
    const mac = parseMac(text);
    return mac === null ? text : formatMac(this.mac(mac));
  }

  /** Bytes that stand for a secret, such as a password: equal ones for equal ones, and nothing else of them. */
  disguise(secret: Uint8Array): Uint8Array {
    return createHmac('sha256', this.secretOf('secret')).update(secret).digest().subarray(0, secret.length);
  }

  private mappedIpv6(word0: number, word1: number, word2: number, word3: number): readonly [number, number, number, number] {
    const [w0, w1, w2, w3] = [word0 >>> 0, word1 >>> 0, word2 >>> 0, word3 >>> 0];
    if (w0 >>> 24 === 0xff) return this.multicast(w0, w1, w2, w3);
    const isNoIpv6Network = w1 === 0 && (w0 === 0 || w0 === 0x0064_ff9b);
    if (isNoIpv6Network && (w2 === 0 || (w0 === 0 && w2 === IPV4_MAPPED)))
      return w0 === 0 && w2 === 0 && w3 <= 1 ? [w0, w1, w2, w3] : [w0, w1, w2, this.ipv4(w3)];
    const [m0, m1] = this.network(w0, w1);
    const vendor = this.vendor((w2 >>> 8) ^ UNIVERSAL_BIT) ^ UNIVERSAL_BIT;
    const middle = Number(this.middles.map(BigInt(((w2 & 0xff) << 8) | (w3 >>> 24))));
    return [m0, m1, ((vendor << 8) | (middle >>> 8)) >>> 0, (((middle & 0xff) << 24) | this.device(w3 & 0xff_ffff)) >>> 0];
  }

  private mappedMac(mac: number): number {
    const high = Math.floor(mac / 0x1_0000_0000);
    const vendor = Math.floor(mac / 0x100_0000);
    if (NLB_PREFIXES.has(high)) return high * 0x1_0000_0000 + this.ipv4(mac % 0x1_0000_0000);
    if (vendor === SOLICITED_NODE_MAC) return vendor * 0x100_0000 + this.device(mac % 0x100_0000);
    if (mac === 0 || ((vendor >>> 16) & GROUP_BIT) !== 0 || VIRTUAL_MACS.test(mac.toString(16).padStart(12, '0'))) return mac;
    return this.vendor(vendor) * 0x100_0000 + this.device(mac % 0x100_0000);
  }

  private multicast(w0: number, w1: number, w2: number, w3: number): readonly [number, number, number, number] {
    const isSolicitedNode = w0 === 0xff02_0000 && w1 === 0 && w2 === 1 && w3 >>> 24 === 0xff;
    if (isSolicitedNode) return [w0, w1, w2, (0xff00_0000 | this.device(w3 & 0xff_ffff)) >>> 0];
    // Groups made of a network's prefix (RFC 3306): its 64 bits stand in the middle.
    if ((w0 & 0x0020_0000) === 0) return [w0, w1, w2, w3];
    const [m1, m2] = this.network(w1, w2);
    return [w0, m1, m2, w3];
  }

  private network(high: number, low: number): readonly [number, number] {
    const mapped = this.networks.map((BigInt(high) << 32n) | BigInt(low));
    return [Number(mapped >> 32n), Number(BigInt.asUintN(32, mapped))];
  }

  private vendor(vendor: number): number {
    return Number(this.vendors.map(BigInt(vendor)));
  }

  private device(device: number): number {
    return Number(this.devices.map(BigInt(device)));
  }
}
