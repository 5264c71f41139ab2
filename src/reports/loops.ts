/**
 * Commands that are the same but for an address, as one loop over the addresses: nobody reads a hundred lines that are almost alike. Quotes
 * are kept, so that the loop does for each address what its own command did.
 */
import { parseIp } from '../decoders/address.ts';
import { thousands } from '../thousands.ts';
import { printableCommand, splitComment, wrapCommand } from './shell.ts';

/** A command, and the addresses that it may be for. */
export interface CommandFor {
  readonly command: string;
  readonly vip: string | null;
  /** The address of the one culprit; null where there are several, or it is not known. */
  readonly culprit: string | null;
}

/** One to be typed as it is, or a loop. */
export type Command = string | Loop;

export interface Loop {
  readonly variable: string;
  readonly values: readonly string[];
  /** They stand before the loop: an interactive zsh would obey them. The address in them is the variable in capitals. */
  readonly comments: readonly string[];
  readonly body: readonly string[];
}

/** So many that are alike stand one below the other, as they are. */
const FEW = 2;
/** Addresses of a loop; -v shows all. */
const MOST_VALUES = 128;

/** A command with a variable for its address. */
interface Template {
  readonly code: string;
  readonly comment: string;
}

type Item = CommandFor | Loop;

/** Each command once, in their order; of more than a few that differ by a VIP alone, or by a culprit alone, a loop. */
export function foldCommands(commands: readonly CommandFor[]): Command[] {
  const once = new Map<string, CommandFor>();
  for (const one of commands) if (!once.has(one.command)) once.set(one.command, one);
  const byVip = fold(Array.from(once.values()), 'vip', ({ vip }) => vip);
  const folded: Command[] = [];
  for (const item of fold(byVip, 'rip', ({ culprit }) => culprit)) {
    const last = folded.at(-1);
    if (!isLoop(item)) folded.push(item.command);
    else if (last === undefined || typeof last === 'string' || last.values.join() !== item.values.join()) folded.push(item);
    else folded[folded.length - 1] = { ...last, comments: [...last.comments, ...item.comments], body: [...last.body, ...item.body] };
  }
  return folded;
}

function isLoop(item: Item): item is Loop {
  return 'body' in item;
}

function fold(items: readonly Item[], variable: string, addressOf: (one: CommandFor) => string | null): Item[] {
  const groups = new Map<string, { template: Template; values: string[]; members: Item[] }>();
  const groupOf = new Map<Item, string>();
  for (const item of items) {
    const address = isLoop(item) ? null : addressOf(item);
    const template = isLoop(item) || address === null ? null : templateOf(item.command, address, variable);
    if (address === null || template === null) continue;
    const key = JSON.stringify(template);
    const group = groups.get(key) ?? { template, values: [], members: [] };
    group.values.push(address);
    group.members.push(item);
    groups.set(key, group);
    groupOf.set(item, key);
  }
  return items.flatMap((item) => {
    const group = groups.get(groupOf.get(item) ?? '');
    if (group === undefined || group.values.length <= FEW) return [item];
    return group.members[0] === item ? [loopOf(group.template, variable, group.values)] : [];
  });
}

function loopOf({ code, comment }: Template, variable: string, values: readonly string[]): Item {
  // It runs until it is stopped: a loop would not get beyond the first address.
  const [, watch = '', filter = ''] = /^(tcpdump [^'"$]*)"([^"]*)"$/.exec(code) ?? [];
  const whole = filter.replaceAll(referenceTo(variable), `(${values.join(' or ')})`);
  if (watch !== '' && !whole.includes('$')) {
    return { command: `${watch}'${whole}'${comment === '' ? '' : `   ${comment}`}`, vip: null, culprit: null };
  }
  return { variable, values, comments: comment === '' ? [] : [comment], body: code === '' ? [] : [code] };
}

/** `$vip`; in braces where what follows would be read as a part of the name, or by zsh as what to do with it. */
function referenceTo(variable: string, next = ''): string {
  return /[\w:[]/.test(next) ? `\${${variable}}` : `$${variable}`;
}

/** The address as a whole: not a part of a longer one. */
function wholly(address: string): RegExp {
  const escaped = address.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  return address.includes(':')
    ? new RegExp(`(?<![\\w.:])${escaped}(?![\\w:])`, 'g')
    : new RegExp(`(?<![\\w.:])${escaped}(?!\\w|\\.\\d)`, 'g');
}

/** Text with another word for an address; the text itself where it does not hold it. */
export function withoutAddress(text: string, address: string, word: string): string {
  return address === '' ? text : text.replace(wholly(address), word);
}

/** Null where the command does not hold the address, or it is none that a shell takes as it is. */
function templateOf(command: string, address: string, variable: string): Template | null {
  const split = splitComment(command);
  if (split === null || parseIp(address) === null || !wholly(address).test(command)) return null;
  const code = codeTemplate(split.code, address, variable);
  if (code === null) return null;
  return { code, comment: withoutAddress(split.comment, address, variable.toUpperCase()) };
}

/** Code with a variable for the address; null where its quotes do not allow one. */
function codeTemplate(code: string, address: string, variable: string): string | null {
  const pattern = wholly(address);
  const replaced = (text: string) => text.replace(pattern, (found, at: number) => referenceTo(variable, text.charAt(at + found.length)));
  const parts = code.match(/\$?'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^'"\\$]+|\$/gs) ?? [];
  const spans = parts.map((part) => {
    if (!part.includes("'") || part.startsWith('"')) return part.startsWith('\\') ? part : replaced(part);
    const text = part.slice(1, -1);
    if (text.replace(pattern, '') === text) return part;
    if (part.startsWith('$')) return null;
    // Between double quotes a variable is read, and so are these signs: then the quotes end before the variable, and begin again after it.
    return /[$`\\"!]/.test(text)
      ? text
          .split(pattern)
          .map((piece) => `'${piece}'`)
          .join(`"$${variable}"`)
      : `"${replaced(text)}"`;
  });
  return spans.includes(null) ? null : spans.join('');
}

/** How long a command may be shown, and whether all addresses of a loop are. */
export interface CommandStyle {
  readonly width: number;
  /** Characters of one command. */
  readonly longest?: number;
  readonly verbose?: boolean;
}

/** A command in lines of at most `width` columns, to be pasted as they stand. */
export function commandLines(command: Command, { width, longest, verbose = false }: CommandStyle): string[] {
  const shown = (text: string) => wrapCommand(printableCommand(text, longest), width);
  if (typeof command === 'string') return shown(command);
  const { variable, values } = command;
  const some = verbose ? values : values.slice(0, MOST_VALUES);
  const left = values.length - some.length;
  const comments = [
    ...command.comments,
    ...(left === 0 ? [] : [`# for ${some.length} of ${thousands(values.length)}; -v, and the JSON, have all`]),
  ];
  const { head, body } = shortened(some, variable, command.body);
  const whole = `${head} ${body.join('; ')}; done`;
  const indented = (text: string) => wrapCommand(printableCommand(text, longest), width - 2).map((line) => `  ${line}`);
  const loop = body.length === 0 ? [] : whole.length <= width ? [whole] : [...wrapCommand(head, width), ...body.flatMap(indented), 'done'];
  return [...comments.flatMap(shown), ...loop];
}

/** From so many addresses on, what they all begin with is written once. */
const LONG = 24;

/** `for vip in 192.0.2.1 192.0.2.2; do`, or `for n in 1 2; do` with `vip=192.0.2.$n` before the rest. */
function shortened(values: readonly string[], variable: string, body: readonly string[]): { head: string; body: readonly string[] } {
  const beginning = /^.*[.:]/.exec(values[0] ?? '')?.[0] ?? '';
  const isShared =
    values.length >= LONG && values.every((value) => value.startsWith(beginning) && /^\w+$/.test(value.slice(beginning.length)));
  if (!isShared || body.length === 0) return { head: `for ${variable} in ${values.join(' ')}; do`, body };
  const ends = values.map((value) => value.slice(beginning.length));
  return { head: `for n in ${ends.join(' ')}; do`, body: [`${variable}=${beginning}$n`, ...body] };
}
