/** What to type: the commands that mend, by host, and those that show that all is cured. */
import type { Diagnosis } from '../../diagnosis.ts';
import { type Command, commandLines } from '../loops.ts';
import { groupsOf, whysOf } from '../text/remedies.ts';
import type { Story } from '../text/stories.ts';
import { addressText, listText, type Style } from '../text/style.ts';
import { captureAgain, captureAgainText, checksOf } from '../verification.ts';
import { html, type Markup } from './markup.ts';

/** Columns before a command is continued in the next line. */
const WIDTH = 110;
/** Characters of a command that is shown: as many as markup shows of one text. */
const LONGEST = 2000;
/** Hosts with commands of their own; a cluster with more has other troubles. */
const MOST_HOSTS = 60;
const MOST_STORIES = 60;
/** Of one story. */
const MOST_WHYS = 4;

/** Commands to paste: one block, which the script gives a button. */
export function commandBlock(commands: readonly Command[], of: string): Markup {
  const lines = commands.flatMap((command) => commandLines(command, { width: WIDTH, longest: LONGEST }));
  return html`<div class="command" data-of="${of}"><pre><code>${lines.map((line, i) => [i > 0 && html`\n`, line])}</code></pre></div>`;
}

/** Commands by host, and why; null where no finding needs any. */
export function remedySection(stories: readonly Story[], style: Style): Markup | null {
  const groups = groupsOf(stories);
  if (groups.length === 0) return null;
  const links = (numbers: readonly number[], end = '') =>
    numbers.map((number, i) => html`${i > 0 && ', '}<a href="#finding-${number}">${number}${i === numbers.length - 1 && end}</a>`);
  return html`<ul class="judged">${whysOf(stories.slice(0, MOST_STORIES), MOST_WHYS).map(({ numbers, why }) => html`<li>${links(numbers, '.')} ${why}</li>`)}</ul>
${groups.slice(0, MOST_HOSTS).map(({ hosts, commands, stories: mended }) => {
  const where = listText(
    hosts.map((host) => addressText(host, style)),
    8,
  );
  const numbers = [...mended].sort((a, b) => a - b).slice(0, MOST_STORIES);
  return html`<h3>On ${where} <span class="muted">mends ${links(numbers)}</span></h3>${commandBlock(commands, `for ${where}`)}`;
})}${groups.length > MOST_HOSTS && html`<p class="muted">And ${groups.length - MOST_HOSTS} hosts more, in the diagnosis as JSON.</p>`}`;
}

/** What must be seen when all is cured. */
export function verificationSection(diagnosis: Diagnosis, stories: readonly Story[]): Markup | null {
  if (stories.length === 0) return null;
  return html`${checksOf(stories.slice(0, MOST_STORIES)).map(({ story, on, commands, sample, see }) => {
    const where = typeof on === 'string' ? on : listText(on.map((who) => who.name ?? who.ip ?? who.mac ?? 'it'));
    return html`<p><a href="#finding-${story.number}">${story.number}. ${story.rule}</a>, on ${where || 'the machine concerned'}${sample !== null && `, here for ${sample}`}: ${withCode(see)}.</p>${commandBlock(commands, `that verify ${story.rule}`)}`;
  })}<p>${withCode(captureAgainText(diagnosis))}</p>${commandBlock(captureAgain(diagnosis), 'that capture and compare again')}`;
}

/** What stands between backticks as code. */
function withCode(text: string): Markup[] {
  return text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
