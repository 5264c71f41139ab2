/** The end of the text report: what was judged clean, and what was not judged, by the one capture that would decide it. */
import type { Diagnosis, Verdict } from '../../diagnosis.ts';
import { withoutAddress } from '../loops.ts';
import { printable } from '../printable.ts';
import { printableCommand, wrapCommand } from '../shell.ts';
import { captureForAny, captureForVips } from '../vip-captures.ts';
import { wrap } from '../wrap.ts';
import { addressText, countText, listText, type Style, vipsText } from './style.ts';

/** More than these are counted, unless verbose. */
const MOST = { subjects: 6, hosts: 8, captures: 12 };
/** So many reasons, or machines, that are alike stand one by one. */
const FEW = { reasons: 3, machines: 6 };

/** 'rs-answers-arp, rs-announces-vip: passed for rs1, rs2.' */
export function passedLines(diagnosis: Diagnosis, style: Style): string[] {
  const passed = diagnosis.verdicts.filter((verdict) => verdict.verdict === 'passed');
  return fold(passed, diagnosis, style).flatMap(({ rules, subjects }) =>
    wrap(`${rules}: passed for ${subjects}.`, style.width, '  ', '    '),
  );
}

/** What one capture would decide. */
export interface NotJudged {
  /** The command to paste; null where no capture decides. */
  readonly command: string | null;
  /** The machines that it is for. */
  readonly hosts: readonly string[];
  /** What stands in the command for what each of very many machines puts there; null where nothing does. */
  readonly blanks: string | null;
  readonly verdicts: readonly Verdict[];
}

/**
 * By the capture that would decide; what no capture decides comes last: the reader wants the command. One capture of a machine is for all
 * its VIPs, and one command is for many machines that differ by their own addresses alone; when verbose, each has its own.
 */
export function notJudgedGroups(diagnosis: Diagnosis, verbose = false): NotJudged[] {
  const notJudged = diagnosis.verdicts.filter((verdict) => verdict.verdict === 'not judged').map(asked);
  const groups = verbose ? groupBy(notJudged, ({ command }) => command) : groupBy(notJudged, ({ template }) => template);
  const captures = Array.from(groups.values(), (of) => captureOf(of, diagnosis, verbose));
  return (verbose ? captures : forManyHosts(captures, diagnosis)).sort((a, b) => Number(a.command === null) - Number(b.command === null));
}

interface Asked {
  readonly verdict: Verdict;
  readonly host: string | null;
  readonly command: string | null;
  /** The command for any VIP. */
  readonly template: string | null;
}

/** `on rs1: tcpdump …` */
const WHERE = /^on (.+?): (.*)$/s;

function asked(verdict: Verdict): Asked {
  const { capture, vip } = verdict;
  if (capture === null) return { verdict, host: null, command: null, template: null };
  const [, host = null, command = capture] = WHERE.exec(capture) ?? [];
  return { verdict, host, command, template: captureForAny(command, vip) };
}

/** One command for all VIPs that it is asked for. */
function captureOf(of: readonly Asked[], { cluster }: Diagnosis, verbose: boolean): NotJudged {
  const [{ command = null, template = null } = {}] = of;
  const vips = Array.from(new Set(of.map(({ verdict }) => verdict.vip).filter((vip) => vip !== null)));
  const known = cluster.vips.map(({ ip }) => ip);
  const inOrder = vips.sort((a, b) => known.indexOf(a) - known.indexOf(b));
  const whole = verbose || template === null || vips.length < 2 ? command : captureForVips(template, inOrder);
  return {
    command: whole === null ? null : printableCommand(whole),
    hosts: Array.from(new Set(of.map(({ host }) => host).filter((host) => host !== null))),
    blanks: null,
    verdicts: of.map(({ verdict }) => verdict),
  };
}

/** The captures of machines whose commands are the same become one; so do those of many with the same role that differ by what is their own alone. */
function forManyHosts(captures: readonly NotJudged[], { cluster }: Diagnosis): NotJudged[] {
  const roles = [cluster.directors, cluster.realServers, cluster.gateways];
  const generalOf = ({ command, hosts }: NotJudged): { readonly role: number; readonly command: string | null } => {
    const [host = null, ...others] = hosts;
    const found = roles.map((machines) => machines.find(({ name, ips, macs }) => [name, ...ips, ...macs].includes(host)));
    const own = found.find((machine) => machine !== undefined);
    if (command === null || own === undefined || others.length > 0) return { role: -1, command };
    return { role: found.indexOf(own), command: withoutOwn(command, own) };
  };
  const alike = groupBy(captures, (capture) => JSON.stringify(generalOf(capture)));
  return Array.from(alike.values()).flatMap((of): readonly NotJudged[] => {
    const { command } = generalOf(of[0]!);
    if (command === null || (of.length <= FEW.machines && of.some((capture) => capture.command !== command))) return of;
    const blanks = [
      command.includes(ITS_IP) ? `its own address for ${ITS_IP}` : null,
      command.includes(ITS_NAME) ? `its name for ${ITS_NAME}` : null,
    ].filter((blank) => blank !== null);
    return [
      {
        command,
        hosts: Array.from(new Set(of.flatMap(({ hosts }) => hosts))),
        blanks: blanks.length === 0 ? null : listText(blanks),
        verdicts: of.flatMap(({ verdicts }) => verdicts),
      },
    ];
  });
}

const ITS_IP = 'ITS-IP';
const ITS_NAME = 'ITS-NAME';

/** The command without the addresses and the name of a machine. */
function withoutOwn(command: string, { name, ips }: { readonly name: string | null; readonly ips: readonly string[] }): string {
  const [first, ...rest] = ips.filter((ip) => withoutAddress(command, ip, '') !== command);
  const withoutMore = rest.reduce((text, ip) => withoutAddress(text, ip, '').replace(/ or host (?= or |')/, ''), command);
  const general = first === undefined ? withoutMore : withoutAddress(withoutMore, first, ITS_IP);
  return name === null ? general : general.replace(/ -w \S+/, ` -w ${ITS_NAME}.pcap`);
}

export function notJudgedLines(diagnosis: Diagnosis, style: Style): string[] {
  const groups = notJudgedGroups(diagnosis, style.verbose);
  const shown = style.verbose ? groups : groups.slice(0, MOST.captures);
  const lines = shown.flatMap((group) => [
    ...captureLines(group, style),
    ...becauseOf(group, diagnosis, style).flatMap(({ rules, subjects, reason }) =>
      wrap(`${rules} for ${subjects}${reason === null ? '.' : `: ${ended(printable(reason))}`}`, style.width, '    ', '      '),
    ),
  ]);
  const more = groups.length - shown.length;
  return more === 0 ? lines : [...lines, `  And ${countText(more, 'captures')} more would decide other rules; -v shows all.`];
}

/** The machines that the command is for, and the command to paste. */
function captureLines({ command, hosts, blanks }: NotJudged, style: Style): string[] {
  if (command === null) return ['  Nothing in these frames decides:'];
  const names = hosts.map((host) => addressText(host, style));
  const where = hosts.length === 0 ? '' : ` on ${listText(names, style.verbose ? undefined : MOST.hosts)}`;
  return [
    ...wrap(`Decided by a capture${where}${blanks === null ? '' : `, each with ${blanks}`}:`, style.width, '  '),
    ...wrapCommand(command, style.width - 4).map((line) => style.chalk.cyan(`    ${line}`)),
  ];
}

/** Which rules could not judge whom, and why. Of reasons that are alike but for an address or a number, one is told. */
export function becauseOf(
  { verdicts }: NotJudged,
  diagnosis: Diagnosis,
  style: Style,
): { rules: string; subjects: string; reason: string | null }[] {
  const alike = groupBy(verdicts, (verdict) => withoutVip(verdict)?.replaceAll(/\d[\d,.]*/g, '0') ?? null);
  return Array.from(alike.values()).flatMap((group) => {
    const byReason = groupBy(group, ({ reason }) => reason);
    if (style.verbose || byReason.size <= FEW.reasons) {
      return Array.from(byReason).flatMap(([reason, of]) => fold(of, diagnosis, style).map((one) => ({ ...one, reason })));
    }
    const [reason = null, other] = new Set(group.map(withoutVip));
    return fold(group, diagnosis, style).map((one) => ({ ...one, reason: other === undefined ? reason : `such as: ${reason}` }));
  });
}

function withoutVip({ reason, vip }: Verdict): string | null {
  return reason === null || vip === null ? reason : withoutAddress(reason, vip, 'the VIP');
}

export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Rules that concern the same subjects, together. */
export function fold(verdicts: readonly Verdict[], diagnosis: Diagnosis, style: Style): { rules: string; subjects: string }[] {
  const bySubjects = new Map<string, string[]>();
  for (const [rule, of] of groupBy(verdicts, (verdict) => verdict.rule)) {
    const text = subjectsText(of, diagnosis, style);
    bySubjects.set(text, [...(bySubjects.get(text) ?? []), rule]);
  }
  return Array.from(bySubjects, ([subjects, rules]) => ({ rules: rules.join(', '), subjects }));
}

/** 'rs1, rs2 and rs3'; with several VIPs 'rs1 (VIP a) and rs2 (VIP b)' or, where each machine is judged for each VIP, 'rs1 and rs2 (VIPs a and b)'. */
function subjectsText(verdicts: readonly Verdict[], { cluster }: Diagnosis, style: Style): string {
  const machines = new Set<string>();
  const vips = new Set<string>();
  const pairs = new Set<string>();
  for (const { vip, subject } of verdicts) {
    const label = printable(style.names.get(subject) ?? subject);
    const isPair = cluster.vips.length > 1 && vip !== null && vip !== subject;
    machines.add(label);
    if (isPair) vips.add(vip);
    pairs.add(isPair ? `${label} (VIP ${printable(vip)})` : label);
  }
  const all = Array.from(pairs);
  if (style.verbose) return all.join(', ');
  const isWhole = all.length === machines.size * vips.size;
  if (vips.size === 0 && all.length > MOST.subjects && isAllVips(machines, cluster)) return `all ${all.length} VIPs`;
  if (vips.size === 0 || all.length === 1 || (all.length <= MOST.subjects && !isWhole)) return listText(all, MOST.subjects);
  const isEvery = vips.size > MOST.subjects && isAllVips(vips, cluster);
  const served = isEvery ? `${isWhole ? 'all' : 'the'} ${vips.size} VIPs` : vipsText(Array.from(vips));
  return `${listText(Array.from(machines), MOST.subjects)} (${isWhole ? '' : 'each for some of '}${served})`;
}

function isAllVips(addresses: ReadonlySet<string>, { vips }: Diagnosis['cluster']): boolean {
  return addresses.size === vips.length && vips.every(({ ip }) => addresses.has(ip));
}
