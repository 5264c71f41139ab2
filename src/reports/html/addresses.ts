/** For each VIP, and each other address that findings speak of: who took which way, and who claimed it and was believed. */
import type { AddressSummary, Diagnosis, HopSummary } from '../../diagnosis.ts';
import type { Story } from '../text/stories.ts';
import { clusterPicture } from './cluster-picture.ts';
import type { Machines } from './machines.ts';
import { html, type Markup } from './markup.ts';
import { timelinePicture } from './timeline-picture.ts';

/** So few are all drawn; of more, some stand for those of which the same is told. */
const FEW = 4;
const MOST = 8;

export function addressSections(diagnosis: Diagnosis, stories: readonly Story[], machines: Machines): Markup | null {
  const { addresses = [] } = diagnosis;
  if (addresses.length === 0) return null;
  const drawn = drawnOf(addresses, stories);
  const parts = drawn.map((address, i) => {
    const vip = diagnosis.cluster.vips.find((other) => other.ip === address.ip);
    const about = vip === undefined ? 'an address that findings speak of' : ['VIP', ...vip.services].join(' ');
    return html`<h3><span class="mono">${address.ip}</span> <span class="muted">${about}</span></h3>
${clusterPicture(diagnosis, address, machines, `cluster-${i + 1}`)}
${timelinePicture(diagnosis, address, machines, `timeline-${i + 1}`)}
${hopsTable(address, machines)}`;
  });
  const isPart = Math.max(addresses.length, diagnosis.cluster.vips.length) > drawn.length;
  return html`${parts}${isPart && html`<p class="muted">Of all addresses, ${drawn.length} are drawn: of those that the same findings speak of, the first ones.</p>`}`;
}

/** Of each kind the first one, then the second one of each, and of the worst kind first. */
function drawnOf(addresses: readonly AddressSummary[], stories: readonly Story[]): AddressSummary[] {
  if (addresses.length <= FEW) return [...addresses];
  const toldIn = new Map<string, number[]>();
  for (const { number, vips } of stories) for (const ip of vips) toldIn.set(ip, [...(toldIn.get(ip) ?? []), number]);
  const kinds = new Map<string, AddressSummary[]>();
  for (const address of addresses) {
    const key = (toldIn.get(address.ip) ?? []).join();
    kinds.set(key, [...(kinds.get(key) ?? []), address]);
  }
  const healthy = kinds.get('') ?? [];
  kinds.delete('');
  const inOrder = [...kinds.values(), healthy];
  const firsts = inOrder.flatMap((kind) => kind.slice(0, 1));
  const seconds = inOrder.flatMap((kind) => kind.slice(1, 2));
  return [...firsts.slice(0, MOST), ...seconds.slice(0, Math.max(0, FEW - firsts.length))];
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
