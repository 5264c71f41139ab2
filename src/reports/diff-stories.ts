/** What became of findings, as it is told: of those that differ by their VIP alone, one entry with the counts of all. */
import type { Finding } from '../diagnosis.ts';
import type { Diff, HealedFinding, NewFinding, RemainingFinding, UnjudgedFinding } from '../diff.ts';
import { withoutAddress } from './loops.ts';
import { captureForAny, captureForVips } from './vip-captures.ts';

/** One fate for one or more VIPs. */
export interface Told<T extends { readonly finding: Finding }> {
  /** The first one, with the counts of all. */
  readonly one: T;
  /** None where the finding names no address. */
  readonly vips: readonly string[];
  /** How many findings it stands for. */
  readonly count: number;
}

export interface DiffStories {
  readonly remains: readonly Told<RemainingFinding>[];
  readonly new: readonly Told<NewFinding>[];
  readonly notJudged: readonly Told<UnjudgedFinding>[];
  readonly healed: readonly Told<HealedFinding>[];
}

/** The lists of a comparison; with `each`, every finding by itself. */
export function diffStoriesOf(diff: Diff, each = false): DiffStories {
  return {
    remains: toldOf(diff.remains, each, ({ before, trend, hidden }) => [before.severity, before.confidence, trend, hidden], withBefore),
    new: toldOf(diff.new, each, ({ before }) => [before]),
    notJudged: toldOf(
      diff.notJudged,
      each,
      ({ reason, capture, finding: { vip } }) => [anyVip(reason, vip), captureForAny(capture ?? '', vip)],
      forAll,
    ),
    healed: toldOf(
      diff.healed,
      each,
      ({ passed, finding: { vip } }) => passed.map((subject) => (subject === vip ? null : subject)),
      withPassed,
    ),
  };
}

function toldOf<T extends { readonly finding: Finding }>(
  list: readonly T[],
  each: boolean,
  likenessOf: (one: T) => readonly unknown[],
  joined: (one: T, all: readonly T[]) => T = (one) => one,
): Told<T>[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const [i, one] of list.entries()) {
    const { rule, vip, severity, confidence, culprits } = one.finding;
    const who = culprits.map(({ role, name, ip, mac }) => [role, mac ?? ip ?? name].join()).sort();
    const key = JSON.stringify(each || vip === null ? i : [rule, severity, confidence, who, likenessOf(one)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return Array.from(groups.values(), (all) => {
    const [first] = all;
    const finding = { ...first.finding, count: all.reduce((sum, other) => sum + other.finding.count, 0) };
    const vips = new Set(all.map((other) => other.finding.vip).filter((vip) => vip !== null));
    return { one: joined({ ...first, finding }, all), vips: Array.from(vips), count: all.length };
  });
}

function withBefore(one: RemainingFinding, all: readonly RemainingFinding[]): RemainingFinding {
  return { ...one, before: { ...one.before, count: all.reduce((sum, { before }) => sum + before.count, 0) } };
}

/** Some rules judge the address itself: then all of them have passed. */
function withPassed(one: HealedFinding, all: readonly HealedFinding[]): HealedFinding {
  return { ...one, passed: Array.from(new Set(all.flatMap(({ passed }) => passed))) };
}

/** The reason without the VIP, and one capture for all of them. */
function forAll(one: UnjudgedFinding, all: readonly UnjudgedFinding[]): UnjudgedFinding {
  if (all.length === 1) return one;
  const { reason, capture, finding } = one;
  const vips = all.map((other) => other.finding.vip).filter((vip) => vip !== null);
  return {
    ...one,
    reason: anyVip(reason, finding.vip),
    capture: capture === null ? null : captureForVips(captureForAny(capture, finding.vip), vips),
  };
}

function anyVip(reason: string, vip: string | null): string {
  return vip === null ? reason : withoutAddress(reason, vip, 'the VIP');
}
