/** Addresses that the user typed: canonical text, or a UsageError that says what is wrong with them. */
import { BROADCAST_MAC, canonicalIp, formatMac, parseIp, parseMac } from '../../decoders/address.ts';
import { errorAt, type Place } from './place.ts';
import { quoted } from './printed.ts';

/** Longer text is no address; it also keeps the parsers from reading megabytes. */
const LONGEST_ADDRESS = 64;

/** What an address may stand for: 'unicast' can be a machine's or a VIP. */
export type AddressUse = 'unicast' | 'loopback' | 'unspecified' | 'multicast';

/** What `ip`, in canonical text, may stand for (RFC 6890, RFC 4291 section 2.4); the IPv4 broadcast address counts as multicast. */
export function addressUse(ip: string): AddressUse {
  const address = parseIp(ip);
  if (address === null) return 'unspecified';
  const [word0, word1, word2, word3] = address.words;
  if (address.version === 4) {
    const first = word3 >>> 24;
    return first === 0 ? 'unspecified' : first === 127 ? 'loopback' : first >= 224 ? 'multicast' : 'unicast';
  }
  if (word0 >>> 24 === 0xff) return 'multicast';
  if (word0 === 0 && word1 === 0 && word2 === 0 && (word3 === 0 || word3 === 1)) return word3 === 0 ? 'unspecified' : 'loopback';
  return 'unicast';
}

/** The canonical text of an IP address in any use; null when `text` is none. */
export function ipOrNull(text: string): string | null {
  return text.length > LONGEST_ADDRESS ? null : canonicalIp(text);
}

/**
 * The canonical text of an IP address that one machine can own.
 * @param what the subject of the sentence if it is none, such as "the address of a director".
 * @throws UsageError naming `place`, when `text` is no such address.
 */
export function readIp(text: string, place: Place, what: string): string {
  const ip = ipOrNull(text);
  if (ip === null) throw errorAt(place, `${what} reads ${quoted(text)}, but an IPv4 or IPv6 address is expected${hintFor(text)}.`);
  const use = addressUse(ip);
  if (use !== 'unicast')
    throw errorAt(
      place,
      `${what} is ${ip}, ${use === 'unspecified' ? 'the unspecified address' : `a ${use} address`}; give the address of one machine.`,
    );
  return ip;
}

/**
 * A MAC in canonical text.
 * @throws UsageError naming `place`, when `text` is no MAC, or one that no machine sends from (zero, broadcast, multicast).
 */
export function readMac(text: string, place: Place, what: string): string {
  const mac = text.length > LONGEST_ADDRESS ? null : parseMac(text);
  if (mac === null) {
    throw errorAt(place, `${what} reads ${quoted(text)}, but a MAC address of six bytes such as 52:54:00:b0:61:3f is expected.`);
  }
  if (!isMachineMac(mac))
    throw errorAt(place, `${what} is ${formatMac(mac)}, which no machine sends from; give the MAC of its network card.`);
  return formatMac(mac);
}

/** Whether a machine can send from this MAC (0 to 2^48 - 1): neither zero, nor broadcast, nor a group address. */
export function isMachineMac(mac: number): boolean {
  return mac !== 0 && mac !== BROADCAST_MAC && Math.floor(mac / 0x10000000000) % 2 === 0;
}

function hintFor(text: string): string {
  if (text.length > LONGEST_ADDRESS) return '';
  const bare = text.replace(/[/%].*$/, '');
  if (bare !== text && canonicalIp(bare) !== null) return `; write ${bare} alone, without ${quoted(text.slice(bare.length))}`;
  const endpoint = /^\[?([^\]]+)\]?:\d+$/.exec(text);
  if (endpoint !== null && canonicalIp(endpoint[1] ?? '') !== null) return `; write ${endpoint[1]} alone, without the port`;
  if (parseMac(text) !== null) return '; this is a MAC address';
  if (/^0*\d+(\.0*\d+){3}$/.test(text)) return ', each of its four numbers from 0 to 255 and without leading zeros';
  return '';
}
