/** The end of the report: who is who and why, what was read, what did not fit, and the paths of all flows. */
import type { Diagnosis, RoleSource } from '../../diagnosis.ts';
import { thousands } from '../../thousands.ts';
import { serversTold, vipsAlike } from '../text/many.ts';
import { countText, listText } from '../text/style.ts';
import { clock } from '../time.ts';
import { html, type Markup } from './markup.ts';

const MODE_WORDS = { dr: 'direct routing', nat: 'NAT', tun: 'tunnels' } as const;
const SOURCE_WORDS: Readonly<Record<RoleSource, string>> = {
  given: 'given',
  declared: 'declared by its protocol',
  observed: 'observed',
  guessed: 'guessed',
};
const MOST_PATHS = 40;
const MOST_CLUES = 6;

/** Machines of one role. */
const MOST_MACHINES = 24;
const MOST_SERVICES = 12;

export function rolesTable(diagnosis: Diagnosis): Markup | null {
  const { vips, directors, realServers, gateways, clients } = diagnosis.cluster;
  const { told: servers } = serversTold(diagnosis, MOST_MACHINES);
  if (vips.length + directors.length + realServers.length + gateways.length === 0) return null;
  const row = (role: string, who: Markup, source: RoleSource, clues: readonly string[]) =>
    html`<tr><th scope="row">${role}</th><td>${who}</td><td class="short">${SOURCE_WORDS[source] ?? source}</td><td>${[...new Set(clues)].slice(0, MOST_CLUES).map((clue, i) => html`${i > 0 && html`<br>`}${clue}`)}</td></tr>`;
  const machine = ({ name, ips, macs }: { name: string | null; ips: readonly string[]; macs: readonly string[] }) =>
    html`${name !== null && html`${name} `}<span class="mono">${[...ips.slice(0, 3), ...macs.slice(0, 3)].join(' ')}</span>`;
  return html`<div class="wide" tabindex="0" role="region" aria-label="Roles"><table><thead><tr><th scope="col">Role</th><th scope="col">Who</th><th scope="col">Source</th><th scope="col">Clues</th></tr></thead><tbody>
${vipsAlike(diagnosis.cluster)
  .slice(0, MOST_MACHINES)
  .map((group) => row(group.length === 1 ? 'VIP' : countText(group.length, 'VIPs'), vipText(group), group[0].source, group[0].clues))}
${directors.slice(0, MOST_MACHINES).map((d) => row('director', html`${machine(d)}${d.from !== null && directors.length > 1 && html`<br>from ${clock(d.from)}`}${d.until !== null && html` until ${clock(d.until)}`}`, d.source, d.clues))}
${servers.map((server) => row('real server', machine(server), server.source, server.clues))}${more(realServers.length - servers.length)}
${gateways.slice(0, MOST_MACHINES).map((gateway) => row('gateway', machine(gateway), gateway.source, gateway.clues))}
</tbody></table></div>${clients.count > 0 && html`<p class="muted">${countText(clients.count, 'clients')}, of these ${clients.onLink} on this LAN.</p>`}`;
}

function vipText(group: ReturnType<typeof vipsAlike>[number]): Markup {
  const [{ services, mode }] = group;
  const left = services.length - MOST_SERVICES;
  const about = [
    ...services.slice(0, MOST_SERVICES),
    ...(left > 0 ? [`${left} services more`] : []),
    ...(mode === null ? [] : [MODE_WORDS[mode]]),
  ];
  return html`<span class="mono">${listText(
    group.map(({ ip }) => ip),
    4,
  )}</span> ${about.join(', ')}`;
}

function more(count: number): Markup | null {
  return count <= 0 ? null : html`<tr><td colspan="4" class="muted">and ${count} more, in the diagnosis as JSON</td></tr>`;
}

export function noticesList({ notices }: Diagnosis): Markup | null {
  if (notices.length === 0) return null;
  return html`<ul class="judged">${notices.map(({ code, notice, message }) => html`<li><span class="rules">${notice}</span> <span class="muted mono">${code}</span> ${message}</li>`)}</ul>`;
}

export function pathsTable({ paths }: Diagnosis): Markup | null {
  if (paths.length === 0) return null;
  return html`<details><summary>${countText(paths.length, 'paths')} of flows, hop by hop</summary><div class="wide"><table><thead><tr><th scope="col">VIP and service</th><th scope="col" class="n">Flows</th><th scope="col">Path</th><th scope="col">Frames of one flow</th></tr></thead><tbody>${paths
    .slice(0, MOST_PATHS)
    .map(
      ({ vip, service, path, flows, frames }) =>
        html`<tr><td class="mono">${vip} ${service}</td><td class="n">${thousands(flows)}</td><td>${path.map((step, i) => html`${i > 0 && html`<br>`}${step}`)}</td><td class="mono">${frames.join(', ')}</td></tr>`,
    )}</tbody></table></div>${paths.length > MOST_PATHS && html`<p class="muted">And ${paths.length - MOST_PATHS} more; lvs-doctor trace shows all.</p>`}</details>`;
}

export function capturesTable({ captures }: Diagnosis): Markup {
  return html`<div class="wide" tabindex="0" role="region" aria-label="Captures"><table><thead><tr><th scope="col">Capture</th><th scope="col">Taken at</th><th scope="col">Format</th><th scope="col" class="n">Frames</th><th scope="col" class="n">Bytes</th><th scope="col">First and last frame</th><th scope="col">Remarks</th></tr></thead><tbody>${captures.map(
    ({ name, point, format, linkType, frames, bytes, first, last, cutOff, dropped, clockOffset }) => {
      const remarks = [
        cutOff ? 'cut off within a record' : null,
        dropped !== null && dropped > 0 ? `${countText(dropped, 'frames')} dropped by the capturing system` : null,
        clockOffset !== null && clockOffset !== 0 ? `clock offset ${clockOffset} s` : null,
      ].filter((remark) => remark !== null);
      return html`<tr><th scope="row" class="mono">${name}</th><td>${point ?? 'not told'}</td><td>${format ?? ''}, ${linkType}</td><td class="n">${thousands(frames)}</td><td class="n">${thousands(bytes)}</td><td class="mono">${first ?? '–'}<br>${last ?? '–'}</td><td>${remarks.join(', ')}</td></tr>`;
    },
  )}</tbody></table></div>`;
}

export function limitsText({ limits }: Diagnosis): Markup {
  const { flowsForgotten, pathsOverflowed, edgesOverflowed, claimsForgotten } = limits;
  const forgotten = [
    flowsForgotten > 0 ? countText(flowsForgotten, 'flows') : null,
    pathsOverflowed > 0 ? countText(pathsOverflowed, 'paths') : null,
    edgesOverflowed > 0 ? `${thousands(edgesOverflowed)} pairs of machines` : null,
    claimsForgotten > 0 ? `${thousands(claimsForgotten)} claims of addresses` : null,
  ].filter((part) => part !== null);
  return forgotten.length === 0
    ? html`<p class="muted">Nothing was forgotten for lack of memory.</p>`
    : html`<p>More traffic than fits into bounded memory: ${listText(forgotten)} were not followed to the end.</p>`;
}
