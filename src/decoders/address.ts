/**
 * Addresses as numbers and as text. Inside, a MAC is a number of 48 bits and an IP address one or four signed 32-bit words;
 * text is made for reports and read from what the user gave. Canonical text is lower case, IPv6 as in RFC 5952.
 */

/** An IP address in the shape of Packet's fields: IPv4 in word 3 with words 0 to 2 zero; words are signed 32-bit integers. */
export interface IpAddress {
  readonly version: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

/** ff:ff:ff:ff:ff:ff as a number. */
export const BROADCAST_MAC = 0xffffffffffff;

/** Destination MAC as a number, 0 to 2^48 - 1, of Packet's first two MAC words. */
export function destinationMacOf(mac0: number, mac1: number): number {
  return (mac0 >>> 0) * 0x10000 + (mac1 >>> 16);
}

/** Source MAC as a number, 0 to 2^48 - 1, of Packet's last two MAC words. */
export function sourceMacOf(mac1: number, mac2: number): number {
  return (mac1 & 0xffff) * 0x100000000 + (mac2 >>> 0);
}

/** A 48-bit number as `52:54:00:29:b1:46`. */
export function formatMac(mac: number): string {
  const high = Math.floor(mac / 0x100_0000);
  const low = mac % 0x100_0000;
  // One flat text, made at once: a diagnosis of very many machines is made of MACs.
  return String.fromCharCode(
    hexDigit(high >>> 20),
    hexDigit(high >>> 16),
    COLON,
    hexDigit(high >>> 12),
    hexDigit(high >>> 8),
    COLON,
    hexDigit(high >>> 4),
    hexDigit(high),
    COLON,
    hexDigit(low >>> 20),
    hexDigit(low >>> 16),
    COLON,
    hexDigit(low >>> 12),
    hexDigit(low >>> 8),
    COLON,
    hexDigit(low >>> 4),
    hexDigit(low),
  );
}

const COLON = ':'.charCodeAt(0);

/** Character code of the lowest four bits as a digit. */
function hexDigit(value: number): number {
  const digit = value & 0xf;
  return digit < 10 ? 0x30 + digit : 0x57 + digit;
}

/**
 * A MAC as written by any common tool: six bytes with colons or hyphens (leading zeros may be missing), three groups of four digits
 * with dots (Cisco), colons or hyphens, two groups of six, or twelve digits together. Null for anything else.
 */
export function parseMac(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  const bytes = /^([0-9a-f]{1,2})([:\-.])([0-9a-f]{1,2})\2([0-9a-f]{1,2})\2([0-9a-f]{1,2})\2([0-9a-f]{1,2})\2([0-9a-f]{1,2})$/.exec(
    trimmed,
  );
  if (bytes !== null) {
    const [, first = '', , ...rest] = bytes;
    return Number.parseInt([first, ...rest].map((byte) => byte.padStart(2, '0')).join(''), 16);
  }
  const grouped = /^([0-9a-f]{4})([:\-.])([0-9a-f]{4})\2([0-9a-f]{4})$/.exec(trimmed);
  if (grouped !== null) return Number.parseInt(`${grouped[1]}${grouped[3]}${grouped[4]}`, 16);
  const halves = /^([0-9a-f]{6})[:\-.]?([0-9a-f]{6})$/.exec(trimmed);
  if (halves !== null) return Number.parseInt(`${halves[1]}${halves[2]}`, 16);
  return null;
}

/** A signed or unsigned 32-bit integer as `192.168.1.100`. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

/** Four decimal bytes as a signed 32-bit integer; null for anything else, also for leading zeros, which some tools read as octal. */
export function parseIpv4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text.trim());
  if (match === null) return null;
  let address = 0;
  for (const part of match.slice(1)) {
    const byte = Number(part);
    if (byte > 255 || (part.length > 1 && part.startsWith('0'))) return null;
    address = (address << 8) | byte;
  }
  return address;
}

/** Four words as IPv6 text by RFC 5952 section 4: lower case, the longest run of zero groups shortened, the first of equal ones. */
export function formatIpv6(word0: number, word1: number, word2: number, word3: number): string {
  // RFC 5952 section 5: a well-known prefix that embeds IPv4 is written mixed.
  if (word0 === 0 && word1 === 0 && word2 === 0xffff) return `::ffff:${formatIpv4(word3)}`;
  const groups = [word0, word1, word2, word3].flatMap((word) => [word >>> 16, word & 0xffff]);
  let longest = 1; // a single zero group is not shortened (section 4.2.2)
  let longestAt = -1;
  let run = 0;
  for (let i = 0; i < 8; i++) {
    run = groups[i] === 0 ? run + 1 : 0;
    if (run > longest) {
      longest = run;
      longestAt = i - run + 1;
    }
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (longestAt < 0) return text(groups);
  return `${text(groups.slice(0, longestAt))}::${text(groups.slice(longestAt + longest))}`;
}

/** IPv6 text as four signed 32-bit words; null for anything else, also with a zone or brackets. */
export function parseIpv6(text: string): readonly [number, number, number, number] | null {
  let rest = text.trim().toLowerCase();
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(rest);
  if (tail !== null) {
    const embedded = parseIpv4(tail[2] ?? '');
    if (embedded === null) return null;
    rest = `${tail[1]}${(embedded >>> 16).toString(16)}:${(embedded & 0xffff).toString(16)}`;
  }
  const halves = rest.split('::');
  if (halves.length > 2) return null;
  const head = groupsOf(halves[0] ?? '');
  const end = halves.length === 2 ? groupsOf(halves[1] ?? '') : [];
  if (head === null || end === null) return null;
  const missing = 8 - head.length - end.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...end];
  const word = (i: number) => ((groups[i] ?? 0) << 16) | (groups[i + 1] ?? 0);
  return [word(0), word(2), word(4), word(6)];
}

function groupsOf(text: string): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  return parts.every((part) => /^[0-9a-f]{1,4}$/.test(part)) ? parts.map((part) => Number.parseInt(part, 16)) : null;
}

/** An address in the shape of Packet's fields as canonical text; for version 4 only `word3` counts. */
export function formatIp(version: 4 | 6, word0: number, word1: number, word2: number, word3: number): string {
  return version === 4 ? formatIpv4(word3) : formatIpv6(word0, word1, word2, word3);
}

/** IPv4 or IPv6 text as words; null when it is neither. An IPv4-mapped IPv6 address stays version 6. */
export function parseIp(text: string): IpAddress | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return { version: 4, words: [0, 0, 0, ipv4] };
  const ipv6 = parseIpv6(text);
  return ipv6 === null ? null : { version: 6, words: ipv6 };
}

/** The one spelling by which addresses are compared and printed; null when `text` is no IP address. */
export function canonicalIp(text: string): string | null {
  const address = parseIp(text);
  return address === null ? null : formatIp(address.version, ...address.words);
}

/** The one spelling by which MACs are compared and printed; null when `text` is no MAC. */
export function canonicalMac(text: string): string | null {
  const mac = parseMac(text);
  return mac === null ? null : formatMac(mac);
}
