/** What a report draws of an address: who claimed it, whom its neighbours believed, and which ways its packets took. */
import type { FrameRef } from '../correlation/frame-ref.ts';
import { PathEvent } from '../correlation/paths.ts';
import type { AddressSummary, ClaimSummary, Finding, HopSummary, NeighbourSummary } from '../diagnosis.ts';
import type { Cluster } from './cluster.ts';
import type { FrameNames } from './frame-names.ts';
import type { FlowPath, Ip, Mac, Observations, Passage, Step } from './observations.ts';

/** More than these nobody looks at in one picture; the rest is counted. */
const MAX_ADDRESSES = 16;
const MAX_NEIGHBOURS = 24;
const MAX_HOPS = 64;

/** The VIPs, and other addresses that findings speak of; of very many, those that findings speak of first. */
export function summarizeAddresses(o: Observations, cluster: Cluster, findings: readonly Finding[], names: FrameNames): AddressSummary[] {
  const told = findings.map((finding) => finding.vip).filter((ip) => ip !== null);
  const ips = [...new Set([...cluster.vips.map((vip) => vip.ip), ...told])];
  const chosen = new Set([...new Set([...firstOfEachKind(findings), ...told, ...ips])].slice(0, MAX_ADDRESSES));
  const faults = faultsByFrame(findings);
  const faultsAt = ({ frame }: FrameRef) => faults.get(frame) ?? [];
  return ips
    .filter((ip) => chosen.has(ip))
    .map((ip) => {
      const about = o.about(ip);
      const neighbours = neighboursOf(ip, o, cluster, names);
      const hops = atCulprits(hopsOf(o.pathsTo(ip), o.passagesOf(ip), faultsAt), findings, cluster);
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

/** The first address of each rule and culprits: of very many addresses, these show the most. */
function firstOfEachKind(findings: readonly Finding[]): Ip[] {
  const firsts = new Map<string, Ip>();
  for (const { rule, vip, culprits } of findings) {
    const kind = JSON.stringify([rule, culprits.map(({ mac, ip }) => mac ?? ip).sort()]);
    if (vip !== null && !firsts.has(kind)) firsts.set(kind, vip);
  }
  return [...firsts.values()];
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

/** For each frame that is cited as the fault itself: the ids of the findings that do. Numbers of frames also tell the capture. */
function faultsByFrame(findings: readonly Finding[]): Map<number, string[]> {
  const byFrame = new Map<number, string[]>();
  for (const { id, evidence } of findings) {
    for (const { frame, shows } of evidence) if (shows === 'fault') byFrame.set(frame, [...(byFrame.get(frame) ?? []), id]);
  }
  return byFrame;
}

/** Hops of the flows to an address, by their ends and kind, the busiest first. */
function hopsOf(paths: readonly FlowPath[], passages: readonly Passage[], faultsAt: (ref: FrameRef) => readonly string[]): HopSummary[] {
  const hops = new Map<string, { hop: HopSummary; faults: Set<string> }>();
  const hopOn = ({ source, destination }: { source: Mac; destination: Mac }, { kind, tunnel }: HopKind) => {
    const key = `${kind} ${tunnel} ${source} ${destination}`;
    const known = hops.get(key);
    if (known !== undefined) return known;
    const hop = { source: source || null, destination: destination || null, kind, tunnel, flows: 0, again: 0, faults: [] };
    const entry = { hop, faults: new Set<string>() };
    hops.set(key, entry);
    return entry;
  };
  for (const { steps, flows, examples } of paths) {
    for (const [i, step] of steps.entries()) {
      const isAgain = step.event === PathEvent.echo || step.event === PathEvent.loop;
      // The same datagram again is no hop of its own, but a mark on the one that it took before.
      for (const kind of isAgain ? kindsOn(steps, step) : kindOf(step.event)) {
        const entry = hopOn(step, kind);
        entry.hop = { ...entry.hop, flows: entry.hop.flows + (isAgain ? 0 : flows), again: entry.hop.again + (isAgain ? flows : 0) };
        for (const { frames } of examples) for (const id of frames[i] === undefined ? [] : faultsAt(frames[i])) entry.faults.add(id);
      }
    }
  }
  for (const passage of passages) {
    const faults = [passage.first, passage.last].flatMap(faultsAt);
    if (faults.length === 0) continue;
    const entry = hopOn(passage, { kind: passage.toward ? 'request' : 'answer', tunnel: passage.tunnel });
    for (const id of faults) entry.faults.add(id);
  }
  return [...hops.values()].map(({ hop, faults }) => ({ ...hop, faults: [...faults] })).sort((a, b) => b.flows - a.flows);
}

/**
 * A finding that cites a whole walk blames the machine at its end: where some of its ways touch a culprit and others do not, it is the
 * fault of those only.
 */
function atCulprits(hops: readonly HopSummary[], findings: readonly Finding[], cluster: Cluster): HopSummary[] {
  const culprits = new Map(
    findings.map((f) => [f.id, new Set(f.culprits.flatMap(({ mac }) => (mac === null ? [] : macsOf(mac, cluster))))]),
  );
  const touches = (hop: HopSummary, id: string) => [hop.source, hop.destination].some((mac) => mac !== null && culprits.get(id)?.has(mac));
  const touching = new Set(hops.flatMap((hop) => hop.faults.filter((id) => touches(hop, id))));
  return hops.map((hop) => ({ ...hop, faults: hop.faults.filter((id) => !touching.has(id) || touches(hop, id)) }));
}

function macsOf(mac: Mac, cluster: Cluster): readonly Mac[] {
  return cluster.knows(mac) ? cluster.machineOf(mac).macs : [mac];
}

type HopKind = Pick<HopSummary, 'kind' | 'tunnel'>;

function kindOf(event: PathEvent): readonly HopKind[] {
  const hop = HOPS[event];
  return hop === undefined ? [] : [hop];
}

function kindsOn(steps: readonly Step[], { source, destination }: Step): readonly HopKind[] {
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
