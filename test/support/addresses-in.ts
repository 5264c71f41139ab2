/** The addresses that a sentence names. */
import { canonicalIp, canonicalMac } from '../../src/decoders/address.ts';

/** Each word that stands for an address (MAC, IPv4, IPv6), with all it may mean: an IPv6 address before a port can be read in two ways. */
export function addressesIn(text: string): string[][] {
  return text
    .split(/[\s,;()[\]"']+/)
    .map((word) => readings(word.replace(/(?<!:):$|\.+$/, '')))
    .filter((meanings) => meanings.length > 0);
}

function readings(word: string): string[] {
  const mac = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(word) ? canonicalMac(word) : null;
  if (mac !== null) return [mac];
  return [canonicalIp(word), canonicalIp(word.replace(/:\d{1,5}$/, ''))].filter(
    (ip, i, all) => ip !== null && all.indexOf(ip) === i,
  ) as string[];
}
