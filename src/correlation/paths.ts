/**
 * Paths: what happened to a flow, as a node of a trie of interned events. A flow moves from node to node; each node counts the flows
 * that stand there, so a node is a story ("client → director, director → rs1, rs1 → client") with the number of flows it is true of.
 *
 * The trie is also an automaton: (path, event) → path is remembered in a table, so that a frame which tells nothing new costs one
 * look-up. An event enters a path once.
 */

import type { HotPath } from '../hot-path/hot-path.ts';
import {
  BEGUN,
  BEGUN_REUSE,
  EVENT_ESTABLISHED,
  EVENT_FROM,
  EVENT_TOWARD,
  MAX_16_BITS,
  MAX_STEP_ROWS,
  PATH_FLOWS,
  STEP_BYTES,
  STEPS,
} from '../hot-path/layout.ts';

/** What can happen to a flow. An event is a kind and the edge it happened on: `kind << 16 | edge`. */
export const PathEvent = {
  /** A hop of a packet from the client's side. */
  toward: EVENT_TOWARD,
  /** A hop of a packet from the server's side. */
  from: EVENT_FROM,
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
  established: EVENT_ESTABLISHED,
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
  reuse: BEGUN_REUSE,
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
/** Words of a step's row, and rows at first. */
const STEP = STEP_BYTES / Int32Array.BYTES_PER_ELEMENT;
const FEW = 1 << 10;
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
  readonly begun: Uint8Array;
  /** Whether the flows of a root began while every capture was running, so that what is missing was not sent; set for roots. */
  readonly watched: boolean[] = [true];
  /** Whether every capture is running now. */
  isWatched = true;
  /** Flows that stand at each path now, and those forgotten while they stood there. */
  readonly flows: Float64Array;

  /** Rows of four words: path, event + 1, next path, passage + 1. */
  transitions: Int32Array;
  readonly #hot: HotPath;
  #transitionCount = 0;
  readonly #roots = new Map<number, number>();
  /** Rows of four words, direct-mapped: server (0 empty), port, protocol and beginning, root. */
  readonly #recentRoots = new Int32Array(RECENT_ROOTS * 4);
  readonly #portsOf = new Map<number, Set<number>>();

  /** @param hot where its steps lie, under its key */
  constructor(hot: HotPath) {
    this.#hot = hot;
    this.flows = hot.doubles(PATH_FLOWS, MAX_16_BITS);
    this.begun = hot.octets(BEGUN, MAX_16_BITS);
    this.begun[0] = Begun.midFlow;
    this.transitions = this.#withRows(FEW);
  }

  #withRows(rows: number): Int32Array {
    this.#hot.exports.useSteps(rows);
    return this.#hot.words(STEPS, rows * STEP);
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
    const at = this.#hot.exports.stepIndex(path, event);
    return this.transitions[at + 1] === 0 ? this.#learn(path, event, at) : at;
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
    if (this.#transitionCount >= MAX_STEP_ROWS / 2) {
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
    if (this.#transitionCount * 2 > rows.length / STEP) {
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
    this.begun[path] = this.begun[parent]!;
    this.watched.push(this.watched[parent]!);
    return path;
  }

  #grow(): void {
    const old = this.transitions.slice();
    this.transitions.fill(0);
    this.transitions = this.#withRows((old.length / STEP) * 2);
    for (let from = 0; from < old.length; from += STEP) {
      if (old[from + 1] === 0) continue;
      const to = this.#hot.exports.stepIndex(old[from]!, old[from + 1]! - 1);
      this.transitions.set(old.subarray(from, from + STEP), to);
    }
  }
}
