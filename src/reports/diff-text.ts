/** What became of the findings, as text: the verdict first, then what is still to do, what nobody knows, and what is healed. */
import { Chalk } from 'chalk';
import type { Finding } from '../diagnosis.ts';
import type { Diff } from '../diff.ts';
import { thousands } from '../thousands.ts';
import { diffStoriesOf, type Told } from './diff-stories.ts';
import { printable } from './printable.ts';
import { printableCommand, wrapCommand } from './shell.ts';
import { captureText } from './text/cluster.ts';
import { countText, listText, machineText, ROLE_WORDS, vipsText } from './text/style.ts';
import { wrap } from './wrap.ts';

const INDENT = '  ';

/** Entries of one section, and culprits of one of them; more are counted, unless verbose. */
const MOST = { entries: 16, culprits: 4, passed: 8, notes: 8 };

export interface DiffTextOptions {
  readonly color: boolean;
  readonly width: number;
  /** Each finding by itself, and all of them; default false. */
  readonly verbose?: boolean;
}

/** The report, ending in a line break; of `width` columns as the text report of a diagnosis. */
export function renderDiffText(diff: Diff, options: DiffTextOptions): string {
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  const { width, verbose = false } = options;
  const paint = { cured: chalk.green.bold, clean: chalk.green.bold, 'not cured': chalk.red.bold, 'cannot tell': chalk.yellow.bold }[
    diff.verdict
  ];
  const word = diff.verdict.toUpperCase();
  const [first = '', ...more] = wrap(printable(diff.summary), width, `${word}: `, ' '.repeat(word.length + 2));
  const stories = diffStoriesOf(diff, verbose);
  const cut = (entries: readonly (readonly string[])[], most: number) => {
    const shown = verbose ? entries : entries.slice(0, most);
    return [...shown.flat(), ...(shown.length < entries.length ? [`- and ${entries.length - shown.length} more; -v shows all.`] : [])];
  };
  const entries = <T extends { readonly finding: Finding }>(list: readonly Told<T>[], aboutOf: (told: Told<T>) => readonly string[]) =>
    list.map((told) => [...wrap(titleOf(told, verbose), width, '- ', '  '), ...aboutOf(told).flatMap((text) => wrap(text, width, INDENT))]);
  const notJudged = entries(stories.notJudged, ({ one }) => [`${printable(one.reason)}.`]).map((lines, i) => {
    const capture = stories.notJudged[i]?.one.capture ?? null;
    return [...lines, ...(capture === null ? [] : captureLines(capture, width).map((line) => chalk.cyan(line)))];
  });
  const sections: (readonly [title: string | null, lines: readonly string[]])[] = [
    [null, [paint(word) + first.slice(word.length), ...more]],
    [null, [...sideLines('before', diff.before, width), ...sideLines('after', diff.after, width)]],
    [
      'Mind',
      cut(
        diff.notes.map((note) => wrap(printable(note), width, '- ', '  ')),
        MOST.notes,
      ),
    ],
    [
      'Remains',
      cut(
        entries(stories.remains, (told) => [remainsText(told.one), messageText(told)]),
        MOST.entries,
      ),
    ],
    [
      'New',
      cut(
        entries(stories.new, (told) => [newText(told.one), messageText(told)]),
        MOST.entries,
      ),
    ],
    ['Not judged any more', cut(notJudged, MOST.entries)],
    [
      'Healed',
      cut(
        entries(stories.healed, ({ one }) => [healedText(one)]),
        MOST.entries,
      ),
    ],
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
function titleOf({ one: { finding }, vips }: Told<{ readonly finding: Finding }>, verbose: boolean): string {
  const { rule, code, culprits } = finding;
  const all = culprits.map((culprit) => `${ROLE_WORDS[culprit.role]} ${machineText(culprit)}`);
  const who = verbose || all.length <= MOST.culprits ? all.join(', ') : listText(all, MOST.culprits);
  return `${rule} (${code})${vips.length === 0 ? '' : `, ${vipsText(vips)}`}${who === '' ? '' : `: ${who}`}`;
}

/** What the first of them says. */
export function messageText({ one, count }: Told<{ readonly finding: Finding }>): string {
  return printable(one.finding.message) + (count === 1 ? '' : ` And ${countText(count - 1, 'messages')} more like it.`);
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
  const shown = passed.slice(0, MOST.passed).map(printable);
  return `Found by ${countText(finding.count, finding.unit)} before; passed now for ${shown.join(', ')}${passed.length > MOST.passed ? ` and ${passed.length - MOST.passed} more` : ''}.`;
}

/** 'on rs1: tcpdump …' as two lines or more. */
function captureLines(capture: string, width: number): string[] {
  const [, where = '', command = capture] = /^(on .+?): (.*)$/s.exec(capture) ?? [];
  return [
    ...(where === '' ? [] : wrap(`Decided by a capture ${printable(where)}:`, width, INDENT)),
    ...wrapCommand(printableCommand(command), width - 4).map((line) => `    ${line}`),
  ];
}
