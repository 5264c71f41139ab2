/**
 * Several captures of one cluster, made one: surveyed, their clocks compared, and read side by side. What belongs to no LAN of the
 * others is left out, and said.
 */
import { type CaptureInfo, captureOf, type FrameSource, MAX_CAPTURES } from '../capture/frame.ts';
import type { OpenCaptureOptions } from '../capture/open-capture.ts';
import { isGroupMac } from '../correlation/edges.ts';
import { UsageError } from '../usage-error.ts';
import { type Clock, compareClocks } from './clocks.ts';
import { type Host, hostAmong, hostOf } from './hosts.ts';
import { MergedSource } from './merged-source.ts';
import { type Recorder, type Span, spanOf, watchedSpans } from './recording.ts';
import { type Survey, Surveyor } from './survey.ts';

/** A capture as it was named, and where it was taken; null when not told. */
export interface PointCapture {
  readonly name: string;
  readonly point: string | null;
}

export type OpenCapture = (name: string, options?: OpenCaptureOptions) => Promise<FrameSource>;

export interface PointReading {
  /** Opens a capture for the first reading, and for the second one. */
  readonly open: OpenCapture;
  readonly reopen: OpenCapture;
  /** Told each time that more of a capture was taken in. */
  readonly progress?: (info: CaptureInfo) => void;
  readonly stop?: AbortSignal;
}

/** How a capture stands to the others. */
export type Part =
  /** Its frames are among those of the others, and its clock is known. */
  | 'merged'
  /** It shares no frame with the others: what it shows counts, in the order of its own clock, but nothing is missing in it. */
  | 'unordered'
  /** Taken on another LAN: it shares no machine with the others, and is left out. */
  | 'elsewhere'
  | 'empty';

/** What is known of one of several captures. */
export interface PointAccount extends PointCapture {
  readonly part: Part;
  readonly survey: Survey;
  readonly clock: Clock;
  readonly host: Host;
  /** When it begins and ends by the reference clock; null without frames. */
  readonly span: Span | null;
  /** Captures with the same number were taken at one point. */
  readonly pointNumber: number;
}

export interface Points {
  readonly captures: readonly PointAccount[];
  /** Seconds since 1970 that all times are counted from. */
  readonly baseSeconds: number;
  /** Reference times at which all points were recording. */
  readonly watched: readonly Span[];
  /** A capture taken on the machine with this MAC that does not hold a frame which others do; null when there is none, or it does. */
  lacking(destination: number, seenAs: readonly number[]): number | null;
  /** Reads all of them side by side; may be asked for again. */
  merge(): MergedSource;
}

/** Bytes read at a time of each of many captures. */
const CHUNK_BYTES = 256 * 1024;

/** Surveys captures and compares their clocks. @throws UsageError when one of them cannot be read */
export async function readPoints(captures: readonly PointCapture[], reading: PointReading): Promise<Points> {
  if (captures.length > MAX_CAPTURES) {
    throw new UsageError(
      `${captures.length} captures were given; at most ${MAX_CAPTURES} can be read side by side: join files of one point with mergecap -w all.pcapng FILES.`,
    );
  }
  const surveyor = new Surveyor();
  const surveys: Survey[] = [];
  for (const { name } of captures) {
    const source = await reading.open(name, { chunkBytes: CHUNK_BYTES });
    try {
      surveys.push(await surveyor.survey(source, reading.progress, () => reading.stop?.aborted === true));
    } finally {
      await source.close();
    }
  }
  const alone = surveys.map(hostOf);
  const taken = (hosts: readonly Host[], i: number): Taken => ({ point: captures[i]!.point, host: hosts[i]!, survey: surveys[i]! });
  const clocks = compareClocks(surveys, alone, (a, b) => samePoint(taken(alone, a), taken(alone, b)));
  const parts = partsOf(surveys, clocks);
  const merged = surveys.filter((_, i) => parts[i] === 'merged');
  const hosts = surveys.map((survey) =>
    hostAmong(
      survey,
      merged.filter((other) => other !== survey),
    ),
  );
  const accounts = captures.map((capture, i): PointAccount => {
    const survey = surveys[i]!;
    const clock = clocks[i]!;
    const pointNumber = captures.findIndex((_, j) => j === i || samePoint(taken(hosts, j), taken(hosts, i)));
    return { ...capture, part: parts[i]!, survey, clock, host: hosts[i]!, span: spanOf(survey, clock), pointNumber };
  });
  const watched = watchedSpans(recordersOf(accounts), surveys, clocks);
  const baseSeconds = surveyor.baseSeconds ?? 0;
  const merge = () => {
    const lanes = accounts.map(({ name, part, survey, clock }) => ({
      clock,
      isOrdered: part === 'merged',
      first: part === 'merged' || part === 'unordered' ? survey.span!.first : null,
      open: () => reading.reopen(name, { chunkBytes: CHUNK_BYTES }),
    }));
    return new MergedSource(lanes, baseSeconds, watched, surveyor.seed);
  };
  const lacking = (destination: number, seenAs: readonly number[]): number | null => {
    const seenIn = new Set(seenAs.map(captureOf));
    const due = accounts.flatMap(({ part, host }, i) =>
      part === 'merged' && host.kind === 'machine' && host.macs.has(destination) ? [i] : [],
    );
    return due.length === 0 || due.some((i) => seenIn.has(i)) ? null : due[0]!;
  };
  return { captures: accounts, baseSeconds, watched, lacking, merge };
}

function partsOf(surveys: readonly Survey[], clocks: readonly Clock[]): Part[] {
  const onLan = new Set<number>();
  for (const [i, survey] of surveys.entries()) if (clocks[i]!.group === 0) for (const mac of macsOf(survey)) onLan.add(mac);
  return surveys.map((survey, i) => {
    if (survey.span === null) return 'empty';
    if (clocks[i]!.group === 0) return 'merged';
    const macs = macsOf(survey);
    return macs.size > 0 && onLan.size > 0 && [...macs].every((mac) => !onLan.has(mac)) ? 'elsewhere' : 'unordered';
  });
}

/** The points whose captures say what is missing. */
function recordersOf(accounts: readonly PointAccount[]): Recorder[] {
  const recorders = new Map<number, { captures: number[]; macs: ReadonlySet<number> | null }>();
  for (const [i, { part, point, host, pointNumber }] of accounts.entries()) {
    if (part !== 'merged') continue;
    const known = recorders.get(pointNumber);
    const own = host.kind === 'machine' ? host.macs : new Set<number>();
    const macs = host.kind === 'mirror' || point === 'mirror' ? null : own;
    if (known === undefined) recorders.set(pointNumber, { captures: [i], macs });
    else {
      known.captures.push(i);
      known.macs = known.macs === null || macs === null ? null : new Set([...known.macs, ...macs]);
    }
  }
  return [...recorders.values()];
}

/** Whether two captures were taken at one point: as told, and as their machines allow. */
function samePoint(a: Taken, b: Taken): boolean {
  if (a.point !== null && b.point !== null && a.point !== b.point) return false;
  const isTold = a.point !== null && a.point === b.point;
  if (a.host.kind === 'mirror' || b.host.kind === 'mirror') {
    if (isTold) return a.point === 'mirror' || a.host.kind === b.host.kind;
    // Two mirrors of one LAN at different times are one that wrote several files.
    return a.host.kind === b.host.kind && !overlap(a.survey, b.survey) && shareMacs(a.survey, b.survey);
  }
  const meet = [...a.host.macs].some((mac) => b.host.macs.has(mac));
  if (isTold) return meet || a.host.macs.size === 0 || b.host.macs.size === 0;
  return meet && a.host.kind === 'machine' && b.host.kind === 'machine';
}

/** What tells where a capture was taken. */
interface Taken {
  readonly point: string | null;
  readonly host: Host;
  readonly survey: Survey;
}

function overlap({ span: x }: Survey, { span: y }: Survey): boolean {
  return x !== null && y !== null && x.first < y.last && y.first < x.last;
}

function shareMacs(x: Survey, y: Survey): boolean {
  const macs = macsOf(x);
  return [...macsOf(y)].some((mac) => macs.has(mac));
}

function macsOf({ edges }: Survey): Set<number> {
  const macs = new Set<number>();
  for (let edge = 1; edge < edges.count; edge++) {
    for (const mac of [edges.source[edge]!, edges.destination[edge]!]) if (mac !== 0 && !isGroupMac(mac)) macs.add(mac);
  }
  return macs;
}
