/** The live screen, as lines of text: who is who, what passes, what is wrong now, and what happened last. */
import { Chalk, type ChalkInstance } from 'chalk';
import { type Machine, nameOf } from '../cluster/cluster.ts';
import { requestsOf } from '../cluster/summary.ts';
import type { Severity } from '../diagnosis.ts';
import { printable } from '../reports/printable.ts';
import { thousands } from '../thousands.ts';
import { amount, culpritsText, eventLine } from './event-text.ts';
import type { LiveEvent } from './live-event.ts';
import type { TrackedFinding } from './tracked-finding.ts';
import type { Watch } from './watch.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What the screen shows beside the watch itself. */
export interface ScreenState {
  /** Events, oldest first. */
  readonly events: readonly LiveEvent[];
  readonly isPaused: boolean;
  readonly color: boolean;
}

const COLUMNS = ['requests', 'per s', 'answered', 'refused', 'silent', 'bypassed'] as const;
const COLUMN_WIDTHS = [9, 8, 9, 8, 7, 9] as const;
/** Rows that events are left at least, before real servers and findings take them. */
const LEAST_EVENTS = 3;

export class Screen {
  readonly #begunMs = performance.now();
  /** Counts at the tick before, for rates. */
  #before = { steadyMs: performance.now(), frames: 0, bytes: 0, requests: new Map<string, number>() };
  #rates = { frames: 0, bytes: 0, requests: new Map<string, number>() };

  /** Measures what passed since the tick before. */
  tick(watch: Watch): void {
    const steadyMs = performance.now();
    const seconds = Math.max(0.001, (steadyMs - this.#before.steadyMs) / 1000);
    const requests = new Map(rowsOf(watch).map(({ key, counts }) => [key, counts.requests]));
    const perSecond = (now: number, before: number) => Math.max(0, (now - before) / seconds);
    this.#rates = {
      frames: perSecond(watch.judge.frames, this.#before.frames),
      bytes: perSecond(watch.bytes, this.#before.bytes),
      requests: new Map([...requests].map(([key, count]) => [key, perSecond(count, this.#before.requests.get(key) ?? count)])),
    };
    this.#before = { steadyMs, frames: watch.judge.frames, bytes: watch.bytes, requests };
  }

  /** As many lines as there are rows, none longer than the columns. */
  lines(watch: Watch, { events, isPaused, color }: ScreenState, { columns, rows }: ScreenSize): string[] {
    const chalk = new Chalk({ level: color ? 1 : 0 });
    const cut = (text: string) => (text.length > columns ? `${text.slice(0, columns - 1)}…` : text);
    const head = [...this.#head(watch, isPaused, columns, chalk), ...clusterLines(watch).map(cut)];
    const servers = rowsOf(watch);
    const open = watch.judge.findings.filter(({ state }) => state !== 'resolved').sort(byWeight);
    // What does not fit gives way from the end: events first, then real servers, then findings.
    const room = Math.max(0, rows - head.length - LEAST_EVENTS - 4);
    const forFindings = Math.min(open.length, Math.max(1, Math.floor(room / 2)));
    const forServers = Math.min(servers.length, Math.max(0, room - forFindings));
    const body = [
      '',
      ...this.#table(servers, forServers, columns, chalk),
      chalk.bold(cut(findingsTitle(open, forFindings))),
      ...open.slice(0, forFindings).map((tracked) => findingLine(tracked, watch.nowMs, columns, chalk)),
      '',
      chalk.bold('Events'),
    ];
    const left = Math.max(0, rows - head.length - body.length);
    const told = left === 0 ? [] : events.slice(-left).map((event) => eventChalk(event, chalk)(cut(timeline(event))));
    const lines = [...head, ...body, ...told].slice(0, rows);
    return [...lines, ...Array.from({ length: rows - lines.length }, () => '')];
  }

  #head(watch: Watch, isPaused: boolean, columns: number, chalk: ChalkInstance): string[] {
    const { source, judge, dropped, costs } = watch;
    const seconds = Math.floor((performance.now() - this.#begunMs) / 1000);
    const where = source.interface === null ? 'standard input' : `${printable(source.interface)} (${source.backend})`;
    const left = `lvs-doctor  ${where}  ${new Date(watch.nowMs).toISOString().slice(11, 19)} UTC, for ${lasting(seconds)}`;
    const right = `${isPaused ? 'PAUSED  ' : ''}p ${isPaused ? 'goes on' : 'pauses'}, q quits`;
    const lost = dropped === null ? '' : `, ${thousands(dropped)} lost`;
    const rates = `${thousands(Math.round(this.#rates.frames))} packets/s  ${bits(this.#rates.bytes * 8)}`;
    const counts = `${rates}  ${thousands(judge.frames)} frames${lost}  judged in ${costs.judgingMs.toFixed(1)} ms`;
    const gap = columns - left.length - right.length;
    return [
      gap > 1 ? `${chalk.bold(left)}${' '.repeat(gap)}${isPaused ? chalk.yellow(right) : right}` : chalk.bold(left.slice(0, columns)),
      dropped !== null && dropped > 0 ? chalk.yellow(counts.slice(0, columns)) : counts.slice(0, columns),
    ];
  }

  #table(servers: readonly Row[], shown: number, columns: number, chalk: ChalkInstance): string[] {
    if (shown === 0) return [];
    const first = Math.max(16, columns - COLUMN_WIDTHS.reduce((a, b) => a + b, 0));
    const cells = (name: string, values: readonly string[]) =>
      (name.length > first ? `${name.slice(0, first - 1)}…` : name.padEnd(first)) +
      values.map((v, i) => v.padStart(COLUMN_WIDTHS[i]!)).join('');
    const more = servers.length > shown ? ` (${shown} of ${servers.length})` : '';
    return [
      chalk.bold(cells(`real server${more}`, COLUMNS).slice(0, columns)),
      ...servers.slice(0, shown).map(({ key, machine, counts }) => {
        const { requests, answered, refused, silent, bypassed } = counts;
        const rate = (this.#rates.requests.get(key) ?? 0).toFixed(1);
        const values = [requests, null, answered, refused, silent, bypassed].map((n, i) =>
          i === 1 ? rate : n === null ? '?' : thousands(n),
        );
        const mac = machine.macs[0] ?? '';
        const name = nameOf(machine);
        return cells(printable(name === mac ? mac : `${name}  ${mac}`), values).slice(0, columns);
      }),
      '',
    ];
  }
}

interface Row {
  readonly key: string;
  readonly machine: Machine;
  readonly counts: ReturnType<typeof requestsOf>;
}

function rowsOf(watch: Watch): Row[] {
  const c = watch.judge.case;
  if (c === null) return [];
  const vipsOf = new Map<Machine, string[]>();
  for (const vip of c.cluster.vips) {
    for (const { machine } of vip.realServers) vipsOf.set(machine, [...(vipsOf.get(machine) ?? []), vip.ip]);
  }
  return [...vipsOf].map(([machine, vips]) => ({
    key: machine.macs[0] ?? nameOf(machine),
    machine,
    counts: requestsOf(machine, c.cluster, vips, c.o, c.sight),
  }));
}

function clusterLines(watch: Watch): string[] {
  const cluster = watch.judge.case?.cluster;
  if (cluster === undefined || cluster.vips.length === 0) return ['No cluster is recognised yet.'];
  const names = (machines: readonly { machine: Machine }[]) => machines.map(({ machine }) => printable(nameOf(machine))).join(', ') || '?';
  const vips = cluster.vips.map(({ ip, services, mode, directors, source }) => {
    const how = [services.slice(0, 4).join(' '), mode ?? '', source === 'guessed' ? 'guessed' : ''].filter((part) => part !== '');
    return `VIP ${printable(ip)}${how.length === 0 ? '' : ` (${how.join(', ')})`}  director ${names(directors)}`;
  });
  const [first, second, ...more] = vips;
  const gateways = cluster.gateways.length === 0 ? '' : `  gateway ${names(cluster.gateways)}`;
  const shown = more.length === 0 ? [first, second] : [first, `and ${more.length + 1} more VIPs`];
  return shown.filter((line) => line !== undefined).map((line, i) => (i === 0 ? line + gateways : line));
}

function findingsTitle(open: readonly TrackedFinding[], shown: number): string {
  if (open.length === 0) return 'No finding stands.';
  const quiet = open.filter(({ state }) => state === 'quiet').length;
  const more = open.length > shown ? `, ${shown} shown` : '';
  return `Findings: ${open.length - quiet} active, ${quiet} quiet${more}`;
}

function findingLine(
  { finding, state, recurrences, lastFaultMs }: TrackedFinding,
  nowMs: number,
  columns: number,
  chalk: ChalkInstance,
): string {
  const ago = lasting(Math.max(0, Math.floor((nowMs - lastFaultMs) / 1000)));
  const again = recurrences === 0 ? '' : `, ${recurrences}x back`;
  const text = `${state === 'quiet' ? 'quiet ' : ''}${finding.severity} ${finding.rule}: ${culpritsText(finding.culprits)}, ${amount(finding)}, ${ago} ago${again}`;
  const line = text.length > columns ? `${text.slice(0, columns - 1)}…` : text;
  return state === 'quiet' ? chalk.dim(line) : bySeverity(finding.severity, chalk)(line);
}

/** An event in one line: the time of day, and who before how. */
function timeline(event: LiveEvent): string {
  if (event.event === 'notice' || event.event === 'heartbeat') return eventLine(event).replace(/^\S+ (\S+) UTC/, '$1');
  const { finding, recurrences } = event;
  const again = recurrences === 0 ? '' : ' again';
  const how = event.event === 'found' || event.event === 'worse' ? `. ${printable(finding.message)}` : '';
  return `${event.time.slice(11, 19)} ${event.event}${again} ${finding.rule}: ${culpritsText(finding.culprits)}${how}`;
}

function eventChalk(event: LiveEvent, chalk: ChalkInstance): (text: string) => string {
  if (event.event === 'resolved') return chalk.green;
  return event.event === 'found' || event.event === 'worse' ? bySeverity(event.finding.severity, chalk) : (text) => text;
}

function bySeverity(severity: Severity, chalk: ChalkInstance): (text: string) => string {
  return severity === 'critical' ? chalk.red : severity === 'warning' ? chalk.yellow : (text) => text;
}

/** Active before quiet, grave before harmless, old before new. */
function byWeight(a: TrackedFinding, b: TrackedFinding): number {
  const weight = ({ state, finding }: TrackedFinding) =>
    (state === 'quiet' ? 10 : 0) + ['critical', 'warning', 'info'].indexOf(finding.severity);
  return weight(a) - weight(b);
}

/** '52 s', '14 min', '3 h', '12 d'. */
function lasting(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function bits(perSecond: number): string {
  if (perSecond < 1e6) return `${(perSecond / 1e3).toFixed(1)} kbit/s`;
  return perSecond < 1e9 ? `${(perSecond / 1e6).toFixed(1)} Mbit/s` : `${(perSecond / 1e9).toFixed(2)} Gbit/s`;
}
