/** What the pictures are drawn with: SVG in a space of fixed width, text of a known size, boxes of machines, arrowheads. */

import type { PicturedMachine } from './machines.ts';
import { html, type Markup, type Part } from './markup.ts';

/** Width of every picture in its own units; as pixels it is the width of the page. */
export const WIDTH = 960;

/** Width of a character by its class, in units; somewhat wider than common fonts, so that nothing is cut off. */
const CHARACTER = { mono: 6.7, small: 6.1, title: 7.4 } as const;
export type TextSize = keyof typeof CHARACTER;

export function textWidth(text: string, size: TextSize): number {
  return text.length * CHARACTER[size];
}

/** `text`, or as much of its beginning as fits, with an ellipsis. */
export function fitted(text: string, width: number, size: TextSize): string {
  const most = Math.max(1, Math.floor(width / CHARACTER[size]));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A picture with what it says in words, for those who cannot see it. */
export function picture(id: string, title: string, height: number, content: Part): Markup {
  return html`<div class="picture" tabindex="0" role="region" aria-label="${title}"><svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="${id}"><title id="${id}">${title}</title>${content}</svg></div>`;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface BoxLine {
  readonly text: string;
  readonly className: string;
}

export const LINE_HEIGHT = 15;
const PADDING = 10;

export function boxHeight(lines: number): number {
  return PADDING + 5 + lines * LINE_HEIGHT;
}

/** A machine: its title, and lines below it. */
export function machineBox(machine: PicturedMachine, box: Box, lines: readonly BoxLine[], isBlamed: boolean): Markup {
  const { x, y, width, height } = box;
  const room = width - 2 * PADDING;
  const about = [machine.title, ...machine.ips, ...machine.macs].join(', ');
  return html`<g class="machine ${machine.kind}${isBlamed ? ' blamed' : ''}"><title>${about}</title><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/><rect class="stripe" x="${x}" y="${y}" width="4" height="${height}" rx="2"/><text class="title" x="${x + PADDING}" y="${y + PADDING + 8}">${fitted(machine.title, room - (isBlamed ? 52 : 0), 'title')}</text>${
    isBlamed && html`<text class="blame" x="${x + width - 8}" y="${y + PADDING + 8}" text-anchor="end">CULPRIT</text>`
  }${lines.map(({ text, className }, i) => html`<text class="${className}" x="${x + PADDING}" y="${y + PADDING + 8 + (i + 1) * LINE_HEIGHT}">${fitted(text, room, 'mono')}</text>`)}</g>`;
}

/** The head of an arrow whose tip is at (x, y). */
export function arrowHead(x: number, y: number, toRight: boolean): Markup {
  const back = toRight ? -8 : 8;
  return html`<path class="head" d="M${x} ${y}l${back} -4v8z"/>`;
}

/** 'a, b and 3 more'. */
export function firstOf(items: readonly string[], most: number): string {
  return items.length <= most ? items.join(', ') : `${items.slice(0, most).join(', ')} +${items.length - most}`;
}
