/**
 * Findings as they are told, in every format. Those with the same rule and VIP are one story with several culprits; where the same culprits
 * have the same fault for several VIPs, that is one story about all of them.
 */
import type { Confidence, Diagnosis, EvidenceItem, Finding, Severity } from '../../diagnosis.ts';
import { since, startOf } from '../time.ts';
import { countText, listText } from './style.ts';

export interface Story {
  /** Number in the report, from 1. */
  readonly number: number;
  readonly rule: string;
  readonly code: string;
  /** In the order of the diagnosis, each once; none where the findings name no address. */
  readonly vips: readonly string[];
  /** One or more, by VIP, in the order of the diagnosis. */
  readonly findings: readonly [Finding, ...Finding[]];
}

type Findings = [Finding, ...Finding[]];

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];
const CONFIDENCES: readonly Confidence[] = ['confirmed', 'probable', 'possible'];

/** Stories in causal order: each stands where its first finding stands. */
export function storiesOf(diagnosis: Diagnosis): Story[] {
  const stories: Findings[] = [];
  const byLikeness = new Map<string, number>();
  /** Where a finding is told, by its id. */
  const toldIn = new Map<string, number>();
  for (const group of byRuleAndVip(diagnosis.findings)) {
    const causes = new Set(group.flatMap(({ causedBy }) => causedBy.map((id) => toldIn.get(id))));
    const likeness = JSON.stringify([group[0].rule, likenessOf(group), Array.from(causes).sort()]);
    const place = (group[0].vip === null ? undefined : byLikeness.get(likeness)) ?? stories.length;
    byLikeness.set(likeness, place);
    const story = stories[place];
    if (story === undefined) stories.push([...group]);
    else for (const finding of group) story.push(finding);
    for (const { id } of group) toldIn.set(id, place);
  }
  return stories.map((findings, i) => {
    const [{ rule, code }] = findings;
    const vips = new Set(findings.map(({ vip }) => vip).filter((vip) => vip !== null));
    return { number: i + 1, rule, code, vips: Array.from(vips), findings };
  });
}

function byRuleAndVip(findings: readonly Finding[]): Findings[] {
  const groups = new Map<string, Findings>();
  for (const finding of findings) {
    const key = `${finding.rule} ${finding.vip ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return Array.from(groups.values());
}

/** What must be equal for two VIPs to be told together: what is only possible for one of them must not be told as confirmed. */
function likenessOf(findings: Findings): unknown[] {
  const each = (texts: readonly string[]) => Array.from(new Set(texts)).sort();
  const states = findings.map(({ state }) => state);
  return [severityOf(findings), confidenceOf(findings), each(findings.map(culpritsKey)), each(states)];
}

function culpritsKey({ culprits }: Finding): string {
  return JSON.stringify(culprits.map(({ role, name, ip, mac }) => [role, mac ?? ip ?? name].join()).sort());
}

/** The gravest of the findings. */
export function severityOf(findings: readonly { readonly severity: Severity }[]): Severity {
  return SEVERITIES.find((rank) => findings.some(({ severity }) => severity === rank)) ?? 'info';
}

/** The surest of the findings. */
export function confidenceOf(findings: readonly { readonly confidence: Confidence }[]): Confidence {
  return CONFIDENCES.find((rank) => findings.some(({ confidence }) => confidence === rank)) ?? 'possible';
}

/** The stories that explain this one. */
export function causesOf(stories: readonly Story[], story: Story): Story[] {
  const ids = new Set(story.findings.flatMap(({ causedBy }) => causedBy));
  return stories.filter((other) => other !== story && other.findings.some(({ id }) => ids.has(id)));
}

/** At most `most` findings that stand for all: of each culprit one before the second one of any. With one VIP these are the first ones. */
export function examplesOf({ findings, vips }: Story, most: number): Finding[] {
  const told = new Map<string, number>();
  const turns = findings.map((finding) => {
    const key = culpritsKey(finding);
    const turn = told.get(key) ?? 0;
    told.set(key, turn + 1);
    return { finding, turn };
  });
  // Of several VIPs one example of each culprit is enough, but one example alone does not show that there are several.
  const enough = Math.max(2, told.size);
  const limit = Math.min(most, vips.length < 2 ? most : findings.length === enough + 1 ? findings.length : enough);
  if (findings.length <= limit) return [...findings];
  const inTurn = turns.toSorted((a, b) => a.turn - b.turn).map(({ finding }) => finding);
  const chosen = new Set(inTurn.slice(0, limit));
  return findings.filter((finding) => chosen.has(finding));
}

/** The fault itself before what led to it and what came of it: what must not be left out where there is room for little. */
export function tellingFirst(evidence: readonly EvidenceItem[]): EvidenceItem[] {
  const order: readonly EvidenceItem['shows'][] = ['fault', 'cause', 'cure', 'effect'];
  return evidence.toSorted((a, b) => order.indexOf(a.shows) - order.indexOf(b.shows));
}

/** 'Seen: 5 frames from +0.000521 to +2.104000 s.' */
export function extentOf(diagnosis: Diagnosis, { findings }: Story): string {
  const units = new Map<string, number>();
  for (const { unit, count } of findings) units.set(unit, (units.get(unit) ?? 0) + count);
  const start = startOf(diagnosis);
  const first = since(start, findings.map((finding) => finding.first).sort()[0] ?? '');
  const last = since(
    start,
    findings
      .map((finding) => finding.last)
      .sort()
      .at(-1) ?? '',
  );
  const span = first === '' ? '' : first === last ? ` at ${first} s` : ` from ${first} to ${last} s`;
  return `Seen: ${listText(Array.from(units, ([unit, count]) => countText(count, unit)))}${span}.`;
}
