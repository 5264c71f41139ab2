/** The end of the text report: what was judged clean, and what was not judged, by the one capture that would decide it. */
import type { Diagnosis, Verdict } from '../../diagnosis.ts';
import { printable } from '../printable.ts';
import { printableCommand, wrapCommand } from '../shell.ts';
import { wrap } from '../wrap.ts';
import { addressText, listText, type Style } from './style.ts';

/** More subjects than these are counted, unless verbose. */
const SUBJECTS_SHOWN = 6;

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
  readonly verdicts: readonly Verdict[];
}

/** By the capture that would decide; what no capture decides comes last: the reader wants the command. */
export function notJudgedGroups(diagnosis: Diagnosis): NotJudged[] {
  const notJudged = diagnosis.verdicts.filter((verdict) => verdict.verdict === 'not judged');
  const groups = groupBy(notJudged, ({ capture }) => (capture === null ? null : capture.replace(WHERE, '')));
  return Array.from(groups, ([command, verdicts]) => ({
    command: command === null ? null : printableCommand(command),
    hosts: Array.from(new Set(verdicts.map(({ capture }) => WHERE.exec(capture ?? '')?.[1]).filter((host) => host !== undefined))),
    verdicts,
  })).sort((a, b) => Number(a.command === null) - Number(b.command === null));
}

export function notJudgedLines(diagnosis: Diagnosis, style: Style): string[] {
  return notJudgedGroups(diagnosis).flatMap((group) => [
    ...captureLines(group, style),
    ...Array.from(groupBy(group.verdicts, (verdict) => verdict.reason)).flatMap(([reason, because]) =>
      fold(because, diagnosis, style).flatMap(({ rules, subjects }) =>
        wrap(`${rules} for ${subjects}${reason === null ? '.' : `: ${ended(printable(reason))}`}`, style.width, '    ', '      '),
      ),
    ),
  ]);
}

/** `on rs1: tcpdump …` */
const WHERE = /^on (.+?): /s;

/** The machines that the command is for, and the command to paste. */
function captureLines({ command, hosts }: NotJudged, style: Style): string[] {
  if (command === null) return ['  Nothing in these frames decides:'];
  const where = hosts.length === 0 ? '' : ` on ${listText(hosts.map((host) => addressText(host, style)))}`;
  return [
    ...wrap(`Decided by a capture${where}:`, style.width, '  '),
    ...wrapCommand(command, style.width - 4).map((line) => style.chalk.cyan(`    ${line}`)),
  ];
}

export function groupBy<K>(verdicts: readonly Verdict[], keyOf: (verdict: Verdict) => K): Map<K, Verdict[]> {
  const groups = new Map<K, Verdict[]>();
  for (const verdict of verdicts) {
    const key = keyOf(verdict);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [verdict]);
    else group.push(verdict);
  }
  return groups;
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Rules that concern the same subjects, together. */
export function fold(verdicts: readonly Verdict[], diagnosis: Diagnosis, style: Style): { rules: string; subjects: string }[] {
  const severalVips = diagnosis.cluster.vips.length > 1;
  const byRule = new Map<string, Set<string>>();
  for (const { rule, vip, subject } of verdicts) {
    const label = printable(style.names.get(subject) ?? subject);
    const subjects = byRule.get(rule) ?? new Set();
    subjects.add(severalVips && vip !== null && vip !== subject ? `${label} (VIP ${printable(vip)})` : label);
    byRule.set(rule, subjects);
  }
  const bySubjects = new Map<string, string[]>();
  for (const [rule, subjects] of byRule) {
    const text = style.verbose ? Array.from(subjects).join(', ') : listText(Array.from(subjects), SUBJECTS_SHOWN);
    bySubjects.set(text, [...(bySubjects.get(text) ?? []), rule]);
  }
  return Array.from(bySubjects, ([subjects, rules]) => ({ rules: rules.join(', '), subjects }));
}
