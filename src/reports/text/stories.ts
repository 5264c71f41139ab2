/** Findings as they are told: those with the same rule and VIP are one story with several culprits. */
import type { Diagnosis, Finding } from '../../diagnosis.ts';

export interface Story {
  /** Number in the report, from 1. */
  readonly number: number;
  readonly rule: string;
  readonly code: string;
  readonly vip: string | null;
  /** One or more, in the order of the diagnosis. */
  readonly findings: readonly [Finding, ...Finding[]];
}

/** Stories in causal order: each stands where its first finding stands. */
export function storiesOf(diagnosis: Diagnosis): Story[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of diagnosis.findings) {
    const key = `${finding.rule} ${finding.vip ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return Array.from(groups.values(), (findings, i) => {
    const [{ rule, code, vip }] = findings;
    return { number: i + 1, rule, code, vip, findings };
  });
}
