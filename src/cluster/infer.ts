/**
 * Who is director, real server, gateway: from what was given, else from the frames. Strongest first: given, declared (VRRP, IPVS
 * sync), observed (copies, replies), guessed. Every role carries the clues that made it.
 */

import { PathEvent } from '../correlation/paths.ts';
import { formatMac, parseMac } from '../decoders/address.ts';
import type { RoleSource } from '../diagnosis.ts';
import { Cluster, isVirtualMac, type Machine, nameOf, type Role, type Vip } from './cluster.ts';
import type { Given, GivenMachine } from './given/given.ts';
import { addressUse, isMachineMac } from './given/read-address.ts';
import { type FlowPath, type Ip, type Mac, type Observations, type Passage, type Step, serviceName } from './observations.ts';
import { NOTHING_REMEMBERED, type Remembered } from './remembered.ts';

/** TTLs that operating systems start with: a reply that carries one comes from its sender and was not routed. */
const FRESH_TTLS = new Set([30, 32, 60, 64, 128, 255]);
/** A machine that answers for this many IPs is a router with proxy ARP. */
const PROXY_ARP_ADDRESSES = 8;
/** IPVS sync's forwarding methods (IP_VS_CONN_F_FWD_MASK). */
const SYNC_MODES: Readonly<Record<number, 'nat' | 'tun' | 'dr'>> = { 0: 'nat', 2: 'tun', 3: 'dr' };

/** What the paths to one server IP say of the machines on them, in flows. */
interface Traffic {
  readonly ip: Ip;
  readonly paths: readonly FlowPath[];
  /** Machine → machines that it handed copies on to. */
  readonly forwards: Map<Mac, Map<Mac, number>>;
  /** Machine → machines that it handed copies on to inside a tunnel. */
  readonly tunnels: Map<Mac, Map<Mac, number>>;
  /** Machine → machines that it handed destination-translated copies to. */
  readonly translates: Map<Mac, Map<Mac, number>>;
  /** Machines that packets first arrived at. */
  readonly entries: Map<Mac, number>;
  /** Machines whose replies bear this IP and were not routed. */
  readonly repliers: Map<Mac, number>;
  /** Those of them that do more than refuse, with the services that they serve. */
  readonly servers: Map<Mac, Set<string>>;
  /** Machines that hand on replies of others. */
  readonly returns: Map<Mac, number>;
  /** Pairs "arrived at a, left from b" that no hop between a and b explains. */
  readonly leaps: Map<string, Leap>;
}

interface Leap {
  readonly arrived: Mac;
  readonly left: Mac;
  readonly to: Mac;
  flows: number;
  readonly services: Set<string>;
}

/**
 * Infers the cluster. Given roles win; the frames fill in MACs, clues and everything that was not given; what earlier frames showed
 * completes both.
 */
export function inferCluster(o: Observations, told: Given, remembered: Remembered = NOTHING_REMEMBERED): Cluster {
  const cluster = new Cluster();
  const given = { ...told, neighbours: [...told.neighbours, ...remembered.neighbours] };
  const placed = placeGivenMachines(cluster, o, given);
  placeRememberedMachines(cluster, remembered);
  const traffics = [...o.servers].map((ip) => trafficTo(ip, o));
  for (const traffic of traffics) joinMacs(cluster, traffic, o);
  joinVirtualMacs(cluster, o);

  for (const vip of given.vips) {
    addVip(cluster, vip.ip, 'given', ['given'], given);
  }
  recallVips(cluster, remembered, given);
  const shared = sharedServers(traffics);
  for (const traffic of traffics) {
    if (given.vips.length > 0 && cluster.vip(traffic.ip) === undefined) continue;
    observeVip(cluster, traffic, o, given, shared);
  }
  if (given.vips.length === 0) {
    for (const traffic of traffics) declareServed(cluster, traffic, o, given);
    adoptVips(cluster, traffics, o, given);
  }
  declareBySync(cluster, o, given);
  dropGuesses(cluster);
  recallRoles(cluster, remembered, given);
  declareByVrrp(cluster, o);
  dropNobodies(cluster);
  placeGivenRoles(cluster, given, placed);
  for (const vip of cluster.vips) for (const traffic of traffics) if (traffic.ip === vip.ip) nameGateways(cluster, vip, traffic, o, given);
  learnAddresses(cluster, o);
  return cluster;
}

// ---------------------------------------------------------------------------------------------------- given

function placeGivenMachines(cluster: Cluster, o: Observations, given: Given): Map<GivenMachine, Machine> {
  const placed = new Map<GivenMachine, Machine>();
  for (const g of [...given.directors, ...given.realServers, ...given.gateways]) {
    const macs = macsOf(g, o, given);
    const known = macs.map((mac) => (cluster.knows(mac) ? cluster.machineOf(mac) : undefined)).find((m) => m !== undefined);
    const byIp = [...placed.values()].find((m) => m.ips.some((ip) => g.ips.includes(ip)));
    const machine: Machine = known ?? byIp ?? { name: g.name, ips: [], macs: [], isVirtual: false };
    machine.name ??= g.name;
    for (const ip of g.ips) if (!machine.ips.includes(ip)) machine.ips.push(ip);
    for (const mac of macs) cluster.assign(mac, machine);
    placed.set(g, machine);
  }
  return placed;
}

/** The MACs of a given machine: as given, else learned from who claims its IPs. A person is believed for intent, frames for MACs. */
function macsOf(g: GivenMachine, o: Observations, given: Given): Mac[] {
  const neighbours = given.neighbours.filter((n) => g.ips.includes(n.ip)).map((n) => n.mac);
  const told = g.macs.length > 0 ? [...g.macs] : [...new Set(neighbours)];
  if (told.some((mac) => o.isSource(mac))) return told;
  // Of several claimants of an address only a sole one is believed: otherwise that is a finding, not a role.
  const claimants = new Set(g.ips.flatMap((ip) => (o.about(ip)?.macs ?? []).map((c) => c.mac)));
  const all = [...given.directors, ...given.realServers, ...given.gateways];
  const others = all.flatMap((other) => (other === g ? [] : other.macs));
  return claimants.size === 1 && !others.includes([...claimants][0]!) ? [...claimants] : told;
}

function placeGivenRoles(cluster: Cluster, given: Given, placed: Map<GivenMachine, Machine>): void {
  for (const vip of cluster.vips) {
    // What was given for a role is the whole of it: others that the frames suggest are not added to it.
    if (given.directors.length > 0) {
      const seen = vip.directors.filter((role) => role.source !== 'guessed');
      replaceRoles(vip.directors, given.directors, placed);
      for (const { machine, clues } of seen) {
        if (vip.directors.some((role) => role.machine === machine)) continue;
        cluster.contradictions.push(`${nameOf(machine)} was not given as a director of ${vip.ip}, but ${clues[0]}`);
      }
      // A director that answers by itself is no real server by guess: it may refuse what it should forward.
      const directors = vip.directors.map((role) => role.machine);
      const kept = vip.realServers.filter((role) => role.source !== 'guessed' || !directors.includes(role.machine));
      vip.realServers.splice(0, vip.realServers.length, ...kept);
    }
    const targets = vip.given?.services.flatMap((s) => s.realServers) ?? [];
    const serving = given.realServers.filter(
      (g) => targets.length === 0 || targets.some((t) => (t.ip !== null && g.ips.includes(t.ip)) || (t.name !== null && t.name === g.name)),
    );
    if (serving.length > 0) replaceRoles(vip.realServers, serving, placed);
  }
  for (const g of given.gateways) cluster.gateways.push({ machine: placed.get(g)!, source: 'given', clues: ['given'] });
}

function replaceRoles(roles: Role[], given: readonly GivenMachine[], placed: Map<GivenMachine, Machine>): void {
  const observed = new Map(roles.map((role) => [role.machine, role]));
  roles.length = 0;
  for (const g of given) {
    const machine = placed.get(g)!;
    if (roles.some((role) => role.machine === machine)) continue;
    roles.push({ machine, source: 'given', clues: ['given', ...(observed.get(machine)?.clues ?? [])], from: null, until: null });
  }
}

// ---------------------------------------------------------------------------------------------------- remembered

function placeRememberedMachines(cluster: Cluster, remembered: Remembered): void {
  for (const { macs, ips } of remembered.vips.flatMap((vip) => vip.roles)) {
    const known = macs.find((mac) => cluster.knows(mac));
    const machine =
      known === undefined ? { name: null, ips: [...ips], macs: [], isVirtual: isVirtualMac(macs[0] ?? '') } : cluster.machineOf(known);
    for (const mac of macs) if (!cluster.knows(mac)) cluster.assign(mac, machine);
  }
}

function recallVips(cluster: Cluster, remembered: Remembered, given: Given): void {
  for (const { ip, source, services, mode } of remembered.vips) {
    if (given.vips.length > 0 && cluster.vip(ip) === undefined) continue;
    const vip = addVip(cluster, ip, source, ['was seen before'], given);
    for (const service of services) if (!vip.services.includes(service)) vip.services.push(service);
    vip.mode ??= mode;
  }
}

/** A role of old stands where the frames show no other one of the same machine; a guess is none. */
function recallRoles(cluster: Cluster, remembered: Remembered, given: Given): void {
  for (const { ip, roles } of remembered.vips) {
    const vip = cluster.vip(ip);
    if (vip === undefined) continue;
    for (const { kind, macs, source, clue } of roles) {
      if (given[kind].length > 0 || macs[0] === undefined) continue;
      const machine = cluster.machineOf(macs[0]);
      const hadBoth = roles.some((role) => role.kind !== kind && role.macs[0] === macs[0]);
      const others = kind === 'directors' ? vip.realServers : vip.directors;
      const other = others.findIndex((role) => role.machine === machine);
      if (other >= 0 && !hadBoth && others[other]!.source !== 'guessed') continue;
      if (other >= 0 && !hadBoth) others.splice(other, 1);
      const known = vip[kind].find((role) => role.machine === machine);
      if (known === undefined) vip[kind].push({ machine, source, clues: [clue], from: null, until: null, isRemembered: true });
      else if (RANK[source] < RANK[known.source]) known.source = source;
    }
  }
}

// ---------------------------------------------------------------------------------------------------- traffic

function trafficTo(ip: Ip, o: Observations): Traffic {
  const paths = o.pathsTo(ip);
  const traffic: Traffic = {
    ip,
    paths,
    forwards: new Map(),
    tunnels: new Map(),
    translates: new Map(),
    entries: new Map(),
    repliers: new Map(),
    servers: new Map(),
    returns: new Map(),
    leaps: new Map(),
  };
  const replies = new Map<string, Passage>();
  for (const passage of o.passagesOf(ip)) {
    const hop = `${passage.source} ${passage.destination}`;
    if (!passage.toward && !replies.has(hop)) replies.set(hop, passage);
  }
  for (const path of paths) readPath(traffic, path, replies);
  return traffic;
}

/** `replies`: by source and destination MAC the passage of frames from the server IP. */
function readPath(traffic: Traffic, path: FlowPath, replies: ReadonlyMap<string, Passage>): void {
  const { toward, from, flows } = path;
  const entry = toward[0];
  const service = serviceName(path);
  if (entry !== undefined && entry.destination !== '') add(traffic.entries, entry.destination, flows);
  const reached = new Set<Mac>(entry === undefined ? [] : [entry.destination]);
  const gone = new Set<Mac>(entry === undefined ? [] : [entry.source]);
  for (const hop of toward.slice(1)) {
    if (hop.source === '' || hop.destination === '') continue;
    if (reached.has(hop.source)) {
      if (hop.destination !== hop.source && !gone.has(hop.destination)) {
        add2(hop.event === PathEvent.towardInTunnel ? traffic.tunnels : traffic.forwards, hop.source, hop.destination, flows);
      }
    } else if (!gone.has(hop.source) && entry !== undefined && hop.destination !== entry.destination && !isAfterReply(path, hop)) {
      const [arrived, left, to] = [entry.destination, hop.source, hop.destination];
      const leap = traffic.leaps.get(`${arrived} ${left} ${to}`);
      if (leap === undefined) traffic.leaps.set(`${arrived} ${left} ${to}`, { arrived, left, to, flows, services: new Set([service]) });
      else {
        leap.flows += flows;
        leap.services.add(service);
      }
    }
    reached.add(hop.destination);
    gone.add(hop.source);
  }
  for (const step of path.steps) if (step.event === PathEvent.translated) add2(traffic.translates, step.source, step.destination, flows);
  const replied = new Set<Mac>();
  for (const hop of from) {
    if (replied.has(hop.source)) add(traffic.returns, hop.source, flows);
    else if (hop === from[0] && hop.source !== '') {
      const passage = replies.get(`${hop.source} ${hop.destination}`);
      if (passage !== undefined && (FRESH_TTLS.has(passage.maxTtl) || FRESH_TTLS.has(passage.minTtl))) {
        add(traffic.repliers, hop.source, flows);
        if (!isRefusal(path, hop)) traffic.servers.set(hop.source, (traffic.servers.get(hop.source) ?? new Set()).add(service));
      }
    }
    replied.add(hop.destination);
  }
}

/** Whether an answer is a reset: of a SYN, or of a connection that the machine does not know. */
function isRefusal(path: FlowPath, hop: Step): boolean {
  const next = path.steps[path.steps.indexOf(hop) + 1];
  return (next?.event === PathEvent.refused || next?.event === PathEvent.reset) && next.source === hop.source;
}

/** After an answer was seen, a further hop may be another packet, not a copy. */
function isAfterReply(path: FlowPath, hop: Step): boolean {
  const reply = path.from[0];
  return reply !== undefined && path.steps.indexOf(reply) < path.steps.indexOf(hop);
}

// ---------------------------------------------------------------------------------------------------- machines with several MACs

/** A request arrives at one MAC and its copy leaves from another, a hop later at most, and nothing between them: one machine. */
function joinMacs(cluster: Cluster, traffic: Traffic, o: Observations): void {
  const ttlsTo = new Map<Mac, Ttls>();
  const ttlsOn = new Map<string, Ttls>();
  for (const passage of o.passagesOf(traffic.ip)) {
    if (!passage.toward) continue;
    addTtls(ttlsTo, passage.destination, passage);
    addTtls(ttlsOn, `${passage.source} ${passage.destination}`, passage);
  }
  for (const { arrived, left, to, services } of traffic.leaps.values()) {
    if (isVirtualMac(arrived) || isVirtualMac(left) || !isSentFrom(arrived) || !isSentFrom(left)) continue;
    const incoming = ttlsTo.get(arrived);
    const outgoing = ttlsOn.get(`${left} ${to}`);
    // Clients differ in their TTLs, and not all of them come to each real server.
    if (incoming === undefined || outgoing === undefined || outgoing.max > incoming.max || outgoing.min < incoming.min - 1) continue;
    // A machine sends itself nothing.
    if (o.unicastFrames(arrived, left) + o.unicastFrames(left, arrived) > 0) continue;
    // A machine that serves the same by itself is another real server, not the director's second card; SSH on the VIP any of them serves.
    const serves = (mac: Mac) => [...(traffic.servers.get(mac) ?? [])].some((service) => services.has(service));
    if (serves(arrived) || serves(left)) continue;
    if (!cluster.knows(left)) cluster.assign(left, cluster.machineOf(arrived));
    else if (!cluster.knows(arrived)) cluster.assign(arrived, cluster.machineOf(left));
  }
}

interface Ttls {
  readonly min: number;
  readonly max: number;
}

function addTtls(ttls: Map<string, Ttls>, key: string, { minTtl, maxTtl }: Passage): void {
  const known = ttls.get(key);
  ttls.set(key, { min: Math.min(minTtl, known?.min ?? minTtl), max: Math.max(maxTtl, known?.max ?? maxTtl) });
}

/** The virtual MAC of a VRRP group stands for whoever is master: it names nobody, but its senders' real MACs are known by their IPs. */
function joinVirtualMacs(cluster: Cluster, o: Observations): void {
  for (const group of o.facts.vrrp.groups.values()) {
    for (const sender of group.senders) {
      const ip = o.ip(sender.address);
      if (addressUse(ip) !== 'unicast') continue;
      for (const claim of o.about(ip)?.macs ?? []) {
        const machine = cluster.machineOf(claim.mac);
        if (!machine.isVirtual && !machine.ips.includes(ip)) machine.ips.push(ip);
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------- VIPs

function addVip(cluster: Cluster, ip: Ip, source: RoleSource, clues: string[], given: Given): Vip {
  const known = cluster.vip(ip);
  if (known !== undefined) return known;
  const fromUser = given.vips.find((v) => v.ip === ip) ?? null;
  const modes = new Set(fromUser?.services.map((s) => s.mode).filter((m) => m !== null));
  const vip: Vip = {
    ip,
    services: fromUser?.services.map((s) => `${s.port}/${s.protocol}`) ?? [],
    mode: modes.size === 1 ? [...modes][0]! : null,
    source,
    clues,
    modesSeen: [],
    given: fromUser,
    directors: [],
    realServers: [],
  };
  cluster.vips.push(vip);
  return vip;
}

function observeVip(
  cluster: Cluster,
  traffic: Traffic,
  o: Observations,
  given: Given,
  shared: ReadonlyMap<Mac, ReadonlyMap<Mac, number>>,
): void {
  const directors = forwardersThatDirect(cluster, traffic, o, shared);
  const translators = translatorsThatDirect(traffic, o);
  const asymmetric = directors.size === 0 && translators.size === 0 ? asymmetricEntries(traffic, o) : new Map<Mac, Clue>();
  const known = cluster.vip(traffic.ip);
  if (known === undefined && directors.size + translators.size + asymmetric.size === 0) return;
  const all = [...directors, ...translators, ...asymmetric];
  const best = all.map(([, clue]) => clue.source).sort((a, b) => RANK[a] - RANK[b])[0] ?? 'guessed';
  const vip =
    known ??
    addVip(
      cluster,
      traffic.ip,
      best,
      all.map(([, clue]) => clue.text),
      given,
    );
  nameServices(vip, traffic);
  observeMode(vip, directors, translators, traffic);
  const passages = o.passagesOf(traffic.ip);
  for (const [mac, clue] of all) {
    const mine = passages.filter((p) => p.toward && (p.source === mac || p.destination === mac));
    addRole(vip.directors, cluster.machineOf(mac), clue, spanOf(mine));
    for (const leap of traffic.leaps.values()) {
      if (leap.arrived === mac && isVirtualMac(mac)) {
        const behind = { source: clue.source, text: `sends the copies of requests to ${mac}` };
        addRole(vip.directors, cluster.machineOf(leap.left), behind, spanOf(passages.filter((p) => p.toward && p.source === leap.left)));
      }
    }
  }
  const targets = new Map<Mac, number>();
  for (const [director] of all) {
    for (const mac of cluster.machineOf(director).macs) {
      for (const table of [traffic.forwards, traffic.tunnels, traffic.translates]) {
        for (const [target, flows] of table.get(mac) ?? []) add(targets, target, flows);
      }
    }
    for (const leap of traffic.leaps.values()) {
      if (cluster.machineOf(leap.arrived) === cluster.machineOf(director) && handsOver(cluster, traffic, leap, o))
        add(targets, leap.to, leap.flows);
    }
  }
  const source = best === 'declared' ? 'observed' : best;
  // The MAC of a redundancy protocol is its master's too.
  const virtual = all.map(([director]) => director).filter(isVirtualMac);
  for (const [target, flows] of targets) {
    const clue = { source, text: `gets copies of ${count(flows, 'flow')} to ${traffic.ip}` };
    addRole(
      vip.realServers,
      cluster.machineOf(target),
      clue,
      spanOf(passages.filter((p) => p.source === target || p.destination === target)),
    );
  }
  for (const [mac, flows] of traffic.repliers) {
    const machine = cluster.machineOf(mac);
    const isDirector = vip.directors.some((role) => role.machine === machine);
    if (isDirector && !isLocalNode(traffic, [...machine.macs, ...virtual])) continue;
    const clue = { source, text: `answers ${count(flows, 'flow')} with ${traffic.ip} as its source` };
    addRole(vip.realServers, machine, clue, spanOf(passages.filter((p) => p.source === mac)));
  }
}

function nameServices(vip: Vip, traffic: Traffic): void {
  for (const path of traffic.paths) {
    const service = serviceName(path);
    if (path.toward.length > 0 && !vip.services.includes(service)) vip.services.push(service);
  }
}

interface Clue {
  readonly source: RoleSource;
  readonly text: string;
}

const RANK: Readonly<Record<RoleSource, number>> = { given: 0, declared: 1, observed: 2, guessed: 3 };

/** Machine → machines that it handed copies on to, whether as they are or inside a tunnel, with the number of flows. */
function handedOn(traffic: Traffic): Map<Mac, Map<Mac, number>> {
  const forwards = new Map<Mac, Map<Mac, number>>();
  for (const table of [traffic.forwards, traffic.tunnels]) {
    for (const [mac, targets] of table) for (const [target, flows] of targets) add2(forwards, mac, target, flows);
  }
  return forwards;
}

/** Machine → machines that it hands copies on to and that answer as the server, with the number of server IPs. */
function sharedServers(traffics: readonly Traffic[]): Map<Mac, Map<Mac, number>> {
  const shared = new Map<Mac, Map<Mac, number>>();
  for (const traffic of traffics) {
    for (const [mac, targets] of handedOn(traffic)) {
      for (const target of targets.keys()) if (traffic.repliers.has(target)) add2(shared, mac, target, 1);
    }
  }
  return shared;
}

/** Whether what arrived at one MAC and left from another was handed on by one machine, not by two with a frame between them lost. */
function handsOver(cluster: Cluster, traffic: Traffic, { arrived, left }: Leap, o: Observations): boolean {
  if (cluster.machineOf(arrived) === cluster.machineOf(left) || isVirtualMac(arrived)) return true;
  // Who hands on what comes to itself is another machine than the one that the request came to.
  return claimsOf(left, traffic.ip, o) && !traffic.forwards.has(left);
}

/** Forwarders of a server IP that direct it, instead of routing to it. */
function forwardersThatDirect(
  cluster: Cluster,
  traffic: Traffic,
  o: Observations,
  shared: ReadonlyMap<Mac, ReadonlyMap<Mac, number>>,
): Map<Mac, Clue> {
  const directors = new Map<Mac, Clue>();
  const forwards = handedOn(traffic);
  for (const leap of traffic.leaps.values()) if (handsOver(cluster, traffic, leap, o)) add2(forwards, leap.arrived, leap.to, leap.flows);
  for (const [mac, targets] of forwards) {
    const flows = [...targets.values()].reduce((a, b) => a + b, 0);
    const machines = count(targets.size, 'machine');
    const claims = claimsOf(mac, traffic.ip, o);
    const returned = traffic.returns.get(mac) ?? 0;
    const answeredDirectly = [...targets.keys()].filter((t) => traffic.repliers.has(t));
    // What a proxy hands on goes to the one machine that owns the address; the machines behind a director share many.
    const isShared = returned === 0 && answeredDirectly.some((t) => targets.size > 1 || (shared.get(mac)?.get(t) ?? 0) > 1);
    if (claims && (isShared || o.claimedBy(mac).ips.length < PROXY_ARP_ADDRESSES)) {
      directors.set(mac, {
        source: 'observed',
        text: `claims ${traffic.ip} and hands its packets on to ${machines} (${count(flows, 'flow')})`,
      });
      continue;
    }
    if (returned === 0 && answeredDirectly.length > 0 && !answeredDirectly.some((t) => claimsOf(t, traffic.ip, o))) {
      directors.set(mac, { source: 'observed', text: `hands packets for ${traffic.ip} on to ${machines}, which answer past it` });
    } else if (returned === 0 && targets.size > 1) {
      directors.set(mac, { source: 'guessed', text: `hands packets for ${traffic.ip} on to ${machines}` });
    }
  }
  // Who hands on to directors, and to nobody else that is known to serve, is the router before them.
  for (const [mac, { source }] of [...directors]) {
    if (claimsOf(mac, traffic.ip, o)) continue;
    const onward = [...forwards.get(mac)!.keys()].filter((target) => directors.has(target));
    if (source === 'guessed' ? onward.length > 0 : onward.length === forwards.get(mac)!.size) directors.delete(mac);
  }
  return directors;
}

/** Machines that own the IP and send its requests on to other IPs: NAT mode. */
function translatorsThatDirect(traffic: Traffic, o: Observations): Map<Mac, Clue> {
  const directors = new Map<Mac, Clue>();
  for (const [mac, targets] of traffic.translates) {
    if (!traffic.entries.has(mac) || !claimsOf(mac, traffic.ip, o)) continue;
    directors.set(mac, {
      source: 'observed',
      text: `claims ${traffic.ip} and sends its requests on to other addresses of ${count(targets.size, 'machine')}`,
    });
  }
  return directors;
}

/** Without the director's egress: requests go to one MAC, and other machines answer as the IP. */
function asymmetricEntries(traffic: Traffic, o: Observations): Map<Mac, Clue> {
  const directors = new Map<Mac, Clue>();
  const others = new Set<Mac>();
  const entries = new Set<Mac>();
  for (const path of traffic.paths) {
    const entry = path.toward[0];
    const replier = path.from[0]?.source;
    if (entry === undefined || replier === undefined || path.toward.length > 1) continue;
    if (entry.destination === replier || entry.source === replier || !traffic.repliers.has(replier) || isVirtualMac(entry.destination))
      continue;
    if (entry.destination === '' || isGroup(entry.destination)) continue;
    // Whoever gets the replies as well routes in both directions, or the server has two network cards.
    if (path.from[0]!.destination === entry.destination) continue;
    entries.add(entry.destination);
    others.add(replier);
  }
  for (const mac of entries) {
    // A machine that answers as the IP itself is no director seen from one side, unless others do so too.
    const machines = [...others].filter((other) => !entries.has(other));
    if (machines.length === 0) continue;
    const sure = machines.length > 1 && claimsOf(mac, traffic.ip, o);
    directors.set(mac, {
      source: sure ? 'observed' : 'guessed',
      text: `requests to ${traffic.ip} go to it, and ${count(machines.length, 'other machine')} ${machines.length === 1 ? 'answers' : 'answer'} them`,
    });
  }
  return directors;
}

/** Whether a director also serves what it hands on: some flows that arrive there are answered by it and handed on to nobody. */
function isLocalNode({ paths }: Traffic, macs: readonly Mac[]): boolean {
  const isMine = (hop: Step | undefined) => hop !== undefined && macs.includes(hop.source);
  // SSH on the VIP, which only the director answers, is its own affair.
  const isOthers = (path: FlowPath) => path.toward.length > 1 || (path.from.length > 0 && !isMine(path.from[0]));
  const shared = new Set(paths.filter(isOthers).map(serviceName));
  return paths.some((path) => {
    const [answer] = path.from;
    if (!macs.includes(path.toward.at(-1)?.destination ?? '') || !isMine(answer) || isRefusal(path, answer!)) return false;
    if (path.toward.length > 1) return true;
    const has = (event: PathEvent) => path.steps.some((step) => step.event === event);
    return shared.has(serviceName(path)) && has(PathEvent.established) && !has(PathEvent.translated);
  });
}

function observeMode(vip: Vip, directors: ReadonlyMap<Mac, Clue>, translators: ReadonlyMap<Mac, Clue>, traffic: Traffic): void {
  const total = (table: Map<Mac, Map<Mac, number>>) => [...table.values()].flatMap((t) => [...t.values()]).reduce((a, b) => a + b, 0);
  const tunnelled = total(traffic.tunnels);
  const forwarded = total(traffic.forwards) + [...traffic.leaps.values()].reduce((a, l) => a + l.flows, 0);
  const translated = translators.size > 0 ? total(traffic.translates) : 0;
  const most = Math.max(tunnelled, forwarded, translated);
  if (most === 0) {
    if (directors.size > 0) vip.mode ??= 'dr';
    return;
  }
  // What the frames show is a fact; what was configured is kept in `given`.
  vip.mode = most === translated ? 'nat' : most === tunnelled ? 'tun' : 'dr';
  vip.modesSeen = (['dr', 'tun', 'nat'] as const).filter((_, i) => [forwarded, tunnelled, translated][i]! > 0);
}

/** An address that VRRP gives to one machine and others answer from is a VIP, even if no request passes its director. */
function declareServed(cluster: Cluster, traffic: Traffic, o: Observations, given: Given): void {
  const known = cluster.vip(traffic.ip);
  if (known !== undefined && known.source !== 'guessed') return;
  const senders = o.vrrpGroups.flatMap((group) => group.senders.filter((sender) => sender.vips.includes(traffic.ip)));
  const isSender = (mac: Mac) => senders.some((sender) => sender.mac === mac || claimsOf(mac, sender.ip, o));
  const servers = [...traffic.servers.keys()].filter((mac) => !isVirtualMac(mac) && !isSender(mac));
  if (senders.length === 0 || servers.length === 0) return;
  if (known !== undefined) cluster.vips.splice(cluster.vips.indexOf(known), 1);
  const machines = `${count(servers.length, 'machine')} ${servers.length === 1 ? 'answers' : 'answer'}`;
  const vip = addVip(cluster, traffic.ip, 'declared', [`VRRP gives it to one machine, and ${machines} from it`], given);
  nameServices(vip, traffic);
  for (const mac of servers) {
    const text = `answers ${count(traffic.repliers.get(mac)!, 'flow')} with ${traffic.ip} as its source, which VRRP gives to another machine`;
    addRole(vip.realServers, cluster.machineOf(mac), { source: 'observed', text }, null);
  }
}

/**
 * Further VIPs of machines that are seen to be director and real server of one: an address that the director advertises by VRRP, that
 * both of them claim, or whose packets the one hands on to the other, though nothing of it works as it does for the first.
 */
function adoptVips(cluster: Cluster, traffics: readonly Traffic[], o: Observations, given: Given): void {
  const served = new Map<Machine, Set<Machine>>();
  for (const vip of cluster.vips) {
    const servers = vip.realServers.filter((role) => role.source !== 'guessed').map((role) => role.machine);
    for (const { machine, source } of vip.directors) {
      if (source !== 'guessed') served.set(machine, new Set([...(served.get(machine) ?? []), ...servers]));
    }
  }
  const byIp = new Map(traffics.map((traffic) => [traffic.ip, traffic]));
  for (const ip of new Set([...o.claimedIps, ...byIp.keys()])) {
    const known = cluster.vip(ip);
    if (ip.startsWith('fe80:') || (known !== undefined && known.source !== 'guessed')) continue;
    const traffic = byIp.get(ip);
    const adopted = [...served].map(([director, servers]) => adoptedBy(director, servers, ip, traffic, o)).filter((a) => a !== null);
    if (adopted.length === 0) continue;
    if (known !== undefined) cluster.vips.splice(cluster.vips.indexOf(known), 1);
    const { clue } = adopted[0]!;
    const vip = addVip(cluster, ip, clue.source, [clue.text], given);
    if (traffic !== undefined) nameServices(vip, traffic);
    for (const { director, servers, clue: why, hands } of adopted) {
      if (hands) vip.mode ??= 'dr';
      addRole(vip.directors, director, why, null);
      const text = `serves another VIP of the same director, and takes part in ${ip}`;
      for (const server of servers) addRole(vip.realServers, server, { source: 'observed', text }, null);
    }
  }
}

interface Adopted {
  readonly director: Machine;
  /** Its real servers that claim the address, answer from it, or are handed its packets. */
  readonly servers: readonly Machine[];
  readonly clue: Clue;
  /** Whether packets are handed on to one of them. */
  readonly hands: boolean;
}

function adoptedBy(
  director: Machine,
  candidates: ReadonlySet<Machine>,
  ip: Ip,
  traffic: Traffic | undefined,
  o: Observations,
): Adopted | null {
  const claimsBy = ({ macs }: Machine) => (o.about(ip)?.macs ?? []).filter((claim) => macs.includes(claim.mac));
  const own = claimsBy(director);
  // With its own address a machine asks for others; with a VIP no director does.
  if (own.some((claim) => claim.counts.request > 0)) return null;
  const gets = (server: Machine) =>
    director.macs.some((mac) => server.macs.some((target) => traffic?.forwards.get(mac)?.has(target) ?? false));
  const takesPart = (server: Machine) =>
    gets(server) || claimsBy(server).length > 0 || server.macs.some((mac) => traffic?.servers.has(mac) ?? false);
  const servers = [...candidates].filter((server) => server !== director && takesPart(server));
  const hands = servers.some(gets);
  if (own.some((claim) => claim.counts.vrrp > 0)) {
    return { director, servers, clue: { source: 'declared', text: `${nameOf(director)} sends VRRP adverts for it` }, hands };
  }
  // What a router hands on goes to the owner of the address, who claims it.
  const isShared = own.length > 0 ? servers.length > 0 : hands && !servers.some((server) => claimsBy(server).length > 0);
  const text = `shared by ${nameOf(director)} and ${count(servers.length, 'real server')} of another VIP of it`;
  return isShared ? { director, servers, clue: { source: 'observed', text }, hands } : null;
}

/** Guesses are for captures that show nothing better: beside a cluster that is seen, an odd path is an odd path. */
function dropGuesses(cluster: Cluster): void {
  if (cluster.vips.every((vip) => vip.source === 'guessed')) return;
  cluster.vips.splice(0, cluster.vips.length, ...cluster.vips.filter((vip) => vip.source !== 'guessed'));
}

/** A group of machines is no machine, and an address of a group, or of nobody, is no service: only forged frames say so. */
function dropNobodies(cluster: Cluster): void {
  const isSomebody = ({ machine, source }: Role) => source === 'given' || machine.macs.some(isSentFrom);
  cluster.vips.splice(
    0,
    cluster.vips.length,
    ...cluster.vips.filter(({ ip, source }) => source === 'given' || addressUse(ip) === 'unicast'),
  );
  for (const { directors, realServers } of cluster.vips) {
    for (const roles of [directors, realServers]) roles.splice(0, roles.length, ...roles.filter(isSomebody));
  }
}

// ---------------------------------------------------------------------------------------------------- declared

function declareBySync(cluster: Cluster, o: Observations, given: Given): void {
  for (const service of o.facts.sync.services.values()) {
    const ip = o.ip(service.vip);
    if (given.vips.length > 0 && cluster.vip(ip) === undefined) continue;
    const text = `IPVS sync lists ${ip}:${service.port}`;
    const vip = addVip(cluster, ip, 'declared', [text], given);
    const name = `${service.port}/${service.protocol === 17 ? 'udp' : 'tcp'}`;
    if (!vip.services.includes(name)) vip.services.push(name);
    const mode = SYNC_MODES[service.forwarding];
    if (mode !== undefined) vip.mode ??= mode;
    for (const id of service.realServers) {
      const rip = o.ip(id);
      const owners = o.about(rip)?.macs ?? [];
      if (owners.length !== 1) continue;
      const role = { source: 'declared' as const, text: `IPVS sync names ${rip} as a real server of ${ip}` };
      addRole(vip.realServers, cluster.machineOf(owners[0]!.mac), role, null);
    }
    for (const sender of o.facts.sync.senders.entries()) {
      const mac = formatMac(sender.mac);
      addRole(vip.directors, cluster.machineOf(mac), { source: 'declared', text: 'sends IPVS sync messages' }, null);
    }
  }
}

/** VRRP names the VIP's masters. Of itself it makes no cluster: routers speak it too. */
function declareByVrrp(cluster: Cluster, o: Observations): void {
  for (const group of o.facts.vrrp.groups.values()) {
    for (const id of group.addresses) {
      const vip = cluster.vip(o.ip(id));
      if (vip === undefined) continue;
      // Two groups may have one number by mistake.
      for (const sender of group.senders.filter((x) => x.addresses.has(id))) {
        const text = `sends VRRP adverts for ${vip.ip} (group ${group.vrid}, priority ${sender.priority})`;
        const clue: Clue = { source: 'declared', text };
        const span = { from: sender.first.at, until: sender.last.at };
        addRole(vip.directors, cluster.machineOf(formatMac(sender.mac)), clue, span);
        if (!isVirtualMac(formatMac(sender.mac))) continue;
        for (const claim of o.about(o.ip(sender.address))?.macs ?? []) addRole(vip.directors, cluster.machineOf(claim.mac), clue, span);
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------- gateways, names

function nameGateways(cluster: Cluster, vip: Vip, traffic: Traffic, o: Observations, given: Given): void {
  if (given.gateways.length > 0) return;
  const senders = new Set(o.sendersTo(vip.ip));
  for (const path of traffic.paths) {
    const sender = path.toward[0]?.source;
    if (sender === undefined || !senders.has(sender) || cluster.isDirector(sender, vip) || cluster.isRealServer(sender, vip)) continue;
    if (cluster.gatewayOf(sender) !== undefined || !isSentFrom(sender)) continue;
    const owned = o.claimedBy(sender).ips;
    const strangers = path.examples.filter((e) => !owned.includes(e.client));
    if (strangers.length === 0) continue;
    const text = `brings packets of ${strangers[0]!.client}, an address that it does not claim itself`;
    cluster.gateways.push({ machine: cluster.machineOf(sender), source: owned.length > 0 ? 'observed' : 'guessed', clues: [text] });
  }
}

/** Every machine's own IPs: what its MACs claim, VIPs apart. */
function learnAddresses(cluster: Cluster, o: Observations): void {
  const named = cluster.machines.filter((machine) => machine.name !== null);
  for (const machine of cluster.machines) {
    for (const mac of machine.macs) {
      for (const ip of o.claimedBy(mac).ips) {
        if (cluster.vip(ip) !== undefined || machine.ips.includes(ip) || ip.startsWith('fe80:')) continue;
        if (machine.isVirtual || addressUse(ip) !== 'unicast') continue;
        // An IP that was given to another machine stays there, whoever claims it.
        if (named.some((other) => other !== machine && other.ips.includes(ip))) continue;
        machine.ips.push(ip);
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------- small things

function addRole(roles: Role[], machine: Machine, clue: Clue, span: { from: number; until: number } | null): void {
  const known = roles.find((role) => role.machine === machine);
  if (known === undefined) {
    roles.push({ machine, source: clue.source, clues: [clue.text], from: span?.from ?? null, until: span?.until ?? null });
    return;
  }
  if (!known.clues.includes(clue.text) && known.clues.length < 6) known.clues.push(clue.text);
  if (RANK[clue.source] < RANK[known.source]) known.source = clue.source;
  if (span !== null) {
    known.from = known.from === null ? span.from : Math.min(known.from, span.from);
    known.until = known.until === null ? span.until : Math.max(known.until, span.until);
  }
}

function claimsOf(mac: Mac, ip: Ip, o: Observations): boolean {
  return o.about(ip)?.macs.some((claim) => claim.mac === mac) ?? false;
}

function spanOf(passages: readonly Passage[]): { from: number; until: number } | null {
  if (passages.length === 0) return null;
  return { from: Math.min(...passages.map((p) => p.first.at)), until: Math.max(...passages.map((p) => p.last.at)) };
}

/** Whether a network card can send from this MAC. */
function isSentFrom(mac: Mac): boolean {
  return isMachineMac(parseMac(mac) ?? 0);
}

function isGroup(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

function add(map: Map<Mac, number>, key: Mac, value: number): void {
  map.set(key, (map.get(key) ?? 0) + value);
}

function add2(map: Map<Mac, Map<Mac, number>>, key: Mac, second: Mac, value: number): void {
  let row = map.get(key);
  if (row === undefined) {
    row = new Map();
    map.set(key, row);
  }
  add(row, second, value);
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
