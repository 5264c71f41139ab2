/**
 * Foreign text in Markdown. GitHub, GitLab and Jira disagree about escapes, and look once more through what they have rendered: `@name`
 * calls a person, `#7` becomes a link, and of a MAC with `:de:` in it they make a flag. All of them leave code alone. So plain words
 * stand as they are, and whatever else there is, addresses among it, becomes code. That needs no backslash and no HTML.
 */
import { printableUpTo } from '../printable.ts';

/** Characters of one text that a ticket shows. */
const LONGEST = 600;

/** Signs before a word, the word, signs after it. */
const WORD = /^([("']*)(.*?)([)"',.;:!?…]*)$/su;
/** Letters and digits with single signs within, or a sign that means nothing in the middle of a line. */
const PLAIN = /^(?:[+-]?[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[-.,'’/][\p{L}\p{M}\p{N}]+)*%?|[→←>–—])?$/u;
/** Plain words that become links, and addresses. */
const SPECIAL = /^www\.|^\d+\.\d+\.\d+\.\d+/i;

/** `text` in the middle of a line: it can neither end it nor become markup, a link, a mention or a picture. */
export function prose(text: string, longest: number = LONGEST): string {
  return printableUpTo(longest, text)
    .split(' ')
    .map((word) => {
      const [, before = '', core = '', after = ''] = WORD.exec(word) ?? [];
      return PLAIN.test(core) && !SPECIAL.test(core) ? word : before + code(core) + after;
    })
    .join(' ');
}

/** `text` as code, between more backticks than it holds in a row; nothing for nothing. */
export function code(text: string, longest: number = LONGEST): string {
  const shown = printableUpTo(longest, text);
  if (/^ *$/.test(shown)) return '';
  const ticks = '`'.repeat(longestRun(shown) + 1);
  const pad = /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return ticks + pad + shown + pad + ticks;
}

/** Lines to copy, between longer fences than any of them holds; each line is printable already. */
export function fenced(lines: readonly string[], language = ''): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [fence + language, ...lines, fence];
}

/** A table of cells that are Markdown already. Within a table a pipe ends a cell even in code, if no backslash stands before it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)];
}

/** A backslash that stands before a pipe already would take the one that guards it for itself: a space parts them. */
function cell(markdown: string): string {
  return markdown.replace(/(\\*)\|/g, (_, slashes: string) => `${slashes}${slashes === '' ? '' : ' '}\\|`);
}

/** Backticks in a row. */
function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}
