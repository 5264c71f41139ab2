/**
 * The facts in words: MACs and IPs as text, passages and paths as objects. Made once a judgement, for inference, rules and reports;
 * nothing here is per frame.
 */
import type { Unanswered } from '../correlation/askings.ts';
import type { BoundedLog } from '../correlation/bounded-log.ts';
import type { ClaimKind } from '../correlation/claims.ts';
import { type EdgeTable, isGroupMac } from '../correlation/edges.ts';
import type { Facts } from '../correlation/facts.ts';
import { type FrameRef, frameRef } from '../correlation/frame-ref.ts';
import { randomHashKey } from '../correlation/hash.ts';
import { KeyedPairs } from '../correlation/keyed-pairs.ts';
import type { Sender } from '../correlation/passages.ts';
import { type Begun, PathEvent } from '../correlation/paths.ts';
import { formatIp, formatMac, parseMac } from '../decoders/address.ts';
import { AddressInWords, type Words } from './address-in-words.ts';
import { macText } from './mac-texts.ts';
import { Recent } from './recent.ts';

/** Canonical text: `52:54:00:29:b1:46`. The empty string where the frame has no such address. */
export type Mac = string;
/** Canonical text, RFC 5952 for IPv6. */
export type Ip = string;

/** A hop or another event of a flow. */
export interface Step {
  readonly event: PathEvent;
  /** The edge it was seen on. */
  readonly source: Mac;
  readonly destination: Mac;
  readonly vlan: number;
}

/** One flow that took a path. */
export interface Example {
  readonly client: Ip;
  readonly clientPort: number;
  readonly serverPort: number;
  /** One frame a step, in order; fewer where memory was short. */
  readonly frames: readonly FrameRef[];
}

/** A story that is true of some flows. */
export interface FlowPath {
  readonly id: number;
  readonly server: Ip;
  /** 0 for "other ports" of a server with very many. */
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly begun: Begun;
  /** Whether it began while every capture was running: only then does something missing mean that it was not sent. */
  readonly isWatched: boolean;
  readonly steps: readonly Step[];
  /** Hops from the client's side, in order. */
  readonly toward: readonly Step[];
  /** Hops from the server's side, in order. */
  readonly from: readonly Step[];
  readonly flows: number;
  readonly examples: readonly Example[];
}

/** The service that a path's requests are for: `80/tcp`; with the port 0 it is some port of a server with very many. */
export function serviceName({ port, protocol }: FlowPath): string {
  return `${port}/${protocol}`;
}

/** The frames of one server IP on one edge in one direction. */
export interface Passage {
  readonly source: Mac;
  readonly destination: Mac;
  readonly vlan: number;
  readonly server: Ip;
  readonly toward: boolean;
  readonly tunnel: boolean;
  readonly frames: number;
  readonly requests: number;
  readonly first: FrameRef;
  readonly last: FrameRef;
  readonly minTtl: number;
  readonly maxTtl: number;
}

/** One claim in words. */
export interface ClaimSeen {
  readonly ref: FrameRef;
  readonly kind: ClaimKind;
  readonly ip: Ip;
  readonly mac: Mac;
  readonly sender: Mac;
  readonly to: Mac;
  readonly asksFor: Ip | null;
  readonly request: FrameRef | null;
}

/** All that one MAC said about one IP. */
export interface ClaimsOfMac {
  readonly ip: Ip;
  readonly mac: Mac;
  readonly vlan: number;
  /** Claims in frames from this very MAC. */
  readonly counts: Readonly<Record<ClaimKind, number>>;
  readonly first: FrameRef;
  readonly last: FrameRef;
  /** First and newest claims of each kind, in frames from this very MAC. */
  readonly events: Readonly<Record<ClaimKind, readonly ClaimSeen[]>>;
  /** First and newest claims of the MAC that came in frames from others, whatever their kind, and how many there were. */
  readonly told: readonly ClaimSeen[];
  readonly toldCount: number;
}

export interface RaceSeen {
  readonly request: FrameRef;
  readonly asker: Mac;
  /** That the IP is at `mac`, in a frame from `sender`. */
  readonly answers: readonly { readonly mac: Mac; readonly sender: Mac; readonly ref: FrameRef }[];
}

export interface AskingSeen {
  readonly asker: Mac;
  readonly broadcasts: number;
  readonly answered: number;
  readonly first: FrameRef;
  readonly last: FrameRef;
  /** The longest row of broadcast questions that nobody answered. */
  readonly unanswered: Unanswered | null;
}

/** A time of which nothing is remembered, from the last entry before it to the first behind it; nanoseconds. */
export interface Gap {
  readonly from: number;
  readonly until: number;
}

/** All that was said about one IP. */
export interface AddressSeen {
  readonly ip: Ip;
  readonly macs: readonly ClaimsOfMac[];
  /** Claims in order of time; of VRRP adverts only those from another MAC than the one before. */
  readonly log: readonly ClaimSeen[];
  /** Claims between these two times were too many to keep; null when all are in the log. */
  readonly gap: Gap | null;
  readonly askings: readonly AskingSeen[];
  readonly races: readonly RaceSeen[];
  readonly raceCount: number;
  readonly racers: readonly Mac[];
  /** Claims of machines beyond those in `macs`, whose claims were too many to keep. */
  readonly leftOut: number;
  /** Unicast questions: the asker's cache holds `asked`. */
  readonly probes: readonly { readonly ref: FrameRef; readonly asker: Mac; readonly asked: Mac }[];
  /** Duplicate address detection: questions without sender address, and who sent them. */
  readonly detections: readonly { readonly ref: FrameRef; readonly mac: Mac }[];
}

/** A sender's frames for one server IP moved to another MAC. */
export interface Move {
  readonly ref: FrameRef;
  /** Null at the first use. */
  readonly from: Mac | null;
  readonly to: Mac;
}

/** One sender of VRRP adverts. */
export interface VrrpSenderSeen {
  readonly mac: Mac;
  /** Its DIP. */
  readonly ip: Ip;
  readonly adverts: number;
  /** Newest priority; 0 resigns. */
  readonly priority: number;
  readonly intervalMs: number;
  /** The virtual addresses that it lists. */
  readonly vips: readonly Ip[];
  readonly first: FrameRef;
  readonly last: FrameRef;
}

/** From a frame on another sender speaks, or the same resigns, returns, or lists an address that it did not list before. */
export interface VrrpChangeSeen {
  readonly ref: FrameRef;
  readonly sender: VrrpSenderSeen;
  readonly priority: number;
  /** The virtual addresses that this very advert lists. */
  readonly vips: readonly Ip[];
}

/** One VRRP group: (VLAN, family, VRID). */
export interface VrrpGroupSeen {
  readonly vlan: number;
  readonly vrid: number;
  readonly version: 4 | 6;
  readonly vips: readonly Ip[];
  readonly senders: readonly VrrpSenderSeen[];
  /** In order of time; of very many only the first and last. */
  readonly changes: readonly VrrpChangeSeen[];
  /** Changes between these two times were too many to keep; null when all are kept. */
  readonly gap: Gap | null;
}

/** Senders to one server IP that are judged one by one: more machines than a LAN has, but an end to random MACs. */
const MAX_SENDERS = 512;

/**
 * Machines that get the requests of one server IP, or answer them: more than a cluster has, but an end to random MACs. Rules compare them
 * with each other.
 */
const MAX_SERVING = 256;

/** Addresses, and machines that claimed any, of which the words are kept: a rule looks at one after the other. */
const MAX_RECENT = 256;

/** IPs that a MAC claimed, and how many more than these. */
interface ClaimedBy {
  readonly ips: readonly Ip[];
  readonly more: number;
}

interface Senders {
  readonly senders: readonly Mac[];
  readonly leftOut: number;
}

export class Observations {
  readonly facts: Facts;
  readonly paths: readonly FlowPath[];
  readonly passages: readonly Passage[];
  readonly #passagesByServer = new Map<Ip, Passage[]>();
  readonly #pathsByServer = new Map<Ip, FlowPath[]>();
  readonly #pathsByMac = new Map<Ip, Map<Mac, FlowPath[]>>();
  readonly #passagesBySender = new Map<Ip, Map<Mac, Passage[]>>();
  readonly #senderLists = new Map<Ip, Senders>();
  /** Of a server IP that very many machines serve, those that are not looked at. */
  readonly #notLookedAt = new Map<Ip, ReadonlySet<Mac>>();
  readonly #addresses = new Recent<number, AddressSeen>(MAX_RECENT, (address) => new AddressInWords(this.#words, address));
  readonly #claimers = new Recent<Mac, ClaimedBy>(MAX_RECENT, (mac) => this.#readClaimer(mac));
  /** Whom each MAC sent unicast frames to, with their number. */
  readonly unicast: ReadonlyMap<Mac, ReadonlyMap<Mac, number>>;
  #vrrpGroups: VrrpGroupSeen[] | null = null;
  #sources: Set<Mac> | null = null;
  #senders: Map<string, Sender> | null = null;
  readonly #ips: readonly Ip[];
  readonly #ipNumber: ReadonlyMap<Ip, number>;
  readonly #words: Words;

  constructor(facts: Facts) {
    this.facts = facts;
    const { version, words, count } = facts.addresses;
    this.#ips = Array.from({ length: count }, (_, id) =>
      formatIp(version[id]!, words[id * 4]!, words[id * 4 + 1]!, words[id * 4 + 2]!, words[id * 4 + 3]!),
    );
    this.#ipNumber = new Map(this.#ips.map((ip, id) => [ip, id] as const).slice(1));
    this.#words = { claims: facts.claims, ip: (id) => this.ip(id), mac: macText };
    const paths = this.#readPaths();
    this.#chooseMachines(paths);
    this.paths = paths.filter(({ server, toward, from }) => this.#isLookedAt(server, [...toward, ...from]));
    this.passages = this.#readPassages().filter((passage) => this.#isLookedAt(passage.server, [passage]));
    for (const path of this.paths) push(this.#pathsByServer, path.server, path);
    for (const passage of this.passages) push(this.#passagesByServer, passage.server, passage);
    this.unicast = unicastOf(facts.edges);
  }

  /** Text of an address number. */
  ip(id: number): Ip {
    return this.#ips[id]!;
  }

  /** Text of a MAC number; empty for "not in the frame". */
  macOf(mac: number): Mac {
    return mac === 0 ? '' : macText(mac);
  }

  /** Server IPs of flows. */
  get servers(): Iterable<Ip> {
    return this.#pathsByServer.keys();
  }

  pathsTo(server: Ip): readonly FlowPath[] {
    return this.#pathsByServer.get(server) ?? [];
  }

  /** Paths to a server IP with any step from or to one of these MACs. */
  pathsTouching(macs: readonly Mac[], server: Ip): readonly FlowPath[] {
    let index = this.#pathsByMac.get(server);
    if (index === undefined) {
      index = new Map();
      for (const path of this.pathsTo(server)) {
        for (const mac of new Set(path.steps.flatMap((step) => [step.source, step.destination]))) push(index, mac, path);
      }
      this.#pathsByMac.set(server, index);
    }
    const [only, ...more] = macs.map((mac) => index.get(mac) ?? []);
    return more.length === 0 ? (only ?? []) : [...new Set([...only!, ...more.flat()])];
  }

  passagesOf(server: Ip): readonly Passage[] {
    return this.#passagesByServer.get(server) ?? [];
  }

  /** Passages of frames from a MAC toward a server IP. */
  passagesFrom(source: Mac, server: Ip): readonly Passage[] {
    let index = this.#passagesBySender.get(server);
    if (index === undefined) {
      index = new Map();
      for (const passage of this.passagesOf(server)) if (passage.toward) push(index, passage.source, passage);
      this.#passagesBySender.set(server, index);
    }
    return index.get(source) ?? [];
  }

  /** What was said about an IP; null when nothing was. */
  about(ip: Ip): AddressSeen | null {
    const id = this.#ipNumber.get(ip);
    return id === undefined || !this.facts.claims.knows(id) ? null : this.#addresses.get(id);
  }

  /** IPs that anything was said about. */
  get claimedIps(): Ip[] {
    return this.facts.claims.addresses.map((id) => this.ip(id));
  }

  /** IPs that a MAC claimed; `more` counts those beyond the first 1,024. */
  claimedBy(mac: Mac): ClaimedBy {
    return this.#claimers.get(mac);
  }

  /** The MACs that say of two others or more, of those that count, where addresses are. */
  speakersForOthers(counts: (mac: Mac) => boolean): ReadonlySet<Mac> {
    const { messages } = this.facts.claims;
    const senders = new KeyedPairs(randomHashKey());
    const firstNamed: number[] = [];
    const speakers = new Set<Mac>();
    for (const message of messages) {
      const mac = messages.mac(message);
      const sender = messages.sender(message);
      if (mac === 0 || mac === sender || !counts(this.macOf(mac))) continue;
      const known = senders.find(sender, 0);
      if (known === 0) firstNamed[senders.add(sender, 0)] = mac;
      else if (firstNamed[known] !== mac) speakers.add(this.macOf(sender));
    }
    return speakers;
  }

  /** Unicast frames from one MAC to another, over all VLANs. */
  unicastFrames(from: Mac, to: Mac): number {
    return this.unicast.get(from)?.get(to) ?? 0;
  }

  /** Whether any frame, of whatever kind, came from this MAC. */
  isSource(mac: Mac): boolean {
    this.#sources ??= new Set(this.facts.edges.source.slice(1, this.facts.edges.count).map((source) => this.macOf(source)));
    return this.#sources.has(mac);
  }

  /** To which MACs a sender's frames for a server IP went, in order of time; of very many moves only the first and last ones. */
  movesOf(sender: Mac, server: Ip): Move[] {
    this.#senders ??= new Map(this.facts.passages.senders.map((s) => [`${formatMac(s.mac)} ${s.server}`, s]));
    const log = this.#senders.get(`${sender} ${this.#ipNumber.get(server)}`);
    if (log === undefined) return [];
    const { edge } = this.facts.passages;
    const { destination } = this.facts.edges;
    const moves: Move[] = [];
    for (const change of this.facts.passages.changesOf(log)) {
      const to = formatMac(destination[edge[change.to]!]!);
      const from = change.from === 0 ? null : formatMac(destination[edge[change.from]!]!);
      if (from !== to) moves.push({ ref: frameRef(change.frame, change.at), from, to });
    }
    return moves;
  }

  /** Distinct clients of the remembered flows to these servers, all together. */
  countClients(servers: readonly Ip[]): number {
    return this.facts.countClients(this.#numbersOf(servers));
  }

  /** The same for each of these servers alone. */
  countClientsOfEach(servers: readonly Ip[]): ReadonlyMap<Ip, number> {
    const numbers = this.#numbersOf(servers);
    const counts = this.facts.countClientsOfEach(numbers);
    return new Map(servers.map((ip, i) => [ip, counts.get(numbers[i]!)!]));
  }

  /** Address numbers; -1 for those that no frame shows. */
  #numbersOf(servers: readonly Ip[]): number[] {
    return servers.map((ip) => this.#ipNumber.get(ip) ?? -1);
  }

  /** Who sends IPVS sync messages: from each of these frames on another sender or another id. */
  get syncSenders(): readonly { readonly mac: Mac; readonly syncId: number; readonly at: FrameRef }[] {
    return this.facts.sync.senders.entries().map(({ ref, mac, syncId }) => ({ mac: formatMac(mac), syncId, at: ref }));
  }

  /** Redirects (ICMP 5, ND 137) with the edge they were seen on. */
  get redirects(): readonly { readonly ref: FrameRef; readonly source: Mac; readonly destination: Mac }[] {
    const { source, destination } = this.facts.edges;
    return this.facts.redirects
      .entries()
      .map(({ ref, edge }) => ({ ref, source: this.macOf(source[edge]!), destination: this.macOf(destination[edge]!) }));
  }

  /** VRRP groups. */
  get vrrpGroups(): readonly VrrpGroupSeen[] {
    this.#vrrpGroups ??= [...this.facts.vrrp.groups.values()].map((group) => {
      const senders = new Map(
        group.senders.map((s) => [
          s,
          {
            mac: formatMac(s.mac),
            ip: this.ip(s.address),
            adverts: s.adverts,
            priority: s.priority,
            intervalMs: s.intervalCs * 10,
            vips: [...s.addresses].map((id) => this.ip(id)),
            first: s.first,
            last: s.last,
          },
        ]),
      );
      return {
        vlan: group.vlan,
        vrid: group.vrid,
        version: group.version,
        vips: [...group.addresses].map((id) => this.ip(id)),
        senders: [...senders.values()],
        changes: group.changes.entries().map(({ ref, sender, priority, addresses }) => ({
          ref,
          sender: senders.get(sender)!,
          priority,
          vips: addresses.map((id) => this.ip(id)),
        })),
        gap: gapOf(group.changes),
      };
    });
    return this.#vrrpGroups;
  }

  /** MACs that sent frames toward a server IP; of very many, the busiest. */
  sendersTo(server: Ip): readonly Mac[] {
    return this.#sendersOf(server).senders;
  }

  /** How many MACs that sent frames toward a server IP are not among `sendersTo`, and how many that serve it are on no path. */
  machinesLeftOut(server: Ip): number {
    return this.#sendersOf(server).leftOut + (this.#notLookedAt.get(server)?.size ?? 0);
  }

  #sendersOf(server: Ip): Senders {
    const known = this.#senderLists.get(server);
    if (known !== undefined) return known;
    const frames = new Map<Mac, number>();
    for (const p of this.passagesOf(server)) {
      if (p.toward && p.source !== '') frames.set(p.source, (frames.get(p.source) ?? 0) + p.frames);
    }
    const all = [...frames.keys()];
    const leftOut = Math.max(0, all.length - MAX_SENDERS);
    const senders = leftOut === 0 ? all : all.sort((a, b) => frames.get(b)! - frames.get(a)!).slice(0, MAX_SENDERS);
    const found = { senders, leftOut };
    this.#senderLists.set(server, found);
    return found;
  }

  #readPassages(): Passage[] {
    const t = this.facts.passages;
    const passages: Passage[] = [];
    for (let i = 1; i < t.count; i++) {
      const counts = t.countsOf(i);
      if (counts.frames === 0) continue;
      const kind = t.kind[i]!;
      const passage: Passage = {
        ...this.#edge(t.edge[i]!),
        server: this.ip(t.server[i]!),
        toward: (kind & 1) === 0,
        tunnel: kind >= 2,
        frames: counts.frames,
        requests: counts.requests,
        first: frameRef(counts.firstFrame, counts.firstAt),
        last: frameRef(counts.lastFrame, counts.lastAt),
        minTtl: counts.minTtl,
        maxTtl: counts.maxTtl,
      };
      passages.push(passage);
    }
    return passages;
  }

  #readPaths(): FlowPath[] {
    const t = this.facts.paths;
    const examples = this.facts.examples(4);
    const paths: FlowPath[] = [];
    for (let id = 1; id < t.count; id++) {
      if (t.flows[id]! <= 0 || t.event[id] === -1) continue;
      const steps = t.eventsOf(id).map((event) => ({ event: (event >> 16) as PathEvent, ...this.#edge(event & 0xffff) }));
      const path: FlowPath = {
        id,
        server: this.ip(t.server[id]!),
        port: t.port[id]!,
        protocol: t.protocol[id] === 6 ? 'tcp' : 'udp',
        begun: t.begun[id] as Begun,
        isWatched: t.watched[id]!,
        steps,
        toward: steps.filter((s) => s.event === PathEvent.toward || s.event === PathEvent.towardInTunnel),
        from: steps.filter((s) => s.event === PathEvent.from || s.event === PathEvent.fromInTunnel),
        flows: t.flows[id]!,
        examples: (examples.get(id) ?? []).map((e) => ({
          client: formatIp(e.version, ...e.client),
          clientPort: e.clientPort,
          serverPort: e.serverPort,
          frames: e.events.map(({ frame, at }) => frameRef(frame, at)),
        })),
      };
      paths.push(path);
    }
    return paths;
  }

  /** Of the machines that serve an IP those with the most flows are looked at, of several with as many those that were seen first. */
  #chooseMachines(paths: readonly FlowPath[]): void {
    const byServer = new Map<Ip, FlowPath[]>();
    for (const path of paths) push(byServer, path.server, path);
    for (const [server, ofServer] of byServer) {
      const flows = new Map<Mac, number>();
      for (const path of ofServer) for (const mac of servingMacs(path)) flows.set(mac, (flows.get(mac) ?? 0) + path.flows);
      if (flows.size <= MAX_SERVING) continue;
      const ranked = [...flows].sort(([, a], [, b]) => b - a).map(([mac]) => mac);
      this.#notLookedAt.set(server, new Set(ranked.slice(MAX_SERVING)));
    }
  }

  #isLookedAt(server: Ip, hops: readonly Step[] | readonly Passage[]): boolean {
    const notLookedAt = this.#notLookedAt.get(server);
    return notLookedAt === undefined || !hops.some(({ source, destination }) => notLookedAt.has(source) || notLookedAt.has(destination));
  }

  #readClaimer(mac: Mac): ClaimedBy {
    const number = parseMac(mac);
    if (number === null) return { ips: [], more: 0 };
    const { claims, more } = this.facts.claims.claimsBy(number);
    return { ips: claims.map((claim) => this.ip(this.facts.claims.pairs.second[claim]!)), more };
  }

  #edge(edge: number): { source: Mac; destination: Mac; vlan: number } {
    const { source, destination, vlan } = this.facts.edges;
    return { source: this.macOf(source[edge]!), destination: this.macOf(destination[edge]!), vlan: vlan[edge]! };
  }
}

/** The MACs that requests of a path go to, and those that answer them. */
function servingMacs({ toward, from }: FlowPath): Mac[] {
  return [...toward.map((hop) => hop.destination), ...from.map((hop) => hop.source)].filter((mac) => mac !== '');
}

/** Whom each MAC sent unicast frames to, with their number, over all VLANs. */
export function unicastOf({ source, destination, frames, count }: EdgeTable): Map<Mac, Map<Mac, number>> {
  const unicast = new Map<Mac, Map<Mac, number>>();
  for (let edge = 1; edge < count; edge++) {
    const to = destination[edge]!;
    const from = source[edge]!;
    if (to === 0 || from === 0 || isGroupMac(to)) continue;
    const fromText = formatMac(from);
    let row = unicast.get(fromText);
    if (row === undefined) {
      row = new Map();
      unicast.set(fromText, row);
    }
    const toText = formatMac(to);
    row.set(toText, (row.get(toText) ?? 0) + frames[edge]!);
  }
  return unicast;
}

/** The hole between the first and the newest entries of a log. */
function gapOf(log: BoundedLog<{ readonly ref: FrameRef }>): Gap | null {
  const kept = log.entries();
  const { firstKept } = log;
  if (log.count === kept.length) return null;
  return { from: kept[firstKept - 1]!.ref.at, until: kept[firstKept]!.ref.at };
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
