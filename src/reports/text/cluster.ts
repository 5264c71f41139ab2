/** The head of the text report: what was read, who is who, and the table of real servers. */
import Table from 'cli-table3';
import type { CaptureSummary, Diagnosis, RealServerSummary } from '../../diagnosis.ts';
import { thousands } from '../../thousands.ts';
import { printable, printableUpTo } from '../printable.ts';
import { clock, duration } from '../time.ts';
import { wrap } from '../wrap.ts';
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

/** One line a VIP, director and gateway; clues below it when verbose. */
export function roleLines(diagnosis: Diagnosis, style: Style): string[] {
  const { vips, directors, gateways, clients } = diagnosis.cluster;
  const lines: string[] = [];
  const add = (label: string, text: string, clues: readonly string[]) => {
    lines.push(...wrap(text, style.width, label.padEnd(10)));
    if (style.verbose) for (const clue of clues) lines.push(...wrap(printable(clue), style.width, '          - '));
  };
  for (const vip of vips) {
    const about = [...vip.services, ...(vip.mode === null ? [] : [MODE_WORDS[vip.mode]])];
    add('VIP', `${printable(vip.ip)}${about.length === 0 ? '' : ` (${printable(about.join(', '))})`}, ${vip.source}`, vip.clues);
  }
  for (const director of directors) {
    const span = [
      director.from !== null && directors.length > 1 ? `from ${clock(director.from)}` : null,
      director.until !== null ? `until ${clock(director.until)}` : null,
    ].filter((part) => part !== null);
    const vipsServed = vips.length > 1 && director.vips.length > 0 ? `for ${listText(director.vips.map(printable), 4)}` : null;
    add(
      'director',
      [
        identity(director),
        ...(vipsServed === null ? [] : [vipsServed]),
        ...(span.length === 0 ? [] : [span.join(' ')]),
        director.source,
      ].join(', '),
      director.clues,
    );
  }
  for (const gateway of gateways) add('gateway', `${identity(gateway)}, ${gateway.source}`, gateway.clues);
  if (clients.count > 0) add('clients', `${thousands(clients.count)}, of these ${thousands(clients.onLink)} on this LAN`, []);
  return lines;
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

/** The table of real servers; '?' where this capture cannot show answers. */
export function serverLines(diagnosis: Diagnosis, style: Style): string[] {
  const servers = diagnosis.cluster.realServers;
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
  for (const server of servers) {
    const lines = onOneLine ? [identityParts(server).join('  ')] : identityParts(server).flatMap((part) => wrap(part, room, '', '  '));
    if (lines.some((line) => line.length > room)) {
      const last = lines.at(-1) ?? '';
      const beside = last.length <= room;
      for (const line of beside ? lines.slice(0, -1) : lines) table.push([{ content: line, colSpan: 6 }]);
      table.push([beside ? last : '', ...counts(server)]);
    } else table.push([lines.join('\n'), ...counts(server)]);
    if (style.verbose)
      for (const clue of server.clues) table.push([{ content: wrap(printable(clue), style.width, '  - ').join('\n'), colSpan: 6 }]);
  }
  const [head = '', ...rows] = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const lines = [style.chalk.bold(head), ...rows];
  if (servers.some((server) => server.silent === null)) {
    lines.push(
      ...wrap('? : answers of this machine do not pass where the capture was taken.', style.width).map((line) => style.chalk.dim(line)),
    );
  }
  return lines;
}

/** Characters. A cell of many lines costs cli-table3 time with the cube of their number. */
const LONGEST_IDENTITY = 200;

function identityParts(server: RealServerSummary): string[] {
  const ips = addresses(server.ips);
  const name = server.name === null ? ips : ips === null ? server.name : `${server.name} ${ips}`;
  return [name, addresses(server.macs)].filter((part) => part !== null).map((part) => printableUpTo(LONGEST_IDENTITY, part));
}

function counts(server: RealServerSummary): string[] {
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
