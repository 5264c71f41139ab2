/** For each VIP, and each other address that findings speak of: who took which way, and who claimed it and was believed. */
import type { AddressSummary, Diagnosis, HopSummary } from '../../diagnosis.ts';
import { clusterPicture } from './cluster-picture.ts';
import type { Machines } from './machines.ts';
import { html, type Markup } from './markup.ts';
import { timelinePicture } from './timeline-picture.ts';

/** Addresses that are drawn; the diagnosis has the rest. */
const MOST = 8;

export function addressSections(diagnosis: Diagnosis, machines: Machines): Markup | null {
  const { addresses = [] } = diagnosis;
  if (addresses.length === 0) return null;
  const parts = addresses.slice(0, MOST).map((address, i) => {
    const vip = diagnosis.cluster.vips.find((other) => other.ip === address.ip);
    const about = vip === undefined ? 'an address that findings speak of' : ['VIP', ...vip.services].join(' ');
    return html`<h3><span class="mono">${address.ip}</span> <span class="muted">${about}</span></h3>
${clusterPicture(diagnosis, address, machines, `cluster-${i + 1}`)}
${timelinePicture(diagnosis, address, machines, `timeline-${i + 1}`)}
${hopsTable(address, machines)}`;
  });
  return html`${parts}${addresses.length > MOST && html`<p class="muted">And ${addresses.length - MOST} addresses more, in the diagnosis as JSON.</p>`}`;
}

/** The ways in words: for those who cannot see the picture, and to copy from. */
function hopsTable({ hops, leftOut }: AddressSummary, machines: Machines): Markup | null {
  if (hops.length === 0) return null;
  return html`<details><summary>The same ways as a table, with MACs</summary><div class="wide"><table><thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col">What</th><th scope="col" class="n">Flows</th><th scope="col">Fault of</th></tr></thead><tbody>${hops.map(
    (hop) =>
      html`<tr><td>${end(hop.source, machines)}</td><td>${end(hop.destination, machines)}</td><td>${what(hop)}</td><td class="n">${hop.flows}</td><td>${[...new Set(hop.faults.map((id) => id.split('/')[0] ?? id))].join(', ')}</td></tr>`,
  )}</tbody></table></div>${leftOut.hops > 0 && html`<p class="muted">And ${leftOut.hops} ways more.</p>`}</details>`;
}

function end(mac: string | null, machines: Machines): Markup {
  if (mac === null) return html`<span class="muted">not in the capture</span>`;
  const machine = machines.of(mac);
  return html`${machine !== null && html`${machine.title} `}<span class="mono">${mac}</span>`;
}

function what({ kind, tunnel, again }: HopSummary): string {
  return `${kind}${tunnel ? ' in a tunnel' : ''}${again > 0 ? `, the same datagram again in ${again}` : ''}`;
}
