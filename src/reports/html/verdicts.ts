/** What was judged clean, and what was not judged with the capture that would decide it. */
import type { Diagnosis } from '../../diagnosis.ts';
import { addressText, listText, type Style } from '../text/style.ts';
import { becauseOf, fold, notJudgedGroups } from '../text/verdicts.ts';
import { commandBlock } from './commands.ts';
import { html, type Markup } from './markup.ts';

/** Commands that decide; those beyond ask of ever fewer rules. */
const MOST = 40;

export function passedSection(diagnosis: Diagnosis, style: Style): Markup | null {
  const passed = diagnosis.verdicts.filter((verdict) => verdict.verdict === 'passed');
  if (passed.length === 0) return null;
  return html`<ul class="judged">${fold(passed, diagnosis, style).map(({ rules, subjects }) => html`<li><span class="rules">${rules}</span> <span class="muted">for ${subjects}</span></li>`)}</ul>`;
}

export function notJudgedSection(diagnosis: Diagnosis, style: Style): Markup | null {
  const groups = notJudgedGroups(diagnosis);
  if (groups.length === 0) return null;
  return html`${groups.slice(0, MOST).map((group) => {
    const { command, hosts, blanks } = group;
    const where = listText(
      hosts.map((host) => addressText(host, style)),
      8,
    );
    const reasons = becauseOf(group, diagnosis, style).map(
      ({ rules, subjects, reason }) =>
        html`<li><span class="rules">${rules}</span> <span class="muted">for ${subjects}${reason !== null && `: ${reason}`}</span></li>`,
    );
    const head = command === null ? 'Nothing in these frames decides' : `Decided by a capture${where === '' ? '' : ` on ${where}`}`;
    return html`<h3>${head}${blanks !== null && html` <span class="muted">each with ${blanks}</span>`}</h3>${command !== null && commandBlock([command], `that capture${where === '' ? '' : ` on ${where}`}`)}<ul class="judged">${reasons}</ul>`;
  })}${groups.length > MOST && html`<p class="muted">And ${groups.length - MOST} captures more, in the diagnosis as JSON.</p>`}`;
}
