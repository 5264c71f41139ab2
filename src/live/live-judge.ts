/**
 * Judges frames as they come: the same facts and the same rules as for a file, over facts that age.
 *
 * Facts only add up, so forgetting is beginning anew. Three generations:
 * - *judged*: what rules are asked about at every tick; between one and two spans old.
 * - *next*: takes its place after a span; by then it has seen a span of traffic. In the first span it is the same.
 * - *since*: begun after the newest sign of what was found, while *judged* is older than that and it is not resolved. A subject that passes on facts
 *   that hold nothing of its fault had a healthy chance since. After a loss of frames it is also what absence is judged on.
 *
 * Who is who is remembered over generations. Nothing here has a clock: `tick` is told the time.
 */
import type { Frame } from '../capture/frame.ts';
import { timeText } from '../cluster/time-text.ts';
import type { Packet } from '../decoders/packet.ts';
import type { Finding } from '../diagnosis.ts';
import { ABSENCE_RULES } from '../rules/absence.ts';
import type { SubjectKey } from '../rules/judge.ts';
import type { AnyRule, Case } from '../rules/rule.ts';
import { Generation, type GenerationJudgement, type Judging } from './generation.ts';
import type { FindingEvent } from './live-event.ts';
import { RoleMemory } from './role-memory.ts';
import { type Change, TrackedFinding } from './tracked-finding.ts';

/** The span of a generation: it is judged for a second span after it. */
const SPAN_MS = 600_000;
/** What goes on and is known from old frames alone keeps them standing, but not longer than a day. */
const LONGEST_MS = 24 * 3_600_000;
/** `since` is begun anew no more often than this. */
const SINCE_MS = 5_000;
/** How often `next` is asked whether a subject passes in it. */
const NEXT_JUDGED_EVERY_MS = 10_000;
/** Findings that are remembered; the ones that changed longest ago are dropped. */
const MAX_FINDINGS = 1000;
const KEEP_RESOLVED_MS = 3_600_000;
const KEEP_QUIET_MS = 7 * 24 * 3_600_000;

export interface LiveJudgeOptions extends Judging {
  readonly rules: readonly AnyRule[];
}

export class LiveJudge {
  readonly #judging: Judging;
  readonly #rules: readonly AnyRule[];
  readonly #presence: readonly AnyRule[];
  readonly #memory = new RoleMemory();
  readonly #tracked = new Map<string, TrackedFinding>();
  #judged: Generation;
  #next: Generation;
  #since: Generation | null = null;
  /** What was judged until the newest turn, and is asked by whoever looks at `case` until the next judgement. */
  #replaced: Generation | null = null;
  /** Nobody asks these any more: what begins next takes their memory, so that memory does not depend on when garbage is collected. */
  readonly #ended: Generation[] = [];
  #generations = 0;
  #frames = 0;
  #framesJudged = -1;
  #nextJudgedMs = Number.NEGATIVE_INFINITY;
  #judgement: GenerationJudgement | null = null;
  #sinceJudgement: GenerationJudgement | null = null;
  #nextJudgement: GenerationJudgement | null = null;
  #hasLost = false;

  /** @param nowMs milliseconds since 1970, on the clock of the frames */
  constructor({ rules, ...judging }: LiveJudgeOptions, nowMs: number) {
    this.#judging = judging;
    this.#rules = rules;
    this.#presence = rules.filter((rule) => !ABSENCE_RULES.has(rule.name));
    this.#judged = this.#begin(nowMs);
    this.#next = this.#judged;
  }

  /** Frames taken in. */
  get frames(): number {
    return this.#frames;
  }

  /** What the newest judgement was made of; null before the first one. */
  get case(): Case | null {
    return this.#judgement?.case ?? null;
  }

  /** All that was found, resolved or not, in the order in which it was found. */
  get findings(): readonly TrackedFinding[] {
    return [...this.#tracked.values()].filter((tracked) => tracked.state !== 'pending');
  }

  /** Whether something is missing that may still be on its way. */
  get isInDoubt(): boolean {
    return [...this.#tracked.values()].some(({ state }) => state === 'pending');
  }

  /** Takes in one decoded frame. */
  add(frame: Frame, packet: Packet): void {
    this.#frames++;
    this.#judged.facts.add(frame, packet);
    if (this.#next !== this.#judged) this.#next.facts.add(frame, packet);
    if (this.#since !== null) this.#since.facts.add(frame, packet);
  }

  /** Frames were lost since the last tick: whatever was not seen may have happened. */
  lose(): void {
    this.#hasLost = true;
  }

  /** The clock of the frames was set back: nothing before can be compared with what comes. */
  restart(nowMs: number): void {
    if (this.#judgement !== null) this.#memory.learn(this.#judgement.case.cluster, nowMs);
    this.#judged = this.#begin(nowMs);
    this.#next = this.#judged;
    this.#since = null;
    this.#sinceJudgement = null;
    this.#nextJudgement = null;
    this.#framesJudged = -1;
    for (const tracked of this.#tracked.values()) tracked.beginAnew(nowMs);
  }

  /** Judges what came since the last tick, and says what changed. */
  tick(nowMs: number): FindingEvent[] {
    if (this.#hasLost) for (const generation of [this.#judged, this.#next, this.#since]) if (generation !== null) generation.hasLoss = true;
    if (this.#frames !== this.#framesJudged) this.#judge(nowMs);
    const events = this.#follow(nowMs);
    if (this.#next.ageAt(nowMs) >= SPAN_MS) this.#turn(nowMs);
    this.#renewSince(nowMs);
    this.#hasLost = false;
    this.#forget(nowMs);
    return events;
  }

  #begin(nowMs: number): Generation {
    const vips = [
      ...this.#judging.given.vips.map((vip) => vip.ip),
      ...this.#memory.remembered.vips.map((vip) => vip.ip),
      ...(this.#judgement?.case.cluster.vips.map((vip) => vip.ip) ?? []),
    ];
    return new Generation(this.#generations++, nowMs, vips, this.#ended.pop() ?? null);
  }

  #end(generation: Generation | null): void {
    if (generation !== null) this.#ended.push(generation);
  }

  #judge(nowMs: number): void {
    this.#framesJudged = this.#frames;
    this.#judgement = this.#judged.judge(this.#judged.hasLoss ? this.#presence : this.#rules, this.#judging, this.#memory.remembered);
    this.#end(this.#replaced);
    this.#replaced = null;
    const { cluster } = this.#judgement.case;
    if (this.#since !== null) this.#sinceJudgement = this.#since.judge(this.#rules, this.#judging, this.#memory.with(cluster, nowMs));
    if (nowMs - this.#nextJudgedMs < NEXT_JUDGED_EVERY_MS || !this.#open().some((t) => t.lastFaultMs < this.#next.begunMs)) return;
    this.#nextJudgedMs = nowMs;
    this.#nextJudgement = this.#next.judge(this.#rules, this.#judging, this.#memory.with(cluster, nowMs));
  }

  /** What the newest judgements mean for each finding. */
  #follow(nowMs: number): FindingEvent[] {
    const events: FindingEvent[] = [];
    const tell = (tracked: TrackedFinding, change: Change | null) => {
      if (change === null) return;
      events.push({ event: change, time: textOf(nowMs), finding: tracked.finding, recurrences: tracked.recurrences });
    };
    const standing = this.#standing();
    for (const [id, { finding, subjects }] of standing) {
      let tracked = this.#tracked.get(id);
      if (tracked === undefined) {
        tracked = new TrackedFinding(finding, subjects, nowMs);
        this.#tracked.set(id, tracked);
        // What is absent may still be on its way: it must be missing at two ticks.
        if (ABSENCE_RULES.has(finding.rule)) continue;
      }
      tracked.generation = this.#judged.number;
      tell(tracked, tracked.stands(finding, subjects, nowMs));
    }
    for (const [id, tracked] of this.#tracked) if (tracked.state === 'pending' && !standing.has(id)) this.#tracked.delete(id);
    for (const tracked of this.#open()) {
      const isJudged = !this.#judged.hasLoss || !ABSENCE_RULES.has(tracked.finding.rule);
      if (isJudged && !standing.has(tracked.finding.id) && tracked.generation === this.#judged.number) {
        // The same facts and more are read another way now: with more of the roles known, it is something else, or nothing.
        this.#tracked.delete(tracked.finding.id);
        tell(tracked, tracked.state === 'active' ? tracked.withdraw(nowMs) : null);
        continue;
      }
      if (this.#passes(tracked)) tracked.passes(nowMs);
      tell(tracked, tracked.wait(nowMs, this.#goesOn(tracked, standing)));
    }
    return events;
  }

  /** What stands at this tick: absence only where no frame was lost. */
  #standing(): Map<string, { finding: Finding; subjects: readonly SubjectKey[] }> {
    const standing = new Map<string, { finding: Finding; subjects: readonly SubjectKey[] }>();
    const take = (judgement: GenerationJudgement | null, isTaken: (finding: Finding) => boolean) => {
      for (const finding of judgement?.findings ?? []) {
        if (isTaken(finding)) standing.set(finding.id, { finding, subjects: judgement!.foundOn.get(finding.id) ?? [] });
      }
    };
    take(this.#judgement, () => true);
    if (this.#judged.hasLoss && this.#since?.hasLoss === false) take(this.#sinceJudgement, ({ rule }) => ABSENCE_RULES.has(rule));
    return standing;
  }

  /** Whether its subjects passed, with its culprits on the wire, on facts without loss that began after it was seen last. */
  #passes(tracked: TrackedFinding): boolean {
    const generations = [
      [this.#judged, this.#judgement],
      [this.#next, this.#nextJudgement],
      [this.#since, this.#sinceJudgement],
    ] as const;
    return generations.some(
      ([generation, judgement]) =>
        generation !== null &&
        judgement !== null &&
        judgement.case.o.facts === generation.facts &&
        !generation.hasLoss &&
        generation.begunMs >= tracked.lastFaultMs &&
        !judgement.byId.has(tracked.finding.id) &&
        tracked.finding.culprits.every(({ mac }) => mac === null || judgement.case.o.isSource(mac)) &&
        tracked.subjects.every((key) => judgement.passed.has(key)),
    );
  }

  /** Whether it is known from forgotten frames alone, while what it brought about goes on. */
  #goesOn({ finding }: TrackedFinding, standing: ReadonlyMap<string, unknown>): boolean {
    if (standing.has(finding.id)) return false;
    return this.#open().some((other) => other.state === 'active' && other.finding.causedBy.includes(finding.id));
  }

  #open(): TrackedFinding[] {
    return [...this.#tracked.values()].filter(({ state }) => state === 'active' || state === 'quiet');
  }

  /** A span is over: `next` is judged from now on. */
  #turn(nowMs: number): void {
    if (this.#judgement === null) return;
    const { case: c, byId } = this.#judgement;
    this.#memory.learn(c.cluster, nowMs);
    this.#nextJudgement = null;
    if (this.#next !== this.#judged) {
      const next = this.#next.judge(this.#rules, this.#judging, this.#memory.remembered);
      const isLost = ({ state, finding: { id } }: TrackedFinding) => state === 'active' && byId.has(id) && !next.byId.has(id);
      const isKept = this.#open().some(isLost) && !this.#judged.isFull && this.#judged.ageAt(nowMs) < LONGEST_MS;
      if (isKept) this.#end(this.#next);
      else {
        this.#replaced = this.#judged;
        this.#judged = this.#next;
        this.#framesJudged = -1;
        for (const [id, tracked] of this.#tracked) if (!next.byId.has(id)) tracked.beginAnew(nowMs);
      }
    }
    this.#next = this.#begin(nowMs);
  }

  /** `since` begins anew where it holds a fault that is to be seen gone, or a loss; it ends where nobody needs it. */
  #renewSince(nowMs: number): void {
    const open = this.#open();
    const since = this.#since;
    // What was seen last before the judged facts began is seen gone, or not, in these.
    const isNeeded = this.#judged.hasLoss || open.some((tracked) => tracked.lastFaultMs > this.#judged.begunMs);
    if (!isNeeded) {
      this.#end(since);
      this.#since = null;
      this.#sinceJudgement = null;
      return;
    }
    const isTainted = (tracked: TrackedFinding) =>
      tracked.lastFaultMs > since!.begunMs || this.#sinceJudgement?.byId.has(tracked.finding.id) === true;
    if (since !== null && !this.#hasLost && !(since.ageAt(nowMs) >= SINCE_MS && open.some(isTainted))) return;
    this.#sinceJudgement = null;
    this.#end(since);
    this.#since = this.#begin(nowMs);
  }

  #forget(nowMs: number): void {
    for (const [id, { state, changedMs }] of this.#tracked) {
      const keepMs = { pending: KEEP_QUIET_MS, active: Number.POSITIVE_INFINITY, quiet: KEEP_QUIET_MS, resolved: KEEP_RESOLVED_MS }[state];
      if (nowMs - changedMs > keepMs) this.#tracked.delete(id);
    }
    if (this.#tracked.size <= MAX_FINDINGS) return;
    const oldest = [...this.#tracked].sort(([, a], [, b]) => a.changedMs - b.changedMs).slice(0, this.#tracked.size - MAX_FINDINGS);
    for (const [id] of oldest) this.#tracked.delete(id);
  }
}

/** UTC text of milliseconds since 1970, as in a diagnosis. */
export function textOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return timeText(seconds, Math.round((ms - seconds * 1000) * 1e6));
}
