/**
 * How the clocks of several captures stand to each other: by the frames that two of them hold. Where two captures have frames in
 * common, the differences of their times lie on a line, offset and drift, with the time on the wire as noise. Captures that have
 * none in common, also not by way of others, keep clocks of their own: the order of their frames is not known.
 */
import type { Host } from './hosts.ts';
import { MAX_TIMES, type Survey } from './survey.ts';

/** A clock as a line: reference time = `rate` × its time + `shift`, both in nanoseconds since the survey's base. */
export interface Clock {
  /** Captures with the same number have comparable times. 0 is the group with the most frames. */
  readonly group: number;
  /** Index of the capture whose clock is the reference of this group. */
  readonly reference: number;
  readonly rate: number;
  readonly shift: number;
  /** Nanoseconds by which it may be wrong, added up over the captures that lie between it and the reference; 0 for the reference. */
  readonly uncertainty: number;
  /** Frames that the estimate rests on; 0 for the reference, and for a file of the same point, whose clock is the same. */
  readonly shared: number;
}

/** One capture's clock against another's: time in b = time in a + offset + drift × (time in a − pivot). */
interface Relation {
  readonly a: number;
  readonly b: number;
  readonly offset: number;
  readonly drift: number;
  readonly pivot: number;
  readonly uncertainty: number;
  readonly shared: number;
}

/** A pair of times of one frame. */
interface Pair {
  readonly a: number;
  readonly b: number;
  readonly isNumbered: boolean;
  /** Which of the two captures was taken on its sender; null where neither was. */
  readonly sentBy: 'a' | 'b' | null;
}

/** No clock of a computer runs wrong by more than a thousandth. */
const MAX_DRIFT = 1e-3;
/** A drift shows only over time, and over enough frames. */
const MIN_DRIFT_SPAN = 1e9;
const MIN_DRIFT_PAIRS = 8;
/** A slope counts from so many of its standard errors on: less is noise, and over so short a time does no harm. */
const CLEAR_DRIFT_ERRORS = 5;
/** A standard deviation in median deviations, of what is distributed normally. */
const DEVIATION_OF_MEDIAN = 1.4826;
/** Pairs compared with each other for the drift. */
const MAX_DRIFT_PAIRS = 256;
/**
 * Frames that come again and again, such as ARP requests, tell the offset only where so many of them agree, and so many more than on
 * any other offset: what is sent every second agrees with itself a second later nearly as well.
 */
const AGREEMENTS: readonly { readonly least: number; readonly second: number }[] = [
  { least: 3, second: 1 / 2 },
  { least: 6, second: 3 / 4 },
];
/** … to within this, in nanoseconds. */
const AGREEING_WITHIN = 2e6;
/** Differences of so many repeated frames are compared. */
const MAX_CANDIDATES = 1 << 14;
/** A frame that lies off the line by more, in nanoseconds, is another one that looks alike. */
const OUTLIER_NS = 5e7;
/** Two delays that differ by less confirm each other. */
const CLOSE_NS = 1e6;
/** Captures read the microsecond at best. */
const LEAST_UNCERTAINTY = 1e3;

/**
 * The clocks of all captures, in their order.
 * @param hosts whose capture each is
 * @param samePoint whether two captures were taken by the same machine, and so with the same clock
 */
export function compareClocks(surveys: readonly Survey[], hosts: readonly Host[], samePoint: (a: number, b: number) => boolean): Clock[] {
  const relations: Relation[] = [];
  for (let b = 1; b < surveys.length; b++) {
    for (let a = 0; a < b; a++) {
      const relation = relate(a, b, surveys, hosts) ?? (samePoint(a, b) ? sameClock(a, b) : null);
      if (relation !== null) relations.push(relation);
    }
  }
  // The relations that rest on the most frames first: each joins two groups that were apart.
  relations.sort((x, y) => y.shared - x.shared || x.uncertainty - y.uncertainty);
  const groupOf = surveys.map((_, i) => i);
  const links: Relation[] = [];
  for (const relation of relations) {
    const [from, to] = [groupOf[relation.a]!, groupOf[relation.b]!];
    if (from === to) continue;
    links.push(relation);
    for (const [i, group] of groupOf.entries()) if (group === to) groupOf[i] = from;
  }
  const frames = new Map<number, number>();
  for (const [i, { info }] of surveys.entries()) frames.set(groupOf[i]!, (frames.get(groupOf[i]!) ?? 0) + info.frames);
  const groups = [...frames].sort((x, y) => y[1] - x[1] || x[0] - y[0]).map(([group]) => group);
  const clocks: Clock[] = [];
  for (const [number, group] of groups.entries()) {
    const reference = groupOf.indexOf(group);
    walk(reference, number, links, clocks);
  }
  return clocks;
}

/** Gives the reference and all that hangs on it their clocks. */
function walk(reference: number, group: number, links: readonly Relation[], clocks: Clock[]): void {
  clocks[reference] = { group, reference, rate: 1, shift: 0, uncertainty: 0, shared: 0 };
  const next = [reference];
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    const known = clocks[at]!;
    for (const link of links) {
      const other = link.a === at ? link.b : link.b === at ? link.a : -1;
      if (other < 0 || clocks[other] !== undefined) continue;
      // b = a × (1 + drift) + (offset − drift × pivot), or the same solved for a.
      const [rate, shift] =
        link.a === at
          ? [1 / (1 + link.drift), -(link.offset - link.drift * link.pivot) / (1 + link.drift)]
          : [1 + link.drift, link.offset - link.drift * link.pivot];
      clocks[other] = {
        group,
        reference,
        rate: known.rate * rate,
        shift: known.rate * shift + known.shift,
        uncertainty: known.uncertainty + link.uncertainty,
        shared: link.shared,
      };
      next.push(other);
    }
  }
}

function sameClock(a: number, b: number): Relation {
  return { a, b, offset: 0, drift: 0, pivot: 0, uncertainty: 0, shared: 0 };
}

/** The relation that the frames of both captures show; null when they share none, or too few to be sure. */
function relate(a: number, b: number, surveys: readonly Survey[], hosts: readonly Host[]): Relation | null {
  const [from, to] = [surveys[a]!, surveys[b]!];
  const isOf = (source: number, host: Host) => host.kind === 'machine' && host.macs.has(source);
  const once: Pair[] = [];
  const again: { a: readonly number[]; b: readonly number[] }[] = [];
  const [small, large] = from.sample.size <= to.sample.size ? [from.sample, to.sample] : [to.sample, from.sample];
  for (const value of small.keys()) {
    if (!large.has(value)) continue;
    const inA = from.sample.get(value)!;
    const inB = to.sample.get(value)!;
    if (inA.times.length === 1 && inB.times.length === 1) {
      const sentBy = isOf(inA.source, hosts[a]!) ? 'a' : isOf(inA.source, hosts[b]!) ? 'b' : null;
      once.push({ a: inA.times[0]!, b: inB.times[0]!, isNumbered: inA.isNumbered, sentBy });
    } else if (inA.times.length <= MAX_TIMES && inB.times.length <= MAX_TIMES) again.push({ a: inA.times, b: inB.times });
  }
  const numbered = once.filter((pair) => pair.isNumbered);
  if (numbered.length > 0) {
    const line = lineThrough(numbered);
    // Frames that look alike by chance agree on nothing. Those that do agree say where the others belong.
    if (line.shared * 2 > numbered.length)
      return { a, b, ...lineThrough(once.filter((pair) => Math.abs(offLine(line, pair)) <= OUTLIER_NS)) };
  }
  const agreeing = consensus(once, again);
  return agreeing === null ? null : { a, b, ...lineThrough(agreeing) };
}

/**
 * A line through the differences. A frame is never received before it is sent, but now and then milliseconds later: what a sends comes
 * to b at the offset or after it, what b sends comes to a at the offset or before it, and the truth lies between the two that come
 * closest.
 */
function lineThrough(pairs: readonly Pair[]): Omit<Relation, 'a' | 'b'> {
  const drift = driftOf(pairs);
  const pivot = pairs[0]!.a;
  const rest = (pair: Pair) => pair.b - pair.a - drift * (pair.a - pivot);
  const rests = pairs.map(rest);
  const above = least(pairs.filter((pair) => pair.sentBy === 'a').map(rest));
  const below = least(pairs.filter((pair) => pair.sentBy === 'b').map((pair) => -rest(pair)));
  const closest = closestHalf(rests);
  let offset = median(closest);
  let uncertainty = (closest.at(-1)! - closest[0]!) / 2;
  if (above !== null && below !== null && above.isConfirmed === below.isConfirmed) {
    offset = (above.value - below.value) / 2;
    uncertainty = Math.abs(above.value + below.value) / 2;
  } else if (above?.isConfirmed === true || below?.isConfirmed === true) {
    offset = above?.isConfirmed === true ? above.value : -below!.value;
    uncertainty = above !== null && below !== null ? Math.abs(above.value + below.value) : Math.abs(offset - median(rests));
  }
  const shared = rests.filter((x) => Math.abs(x - offset) <= OUTLIER_NS).length;
  return { offset, drift, pivot, uncertainty: Math.max(LEAST_UNCERTAINTY, uncertainty), shared };
}

/** Nanoseconds by which a pair lies off a line. */
function offLine({ offset, drift, pivot }: Omit<Relation, 'a' | 'b'>, pair: Pair): number {
  return pair.b - pair.a - offset - drift * (pair.a - pivot);
}

/** The least of some values, if possible one that another comes close to: a single one may have been late as well. Null of none. */
function least(values: readonly number[]): { readonly value: number; readonly isConfirmed: boolean } | null {
  const sorted = [...values].sort((x, y) => x - y);
  const confirmed = sorted.find((value, i) => i + 1 < sorted.length && sorted[i + 1]! - value <= CLOSE_NS);
  if (confirmed !== undefined) return { value: confirmed, isConfirmed: true };
  return sorted[0] === undefined ? null : { value: sorted[0], isConfirmed: false };
}

/** The half of some values that lies closest together. */
function closestHalf(values: readonly number[]): number[] {
  const sorted = [...values].sort((x, y) => x - y);
  const half = Math.ceil(sorted.length / 2);
  const width = (from: number) => sorted[from + half - 1]! - sorted[from]!;
  let best = 0;
  for (let from = 1; from + half <= sorted.length; from++) if (width(from) < width(best)) best = from;
  return sorted.slice(best, best + half);
}

/** Theil and Sen: the median of the slopes between pairs that lie apart in time. */
function driftOf(pairs: readonly Pair[]): number {
  const sorted = [...pairs].sort((x, y) => x.a - y.a);
  if (sorted.length < MIN_DRIFT_PAIRS || sorted.at(-1)!.a - sorted[0]!.a < MIN_DRIFT_SPAN) return 0;
  const step = Math.max(1, Math.floor(sorted.length / MAX_DRIFT_PAIRS));
  const chosen = sorted.filter((_, i) => i % step === 0);
  const half = (sorted.at(-1)!.a - sorted[0]!.a) / 2;
  const slopes: number[] = [];
  for (const [i, x] of chosen.entries()) {
    for (const y of chosen.slice(i + 1)) if (y.a - x.a >= half) slopes.push((y.b - y.a - (x.b - x.a)) / (y.a - x.a));
  }
  const slope = slopes.length === 0 ? 0 : median(slopes);
  const isClear = Math.abs(slope) > CLEAR_DRIFT_ERRORS * slopeError(sorted, slope);
  return isClear && Math.abs(slope) <= MAX_DRIFT ? slope : 0;
}

/** How wrong a slope may be by chance: the usual deviation from the line, for so many frames over such a time. */
function slopeError(pairs: readonly Pair[], slope: number): number {
  const rests = pairs.map((pair) => pair.b - pair.a - slope * (pair.a - pairs[0]!.a));
  const middle = median(rests);
  const noise = DEVIATION_OF_MEDIAN * median(rests.map((rest) => Math.abs(rest - middle)));
  const mean = pairs.reduce((sum, pair) => sum + (pair.a - pairs[0]!.a), 0) / pairs.length;
  const spread = pairs.reduce((sum, pair) => sum + (pair.a - pairs[0]!.a - mean) ** 2, 0);
  return noise / Math.sqrt(spread);
}

/** Of frames that come again and again any may be any: the offset on which the most of them agree. */
function consensus(
  once: readonly Pair[],
  again: readonly { readonly a: readonly number[]; readonly b: readonly number[] }[],
): Pair[] | null {
  const pairs: Pair[] = [...once];
  for (const { a, b } of again) {
    for (const x of a) for (const y of b) if (pairs.length < MAX_CANDIDATES) pairs.push({ a: x, b: y, isNumbered: false, sentBy: null });
  }
  pairs.sort((x, y) => x.b - x.a - (y.b - y.a));
  const windows: { readonly from: number; readonly to: number }[] = [];
  for (let from = 0, to = 0; from < pairs.length; from++) {
    const limit = pairs[from]!.b - pairs[from]!.a + AGREEING_WITHIN;
    while (to < pairs.length && pairs[to]!.b - pairs[to]!.a <= limit) to++;
    windows.push({ from, to });
  }
  const most = (among: typeof windows) => among.reduce((best, w) => (w.to - w.from > best.to - best.from ? w : best), { from: 0, to: 0 });
  const best = most(windows);
  const second = most(windows.filter((w) => w.to <= best.from || w.from >= best.to));
  const agreeing = best.to - best.from;
  const isSure = AGREEMENTS.some((rule) => agreeing >= rule.least && second.to - second.from <= rule.second * agreeing);
  return isSure ? pairs.slice(best.from, best.to) : null;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
