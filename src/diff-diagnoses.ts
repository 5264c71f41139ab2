/**
 * What became of the findings of a diagnosis. A finding that is gone is healed only where its rule judged the same machine again and
 * passed it; where the second capture does not show it, nobody knows, and that is what is told.
 */
import type { Diagnosis, Finding, Severity, Verdict } from './diagnosis.ts';
import type { Diff, HealedFinding, NewFinding, RemainingFinding, UnjudgedFinding } from './diff.ts';

/** @param before what was wrong; @param after another diagnosis of the same cluster, later */
export function diffDiagnoses(before: Diagnosis, after: Diagnosis, toolVersion: string): Diff {
  const machines = new Machines(before, after);
  const remains: RemainingFinding[] = [];
  const healed: HealedFinding[] = [];
  const notJudged: UnjudgedFinding[] = [];
  const matched = new Set<Finding>();
  for (const finding of before.findings) {
    const same = after.findings.find((other) => machines.isSame(finding, other) && !matched.has(other));
    if (same === undefined) {
      const fate = fateOf(finding, before, after, machines);
      if ('passed' in fate) healed.push(fate);
      else if ('reason' in fate) notJudged.push(fate);
      else remains.push(fate);
    } else {
      matched.add(same);
      remains.push(remaining(finding, same, false));
    }
  }
  const appeared = after.findings.filter((finding) => !matched.has(finding));
  const news = appeared.map(
    (finding): NewFinding => ({ finding, before: wasPassed(finding, before, after, machines) ? 'passed' : 'not judged' }),
  );
  const lists = { new: news, remains, healed, notJudged };
  return {
    schema: 'lvs-doctor/diff@1',
    tool: { name: 'lvs-doctor', version: toolVersion },
    ...verdictOf(lists, after),
    before: sideOf(before),
    after: sideOf(after),
    ...lists,
    notes: notesOf(before, after),
  };
}

function sideOf({ verdict, summary, captures }: Diagnosis): Diff['before'] {
  return { verdict, summary, captures };
}

/** Which addresses are one machine's, by both diagnoses. */
class Machines {
  readonly #groups: ReadonlySet<string>[];

  constructor(...diagnoses: readonly Diagnosis[]) {
    this.#groups = diagnoses.flatMap(({ cluster }) =>
      [...cluster.directors, ...cluster.realServers, ...cluster.gateways].map(
        ({ name, ips, macs }) => new Set([...ips, ...macs, ...(name === null ? [] : [name])]),
      ),
    );
  }

  /** All that a machine is called. */
  namesOf(address: string): Set<string> {
    const own = this.#groups.filter((group) => group.has(address));
    return new Set([address, ...own.flatMap((group) => Array.from(group))]);
  }

  /** All that the culprits of a finding are called. */
  culpritsOf(finding: Finding): Set<string> {
    const addresses = finding.culprits.flatMap(({ name, ip, mac }) => [name, ip, mac].filter((address) => address !== null));
    return new Set(addresses.flatMap((address) => Array.from(this.namesOf(address))));
  }

  /** One rule, one address, and a culprit in common: a machine may have got another card or another name. */
  isSame(a: Finding, b: Finding): boolean {
    if (a.id === b.id) return true;
    if (a.rule !== b.rule || a.vip !== b.vip) return false;
    const culprits = this.culpritsOf(b);
    return Array.from(this.culpritsOf(a)).some((name) => culprits.has(name));
  }
}

/** Verdicts of the finding's rule about its address. */
function verdictsOn(finding: Finding, { verdicts }: Diagnosis): Verdict[] {
  return verdicts.filter(
    ({ rule, vip, subject }) => rule === finding.rule && (vip === finding.vip || (vip === null && subject === finding.vip)),
  );
}

/** Whom the rule judged when it found this: the culprits, or else those on whom their doing was seen, such as a gateway. */
function subjectsOf(finding: Finding, from: Diagnosis, machines: Machines): string[] {
  const found = verdictsOn(finding, from).filter(({ verdict }) => verdict === 'found');
  const culprits = machines.culpritsOf(finding);
  const own = found.filter(({ subject }) => culprits.has(subject));
  return Array.from(new Set((own.length > 0 ? own : found).map(({ subject }) => subject)));
}

/** What became of a finding that the second diagnosis does not have. */
function fateOf(
  finding: Finding,
  before: Diagnosis,
  after: Diagnosis,
  machines: Machines,
): HealedFinding | UnjudgedFinding | RemainingFinding {
  const subjects = subjectsOf(finding, before, machines);
  const verdicts = verdictsOn(finding, after);
  const again = subjects.map((subject) => {
    const names = machines.namesOf(subject);
    return { subject, verdicts: verdicts.filter((verdict) => names.has(verdict.subject)) };
  });
  const all = again.flatMap((one) => one.verdicts);
  if (all.some(({ verdict }) => verdict === 'found')) {
    const others = after.findings.some(({ rule, vip }) => rule === finding.rule && vip === finding.vip);
    if (!others) return remaining(finding, finding, true);
    const reason = 'the rule still finds another fault there, which may hide this one: mend that first';
    return { finding, reason, capture: null };
  }
  const blind = all.find(({ verdict }) => verdict === 'not judged');
  if (blind !== undefined) return { finding, reason: blind.reason ?? 'the capture does not show it', capture: blind.capture };
  const unseen = again.filter((one) => one.verdicts.length === 0).map(({ subject }) => subject);
  if (subjects.length === 0 || unseen.length > 0) {
    const whom = unseen.length === 0 ? 'the same machine' : unseen.join(', ');
    const reason = `the second diagnosis does not judge ${whom} by this rule: it is not in the capture, or the rule was left out`;
    return { finding, reason, capture: null };
  }
  return { finding, passed: subjects };
}

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

function remaining(before: Finding, after: Finding, hidden: boolean): RemainingFinding {
  const step = SEVERITIES.indexOf(after.severity) - SEVERITIES.indexOf(before.severity);
  const { severity, confidence, count } = before;
  return { finding: after, before: { severity, confidence, count }, trend: step > 0 ? 'worse' : step < 0 ? 'better' : 'same', hidden };
}

function wasPassed(finding: Finding, before: Diagnosis, after: Diagnosis, machines: Machines): boolean {
  const names = new Set(subjectsOf(finding, after, machines).flatMap((subject) => Array.from(machines.namesOf(subject))));
  const verdicts = verdictsOn(finding, before).filter(({ subject }) => names.has(subject));
  return verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'passed');
}

/** As a diagnosis does: a finding that is only possible, or for information, makes no fault. */
function isFault({ finding }: { readonly finding: Finding }): boolean {
  return finding.confidence !== 'possible' && finding.severity !== 'info';
}

function verdictOf(lists: Pick<Diff, 'new' | 'remains' | 'healed' | 'notJudged'>, after: Diagnosis): Pick<Diff, 'verdict' | 'summary'> {
  const [appeared, remains, healed, unknown] = [lists.new, lists.remains, lists.healed, lists.notJudged].map(
    (list) => list.filter(isFault).length,
  ) as [number, number, number, number];
  const all = remains + healed + unknown;
  const are = (count: number) => (count === 1 ? 'is' : 'are');
  const told = [
    all === 0 ? 'nothing was found before' : null,
    healed > 0 ? `${healed} of ${all} ${all === 1 ? 'finding' : 'findings'} ${are(healed)} healed` : null,
    remains > 0 ? `${remains} ${remains === 1 ? 'remains' : 'remain'}` : null,
    unknown > 0 ? `${unknown} ${are(unknown)} not judged any more` : null,
    appeared > 0 ? `${appeared} ${are(appeared)} new` : 'nothing is new',
    after.verdict === 'cannot tell' ? 'the second capture can tell nothing' : null,
  ].filter((part) => part !== null);
  const summary = told.join(', ');
  const verdict =
    remains + appeared > 0 ? 'not cured' : unknown > 0 || after.verdict === 'cannot tell' ? 'cannot tell' : healed > 0 ? 'cured' : 'clean';
  return { verdict, summary: `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.` };
}

/** VIPs that a note names; a longer one is not read. */
const MAX_MISSING = 4;

/** What speaks against comparing these two. */
function notesOf(before: Diagnosis, after: Diagnosis): string[] {
  const starts = (of: Diagnosis) =>
    of.captures
      .map(({ first }) => first)
      .filter((time) => time !== null)
      .sort();
  const [first, second] = [starts(before)[0], starts(after)[0]];
  const notes: string[] = [];
  if (first !== undefined && second !== undefined) {
    const isEqual = JSON.stringify(before.captures) === JSON.stringify(after.captures);
    if (isEqual) notes.push('Both diagnoses are of the same capture: what differs comes from what was given, not from the cluster.');
    else if (second < first) notes.push('The second capture began before the first one: the two may be in the wrong order.');
  }
  for (const { ip, was, is } of changedMacs(before, after)) notes.push(`${ip} had the MAC ${was} before, and has ${is} now.`);
  const vips = (of: Diagnosis) => of.cluster.vips.map(({ ip }) => ip);
  const missing = vips(before).filter((ip) => !vips(after).includes(ip));
  const more = missing.length > MAX_MISSING ? ` and ${missing.length - MAX_MISSING} more` : '';
  if (missing.length > 0) notes.push(`The second diagnosis does not know ${missing.slice(0, MAX_MISSING).join(', ')}${more} as a VIP.`);
  return notes;
}

/** Addresses of machines that now have none of the MACs that they had: another card, or another machine. */
function changedMacs(before: Diagnosis, after: Diagnosis): { ip: string; was: string; is: string }[] {
  const machines = ({ cluster }: Diagnosis) =>
    [...cluster.directors, ...cluster.realServers, ...cluster.gateways].flatMap(({ ips, macs }) => ips.map((ip) => ({ ip, macs })));
  const now = machines(after);
  const changes = machines(before).flatMap(({ ip, macs }) => {
    const known = now.filter((other) => other.ip === ip).flatMap((other) => other.macs);
    const isChanged = macs.length > 0 && known.length > 0 && !macs.some((mac) => known.includes(mac));
    return isChanged ? [{ ip, was: macs.join(', '), is: known.join(', ') }] : [];
  });
  return Array.from(new Map(changes.map((change) => [change.ip, change])).values());
}
