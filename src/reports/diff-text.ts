/** What became of the findings, as text: the verdict first, then what is still to do, what nobody knows, and what is healed. */
import { Chalk } from 'chalk';
import type { Finding } from '../diagnosis.ts';
import type { Diff } from '../diff.ts';
import { thousands } from '../thousands.ts';
import { printable } from './printable.ts';
import { printableCommand, wrapCommand } from './shell.ts';
import { captureText } from './text/cluster.ts';
import { countText, machineText, ROLE_WORDS } from './text/style.ts';
import { wrap } from './wrap.ts';

const INDENT = '  ';

/** The report, ending in a line break; of `width` columns as the text report of a diagnosis. */
export function renderDiffText(diff: Diff, options: { readonly color: boolean; readonly width: number }): string {
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  const { width } = options;
  const paint = { cured: chalk.green.bold, clean: chalk.green.bold, 'not cured': chalk.red.bold, 'cannot tell': chalk.yellow.bold }[
    diff.verdict
  ];
  const word = diff.verdict.toUpperCase();
  const [first = '', ...more] = wrap(printable(diff.summary), width, `${word}: `, ' '.repeat(word.length + 2));
  const entry = (finding: Finding, ...about: readonly string[]) => [
    ...wrap(titleOf(finding), width, '- ', '  '),
    ...about.flatMap((text) => wrap(text, width, INDENT)),
  ];
  const sections: (readonly [title: string | null, lines: readonly string[]])[] = [
    [null, [paint(word) + first.slice(word.length), ...more]],
    [null, [...sideLines('before', diff.before, width), ...sideLines('after', diff.after, width)]],
    ['Mind', diff.notes.flatMap((note) => wrap(printable(note), width, '- ', '  '))],
    ['Remains', diff.remains.flatMap((one) => entry(one.finding, remainsText(one), printable(one.finding.message)))],
    ['New', diff.new.flatMap((one) => entry(one.finding, newText(one), printable(one.finding.message)))],
    [
      'Not judged any more',
      diff.notJudged.flatMap(({ finding, reason, capture }) => [
        ...entry(finding, `${printable(reason)}.`),
        ...(capture === null ? [] : captureLines(capture, width).map((line) => chalk.cyan(line))),
      ]),
    ],
    ['Healed', diff.healed.flatMap((one) => entry(one.finding, healedText(one)))],
  ];
  const text = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [...(title === null ? [] : [chalk.bold.underline(title)]), ...lines].join('\n'));
  return `${text.join('\n\n')}\n`;
}

function sideLines(label: string, { captures }: Diff['before'], width: number): string[] {
  return captures.flatMap((capture) => wrap(captureText(capture), width, `${label.padEnd(6)}  `));
}

/** 'rs-answers-arp (LVS101), VIP 192.168.1.100: real server 192.168.1.10 (52:54:00:b0:61:3f)' */
function titleOf({ rule, code, vip, culprits }: Finding): string {
  const who = culprits.map((culprit) => `${ROLE_WORDS[culprit.role]} ${machineText(culprit)}`).join(', ');
  return `${rule} (${code})${vip === null ? '' : `, VIP ${printable(vip)}`}${who === '' ? '' : `: ${who}`}`;
}

/** 'Critical, as before; 5 frames, before 9.' */
export function remainsText({ finding, before, trend, hidden }: Diff['remains'][number]): string {
  if (hidden) return 'Still found, now told as a part of another finding.';
  const grave =
    trend === 'same'
      ? `Still ${finding.severity}`
      : `${trend === 'worse' ? 'Worse' : 'Better'}: ${finding.severity}, before ${before.severity}`;
  const sure = finding.confidence === before.confidence ? finding.confidence : `${finding.confidence}, before ${before.confidence}`;
  const count = countText(finding.count, finding.unit);
  return `${grave}, ${sure}; ${finding.count === before.count ? `${count}, as before` : `${count}, before ${thousands(before.count)}`}.`;
}

export function newText({ finding, before }: Diff['new'][number]): string {
  const seen = before === 'passed' ? 'judged right before' : 'not judged before, so it may be older';
  return `${finding.severity}, ${finding.confidence}; ${countText(finding.count, finding.unit)}; ${seen}.`;
}

export function healedText({ finding, passed }: Diff['healed'][number]): string {
  return `Found by ${countText(finding.count, finding.unit)} before; passed now for ${passed.map(printable).join(', ')}.`;
}

/** 'on rs1: tcpdump …' as two lines or more. */
function captureLines(capture: string, width: number): string[] {
  const [, where = '', command = capture] = /^(on .+?): (.*)$/s.exec(capture) ?? [];
  return [
    ...(where === '' ? [] : wrap(`Decided by a capture ${printable(where)}:`, width, INDENT)),
    ...wrapCommand(printableCommand(command), width - 4).map((line) => `    ${line}`),
  ];
}
