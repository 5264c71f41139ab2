/**
 * Text that came from a capture, a configuration or a file name, made safe to show. A terminal obeys control characters, and
 * bidirectional controls reorder what a person reads (Unicode TR 36, "Trojan Source"): a machine's name may not do either, and a name of ten megabytes may
 * not bury the rest. Text, trace and Markdown all show foreign text by way of this file, commands by way of shell.ts.
 */
import { thousands } from '../thousands.ts';

/** Controls (C0, DEL, C1), format characters (bidirectional, zero-width, tags), line separators, and fillers that look like nothing. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/** The same but for the line breaks between the lines of a report, of which there are thousands. */
const UNSAFE_IN_JSON = /[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/** Most texts: where nothing is to be replaced, that is found sooner than the sets of characters above are made. */
const PLAIN = /^[ -~]*$/;

/** Characters of one text that are shown: many times what any rule says, and little enough to scroll past. */
const LONGEST = 2000;

/** One line of `text` that a terminal shows as it is read: line breaks and tabs become a space, other invisible characters vanish. */
export function printable(text: string): string {
  return printableUpTo(LONGEST, text);
}

/** The same of the first `longest` characters; what is cut off is counted. */
export function printableUpTo(longest: number, text: string): string {
  const cut = text.length - longest;
  if (cut > 0)
    return `${printableUpTo(longest, text.slice(0, longest))}… (${cut === 1 ? '1 character' : `${thousands(cut)} characters`} more)`;
  if (PLAIN.test(text)) return text;
  return text
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
    .replace(UNSAFE, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** `text` in double quotes as JSON and YAML both read it, with every invisible or reordering character escaped. */
export function quoted(text: string): string {
  return escapeInvisible(JSON.stringify(text));
}

/** JSON text with the invisible characters of its strings written as escapes: the same value, and nothing a terminal obeys. */
export function escapeInvisible(json: string): string {
  if (isPlainJson(json)) return json;
  return json.replace(UNSAFE_IN_JSON, (found) =>
    Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}

/**
 * Whether all of it is ASCII and the arrows of paths: found in a tenth of the time that it takes to make the sets of characters above, and to go through a
 * report with them. JSON itself escapes the control characters of ASCII, but for the last one.
 */
function isPlainJson(json: string): boolean {
  let arrows = 0;
  for (const arrow of '←→') {
    for (let at = json.indexOf(arrow); at >= 0; at = json.indexOf(arrow, at + 1)) arrows += 1;
  }
  // In UTF-8 an arrow takes two bytes more than the one of an ASCII character, and every other character at least one more.
  return Buffer.byteLength(json) === json.length + 2 * arrows && !json.includes('\x7f');
}
