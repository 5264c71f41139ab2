/** The findings of the text report: what was seen, who is to be mended, and the frames that show it. */
import type { Confidence, Diagnosis, EvidenceItem, Finding, Severity } from '../../diagnosis.ts';
import { printable } from '../printable.ts';
import { printableCommand, shellQuote } from '../shell.ts';
import { since, startOf } from '../time.ts';
import { wrap } from '../wrap.ts';
import type { Story } from './stories.ts';
import { countText, listText, machineText, ROLE_WORDS, type Style } from './style.ts';

const INDENT = '   ';
const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];
const CONFIDENCES: readonly Confidence[] = ['confirmed', 'probable', 'possible'];
/** More than these are counted, unless verbose. */
const MESSAGES_SHOWN = 4;
const EVIDENCE_SHOWN = 12;

export function findingLines(diagnosis: Diagnosis, stories: readonly Story[], style: Style): string[] {
  return stories.flatMap((story, i) => [...(i === 0 ? [] : ['']), ...storyLines(diagnosis, stories, story, style)]);
}

/** Titles and culprits, for `--quiet`. */
export function findingHeadlines(stories: readonly Story[], style: Style): string[] {
  return stories.flatMap((story) => titleLines(story, style).concat(...culpritLines(story, style)));
}

function storyLines(diagnosis: Diagnosis, stories: readonly Story[], story: Story, style: Style): string[] {
  const { findings } = story;
  const lines = titleLines(story, style);
  const shown = style.verbose ? findings : findings.slice(0, MESSAGES_SHOWN);
  for (const finding of shown) {
    const text = deviation(finding, story) + printable(finding.message);
    lines.push(...wrap(text, style.width, findings.length === 1 ? INDENT : `${INDENT}- `));
  }
  if (shown.length < findings.length) lines.push(`${INDENT}- and ${findings.length - shown.length} more; all are listed below.`);
  lines.push(...culpritLines(story, style));
  lines.push(...wrap(extent(diagnosis, story), style.width, INDENT));
  const causes = causesOf(stories, story);
  if (causes.length > 0) {
    const told = causes.map((cause) => `${cause.number} (${cause.rule})`);
    lines.push(...wrap(`Caused by ${listText(told)}: mend that first.`, style.width, INDENT));
  }
  lines.push('', ...evidenceLines(diagnosis, story, style));
  return lines;
}

function titleLines(story: Story, style: Style): string[] {
  const severity = strongest(
    SEVERITIES,
    story.findings.map((finding) => finding.severity),
  );
  const confidence = strongest(
    CONFIDENCES,
    story.findings.map((finding) => finding.confidence),
  );
  const vip = story.vip === null ? '' : `, VIP ${printable(story.vip)}`;
  const [first = '', ...rest] = wrap(
    `${story.rule} (${story.code}): ${severity}, ${confidence}${vip}`,
    style.width,
    `${story.number}. `.padEnd(INDENT.length),
  );
  const paint = severity === 'critical' ? style.chalk.red.bold : severity === 'warning' ? style.chalk.yellow.bold : style.chalk.bold;
  return [paint(first), ...rest.map((line) => paint(line))];
}

function strongest<T>(order: readonly T[], of: readonly T[]): T | undefined {
  return order.find((rank) => of.includes(rank));
}

/** What sets a finding apart from the title it stands under. */
function deviation(finding: Finding, story: Story): string {
  const marks = [
    finding.severity ===
    strongest(
      SEVERITIES,
      story.findings.map((other) => other.severity),
    )
      ? null
      : finding.severity,
    finding.confidence ===
    strongest(
      CONFIDENCES,
      story.findings.map((other) => other.confidence),
    )
      ? null
      : finding.confidence,
    finding.state === 'active' || story.findings.every((other) => other.state === finding.state) ? null : finding.state,
  ].filter((mark) => mark !== null);
  return marks.length === 0 ? '' : `${marks.join(', ')}: `;
}

function culpritLines(story: Story, style: Style): string[] {
  const told = new Set(
    story.findings.flatMap((finding) => finding.culprits).map((culprit) => `${ROLE_WORDS[culprit.role]} ${machineText(culprit)}`),
  );
  if (told.size === 0) return [`${INDENT}No machine can be named.`];
  const label = told.size === 1 ? 'Culprit:  ' : 'Culprits: ';
  return Array.from(told).flatMap((text, i) => wrap(text, style.width, INDENT + (i === 0 ? label : ' '.repeat(label.length))));
}

/** '5 frames, from +0.000521 to +2.104000.' and what became of it. */
function extent(diagnosis: Diagnosis, story: Story): string {
  const { findings } = story;
  const units = new Map<string, number>();
  for (const finding of findings) units.set(finding.unit, (units.get(finding.unit) ?? 0) + finding.count);
  const counted = listText(Array.from(units, ([unit, count]) => countText(count, unit)));
  const start = startOf(diagnosis);
  const first = since(start, findings.map((finding) => finding.first).sort()[0] ?? '');
  const last = since(
    start,
    findings
      .map((finding) => finding.last)
      .sort()
      .at(-1) ?? '',
  );
  const span = first === '' ? '' : first === last ? ` at ${first} s` : ` from ${first} to ${last} s`;
  const states = new Set(findings.map((finding) => finding.state));
  const state = states.size > 1 || states.has('active') ? '' : states.has('quiet') ? ' Not seen again since.' : ' Healthy again since.';
  return `Seen: ${counted}${span}.${state}`;
}

function causesOf(stories: readonly Story[], story: Story): Story[] {
  const ids = new Set(story.findings.flatMap((finding) => finding.causedBy));
  return stories.filter((other) => other !== story && other.findings.some((finding) => ids.has(finding.id)));
}

function evidenceLines(diagnosis: Diagnosis, story: Story, style: Style): string[] {
  const lines: string[] = [];
  const all = merge(story.findings.map((finding) => finding.evidence));
  const shown = style.verbose ? all : select(story.findings);
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
    lines.push(...commandLines(style.sourceFiles.get(name) ?? name, inCapture, style));
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

/** A fair share for each finding, so that every culprit is shown by a frame. */
function select(findings: readonly Finding[]): EvidenceItem[] {
  const share = Math.max(2, Math.floor(EVIDENCE_SHOWN / findings.length));
  return merge(findings.map((finding) => finding.evidence.slice(0, share))).slice(0, Math.max(EVIDENCE_SHOWN, findings.length));
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
