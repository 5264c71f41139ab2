/**
 * Markup that no foreign text can leave: whatever is put into a template is escaped for text and quoted attributes alike, unless it is
 * markup itself. Names, comments and payload come from captures and configuration of anybody; this is the one place that tames them.
 */
import { printable } from '../printable.ts';

/** Markup; only the tag below makes it. */
export interface Markup {
  readonly [isMarkup]: string;
}

/** What a template may hold: nothing for null and false, each of a list one after the other. */
export type Part = Markup | string | number | null | false | readonly Part[];

const isMarkup = Symbol('markup');

/** Markup of HTML and SVG. Values may stand as text and in attributes with double quotes, nowhere else: never in a tag, a style or a script. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  let text = strings[0] ?? '';
  for (const [i, value] of values.entries()) text += textOf(value) + (strings[i + 1] ?? '');
  return { [isMarkup]: text };
}

/** The characters of markup. */
export function textOf(part: Part): string {
  if (part === null || part === false) return '';
  if (typeof part === 'number') return String(Math.round(part * 100) / 100);
  if (typeof part === 'string') return escaped(printable(part));
  if (isMarkup in part) return part[isMarkup];
  return part.map(textOf).join('');
}

/** A constant of this program as markup: a style sheet, a script. */
export function constant(strings: TemplateStringsArray): Markup {
  return { [isMarkup]: String.raw(strings) };
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
