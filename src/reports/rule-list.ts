/** The list of rules and notices, as `explain` prints it. */
import { Chalk } from 'chalk';
import type { Severity } from '../diagnosis.ts';
import { wrap } from './wrap.ts';

interface ListedRule {
  readonly code: string;
  readonly name: string;
  readonly summary: string;
}

/** Two or more lines an entry, in the order of codes, ending in a line break. */
export function renderRuleList(
  rules: readonly (ListedRule & { readonly severity: Severity })[],
  notices: readonly ListedRule[],
  options: { readonly color: boolean; readonly width: number },
): string {
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  const entry = (rule: ListedRule, about: string) => [
    `${rule.code}  ${chalk.bold(rule.name)}${about}`,
    ...wrap(rule.summary, options.width, '        '),
  ];
  const byCode = (a: ListedRule, b: ListedRule) => (a.code < b.code ? -1 : 1);
  const lines = [
    ...[...rules].sort(byCode).flatMap((rule) => entry(rule, ` (${rule.severity})`)),
    '',
    'Notices about the capture, never faults:',
    ...[...notices].sort(byCode).flatMap((notice) => entry(notice, '')),
    '',
    "'lvs-doctor explain rs-answers-arp' prints the page of a rule.",
  ];
  return `${lines.join('\n')}\n`;
}
