/** Addresses in text that a person typed or a report says, mapped where they stand. */
import { parseIpv6 } from '../decoders/address.ts';
import type { AddressMapping } from './address-mapping.ts';

const MAC = /(?<![\w:])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![\w-]|:\w)/;
const IPV6 = /(?<![\w:.])(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]+(?:(?<=:)\d+(?:\.\d+){3})?(?!\w)/;
const IPV4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)/;
const ADDRESS = new RegExp([MAC, IPV6, IPV4].map((pattern) => pattern.source).join('|'), 'gi');

/** `text` with every address in it mapped; times and other words with colons stay. */
export function mapAddressesIn(text: string, mapping: AddressMapping): string {
  return text.replace(ADDRESS, (word) => {
    if (word.length === 17 && /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(word)) return mapping.macText(word);
    if (!word.includes(':')) return mapping.ipText(word);
    // A colon may end the part of a sentence that the address ends.
    const address = parseIpv6(word) === null && word.endsWith(':') ? word.slice(0, -1) : word;
    return mapping.ipText(address) + word.slice(address.length);
  });
}
