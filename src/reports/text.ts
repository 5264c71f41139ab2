/**
 * The diagnosis as text, for a person who is woken by it: the verdict first, then who is hurt, what is wrong, what proves it, what to type,
 * and last what this capture says nothing about. Readable without colour, in 80 columns.
 */
import type { Diagnosis } from '../diagnosis.ts';
import { thousands } from '../thousands.ts';
import { printable } from './printable.ts';
import { captureLines, roleLines, serverLines } from './text/cluster.ts';
import { findingHeadlines, findingLines } from './text/findings.ts';
import { remedyLines } from './text/remedies.ts';
import { storiesOf } from './text/stories.ts';
import { countText, listText, type Style, styleOf, type TextOptions } from './text/style.ts';
import { notJudgedLines, passedLines } from './text/verdicts.ts';
import { wrap } from './wrap.ts';

export type { TextOptions } from './text/style.ts';

/** The report, ending in a line break. */
export function renderText(diagnosis: Diagnosis, options: TextOptions): string {
  const style = styleOf(diagnosis, options);
  const stories = storiesOf(diagnosis);
  if (options.quiet) return `${[...verdictLines(diagnosis, style), ...findingHeadlines(stories, style)].join('\n')}\n`;
  const sections: (readonly [title: string | null, lines: readonly string[]])[] = [
    [null, verdictLines(diagnosis, style)],
    [null, [...captureLines(diagnosis, style), ...roleLines(diagnosis, style)]],
    [null, serverLines(diagnosis, style)],
    ['Findings', findingLines(diagnosis, stories, style)],
    ['Remedies', remedyLines(stories, style)],
    ['Notices', noticeLines(diagnosis, style)],
    ['Paths', style.verbose ? pathLines(diagnosis, style) : []],
    ['Judged clean', passedLines(diagnosis, style)],
    ['Not judged', notJudgedLines(diagnosis, style)],
  ];
  const text = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [...(title === null ? [] : [style.chalk.bold.underline(title)]), ...lines].join('\n'));
  return `${text.join('\n\n')}\n`;
}

function verdictLines(diagnosis: Diagnosis, style: Style): string[] {
  const word = diagnosis.verdict.toUpperCase();
  const paint = { fault: style.chalk.red.bold, clean: style.chalk.green.bold, 'cannot tell': style.chalk.yellow.bold }[diagnosis.verdict];
  const [first = '', ...rest] = wrap(printable(diagnosis.summary), style.width, `${word}: `, ' '.repeat(word.length + 2));
  return [paint(word) + first.slice(word.length), ...rest];
}

function noticeLines(diagnosis: Diagnosis, style: Style): string[] {
  const lines = diagnosis.notices.flatMap(({ code, notice, message }) =>
    wrap(`${code} ${notice}: ${printable(message)}`, style.width, '  ', '    '),
  );
  const { flowsForgotten, pathsOverflowed, edgesOverflowed, claimsForgotten, sendersNotJudged } = diagnosis.limits;
  const forgotten = [
    flowsForgotten > 0 ? countText(flowsForgotten, 'flows') : null,
    pathsOverflowed > 0 ? countText(pathsOverflowed, 'paths') : null,
    edgesOverflowed > 0 ? `${thousands(edgesOverflowed)} pairs of machines` : null,
    claimsForgotten > 0 ? `${thousands(claimsForgotten)} claims of addresses` : null,
    sendersNotJudged > 0 ? `${thousands(sendersNotJudged)} machines of a VIP` : null,
  ].filter((part) => part !== null);
  if (forgotten.length > 0) {
    lines.push(
      ...wrap(
        `More traffic than fits into bounded memory: ${listText(forgotten)} were not followed to the end.`,
        style.width,
        '  ',
        '    ',
      ),
    );
  }
  return lines;
}

function pathLines(diagnosis: Diagnosis, style: Style): string[] {
  return diagnosis.paths.flatMap(({ vip, service, path, flows, frames }) =>
    wrap(
      `${printable(vip)} ${printable(service)}: ${countText(flows, 'flows')} ${path.map(printable).join(' ')}, frames ${frames.join(', ')}`,
      style.width,
      '  ',
      '    ',
    ),
  );
}
