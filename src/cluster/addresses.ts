/** What a report draws of an address: who claimed it, whom its neighbours believed, and which ways its packets took. */
import { PathEvent } from '../correlation/paths.ts';
import type { AddressSummary, ClaimSummary, HopSummary, NeighbourSummary } from '../diagnosis.ts';
import type { Cluster } from './cluster.ts';
import type { FrameNames } from './frame-names.ts';
import type { FlowPath, Ip, Mac, Observations, Step } from './observations.ts';

/** More than these nobody looks at in one picture; the rest is counted. */
const MAX_ADDRESSES = 16;
const MAX_NEIGHBOURS = 24;
const MAX_HOPS = 64;

/** The VIPs, and other addresses that findings speak of. */
export function summarizeAddresses(ips: readonly Ip[], o: Observations, cluster: Cluster, names: FrameNames): AddressSummary[] {
  return [...new Set(ips)].slice(0, MAX_ADDRESSES).map((ip) => {
    const about = o.about(ip);
    const neighbours = neighboursOf(ip, o, cluster, names);
    const hops = hopsOf(o.pathsTo(ip));
    return {
      ip,
      claims: (about?.macs ?? []).map(
        ({ mac, counts, first, last }): ClaimSummary => ({ mac, ...counts, first: names.timeOf(first.at), last: names.timeOf(last.at) }),
      ),
      events: (about?.log ?? []).map(({ ref, kind, mac }) => ({
        capture: names.captureOf(ref.point),
        frame: ref.frame,
        time: names.timeOf(ref.at),
        kind,
        mac,
      })),
      gap: about?.gap ? { from: names.timeOf(about.gap.from), until: names.timeOf(about.gap.until) } : null,
      neighbours: neighbours.slice(0, MAX_NEIGHBOURS),
      hops: hops.slice(0, MAX_HOPS),
      leftOut: { neighbours: Math.max(0, neighbours.length - MAX_NEIGHBOURS), hops: Math.max(0, hops.length - MAX_HOPS) },
    };
  });
}

/** Who sends to the address by its own neighbour cache, the busiest first. A director of it hands on by its table, not by its cache. */
function neighboursOf(ip: Ip, o: Observations, cluster: Cluster, names: FrameNames): NeighbourSummary[] {
  const vip = cluster.vip(ip);
  const senders = o.sendersTo(ip).filter((mac) => vip === undefined || !cluster.isDirector(mac, vip));
  const used = new Map(senders.map((mac) => [mac, { frames: 0, last: 0 }]));
  for (const { toward, source, frames, last } of o.passagesOf(ip)) {
    const sums = toward ? used.get(source) : undefined;
    if (sums === undefined) continue;
    sums.frames += frames;
    sums.last = Math.max(sums.last, last.at);
  }
  const busiest = [...used].map(([mac, sums]) => ({ mac, ...sums })).sort((a, b) => b.frames - a.frames);
  // Only the first ones are drawn: the others need no moves.
  return busiest.map(({ mac, frames, last }, i) => ({
    mac,
    frames,
    uses: i >= MAX_NEIGHBOURS ? [] : usesOf(mac, ip, o, names),
    last: names.timeOf(last),
  }));
}

function usesOf(sender: Mac, ip: Ip, o: Observations, names: FrameNames): NeighbourSummary['uses'] {
  return o
    .movesOf(sender, ip)
    .map(({ ref, to }) => ({ mac: to, capture: names.captureOf(ref.point), frame: ref.frame, time: names.timeOf(ref.at) }));
}

/** Hops of the flows to an address, by their ends and kind, the busiest first. */
function hopsOf(paths: readonly FlowPath[]): HopSummary[] {
  const hops = new Map<string, HopSummary>();
  for (const { steps, flows } of paths) {
    for (const { event, source, destination } of steps) {
      const isAgain = event === PathEvent.echo || event === PathEvent.loop;
      // The same datagram again is no hop of its own, but a mark on the one that it took before.
      for (const { kind, tunnel } of isAgain ? kindsOn(steps, source, destination) : kindOf(event)) {
        const key = `${kind} ${tunnel} ${source} ${destination}`;
        const known = hops.get(key) ?? { source: source || null, destination: destination || null, kind, tunnel, flows: 0, again: 0 };
        hops.set(key, { ...known, flows: known.flows + (isAgain ? 0 : flows), again: known.again + (isAgain ? flows : 0) });
      }
    }
  }
  return [...hops.values()].sort((a, b) => b.flows - a.flows);
}

type HopKind = Pick<HopSummary, 'kind' | 'tunnel'>;

function kindOf(event: PathEvent): readonly HopKind[] {
  const hop = HOPS[event];
  return hop === undefined ? [] : [hop];
}

function kindsOn(steps: readonly Step[], source: Mac, destination: Mac): readonly HopKind[] {
  return steps.filter((step) => step.source === source && step.destination === destination).flatMap((step) => kindOf(step.event));
}

const HOPS: Readonly<Partial<Record<PathEvent, HopKind>>> = {
  [PathEvent.toward]: { kind: 'request', tunnel: false },
  [PathEvent.towardInTunnel]: { kind: 'request', tunnel: true },
  [PathEvent.translated]: { kind: 'translated request', tunnel: false },
  [PathEvent.from]: { kind: 'answer', tunnel: false },
  [PathEvent.fromInTunnel]: { kind: 'answer', tunnel: true },
  [PathEvent.answeredElsewhere]: { kind: 'answer from another address', tunnel: false },
};
