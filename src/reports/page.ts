/** A rule's page (docs/rules/<rule>.md) for the terminal: the Markdown that such pages use, wrapped, with commands left as they are. */
import { Chalk } from 'chalk';
import { wrap } from './wrap.ts';

export interface PageOptions {
  readonly color: boolean;
  readonly width: number;
}

/** The page, ending in a line break. Headings, paragraphs, lists, quotes, tables and code; anything else stands as written. */
export function renderPage(markdown: string, options: PageOptions): string {
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  const blocks: string[][] = [];
  const lines = markdown.replaceAll('\r\n', '\n').split('\n');
  /** The block of the list that the next item continues. */
  let list: string[] | null = null;
  for (let i = 0; i < lines.length; ) {
    const line = lines[i] ?? '';
    const item = ITEM.exec(line);
    if (item !== null) {
      const more = takeWhile(lines, i + 1, (other) => other.trim() !== '' && !isBlockStart(other));
      const text = [item[3] ?? '', ...more.map((other) => other.trim())].join(' ');
      if (list === null) {
        list = [];
        blocks.push(list);
      }
      list.push(...wrap(inline(text), options.width, `${item[1]}${item[2]} `));
      i += 1 + more.length;
      continue;
    }
    list = null;
    if (line.trim() === '') {
      i++;
    } else if (FENCE.test(line)) {
      const code = takeWhile(lines, i + 1, (other) => !FENCE.test(other));
      blocks.push(code.map((text) => (text === '' ? '' : chalk.cyan(`    ${text}`))));
      i += code.length + 2;
    } else if (line.startsWith('#')) {
      blocks.push([chalk.bold.underline(inline(line.replace(/^#+\s*/, '')))]);
      i++;
    } else if (line.startsWith('|')) {
      const rows = takeWhile(lines, i, (other) => other.startsWith('|'));
      blocks.push(tableLines(rows, options.width));
      i += rows.length;
    } else {
      const more = takeWhile(lines, i + 1, (other) => other.trim() !== '' && !isBlockStart(other));
      blocks.push(wrap(inline([line, ...more].map((other) => other.trim()).join(' ')), options.width));
      i += 1 + more.length;
    }
  }
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

const ITEM = /^(\s*)([-*]|\d+\.)\s+(.*)$/;
const FENCE = /^\s*```/;

function isBlockStart(line: string): boolean {
  return ITEM.test(line) || FENCE.test(line) || line.startsWith('#') || line.startsWith('|');
}

function takeWhile(lines: readonly string[], from: number, wanted: (line: string) => boolean): string[] {
  const end = lines.findIndex((line, at) => at >= from && !wanted(line));
  return lines.slice(from, end < 0 ? undefined : end);
}

/** Without the marks that a terminal has no use for; code keeps its backticks, which tell it from prose. */
function inline(text: string): string {
  return text
    .replace(/\*\*(.+?)\*\*/g, '$1')
    .replace(/\[([^\]]+)\]\((https?:[^)]+)\)/g, '$1 ($2)')
    .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1');
}

/** Columns as wide as their widest cell, the last one wrapped. */
function tableLines(rows: readonly string[], width: number): string[] {
  const cells = rows
    .filter((row) => !/^\|[\s:|-]+$/.test(row))
    .map((row) =>
      row
        .replace(/^\||\|\s*$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => inline(cell.trim().replaceAll('\\|', '|'))),
    );
  const widths = cells.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return cells.flatMap((row) => {
    const lead = row
      .slice(0, -1)
      .map((cell, i) => `${cell.padEnd(widths[i] ?? 0)}  `)
      .join('');
    return wrap(row.at(-1) ?? '', width, lead);
  });
}
