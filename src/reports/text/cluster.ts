/** The head of the text report: what was read, who is who, and the table of real servers. */
import Table from 'cli-table3';
import type { CaptureSummary, Diagnosis, RealServerSummary } from '../../diagnosis.ts';
import { thousands } from '../../thousands.ts';
import { printable, printableUpTo } from '../printable.ts';
import { clock, duration } from '../time.ts';
import { wrap } from '../wrap.ts';
import { othersText, serversTold, vipsAlike } from './many.ts';
import { countText, listText, type Style } from './style.ts';

const MODE_WORDS = { dr: 'direct routing', nat: 'NAT', tun: 'tunnels' } as const;

export function captureLines(diagnosis: Diagnosis, style: Style): string[] {
  return diagnosis.captures.flatMap((capture) => wrap(captureText(capture), style.width, '', '  '));
}

/** 'mirror.pcap: 115 frames in 2.6 s from 2026-11-20 08:52:01 UTC, point: mirror.' */
export function captureText(capture: CaptureSummary): string {
  const parts = [`${printable(capture.name)}: ${countText(capture.frames, 'frames')}`];
  const length = duration(capture.first, capture.last);
  if (capture.first !== null) parts.push(`${length === '' || capture.frames < 2 ? '' : `in ${length} `}from ${clock(capture.first)}`);
  const extra = [
    capture.point === null ? null : `point: ${printable(capture.point)}`,
    capture.cutOff ? 'cut off' : null,
    capture.dropped ? `${countText(capture.dropped, 'frames')} dropped by the capturing system` : null,
    clockText(capture),
  ].filter((part) => part !== null);
  return `${[parts.join(' '), ...extra].join(', ')}.`;
}

/** 'its clock 1.203 s ahead of that of director.pcap, give or take 0.04 ms (by 41 shared frames)'; null for a capture that is read alone. */
function clockText({ name, clock: compared, clockOffset, part }: CaptureSummary): string | null {
  if (part === 'elsewhere') return 'taken on another LAN and left out';
  if (part === 'unordered') return 'no frame in common with the others, so that their order is not known';
  if (compared === undefined || compared === null || clockOffset === null) return null;
  if (compared.reference === name) return 'all times are by its clock';
  if (compared.sharedFrames === 0) return `the same clock as ${printable(compared.reference)}`;
  const ahead = `${secondsText(clockOffset)} ${clockOffset < 0 ? 'behind' : 'ahead of'} that of ${printable(compared.reference)}`;
  const drift =
    compared.driftPpm === 0 ? '' : ` and ${compared.driftPpm < 0 ? 'slower' : 'faster'} by ${Math.abs(compared.driftPpm).toFixed(1)} ppm`;
  return `its clock ${ahead}${drift}, give or take ${secondsText(compared.uncertainty)} (by ${countText(compared.sharedFrames, 'shared frames')})`;
}

/** '1.203 s', '0.041 ms'. */
function secondsText(seconds: number): string {
  const size = Math.abs(seconds);
  return size >= 1 ? `${size.toFixed(3)} s` : `${(size * 1000).toFixed(3)} ms`;
}

/** Lines of one kind that are shown, and services of one VIP, unless verbose. */
const MOST = { lines: 8, services: 8, servers: 20 };

/** One line a VIP, director and gateway, and one for VIPs that are alike; clues below it when verbose, and each VIP by itself. */
export function roleLines(diagnosis: Diagnosis, style: Style): string[] {
  const { cluster } = diagnosis;
  const { vips, directors, gateways, clients } = cluster;
  const add = (label: string, text: string, clues: readonly string[] = []) => [
    ...wrap(text, style.width, label.padEnd(10)),
    ...(style.verbose ? clues.flatMap((clue) => wrap(printable(clue), style.width, '          - ')) : []),
  ];
  const lines = (label: string, entries: readonly string[][]) => {
    const shown = style.verbose ? entries : entries.slice(0, MOST.lines);
    return [
      ...shown.flat(),
      ...(shown.length < entries.length ? add(label, `and ${entries.length - shown.length} more; -v shows all`) : []),
    ];
  };
  const vipLines = (style.verbose ? vips.map((vip) => [vip] as const) : vipsAlike(cluster)).map((group) => {
    const [{ services, mode, source, clues }] = group;
    const told =
      services.length > MOST.services && !style.verbose
        ? [`${services.slice(0, MOST.services).join(', ')} and ${services.length - MOST.services} more`]
        : services;
    const about = [...told, ...(mode === null ? [] : [MODE_WORDS[mode]])];
    const ips = listText(
      group.map(({ ip }) => printable(ip)),
      4,
    );
    return add(
      group.length === 1 ? 'VIP' : 'VIPs',
      `${ips}${about.length === 0 ? '' : ` (${printable(about.join(', '))})`}, ${source}`,
      clues,
    );
  });
  const directorLines = directors.map((director) => {
    const span = [
      director.from !== null && directors.length > 1 ? `from ${clock(director.from)}` : null,
      director.until !== null ? `until ${clock(director.until)}` : null,
    ].filter((part) => part !== null);
    const serves = vips.length > 1 && director.vips.length > 0 ? [servedText(director.vips, vips.length)] : [];
    return add(
      'director',
      [identity(director), ...serves, ...(span.length === 0 ? [] : [span.join(' ')]), director.source].join(', '),
      director.clues,
    );
  });
  return [
    ...lines('VIP', vipLines),
    ...lines('director', directorLines),
    ...lines(
      'gateway',
      gateways.map((gateway) => add('gateway', `${identity(gateway)}, ${gateway.source}`, gateway.clues)),
    ),
    ...(clients.count > 0 ? add('clients', `${thousands(clients.count)}, of these ${thousands(clients.onLink)} on this LAN`) : []),
  ];
}

/** 'for a, b, c and 17 more', 'for all 20 VIPs'. */
export function servedText(served: readonly string[], vips: number): string {
  return served.length === vips && vips > 4 ? `for all ${vips} VIPs` : `for ${listText(served.map(printable), 4)}`;
}

function identity(machine: { name: string | null; ips: readonly string[]; macs: readonly string[] }): string {
  const known = [machine.name, addresses(machine.ips), addresses(machine.macs)].filter((part) => part !== null);
  const [first = 'unknown addresses', ...rest] = known.map(printable);
  return rest.length === 0 ? first : `${first} (${rest.join(', ')})`;
}

function addresses(of: readonly string[]): string | null {
  return of.length === 0 ? null : listText(of, 3);
}

const COLUMNS = ['requests', 'answered', 'refused', 'silent', 'bypassed'] as const;

/** The table of real servers; '?' where this capture cannot show answers. Of very many, those with trouble first, then the sum of the others. */
export function serverLines(diagnosis: Diagnosis, style: Style): string[] {
  const { told: servers, others } = serversTold(diagnosis, style.verbose ? Number.POSITIVE_INFINITY : MOST.servers);
  if (servers.length === 0) return [];
  const room = style.width - COLUMNS.reduce((sum, column) => sum + column.length + 2, 0);
  const onOneLine = servers.every((server) => identityParts(server).join('  ').length <= room);
  const table = new Table({
    head: ['real server', ...COLUMNS],
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '  ',
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  });
  // What is as wide as the page stands between rows and is no part of them: cli-table3 takes long for a cell of many lines.
  const around: { above: string[]; height: number; below: string[] }[] = [];
  for (const server of servers) {
    const lines = onOneLine ? [identityParts(server).join('  ')] : identityParts(server).flatMap((part) => wrap(part, room, '', '  '));
    const isWide = lines.some((line) => line.length > room);
    const beside = isWide ? lines.filter((line, i) => i === lines.length - 1 && line.length <= room) : lines;
    const below = style.verbose ? server.clues.flatMap((clue) => wrap(printable(clue), style.width, '  - ')) : [];
    table.push([beside.join('\n'), ...counts(server)]);
    around.push({ above: lines.slice(0, lines.length - beside.length), height: Math.max(1, beside.length), below });
  }
  if (others !== null) table.push([othersText(others), ...counts(others)]);
  const [head = '', ...body] = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const rows = around.flatMap(({ above, height, below }) => [...above, ...body.splice(0, height), ...below]);
  rows.push(...body);
  const lines = [style.chalk.bold(head), ...rows];
  if (others !== null) lines.push(style.chalk.dim(`-v shows all ${servers.length + others.count} real servers.`));
  if ([...servers, ...(others === null ? [] : [others])].some(({ silent }) => silent === null)) {
    lines.push(...wrap('? : cannot be told from this capture.', style.width).map((line) => style.chalk.dim(line)));
  }
  return lines;
}

/** Characters. */
const LONGEST_IDENTITY = 200;

function identityParts(server: RealServerSummary): string[] {
  const ips = addresses(server.ips);
  const name = server.name === null ? ips : ips === null ? server.name : `${server.name} ${ips}`;
  return [name, addresses(server.macs)].filter((part) => part !== null).map((part) => printableUpTo(LONGEST_IDENTITY, part));
}

function counts(server: Pick<RealServerSummary, (typeof COLUMNS)[number]>): string[] {
  // Where answers are out of sight, a count of zero would read as a fault.
  const unseen = (count: number) => (server.silent === null && count === 0 ? '?' : String(count));
  return [
    String(server.requests),
    unseen(server.answered),
    unseen(server.refused),
    server.silent === null ? '?' : String(server.silent),
    String(server.bypassed),
  ];
}
