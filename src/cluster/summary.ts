/** The cluster as a report shows it: roles, and per real server what became of the requests that reached it. */
import { Begun, PathEvent } from '../correlation/paths.ts';
import type { ClusterSummary, PathSummary, RealServerSummary } from '../diagnosis.ts';
import type { Cluster, Machine, Role, Vip } from './cluster.ts';
import { nameOf } from './cluster.ts';
import type { FlowPath, Mac, Observations, Step } from './observations.ts';
import type { Sight } from './sight.ts';

/** Paths shown; the rest is in `trace`. */
const MAX_PATHS = 200;

export function summarizeCluster(cluster: Cluster, o: Observations, sight: Sight, timeOf: (at: number) => string): ClusterSummary {
  const clients = new Set<string>();
  for (const vip of cluster.vips) for (const path of o.pathsTo(vip.ip)) for (const e of path.examples) clients.add(e.client);
  const onLink = [...clients].filter((ip) => (o.about(ip)?.macs.length ?? 0) > 0).length;
  return {
    vips: cluster.vips.map(({ ip, services, mode, source, clues }) => ({ ip, services, mode, source, clues })),
    directors: merge(cluster.vips.flatMap((vip) => vip.directors.map((role) => ({ vip, role })))).map(({ machine, vips, roles }) => ({
      ...identity(machine),
      vips,
      from: time(Math.min(...roles.map((r) => r.from ?? Number.POSITIVE_INFINITY)), timeOf),
      until: time(endOf(machine, vips, roles, cluster), timeOf),
      source: roles[0]!.source,
      clues: [...new Set(roles.flatMap((r) => r.clues))],
    })),
    realServers: merge(cluster.vips.flatMap((vip) => vip.realServers.map((role) => ({ vip, role })))).map(({ machine, vips, roles }) => ({
      ...identity(machine),
      ...requestsOf(machine, cluster, vips, o, sight),
      source: roles[0]!.source,
      clues: [...new Set(roles.flatMap((r) => r.clues))],
    })),
    gateways: cluster.gateways.map(({ machine, source, clues }) => ({ ...identity(machine), source, clues })),
    clients: { count: o.countClients(cluster.vips.map((vip) => vip.ip)), onLink },
  };
}

/** The paths to VIPs, the commonest first, in words. */
export function summarizePaths(cluster: Cluster, o: Observations): PathSummary[] {
  const namesOf = new Map(cluster.vips.map((vip) => [vip, new Map<Mac, string>()]));
  return cluster.vips
    .flatMap((vip) => o.pathsTo(vip.ip).map((path) => ({ vip, path })))
    .sort((a, b) => b.path.flows - a.path.flows || a.path.id - b.path.id)
    .slice(0, MAX_PATHS)
    .map(({ vip, path }) => ({
      vip: vip.ip,
      service: `${path.port}/${path.protocol}`,
      path: path.steps.map((step) => stepWords(step, cluster, vip, namesOf.get(vip))),
      flows: path.flows,
      frames: (path.examples[0]?.frames ?? []).map((ref) => ref.frame),
    }));
}

const EVENT_WORDS: Readonly<Record<PathEvent, string>> = {
  [PathEvent.toward]: '→',
  [PathEvent.from]: '←',
  [PathEvent.towardInTunnel]: '→ in a tunnel',
  [PathEvent.fromInTunnel]: '← in a tunnel',
  [PathEvent.echo]: 'same datagram again on',
  [PathEvent.echoAgain]: 'same datagram a third time on',
  [PathEvent.loop]: 'loop over',
  [PathEvent.retry]: 'SYN repeated on',
  [PathEvent.retryAgain]: 'SYN repeated again on',
  [PathEvent.established]: 'established on',
  [PathEvent.refused]: 'refused by',
  [PathEvent.reset]: 'reset by',
  [PathEvent.clientReset]: 'reset by the client on',
  [PathEvent.unreachable]: 'ICMP unreachable on',
  [PathEvent.timeExceeded]: 'ICMP time exceeded on',
  [PathEvent.tooBig]: 'ICMP too big on',
  [PathEvent.translated]: 'destination translated on',
  [PathEvent.answeredElsewhere]: 'answered from another IP on',
  [PathEvent.stalled]: 'same full-size segment a third time on',
};

/**
 * `→ gateway>director`.
 * @param names what MACs were called before, for the same VIP
 */
export function stepWords(step: Step, cluster: Cluster, vip: Vip, names = new Map<Mac, string>()): string {
  const name = (mac: Mac) => {
    const known = names.get(mac) ?? who(mac, cluster, vip);
    names.set(mac, known);
    return known;
  };
  return `${EVENT_WORDS[step.event]} ${name(step.source)}>${name(step.destination)}`;
}

/** A MAC in a path: the machine's name, its role with number, or the MAC. */
export function who(mac: Mac, cluster: Cluster, vip: Vip | null): string {
  if (mac === '') return '?';
  const machine = cluster.knows(mac) ? cluster.machineOf(mac) : null;
  if (machine === null) return mac;
  if (machine.name !== null) return machine.name;
  const numbered = (roles: readonly { machine: Machine }[], word: string): string | null => {
    const machines = [...new Set(roles.map((r) => r.machine))];
    const index = machines.indexOf(machine);
    if (index < 0) return null;
    return machines.length === 1 ? word : `${word}${index + 1}`;
  };
  const vips = vip === null ? cluster.vips : [vip];
  return (
    numbered(
      vips.flatMap((v) => v.directors),
      'director',
    ) ??
    numbered(
      vips.flatMap((v) => v.realServers),
      'real-server',
    ) ??
    numbered(cluster.gateways, 'gateway') ??
    (machine.ips.length > 0 ? nameOf(machine) : mac)
  );
}

/** What became of the requests that reached a machine as a real server of these VIPs. */
export function requestsOf(
  machine: Machine,
  cluster: Cluster,
  vips: readonly string[],
  o: Observations,
  sight: Sight,
): Pick<RealServerSummary, 'requests' | 'answered' | 'refused' | 'silent' | 'bypassed'> {
  let requests = 0;
  let answered = 0;
  let refused = 0;
  let bypassed = 0;
  for (const ip of vips) {
    const vip = cluster.vip(ip)!;
    for (const path of o.pathsTouching(machine.macs, ip)) {
      if (path.begun > Begun.datagram) continue;
      const hop = path.toward.find((h) => machine.macs.includes(h.destination) && !handsOn(path, machine));
      if (hop === undefined) continue;
      requests += path.flows;
      if (path.steps.some((s) => s.event === PathEvent.refused && machine.macs.includes(s.source))) refused += path.flows;
      else if (path.from.some((h) => machine.macs.includes(h.source))) answered += path.flows;
      if (!path.toward.some((h) => cluster.isDirector(h.source, vip)) && !cluster.isDirector(hop.destination, vip)) bypassed += path.flows;
    }
  }
  return { requests, answered, refused, silent: sight.seesAllFrom(machine) ? requests - answered - refused : null, bypassed };
}

/** When a director's time was over: its last sign, if another took the VIP over after it; infinity while it may go on. */
function endOf(machine: Machine, vips: readonly string[], roles: readonly Role[], cluster: Cluster): number {
  const last = Math.max(...roles.map((r) => r.until ?? Number.POSITIVE_INFINITY));
  const others = vips.flatMap((ip) => cluster.vip(ip)!.directors.filter((r) => r.machine !== machine && !r.machine.isVirtual));
  return others.some((r) => r.from !== null && r.from >= last) ? last : Number.POSITIVE_INFINITY;
}

/** Whether a machine passed the request on: then it served it as director, not as real server. */
function handsOn(path: FlowPath, machine: Machine): boolean {
  return path.toward.some((h) => machine.macs.includes(h.source) && !machine.macs.includes(h.destination));
}

function merge(entries: readonly { vip: Vip; role: Role }[]): { machine: Machine; vips: string[]; roles: Role[] }[] {
  const merged = new Map<Machine, { machine: Machine; vips: string[]; roles: Role[] }>();
  for (const { vip, role } of entries) {
    const known = merged.get(role.machine);
    if (known === undefined) merged.set(role.machine, { machine: role.machine, vips: [vip.ip], roles: [role] });
    else {
      if (!known.vips.includes(vip.ip)) known.vips.push(vip.ip);
      known.roles.push(role);
    }
  }
  return [...merged.values()];
}

function identity(machine: Machine): { name: string | null; ips: string[]; macs: string[] } {
  return { name: machine.name, ips: machine.ips, macs: machine.macs };
}

function time(at: number, timeOf: (at: number) => string): string | null {
  return Number.isFinite(at) ? timeOf(at) : null;
}
