/** What a rule is. A rule is a pure function over a Case: it reads no bytes, does no I/O, and does not know the other rules. */
import type { Cluster, Machine, Vip } from '../cluster/cluster.ts';
import type { Given } from '../cluster/given/given.ts';
import type { Ip, Mac, Observations } from '../cluster/observations.ts';
import type { Sight } from '../cluster/sight.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import type { Confidence, Remedy, Severity } from '../diagnosis.ts';

/** All that is known when rules are asked. */
export interface Case {
  readonly o: Observations;
  readonly cluster: Cluster;
  readonly given: Given;
  readonly sight: Sight;
}

/** Who could have the fault, for which service address. */
export interface Subject {
  /** The address concerned; a VIP of the cluster, or where roles are unknown any IP. */
  readonly ip: Ip;
  readonly vip: Vip | null;
  /** The machine judged; null where a rule judges an address. */
  readonly machine: Machine | null;
  /** The sender whose cache is judged, where that is the question. */
  readonly sender?: Mac;
}

/** A frame that shows something. */
export interface Evidence {
  readonly at: FrameRef;
  readonly shows: 'cause' | 'fault' | 'effect' | 'cure';
  readonly says: string;
}

/** Evidence frames of one finding; more of the same kind prove no more. */
export const MAX_EVIDENCE = 24;

/** One fault of one culprit (several only where it lies between them). */
export interface Fault<D> {
  readonly data: D;
  readonly culprits: readonly Machine[];
  readonly confidence: Confidence;
  /** Below the rule's own, if so. */
  readonly severity?: Severity;
  readonly count: number;
  readonly unit: 'frames' | 'flows' | 'requests';
  readonly first: FrameRef;
  readonly last: FrameRef;
  /** The frames that hold what the message says come first: of more than `MAX_EVIDENCE` frames the last are not told. */
  readonly evidence: readonly Evidence[];
}

/** Why this capture does not allow to say "did not happen". */
export interface Blind {
  readonly reason: string;
  /** The command that would decide it, with the host it must run on. */
  readonly capture: string;
}

export interface Rule<D> {
  /** Permanent; never renumbered, never reused. */
  readonly code: `LVS${number}`;
  /** Also its file, doc page, fixture and test. */
  readonly name: string;
  /** The highest it may report. */
  readonly severity: Severity;
  readonly summary: string;
  /** The first line of a report: `who` is "real server 192.168.1.10" or "3 real servers". */
  headline(who: string, ip: Ip, isOne: boolean): string;
  subjects(c: Case): Iterable<Subject>;
  /** The faults of a subject; none when nothing speaks for it. */
  check(c: Case, s: Subject): readonly Fault<D>[];
  /** Asked when `check` found nothing: what is missing to call the subject clean; null when nothing is. */
  blind(c: Case, s: Subject): Blind | null;
  /** What was seen, with addresses that occur in the evidence. */
  message(d: D): string;
  /** On which host, which commands, why. */
  remedy(d: D): Remedy;
}

/** A rule whose data nobody else looks into. */
// biome-ignore lint/suspicious/noExplicitAny: the catalogue holds rules of many data types; only the rule itself reads its data.
export type AnyRule = Rule<any>;

/** Subjects for each real server of each VIP that is in direct routing or whose mode is not known. */
export function realServersOf(c: Case): readonly RealServer[] {
  const known = realServers.get(c);
  if (known !== undefined) return known;
  const subjects = c.cluster.vips
    .filter((vip) => vip.mode !== 'nat')
    .flatMap((vip) =>
      vip.realServers
        // Localnode and two-box clusters: what is right for a director is right for it.
        .filter(({ machine }) => !vip.directors.some((director) => director.machine === machine))
        .map(({ machine }) => ({ ip: vip.ip, vip, machine })),
    );
  realServers.set(c, subjects);
  return subjects;
}

type RealServer = Subject & { readonly vip: Vip; readonly machine: Machine };

/** For each case its real servers, of which most rules judge each. */
const realServers = new WeakMap<Case, readonly RealServer[]>();

/** Whether a role of a machine is only guessed: findings that need it are at most possible. */
export function isGuessed(vip: Vip, machine: Machine): boolean {
  return [...vip.directors, ...vip.realServers].some((role) => role.machine === machine && role.source === 'guessed');
}
