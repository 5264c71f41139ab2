/**
 * What this capture can show of whom. A frame that did not come is only "not sent" where it would have been seen.
 */

import type { FrameRef } from '../correlation/frame-ref.ts';
import type { Cluster, Machine } from './cluster.ts';
import type { Mac, Observations } from './observations.ts';

/** Where a capture was taken, as far as it is known. */
export interface Sight {
  /** `mirror`: all frames between machines. `host`: those of one machine, or with several captures of each of `hosts`. `unknown`: those of one of several machines. */
  readonly kind: 'mirror' | 'host' | 'unknown';
  /** Whether a person said so. */
  readonly given: boolean;
  /** What to print for the capture point; null when it is not known. */
  readonly point: string | null;
  /** The machines that captured (`host`), or those of which one did (`unknown`). */
  readonly hosts: readonly Machine[];
  /** Whether frames carry a destination MAC at all (not in cooked or raw captures). */
  readonly hasDestinations: boolean;
  /** Whether it is known in which order these frames were sent. */
  isOrderKnown(frames: readonly FrameRef[]): boolean;
  /** Whether a unicast frame between these two machines would be in the capture. */
  sees(from: Mac, to: Mac): boolean;
  /** Whether all that a machine sends to others would be in the capture. */
  seesAllFrom(machine: Machine): boolean;
  /** Whether all that is sent to a machine would be in the capture. */
  seesAllTo(machine: Machine): boolean;
}

const POINTS: Readonly<Record<string, keyof Pick<RoleLists, 'directors' | 'realServers' | 'gateways'> | 'client'>> = {
  director: 'directors',
  'real-server': 'realServers',
  gateway: 'gateways',
  client: 'client',
};

interface RoleLists {
  readonly directors: readonly Machine[];
  readonly realServers: readonly Machine[];
  readonly gateways: readonly Machine[];
}

/** Whom a capture shows sending unicast frames to whom. */
export type Unicast = ReadonlyMap<Mac, ReadonlyMap<Mac, number>>;

/** Whose capture it is: from the point given, else from whose unicast frames it holds. */
export function findSight(o: Observations, cluster: Cluster, point: string | null): Sight {
  return sightAt(o.unicast, hasDestinations(o), cluster, point);
}

/** What one of several captures can show, from its own unicast frames. */
export function sightAt(unicast: Unicast, hasDestinations: boolean, cluster: Cluster, point: string | null): Sight {
  const make = (kind: Sight['kind'], given: boolean, name: string | null, hosts: readonly Machine[]): Sight => {
    const isHost = (mac: Mac) => hosts.some((h) => h.macs.includes(mac));
    const sees = (from: Mac, to: Mac): boolean => {
      if (kind === 'mirror') return given || unicast.has(from);
      if (kind === 'host') return isHost(from) || isHost(to);
      return hosts.length > 0 && hosts.every((h) => h.macs.includes(from) || h.macs.includes(to));
    };
    return {
      kind,
      given,
      point: name,
      hosts,
      hasDestinations,
      isOrderKnown: () => true,
      sees,
      seesAllFrom: (m) => (kind === 'mirror' ? given || m.macs.some((mac) => unicast.has(mac)) : kind === 'host' && hosts.includes(m)),
      seesAllTo: (m) => (kind === 'mirror' ? given || isSentTo(unicast, m) : kind === 'host' && hosts.includes(m)),
    };
  };

  if (point === 'mirror') return make('mirror', true, 'mirror', []);
  const candidates = commonMachines(unicast, cluster);
  if (point !== null) {
    const named = cluster.machines.filter((m) => m.name === point);
    if (named.length > 0) return make('host', true, point, named.slice(0, 1));
    const role = POINTS[point];
    const inRole = role === undefined || role === 'client' ? [] : machinesIn(cluster, role);
    const hosts = candidates.filter((m) => (role === 'client' || role === undefined ? !isServing(cluster, m) : inRole.includes(m)));
    if (hosts.length === 1) return make('host', true, point, hosts);
    if (candidates.length === 1) return make('host', true, point, candidates);
    if (inRole.length === 1) return make('host', true, point, inRole);
    return make('unknown', true, point, hosts.length > 0 ? hosts : candidates);
  }
  if (candidates.length === 0 && unicast.size > 0) return make('mirror', false, 'mirror', []);
  if (candidates.length === 1) return make('host', false, describeHost(cluster, candidates[0]!), candidates);
  return make('unknown', false, null, candidates);
}

/**
 * What several captures of one LAN can show together: all that any of them can.
 * @param sights of the captures whose frames stand in one order
 */
export function joinSights(sights: readonly Sight[], o: Observations, cluster: Cluster, isOrderKnown: Sight['isOrderKnown']): Sight {
  const mirror = sights.find((sight) => sight.kind === 'mirror' && sight.given) ?? sights.find((sight) => sight.kind === 'mirror');
  const atHosts = sights.filter((sight) => sight.kind === 'host');
  const hosts = [...new Set(atHosts.flatMap((sight) => sight.hosts))];
  const surrounded = answersSurely(hosts, o, cluster);
  return {
    kind: mirror !== undefined ? 'mirror' : atHosts.length > 0 ? 'host' : 'unknown',
    given: mirror?.given ?? (sights.length > 0 && sights.every((sight) => sight.given)),
    point: null,
    hosts,
    hasDestinations: hasDestinations(o),
    isOrderKnown,
    sees: (from, to) => sights.some((sight) => sight.sees(from, to)),
    seesAllFrom: (machine) => surrounded.has(machine) || sights.some((sight) => sight.seesAllFrom(machine)),
    seesAllTo: (machine) => sights.some((sight) => sight.seesAllTo(machine)),
  };
}

/**
 * Real servers all of whose answers are in sight though they did not capture themselves: every machine that brings requests, directs
 * them or is given answers captured what it was sent.
 */
function answersSurely(hosts: readonly Machine[], o: Observations, cluster: Cluster): Set<Machine> {
  const surely = new Set<Machine>();
  for (const vip of cluster.vips) {
    const paths = o.pathsTo(vip.ip);
    const servers = new Set(vip.realServers.map((role) => role.machine));
    const ends = new Set(vip.directors.map((role) => role.machine));
    for (const path of paths) {
      for (const mac of [path.toward[0]?.source, ...path.from.map((hop) => hop.destination)]) {
        if (mac !== undefined && mac !== '') ends.add(cluster.machineOf(mac));
      }
    }
    if (paths.length > 0 && [...ends].every((end) => hosts.includes(end) || end.isVirtual))
      for (const server of servers) surely.add(server);
  }
  return surely;
}

function hasDestinations({ facts }: Observations): boolean {
  return facts.cookedFrames + facts.noLinkFrames === 0;
}

/** Machines that every unicast frame involves: the capture may be theirs. None: it is a mirror's. */
function commonMachines(unicast: Unicast, cluster: Cluster): Machine[] {
  let common: Set<Machine> | null = null;
  for (const [from, row] of unicast) {
    for (const to of row.keys()) {
      const pair = [cluster.machineOf(from), cluster.machineOf(to)];
      const left: Machine[] = common === null ? pair : pair.filter((m) => common!.has(m));
      common = new Set(left);
      if (common.size === 0) return [];
    }
  }
  return [...(common ?? [])];
}

function machinesIn(cluster: Cluster, role: 'directors' | 'realServers' | 'gateways'): Machine[] {
  if (role === 'gateways') return cluster.gateways.map((g) => g.machine);
  return cluster.vips.flatMap((vip) => vip[role].map((r) => r.machine));
}

function isServing(cluster: Cluster, machine: Machine): boolean {
  return cluster.vips.some((vip) => [...vip.directors, ...vip.realServers].some((role) => role.machine === machine));
}

function isSentTo(unicast: Unicast, machine: Machine): boolean {
  for (const row of unicast.values()) for (const to of row.keys()) if (machine.macs.includes(to)) return true;
  return false;
}

function describeHost(cluster: Cluster, machine: Machine): string | null {
  if (machine.name !== null) return machine.name;
  if (cluster.vips.length === 0) return null;
  for (const vip of cluster.vips) {
    if (vip.directors.some((r) => r.machine === machine)) return 'director';
    if (vip.realServers.some((r) => r.machine === machine)) return 'real-server';
  }
  return cluster.gateways.some((g) => g.machine === machine) ? 'gateway' : 'client';
}
