/** What several captures can show together, and where each of them was taken. */
import { captureOf } from '../capture/frame.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { type Mac, type Observations, unicastOf } from '../cluster/observations.ts';
import { joinSights, type Sight, sightAt, type Unicast } from '../cluster/sight.ts';
import { formatMac } from '../decoders/address.ts';
import type { PointAccount, Points } from './read-points.ts';

export interface SightOfPoints {
  /** All that the captures can show together. */
  readonly sight: Sight;
  /** Where each capture was taken, in their order; null where that is not known. */
  readonly places: readonly (string | null)[];
}

export function sightOfPoints({ captures }: Points, o: Observations, cluster: Cluster): SightOfPoints {
  const unicasts = captures.map(unicastAt);
  const points = new Map<number, number[]>();
  for (const [i, { pointNumber }] of captures.entries()) points.set(pointNumber, [...(points.get(pointNumber) ?? []), i]);
  const sights = new Map<number, Sight>();
  for (const [number, indices] of points) {
    const point = indices.map((i) => captures[i]!.point).find((told) => told !== null) ?? null;
    const unicast = union(indices.map((i) => unicasts[i]!));
    const hasDestinations = indices.every((i) => captures[i]!.survey.hasDestinations);
    const sight = sightAt(unicast, hasDestinations, cluster, point);
    const isMirror = point === 'mirror' || indices.some((i) => captures[i]!.host.kind === 'mirror');
    sights.set(number, sight.kind === 'mirror' && !isMirror ? blind(sight) : sight);
  }
  const isMerged = (index: number) => captures[index]!.part === 'merged';
  const ordered = [...points].filter(([, indices]) => indices.some(isMerged)).map(([number]) => sights.get(number)!);
  const isOrderKnown: Sight['isOrderKnown'] = (frames) => {
    const [first, ...rest] = new Set(frames.map(({ frame }) => captureOf(frame)));
    return rest.every((other) => captures[other]!.clock.group === captures[first!]!.clock.group);
  };
  return { sight: joinSights(ordered, o, cluster, isOrderKnown), places: captures.map((c) => sights.get(c.pointNumber)!.point) };
}

/** Whom a capture shows sending to whom; of one whose machine is known that alone, since a switch may have flooded frames of others. */
function unicastAt({ survey, host }: PointAccount): Unicast {
  if (host.kind !== 'machine') return unicastOf(survey.edges);
  return new Map([...host.macs].map((mac) => [formatMac(mac), new Map([[formatMac(mac), 1]])]));
}

function union(all: readonly Unicast[]): Unicast {
  const [only, ...more] = all;
  if (only !== undefined && more.length === 0) return only;
  const joined = new Map<Mac, Map<Mac, number>>();
  for (const unicast of all) {
    for (const [from, row] of unicast) {
      const known = joined.get(from) ?? new Map<Mac, number>();
      for (const [to, frames] of row) known.set(to, (known.get(to) ?? 0) + frames);
      joined.set(from, known);
    }
  }
  return joined;
}

/** Whatever a capture holds counts, but nothing is known to be missing in it. */
function blind(sight: Sight): Sight {
  return { ...sight, kind: 'unknown', point: null, hosts: [], sees: () => false, seesAllFrom: () => false, seesAllTo: () => false };
}
