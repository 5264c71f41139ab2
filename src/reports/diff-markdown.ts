/**
 * What became of the findings, as Markdown: the note that closes a ticket, or says why it stays open. One table, a line a finding; below
 * it only what is still to do. It is bounded and guarded as the Markdown of a diagnosis is.
 */
import type { Finding } from '../diagnosis.ts';
import type { Diff } from '../diff.ts';
import { diffStoriesOf, type Told } from './diff-stories.ts';
import { healedText, messageText, newText, remainsText } from './diff-text.ts';
import { code, fenced, prose, table } from './markdown/inline.ts';
import { ticket } from './markdown/ticket.ts';
import { printableCommand, wrapCommand } from './shell.ts';
import { captureText } from './text/cluster.ts';
import { countText, listText, ROLE_WORDS } from './text/style.ts';

const NAME = 80;
/** What is more than these is counted. */
const MOST = { rows: 40, todo: 6, captures: 4, notes: 6 };

/** The report, ending in a line break. */
export function renderDiffMarkdown(diff: Diff): string {
  const stories = diffStoriesOf(diff);
  const rows = [
    ...stories.remains.map((told) => row('**remains**', told, remainsText(told.one))),
    ...stories.new.map((told) => row('**new**', told, newText(told.one))),
    ...stories.notJudged.map((told) => row('not judged', told, told.one.reason)),
    ...stories.healed.map((told) => row('healed', told, healedText(told.one))),
  ];
  const todo = [...stories.remains, ...stories.new].map((told) => `- **${told.one.finding.rule}**: ${prose(messageText(told))}`);
  const commands = Array.from(new Set(stories.notJudged.map(({ one }) => one.capture))).filter((capture) => capture !== null);
  const notes = diff.notes.slice(0, MOST.notes).map((note) => `- ${prose(note)}`);
  const head = [
    `## ${diff.verdict.toUpperCase()}: ${prose(diff.summary)}`,
    '',
    ...sideLines('Before', diff.before),
    ...sideLines('After', diff.after),
  ];
  const fates = table(['', 'finding', 'machine', 'before and after'], rows.slice(0, MOST.rows));
  return ticket([
    { title: null, lines: head },
    { title: 'Mind', lines: cut(notes, diff.notes.length - MOST.notes, 'notes') },
    { title: 'What became of the findings', lines: rows.length === 0 ? [] : cut(fates, rows.length - MOST.rows, 'findings') },
    { title: 'Still to do', lines: cut(todo.slice(0, MOST.todo), todo.length - MOST.todo, 'findings') },
    { title: 'Not judged', lines: commands.slice(0, MOST.captures).flatMap(decidedBy).slice(1) },
  ]);
}

function sideLines(label: string, { captures }: Diff['before']): string[] {
  return captures.slice(0, 6).map((capture) => `- ${label}: ${prose(captureText(capture))}`);
}

function row(fate: string, { one, vips }: Told<{ readonly finding: Finding }>, about: string): string[] {
  const { rule, code: number, culprits } = one.finding;
  const who = culprits.slice(0, 4).map(({ role, name, ip, mac }) => {
    const addresses = [name, ip, mac].filter((part) => part !== null).map((part) => code(part, NAME));
    return `${ROLE_WORDS[role]} ${addresses.join(' ')}`;
  });
  return [
    fate,
    `${rule} (${number})${
      vips.length === 0
        ? ''
        : ` ${listText(
            vips.map((vip) => code(vip, NAME)),
            4,
          )}`
    }`,
    who.join(', '),
    prose(about),
  ];
}

function cut(lines: readonly string[], more: number, unit: string): string[] {
  return more > 0 ? [...lines, '', `And ${countText(more, unit)} more, in the full report.`] : [...lines];
}

/** An empty line, where the capture is to be taken, and its command. */
function decidedBy(capture: string): string[] {
  const [, where = '', command = capture] = /^(on .+?): (.*)$/s.exec(capture) ?? [];
  const commands = wrapCommand(printableCommand(command, 1_000), 100);
  return ['', `Decided by a capture${where === '' ? '' : ` ${prose(where, NAME)}`}:`, '', ...fenced(commands, 'sh')];
}
