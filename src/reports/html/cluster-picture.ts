/**
 * The machines around an address and the ways that packets really took: who sends stands left, directors in the middle, real servers
 * right. Requests are solid, answers dashed; red is a way on which a finding's evidence lies.
 */
import type { AddressSummary, Diagnosis, HopSummary } from '../../diagnosis.ts';
import { thousands } from '../../thousands.ts';
import { countText } from '../text/style.ts';
import { arrowHead, type Box, boxHeight, firstOf, machineBox, picture, WIDTH } from './drawing.ts';
import type { Machines, PicturedMachine } from './machines.ts';
import { html, type Markup } from './markup.ts';

const BOX_WIDTH = 212;
const GAP = 12;
const TOP = 10;
/** Between the lanes that lead below the directors. */
const LANE = 18;
/** More machines a column than these are counted. */
const MOST = 24;
/** From this many on boxes have fewer lines. */
const MANY = 8;
const MANY_SPECIAL = 13;

type Side = 'left' | 'middle' | 'right';

interface Node {
  readonly machine: PicturedMachine;
  readonly side: Side;
  readonly box: Box;
  readonly lines: { readonly text: string; readonly className: string }[];
}

/** All hops between two machines of one kind. */
interface Way {
  readonly from: PicturedMachine;
  readonly to: PicturedMachine;
  readonly isAnswer: boolean;
  readonly isWrong: boolean;
  readonly flows: number;
  readonly notes: readonly string[];
}

/** The picture; null when no machine is known around the address. */
export function clusterPicture(diagnosis: Diagnosis, address: AddressSummary, machines: Machines, id: string): Markup | null {
  const blamed = blamedFor(address, diagnosis, machines);
  const all = waysOf(address, diagnosis, machines);
  const { around, ways } = folded(machinesAround(diagnosis, address, machines, all), all, address, blamed);
  const nodes = (['left', 'middle', 'right'] as const).flatMap((side) =>
    columnOf(around.filter((machine) => sideOf(machine, ways) === side).slice(0, MOST), side, address),
  );
  if (nodes.length < 2) return null;
  const nodeOf = new Map(nodes.map((node) => [node.machine, node]));
  const drawn = ways.filter((way) => nodeOf.has(way.from) && nodeOf.has(way.to));
  const middle = nodes.filter((node) => node.side === 'middle');
  const laneTop = Math.max(TOP, ...middle.map(({ box }) => box.y + box.height)) + LANE;
  const lanes = middle.length === 0 ? [] : lanesOf(drawn, nodeOf);
  const height = Math.max(...nodes.map(({ box }) => box.y + box.height), laneTop + (lanes.length - 1) * LANE) + TOP;
  // What is wrong lies above what is right.
  const inOrder = drawn.toSorted((a, b) => Number(a.isWrong) - Number(b.isWrong));
  const ports = new Map(nodes.map((node) => [node, portsOf(node, drawn, nodeOf)]));
  const parts = new Set<string>();
  const paths = inOrder.map((way) => {
    const [from, to] = [nodeOf.get(way.from)!, nodeOf.get(way.to)!];
    const lane = isCrossing(way, nodeOf) ? lanes.indexOf(laneKey(way)) : -1;
    const ends = { start: ports.get(from)!(way), end: ports.get(to)!(way) };
    return wayMarkup(way, from, to, ends, lane < 0 ? null : laneTop + lane * LANE, parts);
  });
  const title = `Ways of the packets to and from ${address.ip}`;
  return html`${picture(id, title, height, [paths, nodes.map((node) => machineBox(node.machine, node.box, node.lines, blamed.has(node.machine)))])}${legend(ways, around.length - nodes.length)}`;
}

function legend(ways: readonly Way[], more: number): Markup | null {
  if (ways.length === 0) return html`<p class="legend">No packet to or from this address was followed.</p>`;
  return html`<p class="legend"><span class="key request"></span>requests <span class="key answer"></span>answers ${
    ways.some((way) => way.isWrong) && html`<span class="key wrong"></span>where a finding’s evidence lies `
  }· the numbers are flows${more > 0 && `; ${countText(more, 'machines')} more are not drawn`}</p>`;
}

function waysOf({ hops }: AddressSummary, { findings }: Diagnosis, machines: Machines): Way[] {
  const grave = new Set(findings.filter((finding) => finding.severity !== 'info').map((finding) => finding.id));
  const ways = new Map<string, Way>();
  for (const hop of hops) {
    const from = machines.of(hop.source);
    const to = machines.of(hop.destination);
    if (from === null || to === null || from === to) continue;
    const isAnswer = hop.kind.startsWith('answer');
    const key = `${machines.rankOf(from)} ${machines.rankOf(to)} ${isAnswer}`;
    const known = ways.get(key);
    ways.set(key, {
      from,
      to,
      isAnswer,
      isWrong: (known?.isWrong ?? false) || hop.faults.some((fault) => grave.has(fault)),
      flows: (known?.flows ?? 0) + hop.flows,
      notes: [...new Set([...(known?.notes ?? []), ...notesOf(hop)])],
    });
  }
  return [...ways.values()];
}

function notesOf({ kind, tunnel, again }: HopSummary): string[] {
  return [
    kind === 'translated request' ? 'NAT' : null,
    kind === 'answer from another address' ? 'from another IP' : null,
    tunnel ? 'tunnel' : null,
    again > 0 ? `again ${again}` : null,
  ].filter((note) => note !== null);
}

function blamedFor({ ip }: AddressSummary, { findings }: Diagnosis, machines: Machines): Set<PicturedMachine | null> {
  const grave = findings.filter((finding) => finding.vip === ip && finding.severity !== 'info');
  return new Set(grave.flatMap(({ culprits }) => culprits.map((who) => machines.at(who.mac ?? who.ip ?? ''))));
}

function machinesAround(diagnosis: Diagnosis, { ip, claims }: AddressSummary, machines: Machines, ways: readonly Way[]): PicturedMachine[] {
  const { vips, directors, realServers, gateways } = diagnosis.cluster;
  const isOnlyVip = vips.length === 1 && vips[0]?.ip === ip;
  const around = new Set<PicturedMachine | null>([
    ...ways.flatMap((way) => [way.from, way.to]),
    ...claims.map((claim) => machines.of(claim.mac)),
    ...[...directors.filter((d) => d.vips.includes(ip)), ...(isOnlyVip ? [...realServers, ...gateways] : [])].map((m) =>
      machines.of(m.macs[0] ?? null),
    ),
  ]);
  return machines.all.filter((machine) => around.has(machine));
}

/** Of many machines those that are alike (same role, same ways) become one; those to blame, or that claim the address, only of very many. */
function folded(
  machines: readonly PicturedMachine[],
  ways: readonly Way[],
  { claims }: AddressSummary,
  blamed: Set<PicturedMachine | null>,
): { around: PicturedMachine[]; ways: Way[] } {
  const byLikeness = new Map<string, PicturedMachine[]>();
  for (const machine of machines) {
    const isClaiming = machine.macs.some((mac) => claims.some((claim) => claim.mac === mac));
    const touching = ways.filter((way) => way.from === machine || way.to === machine);
    const signs = touching.map((way) => [laneKey(way), way.notes, way.from === machine ? ['to', way.to.title] : ['from', way.from.title]]);
    const key = JSON.stringify([machine.kind, blamed.has(machine), isClaiming, signs.map(String).sort()]);
    byLikeness.set(key, [...(byLikeness.get(key) ?? []), machine]);
  }
  const groupOf = new Map<PicturedMachine, PicturedMachine>();
  for (const [first, ...rest] of byLikeness.values()) {
    if (first === undefined) continue;
    const all = [first, ...rest];
    const isSpecial = blamed.has(first) || first.macs.some((mac) => claims.some((claim) => claim.mac === mac));
    if (all.length < (isSpecial ? MANY_SPECIAL : MANY)) for (const machine of all) groupOf.set(machine, machine);
    else {
      // Beside the mark of a culprit there is no room for more.
      const alike = blamed.has(first) ? '' : ' alike';
      const title = `${all.length} ${first.title.replace(/ \d+$/, '')}s${alike}`;
      const group = {
        ...first,
        name: null,
        title: first.name === null ? title : `${all.length} machines${alike}`,
        ips: all.flatMap((m) => m.ips.slice(0, 1)),
        macs: all.flatMap((m) => m.macs),
      };
      for (const machine of all) groupOf.set(machine, group);
      if (blamed.has(first)) blamed.add(group);
    }
  }
  const merged = new Map<string, Way>();
  const around = [...new Set(machines.map((machine) => groupOf.get(machine)!))];
  for (const way of ways) {
    const [from, to] = [groupOf.get(way.from)!, groupOf.get(way.to)!];
    const key = `${around.indexOf(from)} ${around.indexOf(to)} ${laneKey(way)}`;
    merged.set(key, { ...way, from, to, flows: way.flows + (merged.get(key)?.flows ?? 0) });
  }
  return { around, ways: [...merged.values()] };
}

function sideOf(machine: PicturedMachine, ways: readonly Way[]): Side {
  if (machine.kind === 'director') return 'middle';
  if (machine.kind === 'realServer') return 'right';
  if (machine.kind === 'other')
    return ways.some((way) => way.from === machine && !way.isAnswer) && !ways.some((way) => way.to === machine && !way.isAnswer)
      ? 'left'
      : 'right';
  return 'left';
}

function columnOf(column: readonly PicturedMachine[], side: Side, address: AddressSummary): Node[] {
  const x = { left: 0.5, middle: (WIDTH - BOX_WIDTH) / 2, right: WIDTH - BOX_WIDTH - 0.5 }[side];
  const isMany = column.length >= MANY;
  let y = TOP;
  return column.map((machine) => {
    const lines = linesOf(machine, address, isMany);
    const box = { x, y, width: BOX_WIDTH, height: boxHeight(1 + lines.length) };
    y += box.height + (isMany ? 6 : GAP);
    return { machine, side, box, lines };
  });
}

function linesOf(machine: PicturedMachine, address: AddressSummary, isMany: boolean): Node['lines'] {
  const lines = [firstOf(machine.ips, 1), isMany ? '' : firstOf(machine.macs, 1)]
    .filter((text) => text !== '')
    .map((text) => ({ text, className: 'mono' }));
  if (lines.length === 0) lines.push({ text: firstOf(machine.macs, 1), className: 'mono' });
  const claims = address.claims.filter((claim) => machine.macs.includes(claim.mac));
  const count = claims.reduce((total, { reply, request, gratuitous, vrrp }) => total + reply + request + gratuitous + vrrp, 0);
  if (count > 0) lines.push({ text: `claims it ${thousands(count)}×`, className: 'claim' });
  return lines;
}

/** Ways that lead below the directors, each kind in a lane of its own. */
function lanesOf(ways: readonly Way[], nodes: ReadonlyMap<PicturedMachine, Node>): string[] {
  const crossing = ways.filter((way) => isCrossing(way, nodes));
  return ['answer', 'answer wrong', 'request', 'request wrong'].filter((key) => crossing.some((way) => laneKey(way) === key));
}

function isCrossing({ from, to }: Way, nodes: ReadonlyMap<PicturedMachine, Node>): boolean {
  return [nodes.get(from)!.side, nodes.get(to)!.side].sort().join() === 'left,right';
}

function laneKey({ isAnswer, isWrong }: Way): string {
  return `${isAnswer ? 'answer' : 'request'}${isWrong ? ' wrong' : ''}`;
}

/** Where a way leaves or reaches a box. */
interface Ends {
  readonly start: number;
  readonly end: number;
}

/** The curve of a way, its head, and its number of flows. Parts that several ways share are drawn once, so that their dashes do not fill each other's gaps. */
function wayMarkup(way: Way, from: Node, to: Node, { start, end }: Ends, laneY: number | null, drawn: Set<string>): Markup {
  const toRight = from.side === to.side ? from.side === 'right' : from.box.x < to.box.x;
  const x1 = from.side === to.side ? outerEdge(from) : from.box.x + (toRight ? from.box.width : 0);
  const x2 = from.side === to.side ? outerEdge(to) : to.box.x + (toRight ? 0 : to.box.width);
  const curves =
    from.side === to.side
      ? [`M${at(x1, start)}C${at(x1 + besides(from), start)} ${at(x2 + besides(from), end)} ${at(x2, end)}`]
      : laneY === null
        ? [curve(x1, start, x2, end)]
        : laneCurves(x1, start, x2, end, laneY, toRight);
  const key = laneKey(way);
  const fresh = curves.filter((d) => !drawn.has(`${key} ${d}`));
  for (const d of fresh) drawn.add(`${key} ${d}`);
  const notes = way.notes.map((note) => ` · ${note}`).join('');
  const words = `${way.isAnswer ? 'answers' : 'requests'} of ${countText(way.flows, 'flows')}: ${way.from.title} → ${way.to.title}${notes}`;
  return html`<g class="way ${key}"><title>${words}</title>${fresh.map((d) => html`<path d="${d}"/>`)}${arrowHead(x2, end, toRight)}${label(`${way.flows}${notes}`, way, from, to, x1, x2, { start, end })}</g>`;
}

/** The number stands where ways fan out: at the end that is not shared. */
function label(text: string, way: Way, from: Node, to: Node, x1: number, x2: number, { start, end }: Ends): Markup {
  if (from.side === to.side) {
    return html`<text x="${x1 + 0.8 * besides(from)}" y="${(start + end) / 2 + 4}" text-anchor="${besides(from) > 0 ? 'start' : 'end'}">${text}</text>`;
  }
  const atStart = from.side === 'right' || (way.isAnswer && to.side === 'left');
  const [x, y, isTip] = atStart ? [x1, start, false] : [x2, end, true];
  const isRightOf = atStart ? x1 < x2 : x2 < x1;
  return html`<text x="${x + (isRightOf ? 1 : -1) * (isTip ? 13 : 8)}" y="${y - 4}" text-anchor="${isRightOf ? 'start' : 'end'}">${text}</text>`;
}

/** Ways within a column bulge out beside it: to the left of the right one, else to the right. */
function besides({ side }: Node): number {
  return side === 'right' ? -52 : 52;
}

function outerEdge({ box, side }: Node): number {
  return side === 'right' ? box.x : box.x + box.width;
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const bend = (x2 - x1) * 0.45;
  return `M${at(x1, y1)}C${at(x1 + bend, y1)} ${at(x2 - bend, y2)} ${at(x2, y2)}`;
}

function laneCurves(x1: number, start: number, x2: number, end: number, laneY: number, toRight: boolean): string[] {
  const gutter = ((toRight ? 1 : -1) * (WIDTH - 3 * BOX_WIDTH)) / 2;
  return [curve(x1, start, x1 + gutter, laneY), `M${at(x1 + gutter, laneY)}H${round(x2 - gutter)}`, curve(x2 - gutter, laneY, x2, end)];
}

function at(x: number, y: number): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Heights at which ways leave and reach a box: each kind of way that touches this side of it has a place of its own, requests above answers. */
function portsOf(node: Node, ways: readonly Way[], nodes: ReadonlyMap<PicturedMachine, Node>): (way: Way) => number {
  const kindAt = (way: Way) => `${sideTouched(node, way, nodes)} ${laneKey(way)} ${way.from === node.machine ? 'out' : 'in'}`;
  const touching = ways.filter((way) => way.from === node.machine || way.to === node.machine);
  return (way) => {
    const side = sideTouched(node, way, nodes);
    const kinds = [...new Set(touching.filter((other) => sideTouched(node, other, nodes) === side).map(kindAt))].sort(byPort);
    return node.box.y + (node.box.height * (kinds.indexOf(kindAt(way)) + 0.5)) / kinds.length;
  };
}

/** 'left request wrong in' after 'left request out'. */
function byPort(a: string, b: string): number {
  const rank = (kind: string) => (kind.includes('answer') ? 2 : 0) + (kind.includes('wrong') ? 1 : 0) + (kind.endsWith('in') ? 0.5 : 0);
  return rank(a) - rank(b);
}

function sideTouched(node: Node, way: Way, nodes: ReadonlyMap<PicturedMachine, Node>): 'l' | 'r' {
  const other = nodes.get(way.from === node.machine ? way.to : way.from)!;
  if (other.side === node.side) return node.side === 'right' ? 'l' : 'r';
  return other.box.x < node.box.x ? 'l' : 'r';
}
