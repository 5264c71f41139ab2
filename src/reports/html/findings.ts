/** The findings: who is to be mended, how one led to the other, and for each what was seen and which frames show it. */
import type { Diagnosis, EvidenceItem, Finding } from '../../diagnosis.ts';
import { causesOf, confidenceOf, examplesOf, extentOf, type Story, severityOf, tellingFirst } from '../text/stories.ts';
import { countText, ROLE_WORDS, vipsText } from '../text/style.ts';
import type { FramePlaces } from './frames.ts';
import { ladderPicture } from './ladder-picture.ts';
import type { Machines } from './machines.ts';
import { html, type Markup, type Part } from './markup.ts';

/** Rungs of a ladder; the list below it has all frames. */
const MOST_RUNGS = 14;
/** What is more than these is counted: more of the same kind prove no more. */
const MOST_CULPRITS = 40;
const MOST_STORIES = 60;
const MOST_IN_CHAIN = 24;
/** Of one machine, and causes of one story. */
const MOST_FAULTS = 8;
/** Of one story. */
const MOST_VIPS = 400;
const MOST_MESSAGES = 40;
const MOST_EVIDENCE = 120;
/** Addresses in a title. */
const TITLE_VIPS = 4;
/** Of findings about several VIPs, and of more than so many, some stand for all; the others open on demand. */
const MANY = 12;
const ALIKE = 4;
const FIRST_EVIDENCE = 24;

/** Culprits in the order of the findings, with what each does. */
export function culpritsTable(stories: readonly Story[], machines: Machines): Markup | null {
  const rows = new Map<string, { who: Markup; ip: string | null; mac: string | null; of: Map<Story, Finding[]> }>();
  for (const story of stories) {
    for (const finding of story.findings) {
      for (const { role, name, ip, mac } of finding.culprits) {
        const key = JSON.stringify([mac, ip, name]);
        const title = machines.at(mac ?? ip ?? '')?.title ?? name;
        const who = html`${title ?? ROLE_WORDS[role] ?? 'machine'}${name !== null && html` <span class="muted">${ROLE_WORDS[role]}</span>`}`;
        const row = rows.get(key) ?? { who, ip, mac, of: new Map<Story, Finding[]>() };
        const found = row.of.get(story);
        if (found === undefined) row.of.set(story, [finding]);
        else found.push(finding);
        rows.set(key, row);
      }
    }
  }
  if (rows.size === 0) return null;
  const faultOf = ([story, found]: [Story, Finding[]]) => {
    const severity = severityOf(found);
    const about =
      story.vips.length > 1 && html` <span class="muted">for ${countText(new Set(found.map(({ vip }) => vip)).size, 'VIPs')}</span>`;
    return html`<span class="badge ${severity}">${severity}</span> <a href="#finding-${story.number}">${story.rule}</a>${about}`;
  };
  return html`<div class="wide" tabindex="0" role="region" aria-label="Culprits"><table><thead><tr><th scope="col">Machine</th><th scope="col">Address</th><th scope="col">Fault</th></tr></thead><tbody>${[
    ...rows.values(),
  ]
    .slice(0, MOST_CULPRITS)
    .map(
      ({ who, ip, mac, of }) =>
        html`<tr><th scope="row">${who}</th><td class="mono">${[ip, mac].filter((address) => address !== null).join(' ') || 'not known'}</td><td>${[...of].slice(0, MOST_FAULTS).map((one, i) => html`${i > 0 && html`<br>`}${faultOf(one)}`)}${of.size > MOST_FAULTS && html`<br><span class="muted">and ${of.size - MOST_FAULTS} more</span>`}</td></tr>`,
    )}</tbody></table></div>${rows.size > MOST_CULPRITS && html`<p class="muted">And ${countText(rows.size - MOST_CULPRITS, 'machines')} more, in the diagnosis as JSON.</p>`}`;
}

/** Which finding leads to which, in one line; null when there is only one. */
export function causalChain(stories: readonly Story[]): Markup | null {
  if (stories.length < 2) return null;
  const shown = stories.slice(0, MOST_IN_CHAIN);
  return html`<ol class="chain">${shown.map((story, i) => {
    const leads = i > 0 && causesOf(shown, story).includes(shown[i - 1]!);
    return html`<li${leads && html` class="to"`}>${i > 0 && !leads && html`<span class="muted">and</span>`}<a href="#finding-${story.number}">${story.number}. ${story.rule}</a></li>`;
  })}${stories.length > shown.length && html`<li class="muted">and ${stories.length - shown.length} more</li>`}</ol>`;
}

export function storySections(diagnosis: Diagnosis, stories: readonly Story[], machines: Machines, places: FramePlaces): Markup[] {
  const more = stories.length - MOST_STORIES;
  const sections = stories.slice(0, MOST_STORIES).map((story) => storySection(diagnosis, stories, story, machines, places));
  return more <= 0
    ? sections
    : [...sections, html`<p class="muted">And ${countText(more, 'findings')} more, in the diagnosis as JSON.</p>`];
}

function storySection(diagnosis: Diagnosis, stories: readonly Story[], story: Story, machines: Machines, places: FramePlaces): Markup {
  const { number, rule, code, vips, findings } = story;
  const severity = severityOf(findings);
  const isMany = vips.length > 1 || findings.length > MANY;
  const examples = isMany ? examplesOf(story, ALIKE) : findings;
  const evidence = merged(findings.map((finding) => finding.evidence));
  const share = Math.floor(FIRST_EVIDENCE / examples.length);
  const first = isMany
    ? merged([tellingFirst(examples.flatMap((finding) => tellingFirst(finding.evidence).slice(0, share)))])
    : evidence.slice(0, MOST_EVIDENCE);
  const rungs = (isMany ? inTurn(examples, first) : fairShare(findings)).map((item) => places.rung(item));
  const causes = causesOf(stories, story).slice(0, MOST_FAULTS);
  return html`<section class="story ${severity}" id="finding-${number}" aria-labelledby="title-${number}">
<h3 id="title-${number}">${number}. ${rule} <span class="muted mono">${code}</span> <span class="badge ${severity}">${severity}</span> <span class="badge">${confidenceOf(findings)}</span>${about(vips)}</h3>
${allVips(vips)}${messageList(findings, examples)}
<p class="muted">${extentOf(diagnosis, story)}${causes.length > 0 && html` Caused by ${causes.map((cause, i) => html`${i > 0 && ', '}<a href="#finding-${cause.number}">${cause.number}. ${cause.rule}</a>`)}: mend that first.`}</p>
${ladderPicture(rungs, machines, `ladder-${number}`, rule)}
${rungs.length < evidence.length && html`<p class="legend">The picture shows ${rungs.length} of ${evidence.length} frames.</p>`}
<ul class="evidence" aria-label="Evidence frames">${first.map((item) => places.row(item))}${!isMany && more(evidence.length - first.length)}</ul>
${isMany && otherFrames(evidence, first, places)}</section>`;
}

/** 'for 203.0.113.100'; of many the first ones and how many more. */
function about(vips: readonly string[]): Markup | null {
  const [only] = vips;
  if (only === undefined) return null;
  return html` <span class="muted">for ${vips.length === 1 ? html`<span class="mono">${only}</span>` : vipsText(vips, TITLE_VIPS)}</span>`;
}

/** All of them, where the title has room for some alone. */
function allVips(vips: readonly string[]): Markup | null {
  if (vips.length <= TITLE_VIPS) return null;
  const more = vips.length - MOST_VIPS;
  return html`<details><summary>All ${countText(vips.length, 'VIPs')}</summary><p class="mono">${vips.slice(0, MOST_VIPS).join(', ')}${more > 0 && ` and ${more} more`}</p></details>\n`;
}

function messageList(findings: readonly Finding[], examples: readonly Finding[]): Markup {
  const item = (finding: Finding) => html`<li>${messageOf(finding)}</li>`;
  if (findings.length === 1) return html`<p>${findings.map(messageOf)}</p>`;
  if (examples === findings) return html`<ul>${findings.map(item)}</ul>`;
  const others = findings.filter((finding) => !examples.includes(finding));
  return html`<ul>${examples.map(item)}</ul>${
    others.length > 0 &&
    html`<details><summary>${countText(others.length, 'messages')} more like these</summary><ul>${others.slice(0, MOST_MESSAGES).map(item)}${more(others.length - MOST_MESSAGES)}</ul></details>`
  }`;
}

/** The evidence of the findings that are not shown first: a line each, without bytes, which prove no more. */
function otherFrames(evidence: readonly EvidenceItem[], first: readonly EvidenceItem[], places: FramePlaces): Markup | null {
  const others = evidence.filter((item) => !first.some((other) => isSameFrame(other, item)));
  if (others.length === 0) return null;
  return html`<details><summary>${countText(others.length, 'frames')} more</summary><ul class="evidence">${others.slice(0, MOST_EVIDENCE).map((item) => places.closedRow(item))}${more(others.length - MOST_EVIDENCE)}</ul></details>\n`;
}

function messageOf({ message, state }: Finding): Part {
  return [message, { active: null, quiet: ' Not seen again since.', resolved: ' Healthy again since.' }[state] ?? null];
}

function more(count: number): Markup | null {
  return count <= 0 ? null : html`<li class="muted">and ${count} more, in the diagnosis as JSON</li>`;
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

/** The same of the frames that stand below the picture, with what is told of them there. */
function inTurn(findings: readonly Finding[], below: readonly EvidenceItem[]): EvidenceItem[] {
  const told = (items: readonly EvidenceItem[]) => below.filter((item) => items.some((other) => isSameFrame(other, item)));
  return fairShare(findings.map((finding) => ({ ...finding, evidence: told(finding.evidence) })));
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
