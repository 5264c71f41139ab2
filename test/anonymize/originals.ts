/** How originals may be written, and where they are found. */
import type { Given } from '../../src/cluster/given/given.ts';
import { formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from '../../src/decoders/address.ts';

/** The cluster with names that no report would use by itself. */
export function withNames(given: Given): Given {
  return JSON.parse(JSON.stringify(given), (key, value) =>
    key === 'name' && value !== null ? `${value} of secret.example` : value,
  ) as Given;
}

/** Whether a text holds a word, and not only as a part of another one. */
export function hasWord(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w.-])${word.replace(/[.*+?^$\\{}()|[\]]/g, '\\$&')}(?![\\w-]|\\.\\w)`, 'i').test(text);
}

/** How an address may be written: with dots, colons, hyphens, as hexadecimal digits, as a decimal number. */
export function spellings(address: string): string[] {
  const hex = bytesOf(address).toString('hex');
  const mac = parseMac(address);
  const dump = hex.replace(/(..)(?!$)/g, '$1 ');
  if (address.includes('.') && parseIpv4(address) !== null) {
    return [
      address,
      address.replaceAll('.', '-'),
      hex,
      `0x${hex}`,
      String(Number.parseInt(hex, 16)),
      address.split('.').reverse().join('.'),
    ];
  }
  if (mac !== null && address.length === 17) {
    const eui64 = `${hex.slice(0, 6)}fffe${hex.slice(6)}`;
    const turned = (BigInt(`0x${eui64}`) ^ 0x0200_0000_0000_0000n).toString(16).padStart(16, '0');
    return [
      formatMac(mac),
      dump,
      address.replaceAll(':', '-'),
      hex,
      hex.replace(/(....)(?!$)/g, '$1.'),
      turned.replace(/(....)(?!$)/g, '$1:'),
    ];
  }
  return [formatIpv6(...parseIpv6(address)!), dump, hex, hex.replace(/(....)(?!$)/g, '$1:')];
}

/** In network order. */
export function bytesOf(address: string): Buffer {
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(address)) return Buffer.from(address.replaceAll(':', ''), 'hex');
  const ipv4 = parseIpv4(address);
  const words = ipv4 === null ? parseIpv6(address)! : [ipv4];
  const bytes = Buffer.alloc(4 * words.length);
  for (const [i, word] of words.entries()) bytes.writeInt32BE(word, 4 * i);
  return bytes;
}
