/**
 * Who an address belonged to, over time: above which MAC claimed it and how, below which MAC each neighbour really sent to. Each MAC has
 * one colour in both halves, and its name stands in the bars that are wide enough.
 */
import type { AddressSummary, ClaimEventSummary, Diagnosis } from '../../diagnosis.ts';
import { nanosecondsOf } from '../time.ts';
import { fitted, picture, textWidth, WIDTH } from './drawing.ts';
import type { Machines } from './machines.ts';
import { html, type Markup } from './markup.ts';

const LABEL = 226;
const RIGHT = 14;
const ROW = 34;
const TOP = 26;
/** Rows of a half; the rest is counted. */
const MOST = 12;
/** Colours of the style sheet; a further MAC starts over. */
const COLOURS = 6;

interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

/** The timeline; null when nobody claimed the address and nobody sent to it. */
export function timelinePicture(diagnosis: Diagnosis, address: AddressSummary, machines: Machines, id: string): Markup | null {
  const span = spanOf(diagnosis);
  const { claims, neighbours } = address;
  if (span === null || (claims.length === 0 && neighbours.length === 0)) return null;
  const owners = [...new Set([...claims.map((c) => c.mac), ...neighbours.flatMap((n) => n.uses.map((use) => use.mac))])];
  const colourOf = (mac: string) => `c${owners.indexOf(mac) % COLOURS}`;
  const x = (time: string) => xOf(time, span);
  let y = TOP;
  const parts: Markup[] = [];
  const heading = (text: string) => {
    parts.push(html`<text class="heading" x="0" y="${y + 12}">${text}</text>`);
    y += 22;
  };
  if (claims.length > 0) heading(`Who claims ${address.ip}`);
  for (const claim of claims.slice(0, MOST)) {
    const events = address.events.filter((event) => event.mac === claim.mac);
    const middle = y + ROW / 2;
    parts.push(
      html`<g class="row ${colourOf(claim.mac)}">${label(claim.mac, machines, y)}<line class="life" x1="${x(claim.first)}" x2="${Math.max(x(claim.last), x(claim.first) + 1)}" y1="${middle}" y2="${middle}"/>${events.map((event) => mark(event, x(event.time), middle))}</g>`,
    );
    y += ROW;
  }
  if (claims.length > MOST) heading(`and ${claims.length - MOST} more`);
  if (neighbours.length > 0) {
    y += claims.length > 0 ? 8 : 0;
    heading(`Which MAC each neighbour really sends to`);
  }
  for (const { mac, uses, last } of neighbours.slice(0, MOST)) {
    parts.push(
      html`<g class="row">${label(mac, machines, y)}${uses.map((use, i) => {
        const from = x(use.time);
        const until = Math.max(from + 3, x(uses[i + 1]?.time ?? last));
        return html`<g class="use ${colourOf(use.mac)}"><title>from frame ${use.frame} on ${machines.titleOf(mac)} sends to ${machines.titleOf(use.mac)} (${use.mac})</title><rect x="${from}" y="${y + 7}" width="${until - from}" height="${ROW - 14}" rx="2"/>${inBar(machines.titleOf(use.mac), until - from, from, y)}</g>`;
      })}</g>`,
    );
    y += ROW;
  }
  const more = Math.max(0, neighbours.length - MOST) + address.leftOut.neighbours;
  if (more > 0) heading(`and ${more} neighbours more`);
  const title = `Over time: which MAC claimed ${address.ip}, and which MAC its neighbours sent to`;
  return html`${picture(id, title, y + 10, [axis(span, y), gapMark(address, x, y), parts])}${legend(address)}`;
}

function legend({ events, gap }: AddressSummary): Markup | null {
  const kinds = (['reply', 'gratuitous', 'request', 'vrrp'] as const).filter((kind) => events.some((event) => event.kind === kind));
  if (kinds.length === 0) return null;
  return html`<p class="legend">${kinds.map((kind) => html`<svg class="sample" width="14" height="12" viewBox="0 0 14 12" aria-hidden="true">${shape(kind, 7, 6)}</svg>${KIND_WORDS[kind]} `)}${
    gap !== null && '· hatched: too many claims to list each'
  }</p>`;
}

const KIND_WORDS: Readonly<Record<ClaimEventSummary['kind'], string>> = {
  reply: 'answers a question',
  gratuitous: 'announces unasked',
  request: 'asks with it as sender',
  vrrp: 'VRRP advert',
};

function label(mac: string, machines: Machines, y: number): Markup {
  const machine = machines.of(mac);
  const title =
    machine === null ? mac : `${machine.title}${machine.ips[0] === undefined || machine.name === null ? '' : ` ${machine.ips[0]}`}`;
  return html`<title>${machine === null ? mac : `${machine.title}, ${[...machine.ips, mac].join(', ')}`}</title><text class="name" x="0" y="${y + 15}">${fitted(machine === null ? mac : title, LABEL - 12, 'title')}</text><text class="mono small" x="0" y="${y + 28}">${machine === null ? '' : fitted(mac, LABEL - 12, 'small')}</text>`;
}

function mark(event: ClaimEventSummary, x: number, y: number): Markup {
  return html`<g class="mark"><title>frame ${event.frame}: ${event.mac} ${KIND_WORDS[event.kind]}</title>${shape(event.kind, x, y)}</g>`;
}

function shape(kind: ClaimEventSummary['kind'], x: number, y: number): Markup {
  if (kind === 'reply') return html`<circle cx="${x}" cy="${y}" r="4.5"/>`;
  if (kind === 'gratuitous') return html`<path d="M${x} ${y - 6}l5.5 10h-11z"/>`;
  if (kind === 'request') return html`<path d="M${x} ${y - 6}l5.5 6l-5.5 6l-5.5 -6z"/>`;
  return html`<rect x="${x - 4}" y="${y - 4}" width="8" height="8"/>`;
}

function inBar(text: string, width: number, x: number, y: number): Markup | null {
  return width < textWidth('director', 'mono')
    ? null
    : html`<text class="inbar" x="${x + 6}" y="${y + ROW / 2 + 4}">${fitted(text, width - 10, 'mono')}</text>`;
}

function gapMark({ gap }: AddressSummary, x: (time: string) => number, bottom: number): Markup | null {
  if (gap === null) return null;
  const from = x(gap.from);
  return html`<rect class="gap" x="${from}" y="${TOP}" width="${Math.max(2, x(gap.until) - from)}" height="${bottom - TOP}"><title>too many claims to list each</title></rect>`;
}

/** Seconds since the first frame. */
function axis(span: Span, bottom: number): Markup[] {
  const seconds = Number(span.end - span.start) / 1e9;
  const step = stepFor(seconds);
  const ticks = Math.floor(seconds / step + 1e-9);
  return Array.from({ length: ticks + 1 }, (_, i) => {
    const x = LABEL + ((i * step) / seconds) * (WIDTH - LABEL - RIGHT);
    return html`<g class="tick"><line x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${bottom}"/><text x="${x}" y="${TOP - 12}" text-anchor="${i === 0 ? 'start' : x > WIDTH - 40 ? 'end' : 'middle'}">${i === 0 ? 'start' : `+${Number((i * step).toPrecision(6))} s`}</text></g>`;
  });
}

/** A round number of seconds between ticks, for five to ten of them. */
function stepFor(seconds: number): number {
  const rough = seconds / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => rough <= factor * power) ?? 10);
}

function xOf(time: string, { start, end }: Span): number {
  const at = nanosecondsOf(time) ?? start;
  const part = Number(at - start) / Number(end - start);
  return LABEL + Math.min(1, Math.max(0, part)) * (WIDTH - LABEL - RIGHT);
}

/** From the first frame of all captures to the last one; null when there is no time between them. */
function spanOf({ captures }: Diagnosis): Span | null {
  const times = captures.flatMap(({ first, last }) => [first, last]).map((time) => (time === null ? null : nanosecondsOf(time)));
  const known = times.filter((time) => time !== null).sort((a, b) => (a < b ? -1 : 1));
  const start = known[0];
  const end = known.at(-1);
  return start === undefined || end === undefined || end <= start ? null : { start, end };
}
