/**
 * When each point was recording. A capture begins and ends with frames, but it may have been silent before and after: what others
 * show that it would have held, and does not, tells when it was not recording. Only while all points record does a missing frame
 * mean that it was not sent.
 */
import { isGroupMac } from '../correlation/edges.ts';
import type { Clock } from './clocks.ts';
import type { Survey } from './survey.ts';

/** Reference time in nanoseconds since the survey's base. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** The same frame is seen at two points within this time, so that no capture can be said to lack what is younger. */
const ALLOWED_NS = 1e8;
/** Files of one point that follow each other more closely leave no gap. */
const GAP_NS = 1e9;

/** What one point captured. */
export interface Recorder {
  /** Indices of its captures. */
  readonly captures: readonly number[];
  /** MACs of the machine that captured; null for a mirror, and where it is not known. */
  readonly macs: ReadonlySet<number> | null;
}

/** The spans in which all recorders were recording, in order of time; infinite where nothing speaks against it. */
export function watchedSpans(recorders: readonly Recorder[], surveys: readonly Survey[], clocks: readonly Clock[]): Span[] {
  let watched: Span[] = [{ from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }];
  for (const recorder of recorders) {
    const others = recorders.filter((other) => other !== recorder).flatMap((other) => other.captures);
    watched = intersect(watched, recordedSpans(recorder, others, surveys, clocks));
  }
  return watched;
}

function recordedSpans(recorder: Recorder, others: readonly number[], surveys: readonly Survey[], clocks: readonly Clock[]): Span[] {
  const spans = recorder.captures
    .map((i) => spanOf(surveys[i]!, clocks[i]!))
    .filter((span) => span !== null)
    .sort((x, y) => x.from - y.from);
  const joined: { from: number; until: number }[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last !== undefined && span.from - last.until <= GAP_NS) last.until = Math.max(last.until, span.until);
    else joined.push({ ...span });
  }
  const [first, last] = [joined[0], joined.at(-1)];
  if (first === undefined || last === undefined) return [];
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for (const i of others) {
    const { edges, edgeSpans } = surveys[i]!;
    for (const [edge, span] of edgeSpans.entries()) {
      if (span === undefined || !isDue(recorder, edges.source[edge]!, edges.destination[edge]!)) continue;
      earliest = Math.min(earliest, inReference(clocks[i]!, span.first));
      latest = Math.max(latest, inReference(clocks[i]!, span.last));
    }
  }
  if (earliest >= first.from - ALLOWED_NS) first.from = Number.NEGATIVE_INFINITY;
  if (latest <= last.until + ALLOWED_NS) last.until = Number.POSITIVE_INFINITY;
  return joined;
}

/** Whether a frame from one MAC to another passes a point. */
function isDue({ macs }: Recorder, source: number, destination: number): boolean {
  return macs === null || macs.has(source) || macs.has(destination) || isGroupMac(destination);
}

export function spanOf({ span }: Survey, clock: Clock): Span | null {
  return span === null ? null : { from: inReference(clock, span.first), until: inReference(clock, span.last) };
}

/** A capture's time by the reference clock. */
export function inReference({ rate, shift }: Clock, at: number): number {
  return rate * at + shift;
}

function intersect(a: readonly Span[], b: readonly Span[]): Span[] {
  return a
    .flatMap((x) => b.map((y) => ({ from: Math.max(x.from, y.from), until: Math.min(x.until, y.until) })))
    .filter((s) => s.from < s.until);
}
