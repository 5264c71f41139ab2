/** What a diagnosis misses of the truth, and what it alarms about falsely: the same questions as the acceptance score asks. */
import type { Culprit, Diagnosis, Finding } from '../../src/diagnosis.ts';
import type { Mode, TrueMachine, Truth, View } from './fixtures.ts';

/** Rules that may report at info. */
const INFO_RULES: ReadonlySet<string> = new Set(['uneven-distribution', 'forwarding-mode-mismatch']);

/** With roles inferred, a fault may be told by a rule that needs no roles, where the frames cannot say who is who. */
const ALSO_TOLD_BY: Readonly<Record<string, readonly string[]>> = {
  'rs-answers-arp': ['vip-arp-race', 'duplicate-director'],
  'rs-announces-vip': ['vip-mac-flapping', 'duplicate-ip'],
  'gateway-arp-flip': ['director-bypassed', 'vip-mac-flapping'],
  'director-bypassed': ['gateway-arp-flip', 'vip-arp-race'],
  'duplicate-director': ['vrrp-split-brain', 'vip-arp-race', 'vip-mac-flapping'],
  'stale-gateway-arp': ['failover-without-garp'],
  'failover-without-garp': ['stale-gateway-arp'],
};

const isStrong = (f: Finding) => f.severity !== 'info' || INFO_RULES.has(f.rule);
const lower = (text: string | null | undefined) => text?.toLowerCase();
const isSame = (a: TrueMachine, b: Culprit) =>
  a.mac && b.mac ? lower(a.mac) === lower(b.mac) : Boolean(a.ip) && lower(a.ip) === lower(b.ip);

/**
 * Sentences on everything that is wrong with a diagnosis; `rules` are the names of those that were asked. A view of one machine must
 * tell what `visible_in` says that it shows.
 */
export function compareWithTruth(diagnosis: Diagnosis, truth: Truth, rules: ReadonlySet<string>, mode: Mode | View): string[] {
  const wrong: string[] = [];
  const also = (fault: string) => (mode === 'inferred' ? (ALSO_TOLD_BY[fault] ?? []) : []);
  const expected = (truth.expect ?? []).filter((e) => rules.has(e.fault));
  const may = (truth.may ?? []).map((m) => (typeof m === 'string' ? m : m.fault));
  const allowed = new Set([...expected.flatMap((e) => [e.fault, ...also(e.fault)]), ...may]);
  for (const fault of truth.must_not ?? []) allowed.delete(fault);

  for (const e of expected) {
    if (mode === 'inferred' && e.needsRoles === true) continue;
    if (typeof mode === 'object' && !(truth.visible_in?.[e.fault] ?? []).includes(mode.file)) continue;
    const told = diagnosis.findings.filter((f) => isStrong(f) && (f.rule === e.fault || also(e.fault).includes(f.rule)));
    const right = e.culprits ?? [];
    const missing = right.filter((c) => !told.some((f) => f.culprits.some((x) => isSame(c, x))));
    const isEnough = missing.length === 0 || ((e.culpritsAnyOf === true || typeof mode === 'object') && missing.length < right.length);
    if (told.length === 0) wrong.push(`${e.fault} is not told`);
    else if (!isEnough) wrong.push(`${e.fault} does not name ${missing.map((c) => c.name ?? c.mac ?? c.ip).join(', ')}`);
  }

  for (const f of diagnosis.findings) {
    if (f.severity === 'info' && !INFO_RULES.has(f.rule)) wrong.push(`${f.rule} is told at info`);
    else if (!allowed.has(f.rule) && f.severity !== 'info')
      wrong.push(`false alarm: ${f.rule} (${f.severity}, ${f.confidence}): ${f.message}`);
    if (f.evidence.length === 0) wrong.push(`${f.rule} has no evidence`);
    if (f.remedy.steps.length === 0 && f.severity !== 'info') wrong.push(`${f.rule} has no remedy`);
    const right = expected.filter((e) => e.fault === f.rule).flatMap((e) => e.culprits ?? []);
    if (right.length === 0 || f.confidence === 'possible') continue;
    for (const c of f.culprits) if (!right.some((r) => isSame(r, c))) wrong.push(`${f.rule} names the innocent ${c.mac ?? c.ip}`);
  }

  if (mode !== 'inferred') {
    for (const v of diagnosis.verdicts.filter((x) => x.verdict === 'passed')) {
      const e = expected.find((x) => x.fault === v.rule && x.level !== 'info');
      const hasIt = e?.culprits?.some((c) => [lower(c.ip), lower(c.name), lower(c.mac)].includes(lower(v.subject)));
      if (hasIt === true) wrong.push(`${v.rule} is passed on ${v.subject}, which has the fault`);
    }
  }

  const isSure = diagnosis.findings.some((f) => f.severity !== 'info' && f.confidence !== 'possible');
  if (isSure !== (diagnosis.verdict === 'fault'))
    wrong.push(`the verdict is ${diagnosis.verdict} with ${isSure ? 'a' : 'no'} sure finding`);
  return wrong;
}
