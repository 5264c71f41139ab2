/**
 * The packet walk as the textbook's table: each hop of a flow with its MACs, its addresses and ports, its TTL and flags, who sends to whom,
 * and what changed since the hop before.
 */
import { Chalk, type ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import { thousands } from '../thousands.ts';
import { printable } from './printable.ts';
import { clock, since } from './time.ts';
import { wrap } from './wrap.ts';

/** One frame of an example flow. */
export interface TraceRow {
  /** Number in its capture, from 1; null for a frame that should follow and did not come. */
  readonly frame: number | null;
  /** UTC with nanoseconds, as in a diagnosis; null where there is no frame. */
  readonly time: string | null;
  /** Null where the capture has none (cooked, raw IP). */
  readonly sourceMac: string | null;
  readonly destinationMac: string | null;
  /** Null where there is no frame to tell. */
  readonly sourceIp: string | null;
  /** Null where the protocol has no ports, or they were not captured. */
  readonly sourcePort: number | null;
  readonly destinationIp: string | null;
  readonly destinationPort: number | null;
  /** TTL or hop limit; null for ARP. */
  readonly ttl: number | null;
  /** 'SYN', 'SYN ACK', 'UDP', 'ARP reply', …; may be empty. */
  readonly flags: string;
  /** 'client → director'. */
  readonly who: string;
  /** Since the hop before: 'destination MAC, TTL 64→63'; empty on the first hop. */
  readonly changed: string;
  /** With several captures: those that hold the frame, and its number there. */
  readonly seenIn?: readonly { readonly capture?: string; readonly frame: number }[];
}

/** A path with the walk of one example flow. */
export interface TracePath {
  /** What happens on it: '203.0.113.100 80/tcp: → client>director → director>rs1 ← rs1>client'. */
  readonly title: string;
  /** Name of the capture whose frame numbers these are; with several, all of them, and each row tells its own. */
  readonly capture: string;
  /** Flows that took this path. */
  readonly flows: number;
  readonly rows: readonly TraceRow[];
}

export interface TraceOptions {
  readonly color: boolean;
  /** Columns. From about 140 a hop is one line, below that two or more. */
  readonly width: number;
}

/** All walks, ending in a line break. */
export function renderTrace(paths: readonly TracePath[], options: TraceOptions): string {
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  return paths.map((path) => `${pathLines(path, options.width, chalk).join('\n')}\n`).join('\n');
}

function pathLines(path: TracePath, width: number, chalk: ChalkInstance): string[] {
  const start = path.rows[0]?.time ?? null;
  const flows = path.flows === 1 ? '1 flow' : `${thousands(path.flows)} flows, one of them shown`;
  const began = start === null ? '' : `, begun ${clock(start)}`;
  const head = [
    ...wrap(printable(path.title), width, '', '  ').map((line) => chalk.bold(line)),
    ...wrap(`${flows}; frames of ${printable(path.capture)}${began}.`, width).map((line) => chalk.dim(line)),
  ];
  const wide = wideLines(path, start, path.rows.some(isPlaced));
  const body = wide.every((line) => line.length <= width) ? wide : narrowLines(path, start, width);
  const columns = wide === body ? 1 : 2;
  return [...head, ...body.map((line, i) => (i < columns ? chalk.underline(line) : line))];
}

const NO_BORDERS = {
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
};

function wideLines(path: TracePath, start: string | null, isPlaced: boolean): string[] {
  const table = new Table({
    head: [
      'frame',
      'time',
      'source MAC',
      'destination MAC',
      'source IP:port',
      'destination IP:port',
      'TTL',
      'flags',
      'who',
      'what changed',
      ...(isPlaced ? ['seen in'] : []),
    ],
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: [
      'right',
      'right',
      'left',
      'left',
      'left',
      'left',
      'right',
      'left',
      'left',
      'left',
      ...(isPlaced ? (['left'] as const) : []),
    ],
  });
  for (const row of path.rows) {
    const cells = [frameText(row), timeOf(start, row), mac(row.sourceMac), mac(row.destinationMac), ...endpoints(row)];
    table.push([...cells, ttl(row), ...[row.flags, row.who, row.changed, ...(isPlaced ? [placesText(row)] : [])].map(printable)]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** Two columns of lines side by side: frame and time | MACs, TTL and flags over addresses | who over what changed. */
function narrowLines(path: TracePath, start: string | null, width: number): string[] {
  const timeWidth = Math.max(9, ...path.rows.map((row) => timeOf(start, row).length));
  const flagsWidth = Math.max(5, ...path.rows.map((row) => printable(row.flags).length));
  const link = (source: string, destination: string, hops: string, flags: string) =>
    `${source.padEnd(17)}  ${destination.padEnd(17)}  ${hops.padStart(3)} ${flags.padEnd(flagsWidth)}`;
  const middle = 17 + 2 + 17 + 2 + 3 + 1 + flagsWidth;
  const right = Math.max(12, width - timeWidth - middle - 4);
  const beside = (left: readonly string[], centre: readonly string[], last: readonly string[]) =>
    Array.from({ length: Math.max(left.length, centre.length, last.length) }, (_, i) =>
      `${(left[i] ?? '').padStart(timeWidth)}  ${(centre[i] ?? '').padEnd(middle)}  ${last[i] ?? ''}`.trimEnd(),
    );
  const lines = beside(
    ['frame', 'time'],
    [link('source MAC', 'destination MAC', 'TTL', 'flags'), 'source IP:port > destination IP:port'],
    ['who', 'what changed'],
  );
  for (const row of path.rows) {
    const centre = [
      link(mac(row.sourceMac), mac(row.destinationMac), ttl(row), printable(row.flags)),
      ...(row.sourceIp === null ? [] : wrap(endpoints(row).join(' > '), middle, '', '  ')),
      ...(isPlaced(row) ? wrap(`in ${printable(placesText(row))}`, middle, '', '   ') : []),
    ];
    const last = [row.who, row.changed].flatMap((text) => (text === '' ? [] : wrap(printable(text), right)));
    lines.push(...beside([frameText(row), timeOf(start, row)], centre, last));
  }
  return lines;
}

function isPlaced(row: TraceRow): boolean {
  return row.seenIn !== undefined;
}

/** 'rs1.pcap 5, director.pcap 12': with several captures each frame number is told with its own. */
function placesText({ seenIn = [] }: TraceRow): string {
  return seenIn.map(({ capture, frame }) => `${capture} ${frame}`).join(', ');
}

function frameText({ frame, seenIn }: TraceRow): string {
  return frame === null || seenIn !== undefined ? '' : String(frame);
}

function timeOf(start: string | null, { time }: TraceRow): string {
  return time === null ? '' : since(start, time);
}

function mac(address: string | null): string {
  return address ?? '-';
}

function ttl(row: TraceRow): string {
  return row.ttl === null ? '-' : String(row.ttl);
}

function endpoints(row: TraceRow): [source: string, destination: string] {
  return [endpoint(row.sourceIp, row.sourcePort), endpoint(row.destinationIp, row.destinationPort)];
}

/** '192.168.1.100:80', '[2001:db8::100]:80' (RFC 3986 section 3.2.2), or the address alone. */
function endpoint(ip: string | null, port: number | null): string {
  if (ip === null) return '-';
  if (port === null) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
