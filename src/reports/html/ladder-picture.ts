/** The evidence frames one below the other, each an arrow from the machine that sent it to the one that it was sent to. */
import type { EvidenceItem } from '../../diagnosis.ts';
import { arrowHead, firstOf, fitted, picture, textWidth, WIDTH } from './drawing.ts';
import type { Machines, PicturedMachine } from './machines.ts';
import { html, type Markup } from './markup.ts';

/** A frame as the ladder draws it. */
export interface Rung {
  readonly item: EvidenceItem;
  /** Id of the place that shows its bytes; null where there is none. */
  readonly anchor: string | null;
  /** Seconds since the first frame, '+0.000521'. */
  readonly since: string;
  /** Its addresses and what it is, in one line. */
  readonly line: string;
  readonly sourceMac: string | null;
  readonly destinationMac: string | null;
}

const GUTTER = 132;
const HEAD = 62;
const ROW = 46;
const MARGIN = 8;
/** Columns that still have room for a MAC. */
const MOST_COLUMNS = 6;

type Column = { readonly machine: PicturedMachine | null; readonly title: string; readonly lines: readonly string[] };

/** The ladder; null where no frame has a sender that is known. */
export function ladderPicture(rungs: readonly Rung[], machines: Machines, id: string, about: string): Markup | null {
  const columns = columnsOf(rungs, machines);
  if (columns.length === 0) return null;
  const width = (WIDTH - GUTTER) / columns.length;
  const xOf = (mac: string | null): number | null => {
    if (mac === null) return null;
    const machine = machines.of(mac);
    const found = columns.findIndex((column) => (machine === null ? column.title === mac : column.machine === machine));
    return GUTTER + width * ((found < 0 ? columns.length - 1 : found) + 0.5);
  };
  const height = HEAD + rungs.length * ROW + MARGIN;
  const lifelines = columns.map((column, i) => {
    const x = GUTTER + width * (i + 0.5);
    return html`<g class="column ${column.machine?.kind ?? 'other'}"><title>${[column.title, ...column.lines].join(', ')}</title><line class="lifeline" x1="${x}" x2="${x}" y1="${HEAD - 8}" y2="${height}"/><text class="title" x="${x}" y="14" text-anchor="middle">${fitted(column.title, width - 6, 'title')}</text>${column.lines.map((text, j) => html`<text class="mono small" x="${x}" y="${29 + j * 14}" text-anchor="middle">${fitted(text, width - 4, 'small')}</text>`)}</g>`;
  });
  const rows = rungs.map((rung, i) => rungRow(rung, HEAD + i * ROW, xOf(rung.sourceMac), xOf(rung.destinationMac)));
  return picture(id, `Evidence frames of ${about}: who sent what to whom`, height, [lifelines, rows]);
}

function columnsOf(rungs: readonly Rung[], machines: Machines): Column[] {
  const macs = [...new Set(rungs.flatMap((rung) => [rung.sourceMac, rung.destinationMac]))].filter((mac) => mac !== null && !isGroup(mac));
  const known = [...new Set(macs.map((mac) => machines.of(mac)))].filter((machine) => machine !== null);
  known.sort((a, b) => machines.rankOf(a) - machines.rankOf(b));
  const columns: Column[] = known.map((machine) => {
    const used = machine.macs.filter((mac) => macs.includes(mac));
    return { machine, title: machine.title, lines: [firstOf(machine.ips, 1), firstOf(used, 1)].filter((text) => text !== '') };
  });
  for (const mac of macs) if (mac !== null && machines.of(mac) === null) columns.push({ machine: null, title: mac, lines: [] });
  if (columns.length <= MOST_COLUMNS) return columns;
  return [...columns.slice(0, MOST_COLUMNS - 1), { machine: null, title: `${columns.length - MOST_COLUMNS + 1} others`, lines: [] }];
}

function rungRow(rung: Rung, y: number, from: number | null, to: number | null): Markup {
  const { item, since, line, sourceMac, destinationMac } = rung;
  const arrowY = y + 25;
  const toAll = to === null || (destinationMac !== null && isGroup(destinationMac));
  const macs = `${sourceMac ?? 'unknown'} → ${destinationMac === null ? 'a group, or unknown' : destinationMac}${toAll && destinationMac !== null ? ' (all)' : ''}`;
  const content = html`<rect class="band" x="0" y="${y + 1}" width="${WIDTH}" height="${ROW - 2}" rx="3"/><text class="number" x="8" y="${y + 20}">${item.frame}</text><text class="tag" x="${GUTTER - 8}" y="${y + 20}" text-anchor="end">${item.shows}</text><text class="mono small" x="8" y="${y + 35}">${since} s</text>${arrowOf(from, toAll ? null : to, arrowY)}${caption(line, y + 16, from, toAll ? null : to, 'mono')}${caption(macs, y + 40, from, toAll ? null : to, 'small')}`;
  const title = html`<title>frame ${item.frame}, ${item.shows}: ${item.says}</title>`;
  const row = html`<g class="rung ${item.shows}">${title}${content}</g>`;
  return rung.anchor === null ? row : html`<a href="#${rung.anchor}" aria-label="frame ${item.frame}: ${item.says}">${row}</a>`;
}

/** From sender to receiver; to all as a line through the whole width. */
function arrowOf(from: number | null, to: number | null, y: number): Markup {
  if (from === null) return html`<path class="arrow" d="M${GUTTER + 6} ${y}H${WIDTH - 6}"/>`;
  if (to === null) {
    return html`<g class="toall"><path class="arrow" d="M${GUTTER + 6} ${y}H${WIDTH - 6}"/>${arrowHead(GUTTER + 4, y, false)}${arrowHead(WIDTH - 4, y, true)}<circle class="dot" cx="${from}" cy="${y}" r="4"/></g>`;
  }
  if (from === to) {
    return html`<path class="arrow" d="M${from} ${y - 5}h26v10h-20"/>${arrowHead(from + 2, y + 5, false)}`;
  }
  const toRight = to > from;
  return html`<path class="arrow" d="M${from} ${y}H${toRight ? to - 6 : to + 6}"/>${arrowHead(to, y, toRight)}<circle class="dot" cx="${from}" cy="${y}" r="3"/>`;
}

/** Text in the middle of an arrow, moved as far as it must to stay in the picture. */
function caption(text: string, y: number, from: number | null, to: number | null, size: 'mono' | 'small'): Markup {
  const room = WIDTH - GUTTER - 2 * MARGIN;
  const shown = fitted(text, room, size);
  const half = textWidth(shown, size) / 2;
  const wanted = from === null ? GUTTER + room / 2 : ((to ?? from) + from) / 2;
  const x = Math.min(WIDTH - MARGIN - half, Math.max(GUTTER + MARGIN + half, wanted));
  return html`<text class="${size === 'mono' ? 'caption' : 'caption macs'}" x="${x}" y="${y}" text-anchor="middle">${shown}</text>`;
}

/** Whether a MAC is that of a group: its first byte is odd. */
function isGroup(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}
