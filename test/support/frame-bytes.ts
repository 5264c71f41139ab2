/**
 * Frames from their headers, as bytes: what the stories of the tests are written with. Layers nest as on the wire,
 * `ethernet(a, b, ip(from, to, tcp({ … })))`; lengths and checksums are right.
 */
import { parseIp, parseMac } from '../../src/decoders/address.ts';

/** A layer above the link or the network: its bytes and the number that names it one layer below. */
export interface Layer {
  readonly type: number;
  readonly bytes: readonly number[];
}

/** A layer that carries a checksum over the addresses around it: made once these are known. */
export interface Transport {
  readonly protocol: number;
  readonly bytes: readonly number[];
  /** Offset of the checksum field; -1 when the bytes bear none, or their own. */
  readonly checksumAt: number;
  /** Whether the checksum covers the addresses (the pseudo-header) too. */
  readonly coversAddresses: boolean;
}

export const BROADCAST = 'ff:ff:ff:ff:ff:ff';

export const u16 = (n: number): number[] => [(n >>> 8) & 0xff, n & 0xff];
export const u32 = (n: number): number[] => [...u16(n >>> 16), ...u16(n)];

export function macBytes(mac: string): number[] {
  const n = parseMac(mac);
  if (n === null) throw new Error(`${mac} is no MAC`);
  return [...u16(Math.floor(n / 0x1_0000_0000)), ...u32(n)];
}

/** Four bytes of an IPv4 address, sixteen of an IPv6 one. */
export function ipBytes(text: string): number[] {
  const ip = parseIp(text);
  if (ip === null) throw new Error(`${text} is no IP address`);
  return ip.version === 4 ? u32(ip.words[3]) : ip.words.flatMap(u32);
}

export interface LinkOptions {
  /** VLAN ids, outermost first. */
  readonly vlans?: readonly number[];
}

/** A whole Ethernet frame, padded to 60 bytes as a network card does. */
export function ethernet(source: string, destination: string, layer: Layer, { vlans = [] }: LinkOptions = {}): Uint8Array {
  const tags = vlans.flatMap((vlan) => [...u16(0x8100), ...u16(vlan)]);
  const bytes = [...macBytes(destination), ...macBytes(source), ...tags, ...u16(layer.type), ...layer.bytes];
  while (bytes.length < 60) bytes.push(0);
  return Uint8Array.from(bytes);
}

export interface ArpFields {
  readonly operation: 'request' | 'reply';
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetMac?: string;
  readonly targetIp: string;
}

/** ARP for Ethernet and IPv4 (RFC 826). */
export function arp({ operation, senderMac, senderIp, targetMac = '00:00:00:00:00:00', targetIp }: ArpFields): Layer {
  const fixed = [0, 1, 8, 0, 6, 4, 0, operation === 'request' ? 1 : 2];
  return { type: 0x0806, bytes: [...fixed, ...macBytes(senderMac), ...ipBytes(senderIp), ...macBytes(targetMac), ...ipBytes(targetIp)] };
}

export interface IpOptions {
  readonly ttl?: number;
  /** IPv4 identification. */
  readonly id?: number;
}

/** An IPv4 or IPv6 packet, by the kind of its addresses. */
export function ip(source: string, destination: string, transport: Transport, { ttl = 64, id = 0 }: IpOptions = {}): Layer {
  const addresses = [...ipBytes(source), ...ipBytes(destination)];
  const payload = sealed(transport, addresses);
  if (addresses.length === 32) {
    const header = [0x60, 0, 0, 0, ...u16(payload.length), transport.protocol, ttl, ...addresses];
    return { type: 0x86dd, bytes: [...header, ...payload] };
  }
  const header = [0x45, 0, ...u16(20 + payload.length), ...u16(id), 0x40, 0, ttl, transport.protocol, 0, 0, ...addresses];
  header.splice(10, 2, ...u16(checksum(header)));
  return { type: 0x0800, bytes: [...header, ...payload] };
}

/** An IP packet as the payload of another one (IPIP, 4in6, 6in4). */
export function tunnelled(inner: Layer): Transport {
  return { protocol: inner.type === 0x0800 ? 4 : 41, bytes: inner.bytes, checksumAt: -1, coversAddresses: false };
}

const FLAG_BITS = { F: 1, S: 2, R: 4, P: 8, '.': 16 } as const;

export interface TcpFields {
  readonly from: number;
  readonly to: number;
  /** As tcpdump prints them: `S`, `S.`, `.`, `P.`, `R`, `F.`. */
  readonly flags: string;
  readonly sequence?: number;
  readonly acknowledgment?: number;
  /** Payload bytes. */
  readonly length?: number;
}

export function tcp({ from, to, flags, sequence = 0, acknowledgment = 0, length = 0 }: TcpFields): Transport {
  const bits = [...flags].reduce((sum, flag) => sum | FLAG_BITS[flag as keyof typeof FLAG_BITS], 0);
  const header = [...u16(from), ...u16(to), ...u32(sequence), ...u32(acknowledgment), 0x50, bits, ...u16(64240), 0, 0, 0, 0];
  return { protocol: 6, bytes: [...header, ...filler(length)], checksumAt: 16, coversAddresses: true };
}

export function udp(from: number, to: number, payload: readonly number[] = []): Transport {
  const header = [...u16(from), ...u16(to), ...u16(8 + payload.length), 0, 0];
  return { protocol: 17, bytes: [...header, ...payload], checksumAt: 6, coversAddresses: true };
}

/** An ICMP message; `rest` are the four bytes after the checksum, and an error quotes a packet. */
export function icmp(type: number, code: number, quoted: Layer | null = null, rest: readonly number[] = [0, 0, 0, 0]): Transport {
  const bytes = [type, code, 0, 0, ...rest, ...(quoted?.bytes ?? [])];
  return { protocol: 1, bytes, checksumAt: 2, coversAddresses: false };
}

export function icmp6(type: number, code: number, body: readonly number[] = [0, 0, 0, 0]): Transport {
  return { protocol: 58, bytes: [type, code, 0, 0, ...body], checksumAt: 2, coversAddresses: true };
}

/** Neighbour solicitation (RFC 4861 section 4.3); without link-layer option for duplicate address detection. */
export function neighbourSolicitation(target: string, linkAddress: string | null): Transport {
  return icmp6(135, 0, [0, 0, 0, 0, ...ipBytes(target), ...(linkAddress === null ? [] : [1, 1, ...macBytes(linkAddress)])]);
}

/** Neighbour advertisement (RFC 4861 section 4.4). */
export function neighbourAdvertisement(target: string, linkAddress: string, solicited: boolean): Transport {
  return icmp6(136, 0, [solicited ? 0x60 : 0x20, 0, 0, 0, ...ipBytes(target), 2, 1, ...macBytes(linkAddress)]);
}

export interface VrrpFields {
  readonly vrid: number;
  readonly priority: number;
  readonly vips: readonly string[];
  /** Advertisement interval in centiseconds. */
  readonly interval?: number;
}

/** A VRRP version 3 advertisement (RFC 9568 section 5.2). */
export function vrrp({ vrid, priority, vips, interval = 100 }: VrrpFields): Transport {
  const bytes = [0x31, vrid, priority, vips.length, ...u16(interval), 0, 0, ...vips.flatMap(ipBytes)];
  return { protocol: 112, bytes, checksumAt: 6, coversAddresses: true };
}

function sealed({ protocol, bytes, checksumAt, coversAddresses }: Transport, addresses: readonly number[]): number[] {
  const filled = [...bytes];
  if (checksumAt < 0) return filled;
  const pseudo = coversAddresses ? [...addresses, ...u32(bytes.length), 0, 0, 0, protocol] : [];
  filled.splice(checksumAt, 2, ...u16(checksum([...pseudo, ...bytes])));
  return filled;
}

/** RFC 1071. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

function filler(length: number): number[] {
  return Array.from({ length }, (_, i) => 97 + (i % 26));
}
