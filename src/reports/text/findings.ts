/** The findings of the text report: what was seen, who is to be mended, and the frames that show it. */
import type { Diagnosis, EvidenceItem, Finding } from '../../diagnosis.ts';
import { printable } from '../printable.ts';
import { printableCommand, shellQuote } from '../shell.ts';
import { since } from '../time.ts';
import { wrap } from '../wrap.ts';
import { causesOf, confidenceOf, examplesOf, extentOf, type Story, severityOf, tellingFirst } from './stories.ts';
import { countText, listText, machineText, ROLE_WORDS, type Style, vipsText } from './style.ts';

const INDENT = '   ';
/** More than these are counted, unless verbose. */
const MOST = {
  ...{ stories: 12, titles: 24 },
  // Of one story, and frames in one command.
  ...{ messages: 4, culprits: 12, evidence: 12, frames: 60 },
};

export function findingLines(diagnosis: Diagnosis, stories: readonly Story[], style: Style): string[] {
  const shown = toldInFull(stories, style);
  const lines = shown.flatMap((story, i) => [...(i === 0 ? [] : ['']), ...storyLines(diagnosis, stories, story, style)]);
  if (shown.length === stories.length) return lines;
  const more = stories.slice(shown.length);
  return [...lines, '', ...more.slice(0, MOST.titles).flatMap((story) => titleLines(story, style)), ...moreStories(more)];
}

/** Stories that are told with messages and frames; of the others the report has the titles. */
export function toldInFull(stories: readonly Story[], style: Style): readonly Story[] {
  return style.verbose ? stories : stories.slice(0, MOST.stories);
}

/** Titles and culprits, for `--quiet`. */
export function findingHeadlines(stories: readonly Story[], style: Style): string[] {
  const shown = style.verbose ? stories : stories.slice(0, MOST.titles);
  return [...shown.flatMap((story) => titleLines(story, style).concat(...culpritLines(story, style))), ...moreStories(stories)];
}

/** How many stories there are beyond those whose titles are shown. */
function moreStories(stories: readonly Story[]): string[] {
  const more = stories.length - MOST.titles;
  return more <= 0 ? [] : [`And ${countText(more, 'findings')} more; -v shows all.`];
}

function storyLines(diagnosis: Diagnosis, stories: readonly Story[], story: Story, style: Style): string[] {
  const { findings, vips } = story;
  const lines = titleLines(story, style);
  if (style.verbose && vips.length > TITLE_VIPS) lines.push(...wrap(`VIPs: ${vips.map(printable).join(', ')}`, style.width, INDENT));
  const shown = style.verbose ? findings : examplesOf(story, MOST.messages);
  for (const finding of shown) {
    const text = deviation(finding, story) + printable(finding.message);
    lines.push(...wrap(text, style.width, findings.length === 1 ? INDENT : `${INDENT}- `));
  }
  if (shown.length < findings.length) lines.push(`${INDENT}- ${moreMessages(story, findings.length - shown.length)}`);
  lines.push(...culpritLines(story, style));
  lines.push(...wrap(extentOf(diagnosis, story) + stateText(story), style.width, INDENT));
  const causes = causesOf(stories, story);
  if (causes.length > 0) {
    const told = causes.map((cause) => `${cause.number} (${cause.rule})`);
    lines.push(...wrap(`Caused by ${listText(told, 6)}: mend that first.`, style.width, INDENT));
  }
  lines.push('', ...evidenceLines(diagnosis, story, style));
  return lines;
}

/** Of one VIP the culprits, which are listed below, tell the rest. */
function moreMessages({ vips, findings }: Story, more: number): string {
  const isListed = vips.length < 2 && findings.length <= MOST.culprits;
  return isListed ? `and ${more} more; all are listed below.` : `and ${countText(more, 'messages')} more like these; -v shows all.`;
}

/** Addresses in a title. */
const TITLE_VIPS = 4;

function titleLines(story: Story, style: Style): string[] {
  const { number, rule, code, vips, findings } = story;
  const severity = severityOf(findings);
  const about = vips.length === 0 ? '' : `, ${vipsText(vips, TITLE_VIPS)}`;
  const [first = '', ...rest] = wrap(
    `${rule} (${code}): ${severity}, ${confidenceOf(findings)}${about}`,
    style.width,
    `${number}. `.padEnd(INDENT.length),
  );
  const paint = severity === 'critical' ? style.chalk.red.bold : severity === 'warning' ? style.chalk.yellow.bold : style.chalk.bold;
  return [paint(first), ...rest.map((line) => paint(line))];
}

/** What sets a finding apart from the title it stands under. */
function deviation({ severity, confidence, state }: Finding, { findings }: Story): string {
  const marks = [
    severity === severityOf(findings) ? null : severity,
    confidence === confidenceOf(findings) ? null : confidence,
    state === 'active' || findings.every((other) => other.state === state) ? null : state,
  ].filter((mark) => mark !== null);
  return marks.length === 0 ? '' : `${marks.join(', ')}: `;
}

function culpritLines(story: Story, style: Style): string[] {
  const told = new Set(
    story.findings.flatMap((finding) => finding.culprits).map((culprit) => `${ROLE_WORDS[culprit.role]} ${machineText(culprit)}`),
  );
  if (told.size === 0) return [`${INDENT}No machine can be named.`];
  const label = told.size === 1 ? 'Culprit:  ' : 'Culprits: ';
  const all = Array.from(told);
  const shown = style.verbose ? all : all.slice(0, MOST.culprits);
  const more = all.length - shown.length;
  return [...shown, ...(more === 0 ? [] : [`and ${more} more; -v shows all`])].flatMap((text, i) =>
    wrap(text, style.width, INDENT + (i === 0 ? label : ' '.repeat(label.length))),
  );
}

/** What became of it, where that is the same for all. */
function stateText({ findings }: Story): string {
  const states = new Set(findings.map((finding) => finding.state));
  return states.size > 1 || states.has('active') ? '' : states.has('quiet') ? ' Not seen again since.' : ' Healthy again since.';
}

function evidenceLines(diagnosis: Diagnosis, story: Story, style: Style): string[] {
  const lines: string[] = [];
  const all = merge(story.findings.map((finding) => finding.evidence));
  const shown = style.verbose ? all : select(story);
  for (const name of new Set(all.map((item) => item.capture))) {
    const capture = diagnosis.captures.find((other) => other.name === name);
    if (diagnosis.captures.length > 1) lines.push(`${INDENT}In ${printable(name)}:`);
    const items = shown.filter((item) => item.capture === name);
    const frameWidth = Math.max(5, ...items.map((item) => String(item.frame).length));
    const timeWidth = Math.max(11, ...items.map((item) => since(capture?.first ?? null, item.time).length));
    lines.push(style.chalk.dim(`${INDENT}${'frame'.padStart(frameWidth)}  ${'since start'.padStart(timeWidth)}  what it shows`));
    for (const item of items) {
      const lead = `${INDENT}${String(item.frame).padStart(frameWidth)}  ${since(capture?.first ?? null, item.time).padStart(timeWidth)}  `;
      const mark = item.shows === 'fault' ? '' : `${item.shows}: `;
      lines.push(...wrap(mark + printable(item.says), style.width, lead, ' '.repeat(lead.length)));
    }
    const inCapture = all.filter((item) => item.capture === name);
    if (items.length < inCapture.length) {
      lines.push(
        style.chalk.dim(
          `${INDENT}${' '.repeat(frameWidth + timeWidth + 4)}and ${countText(inCapture.length - items.length, 'frames')} more`,
        ),
      );
    }
    // A command with the numbers of very many frames is none to read: then it shows those above.
    const wanted =
      style.verbose || inCapture.length <= MOST.frames ? inCapture : items.length > 0 ? items : inCapture.slice(0, MOST.frames);
    lines.push(...commandLines(style.sourceFiles.get(name) ?? name, wanted, style));
  }
  return lines;
}

/** Each frame once, in the order of time. */
function merge(evidence: readonly (readonly EvidenceItem[])[]): EvidenceItem[] {
  const byFrame = new Map<string, EvidenceItem>();
  for (const item of evidence.flat()) {
    const key = `${item.frame} ${item.capture}`;
    if (!byFrame.has(key)) byFrame.set(key, item);
  }
  return Array.from(byFrame.values()).sort((a, b) => (a.time === b.time ? a.frame - b.frame : a.time < b.time ? -1 : 1));
}

/** A fair share for each finding, so that every culprit that is named is shown by a frame; of several VIPs, what proves the messages that are shown. */
function select(story: Story): EvidenceItem[] {
  const { vips, findings } = story;
  if (vips.length < 2 && findings.length <= MOST.culprits) {
    return fairShare(findings.map(({ evidence }) => evidence));
  }
  const shown = vips.length > 1 ? examplesOf(story, MOST.messages) : findings.slice(0, MOST.culprits);
  const share = Math.floor(MOST.evidence / shown.length);
  return fairShare(shown.map(({ evidence }) => tellingFirst(evidence).slice(0, share)));
}

function fairShare(evidence: readonly (readonly EvidenceItem[])[]): EvidenceItem[] {
  const share = Math.max(2, Math.floor(MOST.evidence / evidence.length));
  return merge(evidence.map((items) => items.slice(0, share))).slice(0, MOST.evidence);
}

/** The tshark command that shows the frames again, over several lines where it is long: a line break within the filter is a space to tshark. */
function commandLines(file: string, items: readonly EvidenceItem[], style: Style): string[] {
  const frames = items
    .map((item) => item.frame)
    .sort((a, b) => a - b)
    .join(', ');
  const filter = `'frame.number in {${frames}}'`;
  if (file === '-') {
    return wrap(`The capture came from standard input; as a display filter: ${filter}`, style.width, INDENT).map((line) =>
      style.chalk.cyan(line),
    );
  }
  const command = printableCommand(`tshark -r ${shellQuote(file)}`);
  if (command.startsWith('#')) return [INDENT + style.chalk.cyan(command)];
  const whole = `${INDENT}${command} -Y ${filter}`;
  const lines =
    whole.length <= style.width ? [whole] : [`${INDENT}${command} \\`, ...wrap(filter, style.width, `${INDENT}  -Y `, `${INDENT}  `)];
  return lines.map((line) => style.chalk.cyan(line));
}
