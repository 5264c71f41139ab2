/**
 * Everything the user gave, made one. Machines that share a name, an IP or a MAC are one machine, also across lists (localnode,
 * two-box): it then stands in each list with all that is known of it. What contradicts itself is a UsageError naming both places.
 */
import { UsageError } from '../../usage-error.ts';
import type { Given, GivenMachine, GivenService, GivenTarget, GivenVip } from './given.ts';
import { printed } from './printed.ts';

const LISTS = ['directors', 'realServers', 'gateways'] as const;
type List = (typeof LISTS)[number];

/** One machine while it is being put together from its entries. */
interface Composite {
  name: string | null;
  readonly ips: Set<string>;
  readonly macs: Set<string>;
  isAlwaysActive: boolean;
  where: string | undefined;
  /** Where its name was told. */
  nameWhere: string | undefined;
  /** The machine that this one turned out to be. */
  is: Composite | null;
}

/** @throws UsageError when two parts, or two entries of one, contradict each other. */
export function mergeGiven(parts: readonly Given[]): Given {
  const machines = new Machines();
  const members: Record<List, Set<Composite>> = { directors: new Set(), realServers: new Set(), gateways: new Set() };
  for (const part of parts) {
    for (const list of LISTS) for (const entry of part[list]) members[list].add(machines.add(entry));
  }
  const vips = mergeVips(parts, machines, members.realServers);
  for (const vip of vips) {
    const owner = machines.withIp(vip.ip);
    if (owner === null) continue;
    throw new UsageError(
      `${start(owner.where)}${vip.ip} is given as an own address of a machine and as a VIP${told(vip.where)}; give the machine's own address (DIP or RIP), or take it from the VIPs.`,
    );
  }

  const neighbours = uniqueBy(
    parts.flatMap((part) => part.neighbours),
    (pair) => `${pair.ip} ${pair.mac}`,
  );
  const lists = LISTS.map((list) => unique([...members[list]].map(rootOf)));
  completeMacs(lists, neighbours);
  const [directors = [], realServers = [], gateways = []] = lists.map((list, i) => list.map((machine) => toMachine(machine, LISTS[i])));
  const notes = unique(parts.flatMap((part) => part.notes ?? []));
  return {
    vips,
    directors,
    realServers,
    gateways,
    firewallMarks: unique(parts.flatMap((part) => part.firewallMarks)),
    ignore: uniqueBy(
      parts.flatMap((part) => part.ignore),
      (ignore) => `${ignore.rule} ${ignore.ip}`,
    ),
    neighbours,
    sources: unique(parts.flatMap((part) => part.sources)),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

class Machines {
  private readonly byName = new Map<string, Composite>();
  private readonly byIp = new Map<string, Composite>();
  private readonly byMac = new Map<string, Composite>();

  add(entry: GivenMachine): Composite {
    let machine: Composite = {
      name: entry.name,
      ips: new Set(entry.ips),
      macs: new Set(entry.macs),
      isAlwaysActive: entry.active === 'always',
      where: entry.where,
      nameWhere: entry.name === null ? undefined : entry.where,
      is: null,
    };
    const join = (known: Map<string, Composite>, key: string, what: string) => {
      const earlier = known.get(key);
      if (earlier !== undefined) machine = unite(rootOf(earlier), rootOf(machine), what);
      known.set(key, machine);
    };
    if (entry.name !== null) join(this.byName, entry.name, '');
    for (const ip of entry.ips) join(this.byIp, ip, `the IP address ${ip}`);
    for (const mac of entry.macs) join(this.byMac, mac, `the MAC address ${mac}`);
    return machine;
  }

  withIp(ip: string): Composite | null {
    const machine = this.byIp.get(ip);
    return machine === undefined ? null : rootOf(machine);
  }

  withName(name: string): Composite | null {
    const machine = this.byName.get(name);
    return machine === undefined ? null : rootOf(machine);
  }
}

function rootOf(machine: Composite): Composite {
  let root = machine;
  while (root.is !== null) root = root.is;
  return root;
}

/** Makes `later` a part of `earlier`; `what` both have in common. @throws UsageError when they have different names. */
function unite(earlier: Composite, later: Composite, what: string): Composite {
  if (earlier === later) return earlier;
  if (earlier.name !== null && later.name !== null && earlier.name !== later.name) {
    throw new UsageError(
      `${start(later.nameWhere)}${what} is given to ${printed(later.name)} and to ${printed(earlier.name)}${told(earlier.nameWhere)}; give it to one of them, or give both the same name if they are one machine.`,
    );
  }
  if (earlier.name === null) {
    earlier.name = later.name;
    earlier.nameWhere = later.nameWhere;
  }
  for (const ip of later.ips) earlier.ips.add(ip);
  for (const mac of later.macs) earlier.macs.add(mac);
  earlier.isAlwaysActive ||= later.isAlwaysActive;
  earlier.where ??= later.where;
  later.is = earlier;
  return earlier;
}

function toMachine(machine: Composite, list: List | undefined): GivenMachine {
  return {
    name: machine.name,
    ips: [...machine.ips],
    macs: [...machine.macs],
    active: list === 'directors' && machine.isAlwaysActive ? 'always' : 'by-vrrp',
    ...(machine.where === undefined ? {} : { where: machine.where }),
  };
}

/**
 * A neighbour's MAC is taken for a machine that has none, unless the tables disagree on its address, or the MAC would then belong to two
 * machines of one list: several addresses behind one MAC is what a router or a fault looks like, and the frames must tell.
 */
function completeMacs(lists: readonly (readonly Composite[])[], neighbours: Given['neighbours']): void {
  const macsOfIp = new Map<string, Set<string>>();
  for (const { ip, mac } of neighbours) macsOfIp.set(ip, (macsOfIp.get(ip) ?? new Set()).add(mac));
  const found = new Map<Composite, Set<string>>();
  for (const machine of new Set(lists.flat())) {
    if (machine.macs.size > 0) continue;
    const tables = [...machine.ips].map((ip) => macsOfIp.get(ip) ?? new Set<string>());
    if (tables.every((macs) => macs.size <= 1)) found.set(machine, new Set(tables.flatMap((macs) => [...macs])));
  }
  const doubtful = new Set<string>();
  for (const list of lists) {
    const owners = new Map<string, Composite>();
    for (const machine of list) {
      for (const mac of found.get(machine) ?? machine.macs) {
        if (owners.has(mac)) doubtful.add(mac);
        owners.set(mac, machine);
      }
    }
  }
  for (const [machine, macs] of found) for (const mac of macs) if (!doubtful.has(mac)) machine.macs.add(mac);
}

function mergeVips(parts: readonly Given[], machines: Machines, realServers: Set<Composite>): GivenVip[] {
  const vips = new Map<string, { services: Map<string, GivenService>; where: string | undefined }>();
  for (const vip of parts.flatMap((part) => part.vips)) {
    const merged = vips.get(vip.ip) ?? { services: new Map<string, GivenService>(), where: vip.where };
    vips.set(vip.ip, merged);
    for (const service of vip.services) {
      const key = `${service.port}/${service.protocol}`;
      const named = { ...service, realServers: service.realServers.map((target) => completed(target, vip.ip, machines, realServers)) };
      const earlier = merged.services.get(key);
      merged.services.set(key, mergeServices(`${vip.ip} ${key}`, earlier ?? { ...named, realServers: [] }, named));
    }
  }
  return [...vips].map(([ip, { services, where }]) => ({
    ip,
    services: [...services.values()],
    ...(where === undefined ? {} : { where }),
  }));
}

/** The target with the name and IP that its machine is known by; the machine joins the real servers. */
function completed(target: GivenTarget, vip: string, machines: Machines, realServers: Set<Composite>): GivenTarget {
  const byName = target.name === null ? null : machines.withName(target.name);
  const machine = byName ?? (target.ip === null ? null : machines.withIp(target.ip));
  if (machine === null) return target;
  realServers.add(machine);
  const sameFamily = [...machine.ips].filter((ip) => ip.includes(':') === vip.includes(':'));
  const onlyIp = sameFamily.length === 1 ? (sameFamily[0] ?? null) : null;
  return { ...target, name: target.name ?? machine.name, ip: target.ip ?? onlyIp };
}

function mergeServices(service: string, earlier: GivenService, later: GivenService): GivenService {
  if (earlier.mode !== null && later.mode !== null && earlier.mode !== later.mode) {
    throw new UsageError(
      `${start(later.where)}the service ${service} is given with the mode ${later.mode}, but with ${earlier.mode}${told(earlier.where)}; give the mode that the director really uses.`,
    );
  }
  const targets: GivenTarget[] = [];
  const indexOf = new Map<string, number>();
  for (const target of [...earlier.realServers, ...later.realServers]) {
    const address = target.ip ?? target.name;
    // A target without a port is any target of that address: the first, where it has several.
    const at = indexOf.get(`${address} ${target.port}`) ?? indexOf.get(target.port === null ? `${address}` : `${address} ${null}`);
    const merged = at === undefined ? target : mergeTargets(service, targets[at] ?? target, target, earlier.where, later.where);
    const index = at ?? targets.length;
    targets[index] = merged;
    indexOf.set(`${address} ${merged.port}`, index);
    if (!indexOf.has(`${address}`)) indexOf.set(`${address}`, index);
  }
  const modes = new Set(targets.map((target) => target.mode).filter((mode) => mode !== null));
  const [commonMode = null] = modes.size === 1 ? modes : [];
  const where = earlier.where ?? later.where;
  return {
    protocol: earlier.protocol,
    port: earlier.port,
    mode: earlier.mode ?? later.mode ?? commonMode,
    persistentSeconds: later.persistentSeconds ?? earlier.persistentSeconds,
    onePacket: earlier.onePacket || later.onePacket,
    realServers: targets,
    ...(where === undefined ? {} : { where }),
  };
}

/** The weight told last counts: health checks change it while the director runs. */
function mergeTargets(
  service: string,
  earlier: GivenTarget,
  later: GivenTarget,
  earlierWhere: string | undefined,
  laterWhere: string | undefined,
): GivenTarget {
  if (earlier.mode !== null && later.mode !== null && earlier.mode !== later.mode) {
    throw new UsageError(
      `${start(laterWhere)}the real server ${printed(later.ip ?? later.name ?? '')} of ${service} is given with the mode ${later.mode}, but with ${earlier.mode}${told(earlierWhere)}; give the mode that the director really uses.`,
    );
  }
  return {
    name: earlier.name ?? later.name,
    ip: earlier.ip ?? later.ip,
    port: earlier.port ?? later.port,
    weight: later.weight ?? earlier.weight,
    mode: earlier.mode ?? later.mode,
  };
}

function start(where: string | undefined): string {
  return where === undefined ? 'What was given contradicts itself: ' : `${where}: `;
}

function told(where: string | undefined): string {
  return where === undefined ? '' : ` (${where})`;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function uniqueBy<T>(values: readonly T[], keyOf: (value: T) => string): T[] {
  const first = new Map<string, T>();
  for (const value of values) if (!first.has(keyOf(value))) first.set(keyOf(value), value);
  return [...first.values()];
}
