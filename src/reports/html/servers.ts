/** What became of the requests that reached each real server: numbers, and a bar on one scale for all. */
import type { Diagnosis, RealServerSummary } from '../../diagnosis.ts';
import { thousands } from '../../thousands.ts';
import { othersText, serversTold } from '../text/many.ts';
import { html, type Markup } from './markup.ts';

const BAR_WIDTH = 240;

/** Real servers with a row of their own. */
const MOST = 24;

export function serversTable(diagnosis: Diagnosis): Markup | null {
  const { told, others } = serversTold(diagnosis, MOST);
  if (told.length === 0) return null;
  const most = Math.max(1, ...told.map((server) => server.requests));
  const all: readonly Counts[] = others === null ? told : [...told, others];
  const isPartial = all.some((server) => server.silent === null);
  const hasBypassed = told.some((server) => server.bypassed > 0);
  return html`<div class="wide" tabindex="0" role="region" aria-label="Requests per real server"><table><thead><tr><th scope="col">Real server</th><th scope="col" class="n">Requests</th><th scope="col" class="n">Answered</th><th scope="col" class="n">Refused</th><th scope="col" class="n">Silent</th><th scope="col" class="n">Past the director</th><th scope="col"><span class="muted">of ${thousands(most)}</span></th></tr></thead><tbody>${told.map((server) => row(nameOf(server), server, most))}${others !== null && row(html`<span class="muted">${othersText(others)}</span>`, others, null)}</tbody></table></div><p class="legend"><span class="key k answered"></span>answered <span class="key k refused"></span>refused <span class="key k silent"></span>silent ${
    isPartial && html`<span class="key k unseen"></span>? cannot be told from this capture `
  }${hasBypassed && html`<span class="key k bypassed"></span>past the director (line below the bar)`}</p>`;
}

type Counts = Pick<RealServerSummary, 'requests' | 'answered' | 'refused' | 'silent' | 'bypassed'>;

function nameOf({ name, ips, macs }: RealServerSummary): Markup {
  return html`${name !== null && html`${name} `}<span class="mono">${ips.slice(0, 2).join(', ')}</span> <span class="mono muted">${macs.slice(0, 2).join(', ')}</span>`;
}

/** With a bar on a scale to `most` requests; without one where that is null. */
function row(who: Markup, counts: Counts, most: number | null): Markup {
  const { requests, answered, refused, silent, bypassed } = counts;
  // Where answers are out of sight, a count of zero would read as a fault.
  const unseen = (count: number) => (silent === null && count === 0 ? '?' : thousands(count));
  return html`<tr><th scope="row">${who}</th><td class="n">${thousands(requests)}</td><td class="n">${unseen(answered)}</td><td class="n${refused > 0 ? ' warn' : ''}">${unseen(refused)}</td><td class="n${silent !== null && silent > 0 ? ' bad' : ''}">${silent === null ? '?' : thousands(silent)}</td><td class="n${bypassed > 0 ? ' bad' : ''}">${thousands(bypassed)}</td><td>${most !== null && bar(counts, most)}</td></tr>`;
}

function bar({ requests, answered, refused, silent, bypassed }: Counts, most: number): Markup {
  const scale = BAR_WIDTH / most;
  const parts: readonly (readonly [string, number])[] = [
    ['answered', answered],
    ['refused', refused],
    ['silent', silent ?? 0],
    ['unseen', silent === null ? Math.max(0, requests - answered - refused) : 0],
  ];
  let x = 0;
  return html`<svg class="bar" width="${BAR_WIDTH}" height="16" viewBox="0 0 ${BAR_WIDTH} 16" aria-hidden="true"><rect class="base" x="0" y="1" width="${BAR_WIDTH}" height="10" rx="2"/>${parts.map(
    ([kind, count]) => {
      const at = x;
      x += count * scale;
      return count > 0 && html`<rect class="${kind}" x="${at}" y="1" width="${Math.max(1, count * scale)}" height="10"/>`;
    },
  )}${bypassed > 0 && html`<rect class="bypassed" x="0" y="13" width="${Math.max(2, bypassed * scale)}" height="3"/>`}</svg>`;
}
