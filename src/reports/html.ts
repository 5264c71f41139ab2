/**
 * The diagnosis as one HTML file for an incident ticket: no network, nothing to install, complete without JavaScript. The verdict first,
 * then who is to be mended, what happened with the frames that show it, pictures, what to type, what was judged and what was not.
 */
import type { Diagnosis } from '../diagnosis.ts';
import { capturesTable, limitsText, noticesList, pathsTable, rolesTable } from './html/about.ts';
import { addressSections } from './html/addresses.ts';
import { remedySection, verificationSection } from './html/commands.ts';
import { causalChain, culpritsTable, storySections } from './html/findings.ts';
import { FramePlaces, type FramesByCapture } from './html/frames.ts';
import { Machines } from './html/machines.ts';
import { html, type Markup, textOf } from './html/markup.ts';
import { SCRIPT } from './html/script.ts';
import { serversTable } from './html/servers.ts';
import { STYLE } from './html/style.ts';
import { notJudgedSection, passedSection } from './html/verdicts.ts';
import { storiesOf } from './text/stories.ts';
import { styleOf } from './text/style.ts';
import { clock, duration } from './time.ts';

/**
 * The report, ending in a line break.
 * @param frames the bytes of evidence frames, where they are at hand; without them frames show what the evidence says
 */
export async function renderHtml(diagnosis: Diagnosis, frames: FramesByCapture = new Map()): Promise<string> {
  const machines = new Machines(diagnosis);
  const style = styleOf(diagnosis, { color: false, width: 100 });
  const stories = storiesOf(diagnosis);
  const faults = stories.filter(({ findings }) => findings.some(({ severity }) => severity !== 'info'));
  const told = storySections(diagnosis, stories, machines, new FramePlaces(diagnosis, frames));
  const happened = told.length === 0 ? null : html`${causalChain(stories)}${tools()}${told}`;
  const read = html`${capturesTable(diagnosis)}${limitsText(diagnosis)}`;
  const sections: readonly Section[] = [
    { id: 'culprits', name: 'Culprits', title: 'Who is to be mended', content: culpritsTable(faults, machines) },
    { id: 'findings', name: 'What happened', title: 'What happened', content: happened },
    {
      id: 'cluster',
      name: 'Cluster',
      title: 'The cluster, and the ways its packets took',
      content: addressSections(diagnosis, stories, machines),
    },
    { id: 'servers', name: 'Requests', title: 'Requests per real server', content: serversTable(diagnosis) },
    { id: 'commands', name: 'Commands', title: 'What mends it', content: remedySection(faults, style) },
    { id: 'verify', name: 'Verify', title: 'How to verify the cure', content: verificationSection(diagnosis, faults) },
    { id: 'notices', name: 'Notices', title: 'Notices', content: noticesList(diagnosis) },
    { id: 'not-judged', name: 'Not judged', title: 'What was not judged', content: notJudgedSection(diagnosis, style) },
    { id: 'passed', name: 'Judged clean', title: 'What was judged clean', content: passedSection(diagnosis, style) },
    { id: 'roles', name: 'Roles', title: 'Who is who', content: rolesTable(diagnosis) },
    { id: 'paths', name: 'Paths', title: 'Paths', content: pathsTable(diagnosis) },
    { id: 'captures', name: 'Captures', title: 'What was read, and limits', content: read },
  ].filter((section): section is Section => section.content !== null);
  // `<\/script>`: an end tag as it stands makes the bundler reach for a package of its own.
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '${await hashOf(SCRIPT)}'; style-src '${await hashOf(STYLE)}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${diagnosis.verdict.toUpperCase()}: ${diagnosis.summary}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
${head(diagnosis, sections)}
<main id="main">
${sections.map(({ id, title, content }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>\n${content}</section>\n`)}
</main>
<footer>lvs-doctor ${diagnosis.tool.version}. This page is complete by itself and asks the network for nothing.</footer>
<script>${SCRIPT}<\/script>
</body>
</html>
`;
  return `<!doctype html>\n${textOf(page)}`;
}

interface Section {
  readonly id: string;
  readonly title: string;
  /** In the list of sections. */
  readonly name: string;
  readonly content: Markup;
}

function head(diagnosis: Diagnosis, sections: readonly Section[]): Markup {
  const { verdict, summary, captures } = diagnosis;
  const read = captures.map(({ name, frames, first, last }) => {
    const length = duration(first, last);
    return html`<span class="mono">${name}</span>: ${frames} frames${length !== '' && html` in ${length}`}${first !== null && html` from ${clock(first)}`}`;
  });
  return html`<header>
<div class="verdict ${verdict === 'cannot tell' ? 'cannot' : verdict}"><h1><span class="word">${verdict.toUpperCase()}</span>${summary}</h1>
<p class="read">${read.slice(0, 4).map((text, i) => html`${i > 0 && html`<br>`}${text}`)}</p></div>
<nav aria-label="Sections"><ul>${sections.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>`;
}

/** Shown by the script alone: without it there is nothing to filter with. */
function tools(): Markup {
  return html`<div class="tools" id="tools" role="search" hidden><input id="filter" type="search" placeholder="Filter findings (press /)" aria-label="Filter findings by their words"><select id="severity" aria-label="Severity"><option value="">every severity</option><option>critical</option><option>warning</option><option>info</option></select><button type="button" id="toggle">Open all frames</button><span id="shown" class="muted" aria-live="polite"></span></div>`;
}

/** What a Content-Security-Policy allows the one style and the one script by. */
async function hashOf(content: Markup): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(textOf(content)));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
