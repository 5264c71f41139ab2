/**
 * Facts since a moment, and what rules say of them. Facts only add up; a watch forgets by beginning them anew, while older ones still
 * stand: each generation is whole in itself.
 */

import type { Given } from '../cluster/given/given.ts';
import type { Remembered } from '../cluster/remembered.ts';
import { TimeText } from '../cluster/time-text.ts';
import { Facts, type KnownAddress } from '../correlation/facts.ts';
import { randomHashKey } from '../correlation/hash.ts';
import { parseIp } from '../decoders/address.ts';
import type { Finding } from '../diagnosis.ts';
import { caseOf } from '../rules/case-of.ts';
import { type Judgement, judge } from '../rules/judge.ts';
import type { AnyRule, Case } from '../rules/rule.ts';

/**
 * Flows that one generation remembers. Fewer than for a file: two or three generations stand at a time, and each is walked through at
 * every judgement.
 */
const MAX_FLOWS = 1 << 16;

/** What does not change from one judgement to the next. */
export interface Judging {
  readonly given: Given;
  /** Where the frames are captured; null when not told. */
  readonly point: string | null;
  /** What evidence calls the capture. */
  readonly captureName: string;
}

/** What rules say of a generation, and of whom they were asked. */
export interface GenerationJudgement extends Judgement {
  readonly case: Case;
  readonly byId: ReadonlyMap<string, Finding>;
}

export class Generation {
  /** Tells generations apart for whoever must not keep one alive. */
  readonly number: number;
  readonly facts: Facts;
  /** Whether frames were lost since it began: then nothing that it does not show "did not happen". */
  hasLoss = false;
  readonly #openedMs: number;

  /**
   * @param nowMs milliseconds since 1970
   * @param vips addresses that are known to serve
   * @param ended a generation that nobody will ask any more: this one takes its memory
   */
  constructor(number: number, nowMs: number, vips: Iterable<string>, ended: Generation | null) {
    this.number = number;
    const known: KnownAddress[] = [...new Set(vips)].map((ip) => parseIp(ip)).filter((ip) => ip !== null);
    this.facts = new Facts(known, randomHashKey(), MAX_FLOWS, ended?.facts ?? null);
    this.#openedMs = nowMs;
  }

  /** Time of its first frame, or of its opening while it has none: milliseconds since 1970. */
  get begunMs(): number {
    const { baseSeconds, baseNanoseconds } = this.facts;
    return baseSeconds === 0 ? this.#openedMs : Math.min(this.#openedMs, baseSeconds * 1000 + baseNanoseconds / 1e6);
  }

  ageAt(nowMs: number): number {
    return nowMs - this.#openedMs;
  }

  /** Whether a table was full: what is new may be missing in it. */
  get isFull(): boolean {
    const { paths, edges, claims, addresses } = this.facts;
    return paths.overflowed + edges.overflowed + claims.forgotten + addresses.overflowed > 0;
  }

  judge(rules: readonly AnyRule[], { given, point, captureName }: Judging, remembered: Remembered): GenerationJudgement {
    const c = caseOf(this.facts, given, point, remembered);
    const time = new TimeText(this.facts);
    const judgement = judge(c, rules, { captureOf: () => captureName, timeOf: (at) => time.of(at) });
    return { ...judgement, case: c, byId: new Map(judgement.findings.map((finding) => [finding.id, finding])) };
  }
}
