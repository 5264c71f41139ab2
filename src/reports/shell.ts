/** Commands that are pasted into a shell: words quoted so that no name is obeyed, long lines continued so that they stay one command. */
import { thousands } from '../thousands.ts';
import { printableUpTo } from './printable.ts';

/** Characters of a command that are shown; no rule gives a longer one. */
const LONGEST_COMMAND = 16_384;

/** `command` in one line that a terminal shows as it is read. Whole or not at all: half a command may do something else. */
export function printableCommand(command: string, longest: number = LONGEST_COMMAND): string {
  const { length } = command;
  return length > longest ? `# a command of ${thousands(length)} characters is not shown here` : printableUpTo(longest, command);
}

/** `word` as one word of a POSIX shell; with control or invisible characters as `$'…'`, which bash, zsh and ksh read. */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word === printableUpTo(word.length, word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  const bytes = new TextEncoder().encode(word);
  const escaped = (byte: number) => {
    const character = String.fromCharCode(byte);
    if (character === "'" || character === '\\') return `\\${character}`;
    // Octal, not \xHH: a hexadecimal digit that follows would be read as part of the escape.
    return byte >= 0x20 && byte < 0x7f ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  };
  return `$'${Array.from(bytes, escaped).join('')}'`;
}

/**
 * A command in lines of at most `width` columns, continued with a backslash between words. A line never breaks within quotes, but between
 * the tests of a filter; a single word longer than `width` stands alone. Comments keep their `#` on every line; a comment behind a command
 * goes before it.
 */
export function wrapCommand(command: string, width: number): string[] {
  if (command.startsWith('#')) return wrapComment(command, width);
  if (command.length <= width) return [command];
  const words = shellWords(command);
  if (words === null) return [command];
  const { code, comment } = splitAt(words);
  if (comment !== '') return [...wrapComment(comment, width), ...wrapCommand(code, width)];
  const lines: string[] = [];
  let line = '';
  words.forEach((word, i) => {
    const room = i === words.length - 1 ? width : width - 2;
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  });
  const isLongFilter =
    words[0] === 'tcpdump' && line.startsWith("  '") && line.length > width && line.split(/ (?:host|net) /).length > MANY;
  return [...lines, ...(isLongFilter ? filterLines(line.slice(3, -1), width) : [line])];
}

/** From so many addresses on, a filter is broken where it is too long; a shorter one is easier to read on one line, even on one that is too long. */
const MANY = 4;

/** A filter of tcpdump's in quotes, indented by two and broken between its tests: within quotes, a shell and tcpdump take a new line for a blank. */
export function filterLines(filter: string, width: number): string[] {
  const lines: string[] = [];
  let line = "  '";
  filter.split(' or ').forEach((test, i) => {
    const more = i === 0 ? test : ` or ${test}`;
    if (line.length + more.length + 1 > width) {
      lines.push(line);
      line = `  ${more}`;
    } else line += more;
  });
  return [...lines, `${line}'`];
}

/** What a shell does, and the comment behind it, which may be empty; null when a quote is not closed. */
export function splitComment(command: string): { code: string; comment: string } | null {
  const words = shellWords(command);
  return words === null ? null : splitAt(words);
}

function splitAt(words: readonly string[]): { code: string; comment: string } {
  const at = words.findIndex((word) => word.startsWith('#'));
  return at < 0 ? { code: words.join(' '), comment: '' } : { code: words.slice(0, at).join(' '), comment: words.slice(at).join(' ') };
}

function wrapComment(comment: string, width: number): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of comment.replace(/^#+\s*/, '').split(/\s+/)) {
    if (line !== '#' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** Words with their quotes, split at unquoted spaces; null when a quote is not closed (then it is prose, or not for a shell), or when it is too long to be shown. */
function shellWords(command: string): string[] | null {
  if (command.length > LONGEST_COMMAND) return null;
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let i = 0; i < command.length; i++) {
    const character = command.charAt(i);
    if (character === '\\' && quote !== "'") {
      word += character + command.charAt(++i);
    } else if (quote !== '') {
      word += character;
      if (character === quote) quote = '';
    } else if (character === ' ') {
      if (word !== '') words.push(word);
      word = '';
    } else {
      word += character;
      if (character === "'" || character === '"') quote = character;
    }
  }
  if (quote !== '') return null;
  return word === '' ? words : [...words, word];
}
