/**
 * keepalived.conf as one machine reads it: comments removed, `$NAME=value` definitions (also of several lines) put in, `@id` lines kept
 * or dropped, included files put in place; then the tree of blocks. By keepalived.conf(5) and keepalived's lib/parser.c.
 */
import { errorAt, type Place, sayPlace } from './place.ts';
import { printed, quoted } from './printed.ts';
import { linesOf } from './text-lines.ts';

/** One keyword with its arguments, and what stands in its braces. */
export interface KeepalivedStatement {
  readonly words: readonly string[];
  readonly place: Place;
  readonly children: KeepalivedStatement[];
}

/** A file that an include names. */
export interface IncludedFile {
  readonly name: string;
  readonly text: string;
}

/** The files that an include names (a path, perhaps with wildcards, relative to `from`); null when they are not at hand. */
export type IncludeReader = (path: string, from: string) => readonly IncludedFile[] | null;

interface Line {
  readonly text: string;
  readonly place: Place;
}

/** Includes and definitions may be nested, and blocks, to this depth. */
const DEEPEST = 30;

/** What may still be read: bounds files that include themselves and definitions that multiply. One budget serves one configuration. */
export class ReadingBudget {
  private lines = 500_000;
  private characters = 25_000_000;

  /** @throws UsageError naming `place`, when the configuration grows beyond all measure. */
  spend(characters: number, place: Place): void {
    this.lines -= 1;
    this.characters -= characters;
    if (this.lines >= 0 && this.characters >= 0) return;
    throw errorAt(place, 'with its includes and definitions the configuration is too long to be read; does one use itself?');
  }
}

const DEFINITION = /^\s*\$([A-Za-z_]\w*)=(.*)$/;
const REFERENCE = /\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)(?=\s|$)/g;
const CONDITION = /^\s*@(\^?)(\S+)(.*)$/;

/**
 * The config ids whose lines together say all that the text says to any machine: each that `@id` or `@^id` names; null stands for a
 * machine of another id, needed only where no second id can read what `@^id` excludes from the first.
 */
export function configIdsOf(lines: readonly Line[]): (string | null)[] {
  const ids = new Set<string>();
  let isAnyExcluded = false;
  for (const { text } of lines) {
    const condition = CONDITION.exec(text);
    if (condition === null) continue;
    ids.add(condition[2] ?? '');
    isAnyExcluded ||= condition[1] === '^';
  }
  return ids.size === 0 || (ids.size === 1 && isAnyExcluded) ? [null, ...ids] : [...ids];
}

/** A file with its includes put in, before definitions and conditions. Includes that are not at hand become notes. */
export function withIncludes(
  file: string,
  text: string,
  readInclude: IncludeReader | null,
  notes: string[],
  budget: ReadingBudget,
): Line[] {
  const lines: Line[] = [];
  const add = (name: string, content: string, depth: number) => {
    for (const { number, text: line } of linesOf(name, content)) {
      const place: Place = { file: name, line: number };
      budget.spend(line.length, place);
      const bare = withoutComment(line);
      const include = /^\s*include[rmwba]?\s+"?([^"\s]+)"?\s*$/.exec(bare);
      if (include === null) {
        lines.push({ text: bare, place });
        continue;
      }
      if (depth >= DEEPEST) throw errorAt(place, `includes are nested more than ${DEEPEST} deep here; does a file include itself?`);
      const path = include[1] ?? '';
      const files = readInclude?.(path, name) ?? null;
      if (files === null)
        notes.push(
          `${sayPlace(place)}: the include of ${printed(path)} is not followed; what it says counts only where that file is given as well.`,
        );
      for (const included of files ?? []) add(included.name, included.text, depth + 1);
    }
  };
  add(file, text, 0);
  return lines;
}

/** The lines as the machine with this config id reads them; null stands for any other machine. */
export function linesFor(configId: string | null, lines: readonly Line[], budget: ReadingBudget): Line[] {
  const definitions = new Map<string, string>();
  const result: Line[] = [];
  const take = (text: string, place: Place, depth: number) => {
    if (depth > DEEPEST) throw errorAt(place, `definitions use each other more than ${DEEPEST} deep here; does one use itself?`);
    budget.spend(text.length, place);
    let rest = text;
    for (let condition = CONDITION.exec(rest); condition !== null; condition = CONDITION.exec(rest)) {
      if ((condition[2] === configId) === (condition[1] === '^')) return;
      rest = condition[3] ?? '';
    }
    const definition = DEFINITION.exec(rest);
    if (definition !== null) {
      definitions.set(definition[1] ?? '', definition[2]?.trim() ?? '');
      return;
    }
    if (/^\s*~(?:SEQx?|LST)\(/.test(rest)) {
      throw errorAt(place, 'a ~SEQ or ~LST block stands here, which is not read; write its lines out, or give "ipvsadm-save -n" instead.');
    }
    let isChanged = false;
    const replaced = rest.replace(REFERENCE, (reference, braced: string | undefined, plain: string | undefined) => {
      const value = definitions.get(braced ?? plain ?? '');
      if (value === undefined) return reference;
      budget.spend(value.length, place);
      isChanged = true;
      return value;
    });
    if (isChanged) for (const part of replaced.split(LINE_MARK)) take(part, place, depth + 1);
    else result.push({ text: replaced, place });
  };
  for (const line of joinDefinitions(lines)) take(line.text, line.place, 0);
  return result;
}

/** A definition of several lines, each but the last ending in a backslash, as one line with marks in it. */
function* joinDefinitions(lines: readonly Line[]): Generator<Line> {
  let open: { parts: string[]; place: Place } | null = null;
  for (const { text, place } of lines) {
    const isContinued = /\\\s*$/.test(text);
    if (open === null && !isContinued) {
      yield { text, place };
      continue;
    }
    open ??= { parts: [], place };
    open.parts.push(text.replace(/\\\s*$/, ''));
    if (isContinued) continue;
    yield { text: joined(open.parts), place: open.place };
    open = null;
  }
  if (open !== null) yield { text: joined(open.parts), place: open.place };
}

/** Parts the lines of a definition while they are one string: white space to all else that reads it. */
const LINE_MARK = '\f';

function joined(parts: readonly string[]): string {
  return parts.map((part) => part.trim()).join(LINE_MARK);
}

/** The line without its comment: from `!` or `#` outside quotes, unless a backslash stands before it. */
function withoutComment(line: string): string {
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i];
    if (character === '\\') i++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === '!' || character === '#')) return line.slice(0, i);
  }
  return line;
}

const WORD = /(?:\$\{[^}\s]*\}|"[^"]*(?:"|$)|[^\s{}"])+|[{}]/g;

/** The statements of the lines, nested as their braces say. @throws UsageError naming an unmatched brace. */
export function statementsOf(lines: readonly Line[]): KeepalivedStatement[] {
  const top: KeepalivedStatement[] = [];
  const open: { statement: KeepalivedStatement; siblings: KeepalivedStatement[] }[] = [];
  let current = top;
  for (const { text, place } of lines) {
    let words: string[] = [];
    const flush = () => {
      if (words.length > 0) current.push({ words, place, children: [] });
      words = [];
    };
    for (const [word] of text.matchAll(WORD)) {
      if (word !== '{' && word !== '}') {
        words.push(word.replaceAll('"', ''));
        continue;
      }
      flush();
      if (word === '{') {
        const statement = current.at(-1);
        if (statement === undefined) throw errorAt(place, 'a "{" stands here without a keyword before it; remove it, or add the keyword.');
        if (open.length >= DEEPEST) throw errorAt(place, `more than ${DEEPEST} blocks are open here; is a "}" missing above?`);
        open.push({ statement, siblings: current });
        current = statement.children;
      } else {
        const closed = open.pop();
        if (closed === undefined) throw errorAt(place, 'a "}" stands here without a "{" that it closes; remove it, or add the "{".');
        current = closed.siblings;
      }
    }
    flush();
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined)
    throw errorAt(
      unclosed.statement.place,
      `the block ${quoted(unclosed.statement.words.join(' '))} begins here but is never closed; add the missing "}".`,
    );
  return top;
}
