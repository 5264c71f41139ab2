/** The findings: who is to be mended, how one led to the other, and for each what was seen and which frames show it. */
import type { Confidence, Diagnosis, EvidenceItem, Finding, Severity } from '../../diagnosis.ts';
import type { Story } from '../text/stories.ts';
import { countText, listText, ROLE_WORDS } from '../text/style.ts';
import { since, startOf } from '../time.ts';
import type { FramePlaces } from './frames.ts';
import { ladderPicture } from './ladder-picture.ts';
import type { Machines } from './machines.ts';
import { html, type Markup, type Part } from './markup.ts';

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];
const CONFIDENCES: readonly Confidence[] = ['confirmed', 'probable', 'possible'];
/** Rungs of a ladder; the list below it has all frames. */
const MOST_RUNGS = 14;
/** Messages and evidence of one story that are shown; more of the same kind prove no more. */
const MOST_MESSAGES = 40;
const MOST_EVIDENCE = 120;

/** Culprits in the order of the findings, with what each does. */
export function culpritsTable(stories: readonly Story[], machines: Machines): Markup | null {
  const rows = new Map<string, { who: Markup; ip: string | null; mac: string | null; of: Map<Story, Severity> }>();
  for (const story of stories) {
    for (const finding of story.findings) {
      for (const { role, name, ip, mac } of finding.culprits) {
        const key = JSON.stringify([mac, ip, name]);
        const title = machines.at(mac ?? ip ?? '')?.title ?? name;
        const who = html`${title ?? ROLE_WORDS[role] ?? 'machine'}${name !== null && html` <span class="muted">${ROLE_WORDS[role]}</span>`}`;
        const row = rows.get(key) ?? { who, ip, mac, of: new Map<Story, Severity>() };
        row.of.set(story, strongest(SEVERITIES, [finding.severity, row.of.get(story) ?? 'info']));
        rows.set(key, row);
      }
    }
  }
  if (rows.size === 0) return null;
  return html`<div class="wide" tabindex="0" role="region" aria-label="Culprits"><table><thead><tr><th scope="col">Machine</th><th scope="col">Address</th><th scope="col">Fault</th></tr></thead><tbody>${[
    ...rows.values(),
  ].map(
    ({ who, ip, mac, of }) =>
      html`<tr><th scope="row">${who}</th><td class="mono">${[ip, mac].filter((address) => address !== null).join(' ') || 'not known'}</td><td>${[...of].map(([story, severity], i) => html`${i > 0 && html`<br>`}<span class="badge ${severity}">${severity}</span> <a href="#finding-${story.number}">${story.rule}</a>`)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** Which finding leads to which, in one line; null when there is only one. */
export function causalChain(stories: readonly Story[]): Markup | null {
  if (stories.length < 2) return null;
  return html`<ol class="chain">${stories.map((story, i) => {
    const leads = i > 0 && causesOf(stories, story).includes(stories[i - 1]!);
    return html`<li${leads && html` class="to"`}>${i > 0 && !leads && html`<span class="muted">and</span>`}<a href="#finding-${story.number}">${story.number}. ${story.rule}</a></li>`;
  })}</ol>`;
}

export function storySections(diagnosis: Diagnosis, stories: readonly Story[], machines: Machines, places: FramePlaces): Markup[] {
  return stories.map((story) => storySection(diagnosis, stories, story, machines, places));
}

function storySection(diagnosis: Diagnosis, stories: readonly Story[], story: Story, machines: Machines, places: FramePlaces): Markup {
  const { number, rule, code, vip, findings } = story;
  const severity = strongest(
    SEVERITIES,
    findings.map((finding) => finding.severity),
  );
  const confidence = strongest(
    CONFIDENCES,
    findings.map((finding) => finding.confidence),
  );
  const evidence = merged(findings.map((finding) => finding.evidence));
  const rungs = fairShare(findings).map((item) => places.rung(item));
  const causes = causesOf(stories, story);
  const messages = findings.slice(0, MOST_MESSAGES).map(messageOf);
  return html`<section class="story ${severity}" id="finding-${number}" aria-labelledby="title-${number}">
<h3 id="title-${number}">${number}. ${rule} <span class="muted mono">${code}</span> <span class="badge ${severity}">${severity}</span> <span class="badge">${confidence}</span>${vip !== null && html` <span class="muted">for <span class="mono">${vip}</span></span>`}</h3>
${messages.length === 1 ? html`<p>${messages}</p>` : html`<ul>${messages.map((message) => html`<li>${message}</li>`)}${more(findings.length - MOST_MESSAGES)}</ul>`}
<p class="muted">${extent(diagnosis, findings)}${causes.length > 0 && html` Caused by ${causes.map((cause, i) => html`${i > 0 && ', '}<a href="#finding-${cause.number}">${cause.number}. ${cause.rule}</a>`)}: mend that first.`}</p>
${ladderPicture(rungs, machines, `ladder-${number}`, rule)}
${rungs.length < evidence.length && html`<p class="legend">The picture shows ${rungs.length} of ${evidence.length} frames.</p>`}
<ul class="evidence" aria-label="Evidence frames">${evidence.slice(0, MOST_EVIDENCE).map((item) => places.row(item))}${more(evidence.length - MOST_EVIDENCE)}</ul>
</section>`;
}

function messageOf({ message, state }: Finding): Part {
  return [message, { active: null, quiet: ' Not seen again since.', resolved: ' Healthy again since.' }[state] ?? null];
}

function more(count: number): Markup | null {
  return count <= 0 ? null : html`<li class="muted">and ${count} more, in the diagnosis as JSON</li>`;
}

function strongest<T>(order: readonly T[], of: readonly T[]): T {
  return order.find((rank) => of.includes(rank)) ?? order.at(-1)!;
}

/** '5 frames, from +0.000521 to +2.104000 s.' */
function extent(diagnosis: Diagnosis, findings: readonly Finding[]): string {
  const units = new Map<string, number>();
  for (const { unit, count } of findings) units.set(unit, (units.get(unit) ?? 0) + count);
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
  return `Seen: ${listText(Array.from(units, ([unit, count]) => countText(count, unit)))}${span}.`;
}

function causesOf(stories: readonly Story[], story: Story): Story[] {
  const ids = new Set(story.findings.flatMap((finding) => finding.causedBy));
  return stories.filter((other) => other !== story && other.findings.some((finding) => ids.has(finding.id)));
}

/** The first frames of each finding in turn, so that every culprit is shown by some. */
function fairShare(findings: readonly Finding[]): EvidenceItem[] {
  const taken: EvidenceItem[] = [];
  const longest = Math.max(...findings.map((finding) => finding.evidence.length));
  for (let rank = 0; rank < longest; rank++) {
    for (const { evidence } of findings) {
      const item = evidence[rank];
      if (item === undefined) continue;
      if (taken.some((other) => isSameFrame(other, item))) continue;
      if (taken.length === MOST_RUNGS) return merged([taken]);
      taken.push(item);
    }
  }
  return merged([taken]);
}

/** Each frame once, with all that is said of it, in the order of time. */
function merged(evidence: readonly (readonly EvidenceItem[])[]): EvidenceItem[] {
  const byFrame = new Map<string, EvidenceItem>();
  for (const item of evidence.flat()) {
    const key = `${item.frame} ${item.capture}`;
    const known = byFrame.get(key);
    if (known === undefined) byFrame.set(key, item);
    else if (!known.says.includes(item.says)) byFrame.set(key, { ...known, says: `${known.says}; ${item.says}` });
  }
  return [...byFrame.values()].sort((a, b) => (a.time === b.time ? a.frame - b.frame : a.time < b.time ? -1 : 1));
}

function isSameFrame(a: EvidenceItem, b: EvidenceItem): boolean {
  return a.frame === b.frame && a.capture === b.capture;
}
