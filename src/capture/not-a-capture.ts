/** What is said of a file that begins like no capture: what it is instead, and what to do. */
import { UsageError } from '../usage-error.ts';

/** Bytes worth having to tell: a tar header's magic ends at 263. */
export const TELLING_BYTES = 512;

interface Kind {
  /** Latin-1 text that the file begins with, or holds at `at`. */
  readonly magic: string;
  readonly at?: number;
  readonly name: string;
  readonly advice?: string;
}

const UNPACK = 'unpack it and give the capture in it';
const CONVERT = 'convert it with editcap -F pcapng, which comes with Wireshark';

const KINDS: readonly Kind[] = [
  { magic: '\x1f\x8b', name: 'gzip data inside compressed data', advice: 'decompress it once' },
  { magic: '\x28\xb5\x2f\xfd', name: 'zstd data inside compressed data', advice: 'decompress it once' },
  { magic: 'BZh', name: 'bzip2 data', advice: 'decompress it, for example bzip2 -dc file | lvs-doctor diagnose -, or use gzip or zstd' },
  { magic: '\xfd7zXZ\0', name: 'xz data', advice: 'decompress it, for example xz -dc file | lvs-doctor diagnose -, or use gzip or zstd' },
  {
    magic: '\x04\x22\x4d\x18',
    name: 'lz4 data',
    advice: 'decompress it, for example lz4 -dc file | lvs-doctor diagnose -, or use gzip or zstd',
  },
  { magic: 'PK\x03\x04', name: 'a zip archive', advice: UNPACK },
  { magic: '7z\xbc\xaf\x27\x1c', name: 'a 7z archive', advice: UNPACK },
  { magic: 'ustar', at: 257, name: 'a tar archive', advice: UNPACK },
  { magic: 'snoop\0\0\0', name: 'a Solaris snoop capture', advice: CONVERT },
  { magic: 'GMBU', name: 'a Microsoft Network Monitor capture', advice: CONVERT },
  { magic: 'RTSS', name: 'a Microsoft Network Monitor capture', advice: CONVERT },
  { magic: 'XCP\0', name: 'a NetXRay capture', advice: CONVERT },
  { magic: 'TRSNIFF data', name: 'a Sniffer capture', advice: CONVERT },
  { magic: '\xac\x01\x00\x1c', name: 'an IXIA capture', advice: CONVERT },
  { magic: '\xab\x01\x00\x1c', name: 'an IXIA capture', advice: CONVERT },
  { magic: '\x1c\x00\x01\xac', name: 'an IXIA capture', advice: CONVERT },
  { magic: '\x1c\x00\x01\xab', name: 'an IXIA capture', advice: CONVERT },
  { magic: '\x4d\x3c\x2b\xa1', name: 'a Navtel capture', advice: CONVERT },
  { magic: '\xa1\x2b\x3c\x4d', name: 'a Navtel capture', advice: CONVERT },
  { magic: '\x7fELF', name: 'an ELF program' },
  { magic: 'MZ', name: 'a Windows program' },
  { magic: '\x89PNG\r\n\x1a\n', name: 'a PNG picture' },
  { magic: 'GIF8', name: 'a GIF picture' },
  { magic: '\xff\xd8\xff', name: 'a JPEG picture' },
  { magic: '%PDF-', name: 'a PDF document' },
  { magic: 'SQLite format 3\0', name: 'an SQLite database' },
];

const EXPECTED = 'a pcap or pcapng capture (plain, gzip or zstd) was expected';
const RECORD_ONE = 'record one with tcpdump -w capture.pcap';

/** The sentence for a file that begins with these bytes; `subject` names it. */
export function notACapture(subject: string, head: Uint8Array): UsageError {
  if (head.length === 0) {
    return new UsageError(`${subject} is empty; ${EXPECTED}: check that the program that wrote it could write, and saw its end.`);
  }
  const kind = KINDS.find(({ magic, at = 0 }) => latin1(head.subarray(at, at + magic.length)) === magic);
  if (kind !== undefined) {
    return new UsageError(`${subject} is ${kind.name} (it begins with ${hex(head)}); ${EXPECTED}: ${kind.advice ?? RECORD_ONE}.`);
  }
  if (isText(head)) {
    return new UsageError(
      `${subject} is a text file (it begins with "${beginning(head)}"); ${EXPECTED}: ` +
        'what tcpdump prints cannot be read again, so record with tcpdump -w capture.pcap.',
    );
  }
  return new UsageError(`${subject} is no capture (it begins with the bytes ${hex(head)}); ${EXPECTED}: ${RECORD_ONE}.`);
}

/** Whether nothing in it is a control character that texts do not have. Bytes from 128 may be UTF-8 or Latin-1. */
function isText(head: Uint8Array): boolean {
  return head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b) && !head.includes(0x7f);
}

/** First line, 40 characters at most, without anything that could move a terminal's cursor. */
function beginning(head: Uint8Array): string {
  const line =
    new TextDecoder()
      .decode(head.subarray(0, 160))
      .trimStart()
      .split(/[\r\n]/)[0] ?? '';
  const plain = line.replace(/[\p{C}"]/gu, '.');
  const characters = [...plain];
  return characters.length > 40 ? `${characters.slice(0, 40).join('')}…` : plain;
}

function hex(head: Uint8Array): string {
  return Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
