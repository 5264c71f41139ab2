/** Asks every rule about every subject, and puts the answers in causal order. */
import { type Machine, nameOf } from '../cluster/cluster.ts';
import { type FrameMacs, macsOfFrames } from '../cluster/frame-macs.ts';
import type { FrameNames } from '../cluster/frame-names.ts';
import type { Ip } from '../cluster/observations.ts';
import type { Culprit, EvidenceItem, Finding, Severity, Verdict } from '../diagnosis.ts';
import { Causality } from './causality.ts';
import { type AnyRule, type Case, type Evidence, type Fault, MAX_EVIDENCE, type Subject } from './rule.ts';
import { addressesText } from './wording.ts';

export interface Judgement {
  readonly findings: readonly Finding[];
  readonly verdicts: readonly Verdict[];
  /** A phrase for each fault that no other explains, the gravest first. */
  readonly headlines: readonly string[];
  /** Which subjects each finding was found on, by its id. */
  readonly foundOn: ReadonlyMap<string, readonly SubjectKey[]>;
  /** Subjects that passed. */
  readonly passed: ReadonlySet<SubjectKey>;
}

/** A rule and one of its subjects, the same over all facts that know the same machines. */
export type SubjectKey = string;

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];
const CONFIDENCES = ['confirmed', 'probable', 'possible'] as const;

interface Found {
  readonly id: string;
  readonly rule: AnyRule;
  readonly subject: Subject;
  readonly fault: Fault<unknown>;
}

/** Judges a case by these rules. */
export function judge(c: Case, rules: readonly AnyRule[], names: FrameNames): Judgement {
  const found = new Map<string, Found>();
  const verdicts: Verdict[] = [];
  const judged: { readonly machine: Machine | null; readonly key: SubjectKey }[] = [];
  const foundOn = new Map<string, SubjectKey[]>();
  for (const rule of rules) {
    const blamed = new Set<Machine>();
    const firstVerdict = verdicts.length;
    for (const subject of rule.subjects(c)) {
      const key = subjectKey(rule, subject);
      let isFound = false;
      for (const checked of rule.check(c, subject)) {
        const fault = withinOrder(c, checked);
        if (isIgnored(c, rule, subject, fault)) continue;
        isFound = true;
        const id = idOf(rule, subject, fault);
        const known = found.get(id);
        found.set(id, { id, rule, subject, ...known, fault: known === undefined ? fault : joinFaults(known.fault, fault) });
        const keys = foundOn.get(id);
        if (keys === undefined) foundOn.set(id, [key]);
        else keys.push(key);
        for (const machine of fault.culprits) blamed.add(machine);
      }
      verdicts.push(verdictOf(c, rule, subject, isFound));
      judged.push({ machine: subject.machine, key });
    }
    // Where a fault lies between two machines, both have it, whichever of them it was found on.
    for (let i = firstVerdict; i < verdicts.length; i++) {
      const { machine } = judged[i]!;
      if (machine !== null && blamed.has(machine)) verdicts[i] = { ...verdicts[i]!, verdict: 'found', reason: null, capture: null };
    }
  }
  const sorted = [...found.values()].sort(byGravity);
  const all = new Causality(sorted);
  const told = new Causality(sorted.filter((f) => !all.isHidden(f))).told();
  const causality = new Causality(told);
  const cited = told.map((f) => citedOf(f.fault.evidence));
  const macs = macsOfFrames(c.o, new Set(cited.flat().map((e) => e.at.frame)));
  const findings = told.map((f, i) => {
    const evidence = cited[i]!.map((e) => item(e, names, macs.get(e.at.frame)));
    const causedBy = causality.causesOf(f).map(({ id }) => id);
    return { ...findingOf(c, f, causedBy, names), evidence };
  });
  const roots = told.filter((_, i) => findings[i]!.causedBy.length === 0);
  const passed = new Set(judged.filter((_, i) => verdicts[i]!.verdict === 'passed').map(({ key }) => key));
  return { findings, verdicts, headlines: headlinesOf(roots), foundOn, passed };
}

function subjectKey(rule: AnyRule, { ip, machine, sender }: Subject): SubjectKey {
  return [rule.name, ip, machine?.macs[0] ?? machine?.ips[0] ?? machine?.name ?? '', sender ?? ''].join('/');
}

function verdictOf(c: Case, rule: AnyRule, subject: Subject, isFound: boolean): Verdict {
  const { ip, machine } = subject;
  const blind = isFound ? null : rule.blind(c, subject);
  return {
    rule: rule.name,
    code: rule.code,
    vip: subject.vip?.ip ?? (machine === null ? null : ip),
    subject: machine === null ? ip : (machine.ips[0] ?? machine.macs[0] ?? machine.name ?? ip),
    verdict: isFound ? 'found' : blind === null ? 'passed' : 'not judged',
    reason: blind === null ? null : blind.reason,
    capture: blind === null ? null : blind.capture,
  };
}

function idOf(rule: AnyRule, subject: Subject, fault: Fault<unknown>): string {
  const culprits = fault.culprits.map((m) => m.macs[0] ?? m.ips[0] ?? m.name ?? '?').sort();
  return `${rule.name}/${subject.ip}/${culprits.join('+')}`;
}

/** Of frames whose order is not known no rule may say for sure that one follows from another. */
function withinOrder(c: Case, fault: Fault<unknown>): Fault<unknown> {
  return c.sight.isOrderKnown(fault.evidence.map((e) => e.at)) ? fault : { ...fault, confidence: 'possible' };
}

function isIgnored(c: Case, rule: AnyRule, subject: Subject, fault: Fault<unknown>): boolean {
  return c.given.ignore.some(
    (x) => x.rule === rule.name && (x.ip === null || x.ip === subject.ip || fault.culprits.some((m) => m.ips.includes(x.ip!))),
  );
}

/** The same culprit found by way of two subjects (two senders whose caches flipped to it): one finding. */
function joinFaults(a: Fault<unknown>, b: Fault<unknown>): Fault<unknown> {
  const [early, late] = a.first.at <= b.first.at ? [a, b] : [b, a];
  return {
    ...early,
    confidence: CONFIDENCES.find((x) => x === a.confidence || x === b.confidence)!,
    count: a.count + b.count,
    last: a.last.at >= b.last.at ? a.last : b.last,
    evidence: early.evidence.length > 4 * MAX_EVIDENCE ? early.evidence : [...early.evidence, ...late.evidence],
  };
}

/** The graver, surer and earlier ones first. */
function byGravity(a: Found, b: Found): number {
  const rank = ({ id, rule, fault }: Found) =>
    [fault.confidence === 'possible' ? 1 : 0, SEVERITIES.indexOf(fault.severity ?? rule.severity), rule.code, fault.first.at, id] as const;
  const [left, right] = [rank(a), rank(b)];
  const i = left.findIndex((value, k) => value !== right[k]);
  return i < 0 ? 0 : left[i]! < right[i]! ? -1 : 1;
}

function findingOf(
  c: Case,
  { id, rule, subject, fault }: Found,
  causedBy: readonly string[],
  names: FrameNames,
): Omit<Finding, 'evidence'> {
  return {
    id,
    rule: rule.name,
    code: rule.code,
    severity: fault.severity ?? rule.severity,
    confidence: fault.confidence,
    message: rule.message(fault.data),
    vip: subject.ip,
    culprits: fault.culprits.map((m) => culpritOf(c, subject, m)),
    count: fault.count,
    unit: fault.unit,
    first: names.timeOf(fault.first.at),
    last: names.timeOf(fault.last.at),
    state: 'active',
    causedBy,
    remedy: rule.remedy(fault.data),
  };
}

/** In order of time, each frame once: what says that it is the fault before what says that it is an effect. Of very many, those that the rule names first. */
function citedOf(evidence: readonly Evidence[]): Evidence[] {
  const weight = { fault: 0, cause: 1, cure: 2, effect: 3 } as const;
  const byFrame = new Map<number, Evidence>();
  for (const e of evidence) {
    const known = byFrame.get(e.at.frame);
    if (known === undefined || weight[e.shows] < weight[known.shows]) byFrame.set(e.at.frame, e);
  }
  return [...byFrame.values()].slice(0, MAX_EVIDENCE).sort((a, b) => a.at.at - b.at.at || a.at.frame - b.at.frame);
}

function item({ at, shows, says }: Evidence, names: FrameNames, macs: FrameMacs | undefined): EvidenceItem {
  return {
    capture: names.captureOf(at.point),
    frame: at.frame,
    time: names.timeOf(at.at),
    shows,
    says,
    sourceMac: macs?.source || null,
    destinationMac: macs?.destination || null,
  };
}

function culpritOf(c: Case, subject: Subject, machine: Machine): Culprit {
  const vip = subject.vip;
  const has = (roles: readonly { machine: Machine }[] | undefined) => roles?.some((r) => r.machine === machine) ?? false;
  const role = has(vip?.directors)
    ? 'director'
    : has(vip?.realServers)
      ? 'realServer'
      : c.cluster.gateways.some((g) => g.machine === machine)
        ? 'gateway'
        : 'other';
  return { role, name: machine.name, ip: machine.ips[0] ?? null, mac: machine.macs[0] ?? null };
}

const ROLE_WORDS = { director: 'director', realServer: 'real server', gateway: 'gateway', client: 'client', other: 'machine' } as const;

/** Of faults that no other explains: each rule with all its culprits for one address, and with all addresses of these, in one phrase. */
function headlinesOf(roots: readonly Found[]): string[] {
  const byAddress = groupBy(roots, (f) => JSON.stringify([f.rule.name, f.subject.ip])).map(headlineOf);
  const alike = groupBy(byAddress, ({ rule, role, machines, isSure }) =>
    JSON.stringify([rule.name, role, isSure, machines.map((m) => m.macs[0] ?? nameOf(m)).sort()]),
  );
  return [...new Set(alike.map(phraseOf))];
}

interface Headline {
  readonly rule: AnyRule;
  readonly ip: Ip;
  readonly isVip: boolean;
  readonly role: keyof typeof ROLE_WORDS;
  readonly machines: readonly Machine[];
  /** Whether it is more than possible: what is sure must not be told in one breath with what is not. */
  readonly isSure: boolean;
}

/** Of all that a rule found for an address. */
function headlineOf(found: readonly [Found, ...Found[]]): Headline {
  const [{ rule, subject }] = found;
  const blamed = found.map(({ subject: { machine }, fault }) => {
    const judged = fault.culprits.filter((other) => other === machine);
    return judged.length > 0 ? judged : fault.culprits;
  });
  const machines = [...new Set(blamed.flat())];
  const { vip, ip } = subject;
  const role = vip?.directors.some((r) => r.machine === machines[0])
    ? 'director'
    : vip?.realServers.some((r) => r.machine === machines[0])
      ? 'realServer'
      : 'other';
  return { rule, ip, isVip: vip !== null, role, machines, isSure: found.some(({ fault }) => fault.confidence !== 'possible') };
}

function phraseOf(alike: readonly [Headline, ...Headline[]]): string {
  const [{ rule, role, machines }] = alike;
  const who = machines.length === 1 ? `${ROLE_WORDS[role]} ${nameOf(machines[0]!)}` : `${machines.length} ${ROLE_WORDS[role]}s`;
  const noun = alike.every(({ isVip }) => isVip) ? 'VIPs' : 'addresses';
  return rule.headline(
    who,
    addressesText(
      alike.map(({ ip }) => ip),
      noun,
    ),
    machines.length === 1,
  );
}

/** Groups in the order of their first members. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
