/**
 * Paths: what happened to a flow, as a node of a trie of interned events. A flow moves from node to node; each node counts the flows
 * that stand there, so a node is a story ("client → director, director → rs1, rs1 → client") with the number of flows it is true of.
 *
 * The trie is also an automaton: (path, event) → path is remembered in a table, so that a frame which tells nothing new costs one
 * look-up. An event enters a path once.
 */
import type { HashKey } from './hash.ts';

/** What can happen to a flow. An event is a kind and the edge it happened on: `kind << 16 | edge`. */
export const PathEvent = {
  /** A hop of a packet from the client's side. */
  toward: 0,
  /** A hop of a packet from the server's side. */
  from: 1,
  /** The same two inside a tunnel (IPIP, GRE, GUE). */
  towardInTunnel: 2,
  fromInTunnel: 3,
  /** The same datagram a second time on the same hop: a mirror's duplicate, or sent out again as it came. */
  echo: 4,
  /** … and a third time. */
  echoAgain: 5,
  /** The same datagram on a hop that it had taken before, with a lower TTL. */
  loop: 6,
  /** The client sent its SYN a second time. */
  retry: 7,
  /** … and a third time or more. */
  retryAgain: 8,
  /** The client acknowledged: it has got a SYN-ACK. */
  established: 9,
  /** The server's side answered the SYN with a reset. */
  refused: 10,
  /** The server's side sent a reset later. */
  reset: 11,
  /** The client's side sent a reset. */
  clientReset: 12,
  /** An ICMP error about the flow. */
  unreachable: 13,
  timeExceeded: 14,
  tooBig: 15,
  /** The client's SYN also went to another IP: destination NAT. */
  translated: 16,
  /** The client was answered from another IP. */
  answeredElsewhere: 17,
  /** The same full-size segment was sent a third time. */
  stalled: 18,
} as const;
export type PathEvent = (typeof PathEvent)[keyof typeof PathEvent];

/** How the first frame of a flow looked. */
export const Begun = {
  /** A SYN. */
  syn: 0,
  /** A SYN on a 5-tuple that had been used before. */
  reuse: 1,
  /** The first datagram of a UDP flow. */
  datagram: 2,
  /** Later: what came before is not known, so absence must not be judged. */
  midFlow: 3,
  /** An answer, the request not seen. */
  reply: 4,
} as const;
export type Begun = (typeof Begun)[keyof typeof Begun];

/** Most paths kept; path 0 means "not kept". Numbers fit 16 bits. */
export const MAX_PATHS = 0xffff;
/** Longest path in events. */
export const MAX_DEPTH = 24;
/** Services of one server IP that get paths of their own; further ports share port 0. */
const MAX_PORTS_AN_ADDRESS = 64;
const MAX_TRANSITIONS = 1 << 18;
const RECENT_ROOTS = 64;

export class PathTrie {
  count = 1;
  /** Events and roots that did not fit. */
  overflowed = 0;
  readonly parent: number[] = [0];
  /** The event that led here; -1 at a root. */
  readonly event: number[] = [-1];
  readonly depth: number[] = [0];
  /** The root of each path. */
  readonly root: number[] = [0];
  /** Edge of the first hop of each path; -1 before it. */
  readonly entryEdge: number[] = [-1];
  /** Server address number, port, IP protocol and beginning; set for roots. */
  readonly server: number[] = [0];
  readonly port: number[] = [0];
  readonly protocol: number[] = [0];
  readonly begun: Begun[] = [Begun.midFlow];
  /** Whether the flows of a root began while every capture was running, so that what is missing was not sent; set for roots. */
  readonly watched: boolean[] = [true];
  /** Whether every capture is running now. */
  isWatched = true;
  /** Flows that stand at each path now, and those forgotten while they stood there. */
  flows: Float64Array = new Float64Array(256);

  readonly #key: HashKey;
  /** Rows of four words: path, event + 1, next path, passage + 1. */
  transitions: Int32Array = new Int32Array(1 << 12);
  #transitionCount = 0;
  readonly #roots = new Map<number, number>();
  /** Rows of four words, direct-mapped: server (0 empty), port, protocol and beginning, root. */
  readonly #recentRoots = new Int32Array(RECENT_ROOTS * 4);
  readonly #portsOf = new Map<number, Set<number>>();

  constructor(key: HashKey) {
    this.#key = key;
  }

  /** The root for flows to a service that began like this; 0 when there is no room. */
  rootOf(server: number, port: number, protocol: number, begun: Begun): number {
    if (server === 0) return 0;
    // Most flows begin like one shortly before: no key to make, no map to ask.
    const recent = this.#recentRoots;
    const manner = (protocol << 4) | (begun << 1) | (this.isWatched ? 1 : 0);
    const at = ((server ^ (server >>> 6) ^ Math.imul(port, 5) ^ begun) & (RECENT_ROOTS - 1)) << 2;
    if (recent[at] === server && recent[at + 1] === port && recent[at + 2] === manner) return recent[at + 3]!;
    const root = this.#knownOrNewRoot(server, port, protocol, begun);
    if (root === 0) return 0;
    recent[at] = server;
    recent[at + 1] = port;
    recent[at + 2] = manner;
    recent[at + 3] = root;
    return root;
  }

  #knownOrNewRoot(server: number, port: number, protocol: number, begun: Begun): number {
    const key = ((server * 0x1_0000 + port) * 0x100 + protocol) * 16 + begun * 2 + (this.isWatched ? 1 : 0);
    const known = this.#roots.get(key);
    if (known !== undefined) return known;
    const ports = this.#portsOf.get(server);
    if (ports === undefined) this.#portsOf.set(server, new Set([port]));
    else if (port !== 0 && !ports.has(port)) {
      if (ports.size >= MAX_PORTS_AN_ADDRESS) return this.rootOf(server, 0, protocol, begun);
      ports.add(port);
    }
    const root = this.#add(0, -1);
    if (root === 0) return 0;
    this.root[root] = root;
    this.depth[root] = 0;
    this.server[root] = server;
    this.port[root] = port;
    this.protocol[root] = protocol;
    this.begun[root] = begun;
    this.watched[root] = this.isWatched;
    this.#roots.set(key, root);
    return root;
  }

  /**
   * Index of the row in `transitions` for what `event` does to `path`. Row + 2 holds the next path: `path` itself when the event is
   * in it already. Row + 3 is the caller's: 0 at first. -1 when there is no room for the row.
   */
  step(path: number, event: number): number {
    const rows = this.transitions;
    const mask = (rows.length >> 2) - 1;
    const key = this.#key;
    let h = Math.imul(path ^ key[0], 0x9e3779b1) ^ Math.imul(event ^ key[1], 0x85ebca77);
    h = Math.imul(h ^ (h >>> 15), 0x27d4eb2f);
    let slot = (h ^ (h >>> 13)) & mask;
    for (;;) {
      const at = slot << 2;
      const tag = rows[at + 1]!;
      if (tag === 0) return this.#learn(path, event, at);
      if (tag === event + 1 && rows[at] === path) return at;
      slot = (slot + 1) & mask;
    }
  }

  /** Whether an event is part of a path. */
  has(path: number, event: number): boolean {
    for (let node = path; this.event[node] !== -1; node = this.parent[node]!) if (this.event[node] === event) return true;
    return false;
  }

  /** The events of a path, first to last. */
  eventsOf(path: number): number[] {
    const events: number[] = [];
    for (let node = path; this.event[node] !== -1; node = this.parent[node]!) events.push(this.event[node]!);
    return events.reverse();
  }

  #learn(path: number, event: number, at: number): number {
    if (this.#transitionCount >= MAX_TRANSITIONS / 2) {
      this.overflowed++;
      return -1;
    }
    let next = path;
    if (!this.has(path, event)) {
      const child = this.depth[path]! < MAX_DEPTH ? this.#add(path, event) : 0;
      if (child === 0) this.overflowed++;
      else next = child;
    }
    const rows = this.transitions;
    rows[at] = path;
    rows[at + 1] = event + 1;
    rows[at + 2] = next;
    rows[at + 3] = 0;
    this.#transitionCount++;
    if (this.#transitionCount * 2 > rows.length >> 2) {
      this.#grow();
      return this.step(path, event);
    }
    return at;
  }

  #add(parent: number, event: number): number {
    if (this.count > MAX_PATHS) {
      this.overflowed++;
      return 0;
    }
    const path = this.count++;
    this.parent.push(parent);
    this.event.push(event);
    this.depth.push(this.depth[parent]! + 1);
    this.root.push(this.root[parent]!);
    const kind = event >> 16;
    const entry = this.entryEdge[parent]!;
    this.entryEdge.push(
      parent !== 0 && entry === -1 && (kind === PathEvent.toward || kind === PathEvent.towardInTunnel) ? event & 0xffff : entry,
    );
    this.server.push(this.server[parent]!);
    this.port.push(this.port[parent]!);
    this.protocol.push(this.protocol[parent]!);
    this.begun.push(this.begun[parent]!);
    this.watched.push(this.watched[parent]!);
    if (path >= this.flows.length) {
      const grown = new Float64Array(this.flows.length * 2);
      grown.set(this.flows);
      this.flows = grown;
    }
    return path;
  }

  #grow(): void {
    const old = this.transitions;
    const rows = new Int32Array(old.length * 2);
    const mask = (rows.length >> 2) - 1;
    const key = this.#key;
    for (let from = 0; from < old.length; from += 4) {
      const tag = old[from + 1]!;
      if (tag === 0) continue;
      let h = Math.imul(old[from]! ^ key[0], 0x9e3779b1) ^ Math.imul((tag - 1) ^ key[1], 0x85ebca77);
      h = Math.imul(h ^ (h >>> 15), 0x27d4eb2f);
      let slot = (h ^ (h >>> 13)) & mask;
      while (rows[(slot << 2) + 1] !== 0) slot = (slot + 1) & mask;
      rows.set(old.subarray(from, from + 4), slot << 2);
    }
    this.transitions = rows;
  }
}
