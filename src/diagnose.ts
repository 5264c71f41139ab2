/** The whole way of a saved capture, on one page: frames, facts, cluster, judgement, diagnosis. */
import { basename } from 'node:path';
import { type CaptureInfo, emptyFrame, type Frame, type FrameSkimmer, type FrameSource, LinkType } from './capture/frame.ts';
import type { KeptCaptures } from './capture/kept-captures.ts';
import { openCapture } from './capture/open-capture.ts';
import { summarizeAddresses } from './cluster/addresses.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Given } from './cluster/given/given.ts';
import type { Observations } from './cluster/observations.ts';
import { summarizeCluster, summarizePaths } from './cluster/summary.ts';
import { TimeText } from './cluster/time-text.ts';
import { type FlowFilter, WalkRows, walkRequests } from './cluster/walk.ts';
import { Facts } from './correlation/facts.ts';
import { parseIp } from './decoders/address.ts';
import { Packet } from './decoders/packet.ts';
import type { CaptureSummary, Diagnosis, Limits } from './diagnosis.ts';
import type { FrameChoice } from './frame-choice.ts';
import { packageVersion } from './package-file.ts';
import type { TracePath } from './reports/trace.ts';
import { caseOf } from './rules/case-of.ts';
import { chooseRules } from './rules/index.ts';
import { type Judgement, judge } from './rules/judge.ts';
import { noticesOf } from './rules/notices.ts';
import type { Case } from './rules/rule.ts';
import { addressesText } from './rules/wording.ts';
import { thousands } from './thousands.ts';
import { UsageError } from './usage-error.ts';

/** A capture as the user named it. */
export interface CaptureToRead {
  /** Path, or '-' for stdin. */
  readonly name: string;
  /** Where it was taken; null when not told. */
  readonly point: string | null;
}

export interface DiagnoseOptions {
  readonly rules?: { readonly only: readonly string[]; readonly except: readonly string[] };
  readonly reading?: Reading;
  /** What opens captures whose frames will be asked for again, or that are read otherwise than they are. */
  readonly kept?: Kept;
  /** Which frames are judged; all where it is missing or null. */
  readonly choice?: FrameChoice | null;
}

/** What opens a capture twice. */
export type Kept = Pick<KeptCaptures, 'open' | 'reopen' | 'remove'>;

/** What the caller wants to hear and to say while a long capture is read. */
export interface Reading {
  /** Told each time that more of the capture was taken in. */
  readonly progress?: (info: CaptureInfo) => void;
  /** When it is aborted, reading ends, and what was read is judged. */
  readonly stop?: AbortSignal;
}

interface ReadCapture {
  readonly facts: Facts;
  readonly info: CaptureInfo;
}

/**
 * Diagnoses saved captures.
 * @throws UsageError when a capture cannot be read at all
 */
export async function diagnose(captures: readonly CaptureToRead[], given: Given, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const [capture, ...more] = captures;
  if (capture === undefined) throw noCapture();
  if (more.length > 0) return diagnoseSeveral(captures, given, options);
  const source = await (options.kept?.open ?? openCapture)(capture.name);
  return closing(source, () => diagnoseFrames(source, capture.point, given, options));
}

/**
 * Diagnoses the frames of a source, which stays open; `at` is where they were captured, null when not told.
 * @throws UsageError when the source cannot be read any further
 */
export async function diagnoseFrames(
  source: FrameSource,
  at: string | null,
  given: Given,
  options: DiagnoseOptions = {},
): Promise<Diagnosis> {
  const { facts, info } = await readFacts(chosen(source, options.choice ?? null), given, options.reading);
  const c = caseOf(facts, given, at);
  const time = new TimeText(facts);
  const point = facts.points[0];
  const capture = {
    ...summaryOf(info, basename(info.name), c.sight.point),
    first: point === undefined ? null : time.of(point.firstAt),
    last: point === undefined ? null : time.of(point.lastAt),
    clockOffset: null,
  };
  return diagnosisOf(c, [info], [capture], options);
}

/** Several captures: read twice, the first time to compare their clocks. */
async function diagnoseSeveral(captures: readonly CaptureToRead[], given: Given, options: DiagnoseOptions): Promise<Diagnosis> {
  const { nameFrames } = await import('./points/name-frames.ts');
  const { KeptCaptures } = await import('./capture/kept-captures.ts');
  const own = options.kept === undefined ? new KeptCaptures() : null;
  try {
    const { points, c, summaries } = await readSeveral(captures, given, options.kept ?? own!, options.choice ?? null, options.reading);
    const infos = points.captures.map(({ survey }) => survey.info);
    return nameFrames(diagnosisOf(c, infos, summaries, options), (capture) => summaries[capture]!.name);
  } finally {
    own?.remove();
  }
}

async function traceSeveral(
  captures: readonly CaptureToRead[],
  given: Given,
  filter: FlowFilter,
  kept: Kept,
  choice: FrameChoice | null,
): Promise<TracePath[]> {
  const { nameFrames } = await import('./points/name-frames.ts');
  const { points, c, summaries } = await readSeveral(captures, given, kept, choice);
  const nameOf = (capture: number) => summaries[capture]!.name;
  const lackedBy = (destination: number, seenAs: readonly number[]) => {
    const lacking = points.lacking(destination, seenAs);
    return lacking === null ? null : nameOf(lacking);
  };
  const rows = new WalkRows(walkRequests(c.o, c.cluster, filter), c.cluster, { sight: c.sight, lackedBy });
  const source = points.merge();
  await closing(source, () => eachPacket(chosen(source, choice), (frame, packet) => rows.add(frame, packet, source.seenAs)));
  return nameFrames(rows.paths(summaries.map(({ name }) => name).join(', ')), nameOf);
}

/** What several captures say together. */
async function readSeveral(
  captures: readonly CaptureToRead[],
  given: Given,
  kept: Kept,
  choice: FrameChoice | null,
  reading: Reading = {},
) {
  const [{ readPoints }, { sightOfPoints }, { summarizePoints }] = await Promise.all([
    import('./points/read-points.ts'),
    import('./points/sight-of-points.ts'),
    import('./points/summarize-points.ts'),
  ]);
  const points = await readPoints(captures, { ...reading, open: kept.open, reopen: (name, how) => kept.reopen(name, how) });
  const source = points.merge();
  const facts = emptyFacts(given);
  const add = (frame: Frame) => {
    facts.isWatched = source.isWatched;
    facts.addUndecoded(frame);
    return true;
  };
  await closing(source, () => eachFrame(chosen(source, choice), add, reading));
  const alone = caseOf(facts, given, null);
  const { sight, places } = sightOfPoints(points, alone.o, alone.cluster);
  return { points, c: { ...alone, sight }, summaries: summarizePoints(points, places, summaryOf) };
}

function diagnosisOf(c: Case, infos: readonly CaptureInfo[], captures: readonly CaptureSummary[], options: DiagnoseOptions): Diagnosis {
  const { o, cluster, sight } = c;
  const rules = chooseRules(options.rules ?? { only: [], except: [] });
  const time = new TimeText(o.facts);
  const names = { captureOf: (point: number) => captures[point]!.name, timeOf: (at: number) => time.of(at) };
  const judgement = judge(c, rules, names);
  const frames = infos.reduce((sum, info) => sum + info.frames, 0);
  return {
    schema: 'lvs-doctor/diagnosis@1',
    tool: { name: 'lvs-doctor', version: packageVersion() },
    ...verdictOf(judgement, cluster, frames, rules.length, options.choice ?? null),
    captures,
    cluster: summarizeCluster(cluster, o, sight, (at) => time.of(at)),
    findings: judgement.findings,
    verdicts: judgement.verdicts,
    notices: noticesOf(c, infos, captures, options.choice ?? null),
    paths: summarizePaths(cluster, o),
    addresses: summarizeAddresses(o, cluster, judgement.findings, names),
    limits: limitsOf(o.facts, cluster, o),
  };
}

function summaryOf(info: CaptureInfo, name: string, point: string | null): Omit<CaptureSummary, 'first' | 'last' | 'clockOffset'> {
  const { format, linkTypes, frames, bytes, cutOff, dropped } = info;
  return { name, point, format, linkType: linkTypeName(linkTypes), frames, bytes, cutOff, dropped };
}

/**
 * The paths of captures with the walk of one flow each; none when they have no cluster, or nothing passes the filter.
 * @param kept what opens the captures, for two readings: the rows are fetched in the last one.
 */
export async function trace(
  captures: readonly CaptureToRead[],
  given: Given,
  filter: FlowFilter,
  kept: Kept,
  choice: FrameChoice | null = null,
): Promise<TracePath[]> {
  const [capture, ...more] = captures;
  if (capture === undefined) throw noCapture();
  try {
    if (more.length > 0) return await traceSeveral(captures, given, filter, kept, choice);
    const first = await kept.open(capture.name);
    const { facts } = await closing(first, () => readFacts(chosen(first, choice), given));
    const { o, cluster } = caseOf(facts, given, capture.point);
    const wanted = walkRequests(o, cluster, filter);
    const rows = new WalkRows(wanted, cluster);
    const second = await kept.reopen(capture.name);
    await closing(second, () => eachPacket(chosen(second, choice), (frame, packet) => rows.add(frame, packet)));
    return rows.paths(capture.name === '-' ? 'standard input' : basename(capture.name));
  } finally {
    kept.remove();
  }
}

function chosen(source: FrameSource, choice: FrameChoice | null): FrameSource {
  return choice === null ? source : choice.of(source);
}

async function closing<T>(source: FrameSource, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } finally {
    await source.close();
  }
}

async function readFacts(source: FrameSource, given: Given, reading: Reading = {}): Promise<ReadCapture> {
  const facts = emptyFacts(given);
  source.readInto?.(facts.memory);
  const add = (frame: Frame, wasRefused: boolean) => {
    if (wasRefused) facts.addUnknown(frame);
    else facts.addUndecoded(frame);
    return true;
  };
  const info = await eachFrame(source, add, reading, facts);
  return { facts, info };
}

function emptyFacts(given: Given): Facts {
  return new Facts(given.vips.map((vip) => parseIp(vip.ip)).filter((ip) => ip !== null));
}

/** Reads frame by frame until the end, or until `use` has had enough and returns false, or until the caller says stop. */
async function eachFrame(
  source: FrameSource,
  use: (frame: Frame, wasRefused: boolean) => boolean,
  { progress, stop }: Reading = {},
  skimmer: FrameSkimmer | null = null,
): Promise<CaptureInfo> {
  const frame = emptyFrame();
  let interrupt = () => {};
  stop?.addEventListener('abort', () => interrupt(), { once: true });
  // A pipe may be silent for ever: stopping must not wait for its next frame. (Promise.race with one promise for all pieces would remember each.)
  const more = () =>
    new Promise<boolean>((resolve, reject) => {
      interrupt = () => resolve(false);
      source.more().then(resolve, reject);
    });
  do {
    for (;;) {
      const hasRefused = skimmer !== null && source.skim?.(skimmer) === true;
      if (!source.next(frame)) break;
      if (!use(frame, hasRefused)) return source.info;
    }
    progress?.(source.info);
  } while (stop?.aborted !== true && (await more()));
  return source.info;
}

/** The same with each frame decoded. */
function eachPacket(source: FrameSource, use: (frame: Frame, packet: Packet) => boolean): Promise<CaptureInfo> {
  const packet = new Packet();
  return eachFrame(source, (frame) => {
    packet.decode(frame);
    return use(frame, packet);
  });
}

function noCapture(): UsageError {
  return new UsageError('no capture was given; expected a pcap or pcapng file, or - for standard input.');
}

function verdictOf(
  judgement: Judgement,
  cluster: Cluster,
  frames: number,
  rules: number,
  choice: FrameChoice | null,
): { verdict: Diagnosis['verdict']; summary: string } {
  const { findings, verdicts, headlines } = judgement;
  const sure = findings.filter((f) => f.confidence !== 'possible' && f.severity !== 'info');
  if (sure.length > 0) return { verdict: 'fault', summary: sentence(headlines) };
  if (frames === 0) return { verdict: 'cannot tell', summary: 'The capture holds no frame.' };
  if (choice?.taken === 0) {
    return { verdict: 'cannot tell', summary: `None of ${thousands(frames)} frames is judged: ${choice.options.typed} chose none.` };
  }
  if (findings.some((f) => f.severity !== 'info')) {
    return {
      verdict: 'cannot tell',
      summary: `Possibly ${headlines[0]}, but who is who is only guessed; give the roles with -c, --vip, --director and --real-server.`,
    };
  }
  if (cluster.vips.length === 0) {
    return {
      verdict: 'cannot tell',
      summary: `No LVS cluster is recognised in ${thousands(frames)} frames; give its roles with -c, --vip, --director and --real-server.`,
    };
  }
  const vips = addressesText(
    cluster.vips.map((v) => v.ip),
    'VIPs',
  );
  if (cluster.vips.every((vip) => vip.source === 'guessed')) {
    const guesses = cluster.vips.length === 1 ? 'a VIP' : 'VIPs';
    return {
      verdict: 'cannot tell',
      summary: `${vips} may be ${guesses}, but that is only guessed; give the roles with -c, --vip, --director and --real-server.`,
    };
  }
  // A machine of which only the address was given, and which no frame shows, is known by name alone: nothing can be judged of it.
  if (cluster.vips.every((vip) => [...vip.directors, ...vip.realServers].every(({ machine }) => machine.macs.length === 0))) {
    return {
      verdict: 'cannot tell',
      summary: `No director and no real server of ${vips} is seen at work in ${thousands(frames)} frames; give them with --director IP=MAC and --real-server IP=MAC, or capture where requests pass between them.`,
    };
  }
  const passed = verdicts.filter((v) => v.verdict === 'passed');
  if (passed.length === 0) {
    return { verdict: 'cannot tell', summary: 'Nothing could be judged: this capture does not show what would decide it.' };
  }
  const judged = new Set(passed.map((v) => v.rule)).size;
  return { verdict: 'clean', summary: `No fault for ${vips}: ${judged} of ${rules} rules could be judged and found nothing.` };
}

/** The first faults in one sentence: those for which there is room, and one in any case. */
function sentence(headlines: readonly string[]): string {
  const [first = '', second = ''] = headlines;
  const shown = headlines.slice(0, first.length + second.length > MAX_HEADLINE ? 1 : MAX_HEADLINES);
  const more = headlines.length - shown.length;
  const text = shown.join('; ') + (more > 0 ? `; and ${thousands(more)} more` : '');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Faults told in the first line; a longer line is not read. */
const MAX_HEADLINES = 2;
/** Characters that two of them may have: what fits on three lines of 80 columns, with the verdict before it. */
const MAX_HEADLINE = 190;

function limitsOf(facts: Facts, cluster: Cluster, o: Observations): Limits {
  return {
    flowsForgotten: facts.flows.forgotten,
    pathsOverflowed: facts.paths.overflowed,
    edgesOverflowed: facts.edges.overflowed,
    claimsForgotten: facts.claims.forgotten + facts.addresses.overflowed,
    sendersNotJudged: cluster.vips.reduce((sum, vip) => sum + o.machinesLeftOut(vip.ip), 0),
  };
}

const LINK_TYPE_NAMES: Readonly<Record<number, string>> = {
  [LinkType.null]: 'null',
  [LinkType.ethernet]: 'ethernet',
  [LinkType.raw]: 'raw',
  [LinkType.loop]: 'loop',
  [LinkType.linuxSll]: 'linux-sll',
  [LinkType.ipv4]: 'ipv4',
  [LinkType.ipv6]: 'ipv6',
  [LinkType.linuxSll2]: 'linux-sll2',
};

function linkTypeName(types: readonly number[]): string {
  return types.length === 0 ? 'none' : types.map((type) => LINK_TYPE_NAMES[type] ?? String(type)).join(', ');
}
