/**
 * One finding over its life: it is found, may get worse, goes quiet or is resolved, and may come back. What comes and goes often is one
 * finding that is told seldom: each return doubles the time that it must keep still before its end is believed.
 */
import type { Finding } from '../diagnosis.ts';
import type { SubjectKey } from '../rules/judge.ts';

/** A finding whose subject passed is told as resolved when it has kept still for so long; doubled at each return. */
const SETTLED_MS = 2_000;
const LONGEST_SETTLED_MS = 600_000;
/** Without any sign for so long, it is quiet; doubled at each return. */
const QUIET_MS = 60_000;
const LONGEST_QUIET_MS = 3_600_000;
/** A finding that kept still for so long has not come back, but come anew. */
const FLAPPING_WITHIN_MS = 600_000;

const SEVERITIES = ['info', 'warning', 'critical'] as const;
const CONFIDENCES = ['possible', 'probable', 'confirmed'] as const;

export type Change = 'found' | 'worse' | 'quiet' | 'resolved';

export class TrackedFinding {
  /** As it was judged last, with the count and the first time over its whole life. */
  finding: Finding;
  /** The subjects that it was found on. */
  subjects: readonly SubjectKey[];
  state: 'pending' | 'active' | 'quiet' | 'resolved' = 'pending';
  /** Number of the generation of facts that it stood in last. */
  generation = -1;
  /** How often it came back. */
  recurrences = 0;
  /** When it was seen last, at the latest: milliseconds since 1970. */
  lastFaultMs: number;
  /** When its state last changed. */
  changedMs: number;
  /** Since when a chance to do it again is known to have passed; null while none is. */
  #healthySinceMs: number | null = null;
  #returns = 0;
  /** Its count and its newest frame in the facts that it was judged on last: those of new facts begin at nothing. */
  #countInFacts: number;
  #lastInFacts: string;

  constructor(finding: Finding, subjects: readonly SubjectKey[], nowMs: number) {
    this.finding = finding;
    this.subjects = subjects;
    this.lastFaultMs = nowMs;
    this.changedMs = nowMs;
    this.#countInFacts = finding.count;
    this.#lastInFacts = finding.last;
  }

  /** It stands in a judgement. */
  stands(finding: Finding, subjects: readonly SubjectKey[], nowMs: number): Change | null {
    const before = this.finding;
    const more = finding.count - this.#countInFacts;
    const isAgain = more > 0 || finding.last > this.#lastInFacts;
    this.#countInFacts = finding.count;
    this.#lastInFacts = finding.last;
    this.subjects = subjects;
    const first = before.first < finding.first ? before.first : finding.first;
    const last = before.last > finding.last ? before.last : finding.last;
    const count = before.count + Math.max(0, more);
    this.finding = { ...finding, first, last, count, state: this.state === 'pending' ? 'active' : this.state };
    if (isAgain) {
      this.lastFaultMs = nowMs;
      this.#healthySinceMs = null;
    }
    if (this.state === 'pending') return this.#become('active', nowMs);
    if (this.state === 'active') return isWorse(before, finding) ? 'worse' : null;
    return isAgain ? this.#comesBack(nowMs) : null;
  }

  /** The facts that it was judged on are forgotten. */
  beginAnew(nowMs: number): void {
    this.#countInFacts = 0;
    this.#lastInFacts = '';
    this.lastFaultMs = Math.min(this.lastFaultMs, nowMs);
  }

  /** The subjects passed on facts that began after it was seen last. */
  passes(nowMs: number): void {
    this.#healthySinceMs ??= nowMs;
  }

  /** Time goes by without it. @param isHeld whether what it brought about still goes on */
  wait(nowMs: number, isHeld: boolean): Change | null {
    if (this.state === 'pending' || this.state === 'resolved') return null;
    const still = nowMs - this.lastFaultMs;
    if (this.#healthySinceMs !== null) {
      const settled = nowMs - this.#healthySinceMs >= Math.min(LONGEST_SETTLED_MS, SETTLED_MS * 2 ** this.#returns);
      return settled && !isHeld ? this.#become('resolved', nowMs) : null;
    }
    if (this.state === 'active' && still >= Math.min(LONGEST_QUIET_MS, QUIET_MS * 2 ** this.#returns)) return this.#become('quiet', nowMs);
    return null;
  }

  /** It is no longer believed. */
  withdraw(nowMs: number): Change {
    return this.#become('quiet', nowMs);
  }

  #comesBack(nowMs: number): Change {
    this.recurrences++;
    this.#returns = nowMs - this.changedMs < FLAPPING_WITHIN_MS ? this.#returns + 1 : 0;
    return this.#become('active', nowMs);
  }

  #become(state: 'active' | 'quiet' | 'resolved', nowMs: number): Change {
    this.state = state;
    this.changedMs = nowMs;
    this.#healthySinceMs = null;
    this.finding = { ...this.finding, state };
    return state === 'active' ? 'found' : state;
  }
}

function isWorse(before: Finding, now: Finding): boolean {
  const macs = new Set(before.culprits.map(({ mac, ip }) => mac ?? ip));
  return (
    SEVERITIES.indexOf(now.severity) > SEVERITIES.indexOf(before.severity) ||
    CONFIDENCES.indexOf(now.confidence) > CONFIDENCES.indexOf(before.confidence) ||
    now.culprits.some(({ mac, ip }) => !macs.has(mac ?? ip))
  );
}
