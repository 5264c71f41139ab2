/**
 * Facts: what the frames of a capture say, added up in bounded memory, one frame at a time and in one pass. Nothing is judged here,
 * no role is guessed, and nothing keeps a view on the bytes.
 *
 * The two ends of a 5-tuple are ordered by (address, port), compared as signed integers (IPv6: a keyed hash of the address); "higher"
 * below and in the flow table's flag means that order.
 */

import { type Frame, type FrameSkimmer, LinkType, type RecordFormat } from '../capture/frame.ts';
import { destinationMacOf, sourceMacOf } from '../decoders/address.ts';
import { IPVS_SYNC_PORT, IpvsSyncReader } from '../decoders/ipvs-sync.ts';
import { DecodeStatus, LinkKind, Packet, PacketKind, TcpFlag, Transport, Tunnel } from '../decoders/packet.ts';
import { emptyVrrpAdvert, readVrrp } from '../decoders/vrrp.ts';
import { type CaptureMemory, HotPath, Numbers } from '../hot-path/hot-path.ts';
import {
  FLOW_BYTES,
  FULL_SIZE,
  HEADERS,
  HEADERS_BYTES,
  KNOWN,
  ONCE,
  POINT_BYTES,
  POINT_DISORDERED,
  POINT_FIRST_AT,
  POINT_LAST_AT,
  POINT_OVERSIZED,
  POINT_UNDECODABLE,
  POINTS,
  REPEATED,
  SAMPLE_MASK,
  SEEN_ECHO,
  SEEN_ECHO_AGAIN,
  SEEN_FIRST,
  SEEN_LOOP,
  SIGHTING_SHIFT,
  STALLED,
  STEP_BYTES,
  STORY,
  SYN_ANSWER_WITHIN_MS,
  THRICE,
  TOWARD,
  TWICE,
} from '../hot-path/layout.ts';
import { AddressTable, MAX_ADDRESSES } from './addresses.ts';
import { BoundedLog } from './bounded-log.ts';
import { Claims } from './claims.ts';
import { countClients } from './clients.ts';
import { EdgeTable, isGroupMac } from './edges.ts';
import { type FlowExample, FlowExamples } from './flow-examples.ts';
import { FlowHashes, foldIp6 } from './flow-hashes.ts';
import { Cold, FlowFlag, FlowTable, MAX_FLOWS } from './flows.ts';
import type { FrameRef } from './frame-ref.ts';
import { type HashKey, randomHashKey } from './hash.ts';
import { IpvsSync } from './ipvs-sync.ts';
import { Lookout } from './lookout.ts';
import { OpenRequests } from './open-requests.ts';
import { PassageTable } from './passages.ts';
import { Begun, PathEvent, PathTrie } from './paths.ts';
import { VrrpGroups } from './vrrp.ts';

/** Marks a UDP service port among the numbers of open requests: no 16-bit port has this bit. */
const UDP_REQUEST = 0x10000;
/** A request over UDP counts as answered from elsewhere only within this time. */
const UDP_ANSWER_WITHIN_MS = 30_000;
/** Server IPs an edge may bring in; beyond, the edge leads to a router into the wide world. */
const MAX_SERVERS_AN_EDGE = 1024;
/** Servers of flows may take this many addresses; the rest is kept for what ARP, ND and VRRP say. */
const MAX_SERVERS = MAX_ADDRESSES >> 1;

/** How often datagrams of an edge were seen once, twice, three times: what tells a mirror's duplicates. */
export interface EdgeSightings {
  /** Datagrams whose first sight was on this edge or which came here from another one. */
  readonly once: Float64Array;
  readonly twice: Float64Array;
  readonly thrice: Float64Array;
}

/** An ICMP message worth remembering. */
export interface IcmpEvent {
  readonly ref: FrameRef;
  readonly type: number;
  readonly code: number;
  readonly version: 4 | 6;
  readonly edge: number;
  /** Its source IP, as an address number; 0 when it did not fit. */
  readonly source: number;
  /** Its next-hop MTU, where it has one. */
  readonly mtu: number;
}

/** What was read at a capture point, and how. */
export interface PointFacts {
  /** Times of the first and the newest frame, in nanoseconds since the first frame of all. */
  firstAt: number;
  lastAt: number;
  /** Frames whose time lies before that of the frame ahead of them. */
  disordered: number;
  undecodable: number;
  /** TCP segments of an IP packet larger than 1500 bytes: segmentation or receive offload. */
  oversized: number;
}

/** Addresses of one VRRP advert that are kept. */
const MAX_VRRP_ADDRESSES = 64;

/** Addresses that are known to serve before any frame is read: given VIPs. */
export interface KnownAddress {
  readonly version: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

const DOUBLE_BYTES = Float64Array.BYTES_PER_ELEMENT;
/** Doubles of a point's row. */
const POINT_ROW = POINT_BYTES / DOUBLE_BYTES;
const POINT = {
  firstAt: POINT_FIRST_AT / DOUBLE_BYTES,
  lastAt: POINT_LAST_AT / DOUBLE_BYTES,
  disordered: POINT_DISORDERED / DOUBLE_BYTES,
  undecodable: POINT_UNDECODABLE / DOUBLE_BYTES,
  oversized: POINT_OVERSIZED / DOUBLE_BYTES,
} as const;
/** Words of a flow's row. */
const FLOW_ROW = FLOW_BYTES / Int32Array.BYTES_PER_ELEMENT;
/** … and of a step's. */
const STEP_ROW = STEP_BYTES / Int32Array.BYTES_PER_ELEMENT;

export class Facts implements FrameSkimmer {
  /** Time of the first frame: `at` counts from here. */
  baseSeconds = 0;
  baseNanoseconds = 0;
  readonly edges: EdgeTable;
  readonly addresses: AddressTable;
  readonly passages: PassageTable;
  readonly paths: PathTrie;
  readonly flows: FlowTable;
  readonly claims: Claims;
  readonly vrrp = new VrrpGroups();
  readonly sync = new IpvsSync();
  /** Redirects (ICMP 5, ND 137). */
  readonly redirects = new BoundedLog<IcmpEvent>(16, 16);
  /** ICMP errors that quote a known flow. */
  readonly errors = new BoundedLog<IcmpEvent>(32, 32);
  /** Frames of each kind that matters for what a capture can show. */
  arpFrames = 0;
  ipFrames = 0;
  cookedFrames = 0;
  noLinkFrames = 0;

  readonly #hot: HotPath;
  /** What goes with each frame, at the places of Numbers: doubles as parameters would be put on the heap for each. */
  readonly #numbers: Float64Array;
  readonly #packet = new Packet();
  hasRefused = false;
  readonly #lookout = new Lookout();
  /** Whether the segment at hand is a new request, which is still to be counted. */
  #isRequest = false;
  /** Whether anybody asks for known frames, so that hops are to be noted. */
  #looksForKnown = false;
  readonly #open: OpenRequests;
  readonly #points: Float64Array[] = [];
  readonly #key: HashKey;
  readonly #hashes: FlowHashes;
  /** Services seen: server address number × 65536 + port. */
  readonly #services = new Set<number>();
  /** By root: whether its service is among them. */
  readonly #serviceKnown: boolean[] = [];
  /** Addresses that serve for sure: given, or listed by VRRP. */
  readonly #known = new Set<number>();
  readonly #serversOnEdge: number[] = [];
  readonly #examples: FlowExamples;
  readonly #advert = emptyVrrpAdvert();
  readonly #syncReader = new IpvsSyncReader();

  /**
   * @param maxFlows most flows remembered at a time, a power of two
   * @param ended facts for as many flows that nobody will use any more: these begin in the memory of their large tables
   */
  constructor(
    known: readonly KnownAddress[] = [],
    key: HashKey = randomHashKey(),
    maxFlows: number = MAX_FLOWS,
    ended: Facts | null = null,
  ) {
    this.#key = key;
    this.#hot = ended === null ? new HotPath(key) : ended.#clearedHotPath(key);
    this.#hashes = new FlowHashes(this.#hot);
    this.#numbers = this.#hot.numbers;
    this.flows = ended === null ? new FlowTable(maxFlows, this.#hot) : ended.flows.cleared();
    this.#examples = new FlowExamples(this.flows, this.#hot);
    this.#open = new OpenRequests(this.#hot);
    this.edges = new EdgeTable(key, this.#hot);
    this.passages = new PassageTable(this.#hot);
    this.addresses = new AddressTable(key);
    this.paths = new PathTrie(this.#hot);
    this.claims = new Claims(key);
    for (const { version, words } of known) this.#known.add(this.addresses.intern(version, ...words));
  }

  get sightings(): EdgeSightings {
    const [once, twice, thrice] = [ONCE, TWICE, THRICE].map((counts) => this.#hot.doubles(counts, this.edges.count));
    return { once: once!, twice: twice!, thrice: thrice! };
  }

  /** Tells whether every capture is running now: from what begins while one is not, nothing may be said to be missing. */
  set isWatched(isWatched: boolean) {
    if (this.paths.isWatched !== isWatched) this.#hot.exports.forgetServices();
    this.paths.isWatched = isWatched;
    this.claims.isWatched = isWatched;
  }

  /** What was read at each capture point that gave a frame, and how. */
  get points(): PointFacts[] {
    return this.#rows.map((row) => ({
      firstAt: row[POINT.firstAt]!,
      lastAt: row[POINT.lastAt]!,
      disordered: row[POINT.disordered]!,
      undecodable: row[POINT.undecodable]!,
      oversized: row[POINT.oversized]!,
    }));
  }

  /** Newest time seen, in nanoseconds since the first frame. */
  get lastAt(): number {
    return Math.max(0, ...this.#rows.map((row) => row[POINT.lastAt]!));
  }

  /** The rows of points, without those that gave no frame. */
  get #rows(): Float64Array[] {
    return this.#points.filter((row) => row !== undefined);
  }

  /** The hot path of facts that nobody will use any more, without what they wrote. */
  #clearedHotPath(key: HashKey): HotPath {
    const { edges, passages, flows, paths } = this;
    const steps = paths.transitions.length / STEP_ROW;
    return this.#hot.cleared(key, edges.count, passages.count, paths.count, flows.hot.length / FLOW_ROW, steps);
  }

  /** Adds one frame of many, and decodes it if need be. */
  addUndecoded(frame: Frame): void {
    if (!this.#lookout.rests()) {
      const isKnown = this.addKnown(frame);
      this.#lookout.note(isKnown ? 1 : 0);
      if (isKnown) return;
    }
    this.addUnknown(frame);
  }

  /** Decodes a frame and adds it. */
  addUnknown(frame: Frame): void {
    this.#packet.decode(frame);
    this.add(frame, this.#packet);
  }

  /** Adds one decoded frame. */
  add(frame: Frame, packet: Packet): void {
    const point = this.#points[frame.point] ?? this.#newPoint(frame);
    this.#setClock(frame);
    const ms = this.#noteTime(point);
    const edge = this.edges.of(packet.mac0, packet.mac1, packet.mac2, packet.vlan);
    if (packet.link !== LinkKind.ethernet) {
      if (packet.link === LinkKind.cooked) this.cookedFrames++;
      else this.noLinkFrames++;
    }
    if (packet.kind === PacketKind.ip) {
      this.ipFrames++;
      const transport = packet.transport;
      if (transport === Transport.tcp || transport === Transport.udp) {
        if (packet.sourcePort >= 0 && packet.destinationPort >= 0) {
          if (transport === Transport.tcp && packet.ipLength > 1500) point[POINT.oversized]!++;
          this.#addSegment(frame, packet, edge, ms);
        }
      } else if (transport === Transport.icmp || transport === Transport.icmp6) this.#addIcmp(frame, packet, edge);
      else if (transport === Transport.vrrp) this.#addVrrp(frame, packet);
    } else if (packet.kind === PacketKind.arp) {
      this.arpFrames++;
      this.#addArp(frame, packet, edge);
    } else if (packet.status === DecodeStatus.malformed) point[POINT.undecodable]!++;
  }

  /**
   * Adds a frame of which nothing is met for the first time but its flow, without decoding: see src/hot-path/assembly/segments.ts. Says false, and adds
   * nothing, of all others: those are to be decoded and added.
   */
  addKnown(frame: Frame): boolean {
    this.#looksForKnown = true;
    if (frame.linkType !== LinkType.ethernet || this.#points[frame.point] === undefined) return false;
    const { exports, captured } = this.#hot;
    this.#setClock(frame);
    const start = frame.view === captured.view ? frame.start : this.#copyHeaders(frame);
    const answer = exports.known(start, frame.end - frame.start, frame.wireLength, frame.point);
    if (answer === 0) return false;
    this.ipFrames++;
    if (answer !== KNOWN) this.#addKnownEvents(answer);
    return true;
  }

  get memory(): CaptureMemory {
    return this.#hot.captured;
  }

  get number(): number {
    return this.#numbers[Numbers.frame]!;
  }

  skim(format: RecordFormat, at: number, limit: number, number: number, fractions: number, point: number, detail: number): number {
    this.#looksForKnown = true;
    const numbers = this.#numbers;
    numbers[Numbers.frame] = number;
    this.hasRefused = this.#lookout.rests();
    if (this.hasRefused || this.#points[point] === undefined) return at;
    for (;;) {
      at = this.#hot.exports.skim(format, at, limit, fractions, point, detail);
      const answer = numbers[Numbers.answer]!;
      if (answer > KNOWN) this.#addKnownEvents(answer);
      else {
        const taken = numbers[Numbers.frame]! - number;
        this.ipFrames += taken;
        this.hasRefused = answer === 0;
        this.#lookout.note(taken);
        return at;
      }
    }
  }

  /** Copies what the hot path may read of a frame to where it reads. */
  #copyHeaders({ view, start, end }: Frame): number {
    const to = this.#hot.captured.view;
    const bytes = Math.min(end - start, HEADERS_BYTES);
    let at = 0;
    for (; at + 4 <= bytes; at += 4) to.setInt32(HEADERS + at, view.getInt32(start + at));
    for (; at < bytes; at++) to.setUint8(HEADERS + at, view.getUint8(start + at));
    return HEADERS;
  }

  #addKnownEvents(answer: number): void {
    const { exports } = this.#hot;
    const row = exports.flowOfKnown();
    const edge = exports.edgeOfKnown();
    if ((answer & STALLED) !== 0) this.#event(row, PathEvent.stalled, edge);
    this.#addSighting(answer >>> SIGHTING_SHIFT, row, edge);
    if ((answer & REPEATED) !== 0) this.#repeatedSyn(edge, row);
  }

  /** Sets the number and the time of the frame at hand. */
  #setClock(frame: Frame): void {
    const numbers = this.#numbers;
    numbers[Numbers.frame] = frame.number;
    // Through memory of doubles, or V8 takes the product for an integer until the third second, and then optimizes anew.
    numbers[Numbers.clock] = frame.seconds - this.baseSeconds;
    numbers[Numbers.clock] = numbers[Numbers.clock]! * 1e9 + (frame.nanoseconds - this.baseNanoseconds);
  }

  /** Notes the time of the frame at hand for its point, and returns it in milliseconds since the first frame, wrapping at 2^32. */
  #noteTime(point: Float64Array): number {
    const at = this.#numbers[Numbers.clock]!;
    if (at < point[POINT.lastAt]!) point[POINT.disordered]!++;
    else point[POINT.lastAt] = at;
    return (at * 1e-6) | 0;
  }

  #newPoint(frame: Frame): Float64Array {
    if (this.#points.length === 0) {
      this.baseSeconds = frame.seconds;
      this.baseNanoseconds = frame.nanoseconds;
      this.#numbers[Numbers.baseSeconds] = frame.seconds;
      this.#numbers[Numbers.baseNanoseconds] = frame.nanoseconds;
    }
    const at = (frame.seconds - this.baseSeconds) * 1e9 + frame.nanoseconds - this.baseNanoseconds;
    const row = this.#hot.doubles(POINTS + frame.point * POINT_BYTES, POINT_ROW);
    row[POINT.firstAt] = at;
    row[POINT.lastAt] = at;
    this.#points[frame.point] = row;
    return row;
  }

  // ------------------------------------------------------------------------------------------------ TCP and UDP

  #addSegment(frame: Frame, p: Packet, edge: number, ms: number): void {
    const isTcp = p.transport === Transport.tcp;
    if (!isTcp && isGroupDestination(p)) {
      // Multicast and limited broadcast have no server side.
      if (p.destinationPort === IPVS_SYNC_PORT) this.#addSync(frame, p);
      return;
    }
    const key = this.#key;
    let source = p.source3;
    let destination = p.destination3;
    if (p.version === 6) {
      source = foldIp6(p.source0, p.source1, p.source2, source, key);
      destination = foldIp6(p.destination0, p.destination1, p.destination2, destination, key);
    }
    const sourcePort = p.sourcePort;
    const destinationPort = p.destinationPort;
    const hashes = this.#hashes;
    hashes.of(source, sourcePort, destination, destinationPort, p.protocol);
    const { first, second } = hashes;
    const sourceIsHigher = source > destination || (source === destination && sourcePort > destinationPort);

    const flows = this.flows;
    const flags = isTcp ? p.tcpFlags : 0;
    const isSyn = (flags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn;
    const isRare = !isTcp || (flags & (TcpFlag.syn | TcpFlag.fin | TcpFlag.rst)) !== 0 || ((p.checksum ^ p.sequence) & SAMPLE_MASK) === 0;
    this.#isRequest = false;
    let row = isRare ? this.#hot.exports.findFlowOfRare(first, second, p.sequence, p.checksum, p.ipId, flags) : flows.find(first, second);
    if (row < 0) {
      row = this.#beginFlow(p, edge, ms, sourceIsHigher, isTcp, isSyn);
      if (row < 0) return;
    } else if (
      isSyn &&
      (flows.cold[flows.hot[row + 3]! + Cold.initialSequence] !== p.sequence || !this.#isFromClient(row, sourceIsHigher))
    ) {
      this.#restartFlow(p, edge, ms, row, sourceIsHigher);
    } else flows.hot[row + 1] = flows.hot[row + 1]! & ~FlowFlag.oneFrame;
    flows.hot[row + 2] = ms;

    let state = flows.hot[row + 1]!;
    const toward = this.#isFromClient(row, sourceIsHigher);
    const path = state & 0xffff;
    if (path === 0) return;
    const kind = (toward ? PathEvent.toward : PathEvent.from) + (p.tunnel === Tunnel.none ? 0 : 2);
    const { exports } = this.#hot;
    const paths = this.paths;
    const step = paths.step(path, (kind << 16) | edge);
    let next = path;
    let passage = 0;
    if (step >= 0) {
      const steps = paths.transitions;
      next = steps[step + 2]!;
      passage = steps[step + 3]! - 1;
      if (passage < 0) passage = this.#newPassage(step, path, edge, kind, toward);
      exports.addToPassage(passage, p.ttl);
      if (this.#isRequest) this.passages.addRequest(passage);
      if (next !== path) {
        paths.flows[path]!--;
        paths.flows[next]!++;
        flows.hot[row + 1] = (state & ~0xffff) | next | (toward ? 0 : FlowFlag.answered);
        flows.pushEvent(row, this.#numbers[Numbers.frame]!, this.#numbers[Numbers.clock]!);
        state = flows.hot[row + 1]!;
      }
    }

    const ports = (p.sourcePort << 16) | p.destinationPort;
    // What follows concerns few frames: beginnings, ends, datagrams, and a sample by content.
    if (isTcp && (flags & (TcpFlag.syn | TcpFlag.fin | TcpFlag.rst)) === 0) {
      if (toward && (state & FlowFlag.established) === 0 && (flags & TcpFlag.ack) !== 0) {
        flows.hot[row + 1] = state | FlowFlag.established;
        if (paths.begun[next]! <= Begun.reuse) this.#event(row, PathEvent.established, edge);
      }
      if (p.payloadLength >= FULL_SIZE) {
        const isStalled = exports.seeLarge(p.source3, p.destination3, ports, p.sequence, p.payloadLength, edge, ms) !== 0;
        if (isStalled) this.#event(row, PathEvent.stalled, edge);
      }
    }
    // Not of a new request: in a flood nothing more comes on its hop.
    if (this.#looksForKnown && passage !== 0 && edge !== 0 && !(isSyn && this.#isRequest) && canBeKnown(p)) {
      const now = flows.hot[row + 1]! & STORY;
      const story = (now & 0xffff) === path ? now : now & ~0xffff;
      exports.putHop(p.source3, p.destination3, ports, edge, passage, row, second, story | (toward ? TOWARD : 0));
    }
    if (isRare) this.#addRare(p, edge, ms, row, first, second, next !== path, toward, isSyn, flags);
  }

  #isFromClient(row: number, sourceIsHigher: boolean): boolean {
    return sourceIsHigher !== ((this.flows.hot[row + 1]! & FlowFlag.serverIsHigher) !== 0);
  }

  #newPassage(step: number, path: number, edge: number, kind: number, toward: boolean): number {
    const passage = this.passages.intern(edge, this.paths.server[path]!, kind, this.edges.source[edge]!, toward);
    this.paths.transitions[step + 3] = passage + 1;
    return passage;
  }

  /** Copies, echoes, loops, repeated SYNs and resets. */
  #addRare(
    p: Packet,
    edge: number,
    ms: number,
    row: number,
    first: number,
    second: number,
    isNewHop: boolean,
    toward: boolean,
    isSyn: boolean,
    flags: number,
  ): void {
    const { exports } = this.#hot;
    const { sequence, acknowledgment, ipLength, ipId, checksum, ttl } = p;
    const sighting = exports.seeDatagram(first, second, toward, sequence, acknowledgment, flags, ipLength, ipId, checksum, edge, ttl, ms);
    if (sighting >= SEEN_ECHO) this.#addSighting(sighting, row, edge);
    else if (isSyn && sighting === SEEN_FIRST && !isNewHop) this.#repeatedSyn(edge, row);

    if ((flags & TcpFlag.rst) !== 0) {
      if (toward) this.#event(row, PathEvent.clientReset, edge);
      else {
        const state = this.flows.hot[row + 1]!;
        const path = state & 0xffff;
        const answersSyn =
          this.paths.begun[path]! <= Begun.reuse &&
          (state & FlowFlag.established) === 0 &&
          ((this.flows.cold[this.flows.hot[row + 3]! + Cold.initialSequence]! + 1) | 0) === p.acknowledgment;
        this.#event(row, answersSyn ? PathEvent.refused : PathEvent.reset, edge);
      }
    }
  }

  #addSighting(sighting: number, row: number, edge: number): void {
    if (sighting === SEEN_ECHO) this.#event(row, PathEvent.echo, edge);
    else if (sighting === SEEN_ECHO_AGAIN) this.#event(row, PathEvent.echoAgain, edge);
    else if (sighting === SEEN_LOOP) this.#event(row, PathEvent.loop, edge);
  }

  #repeatedSyn(edge: number, row: number): void {
    const path = this.flows.hot[row + 1]! & 0xffff;
    if (edge !== this.paths.entryEdge[path]) return;
    const again = (PathEvent.retry << 16) | edge;
    this.#event(row, this.paths.has(path, again) ? PathEvent.retryAgain : PathEvent.retry, edge);
  }

  #event(row: number, kind: PathEvent, edge: number): void {
    const flows = this.flows;
    const state = flows.hot[row + 1]!;
    const path = state & 0xffff;
    if (path === 0) return;
    const step = this.paths.step(path, (kind << 16) | edge);
    if (step < 0) return;
    const next = this.paths.transitions[step + 2]!;
    if (next === path) return;
    this.paths.flows[path]!--;
    this.paths.flows[next]!++;
    flows.hot[row + 1] = (state & ~0xffff) | next;
    flows.pushEvent(row, this.#numbers[Numbers.frame]!, this.#numbers[Numbers.clock]!);
  }

  /** Starts a flow: which end is the server, which root, and does it answer or repeat another flow's request? Its row, or -1. */
  #beginFlow(p: Packet, edge: number, ms: number, sourceIsHigher: boolean, isTcp: boolean, isSyn: boolean): number {
    const hashes = this.#hashes;
    const isSynAck = isTcp && (p.tcpFlags & TcpFlag.syn) !== 0 && !isSyn;
    let begun: Begun = isSyn ? Begun.syn : isSynAck ? Begun.reply : isTcp ? Begun.midFlow : Begun.datagram;
    let serverIsSource = isSynAck;
    let guessed = false;
    if (!isSyn) {
      const asked = isTcp ? p.acknowledgment - 1 : p.sourcePort | UDP_REQUEST;
      const answers =
        (isSynAck || !isTcp) && this.#open.find(hashes.destination, asked, ms, isTcp ? SYN_ANSWER_WITHIN_MS : UDP_ANSWER_WITHIN_MS);
      if (answers) {
        // Another flow of this client waits for just this answer: it comes from the wrong IP.
        const waiting = this.flows.find(this.#open.first, this.#open.second);
        if (waiting >= 0) this.#event(waiting, PathEvent.answeredElsewhere, edge);
        serverIsSource = true;
        begun = Begun.reply;
      } else if (!isSynAck) {
        const serves = this.#servesAt(p);
        if (serves !== 0) serverIsSource = serves < 0;
        else if (isTcp || p.sourcePort < 1024) {
          serverIsSource = p.sourcePort < p.destinationPort;
          guessed = true;
        }
        if (!isTcp && serverIsSource) begun = Begun.reply;
      }
    }
    const port = serverIsSource ? p.sourcePort : p.destinationPort;
    const server = this.#server(p, serverIsSource, edge);
    if (server === 0) return -1;
    const root = this.paths.rootOf(server, port, p.protocol, begun);
    if (root === 0) return -1;
    if (!guessed) this.#addService(root, server, port);
    if (isSyn && p.version === 4) this.#hot.exports.putService(p.destination3, port, false, root);
    const row = this.flows.insert(hashes.first, hashes.second, this.#examples.forget);
    const serverIsHigher = serverIsSource === sourceIsHigher;
    this.flows.hot[row + 1] =
      root |
      FlowFlag.oneFrame |
      (serverIsHigher ? FlowFlag.serverIsHigher : 0) |
      (guessed ? FlowFlag.guessed : 0) |
      (p.version === 6 ? FlowFlag.version6 : 0) |
      (serverIsSource ? FlowFlag.answered : 0);
    this.paths.flows[root]!++;
    this.#writeCold(row, p, serverIsSource);
    if (isSyn) this.#openSyn(p, edge, ms);
    else if (!isTcp && !serverIsSource) this.#openDatagram(p, edge, ms);
    this.#isRequest = begun <= Begun.datagram;
    return row;
  }

  /** A SYN on a known 5-tuple that is no repetition: a new connection, or the mend of a wrong guess. */
  #restartFlow(p: Packet, edge: number, ms: number, row: number, sourceIsHigher: boolean): void {
    const flows = this.flows;
    const hashes = this.#hashes;
    const oldPath = flows.hot[row + 1]! & 0xffff;
    const server = this.#server(p, false, edge);
    const wasRequest = this.paths.begun[oldPath]! <= Begun.reuse;
    const root = this.paths.rootOf(server, p.destinationPort, p.protocol, wasRequest ? Begun.reuse : Begun.syn);
    if (root === 0) return;
    this.#addService(root, server, p.destinationPort);
    if (p.version === 4) this.#hot.exports.putService(p.destination3, p.destinationPort, wasRequest, root);
    if ((flows.hot[row + 1]! & FlowFlag.guessed) !== 0 && !this.#isFromClient(row, sourceIsHigher)) this.paths.flows[oldPath]!--;
    else this.#examples.keep(row, oldPath);
    flows.dropEvents(row);
    flows.hot[row + 1] = root | (sourceIsHigher ? 0 : FlowFlag.serverIsHigher) | (p.version === 6 ? FlowFlag.version6 : 0);
    this.paths.flows[root]!++;
    this.#writeCold(row, p, false);
    this.#open.put(hashes.source, p.sequence, hashes.first, hashes.second, ms);
    this.#isRequest = true;
  }

  #openSyn(p: Packet, edge: number, ms: number): void {
    const { source, first, second } = this.#hashes;
    if (this.#open.find(source, p.sequence, ms, SYN_ANSWER_WITHIN_MS)) {
      // The same client, port and sequence number to another IP: somebody rewrote the destination.
      const original = this.flows.find(this.#open.first, this.#open.second);
      if (original >= 0 && this.#open.first !== first) {
        this.#event(original, PathEvent.translated, edge);
        return;
      }
    }
    this.#open.put(source, p.sequence, first, second, ms);
  }

  #openDatagram(p: Packet, edge: number, ms: number): void {
    const { source, first, second } = this.#hashes;
    const service = p.destinationPort | UDP_REQUEST;
    if (this.#open.find(source, service, ms, COPY_OF_DATAGRAM_WITHIN_MS)) {
      const original = this.flows.find(this.#open.first, this.#open.second);
      if (original >= 0) {
        const entry = this.paths.entryEdge[this.flows.hot[original + 1]! & 0xffff]!;
        // A client may ask two servers from one port; a translation leaves the machine that the request had reached.
        if (entry > 0 && this.edges.destination[entry] === this.edges.source[edge]) {
          this.#event(original, PathEvent.translated, edge);
          return;
        }
      }
    }
    this.#open.put(source, service, first, second, ms);
  }

  #writeCold(row: number, p: Packet, serverIsSource: boolean): void {
    const cold = this.flows.cold;
    const at = this.flows.hot[row + 3]!;
    const word0 = serverIsSource ? p.destination0 : p.source0;
    const word1 = serverIsSource ? p.destination1 : p.source1;
    const word2 = serverIsSource ? p.destination2 : p.source2;
    const word3 = serverIsSource ? p.destination3 : p.source3;
    if (p.version === 4) cold[at + Cold.client] = word3;
    else {
      cold[at + Cold.client] = foldIp6(word0, word1, word2, word3, this.#key);
      const { clients6 } = this.flows;
      const whole = this.flows.client6At(row);
      clients6[whole] = word0;
      clients6[whole + 1] = word1;
      clients6[whole + 2] = word2;
      clients6[whole + 3] = word3;
    }
    cold[at + Cold.ports] = serverIsSource ? (p.destinationPort << 16) | p.sourcePort : (p.sourcePort << 16) | p.destinationPort;
    cold[at + Cold.initialSequence] = p.sequence;
  }

  /** Notes that a server serves at a port. All flows of a root are to one service, unless it is shared by ports for which there was no room. */
  #addService(root: number, server: number, port: number): void {
    if (this.#serviceKnown[root] === true && this.paths.port[root] === port) return;
    this.#serviceKnown[root] = true;
    this.#services.add(server * 0x1_0000 + port);
  }

  /** 1 when the destination is a known service, -1 when the source is, 0 when neither or both are. */
  #servesAt(p: Packet): number {
    if (p.version === 0) return 0;
    const to = this.addresses.find(p.version, p.destination0, p.destination1, p.destination2, p.destination3);
    const by = this.addresses.find(p.version, p.source0, p.source1, p.source2, p.source3);
    const toServes = to !== 0 && (this.#known.has(to) || this.#services.has(to * 0x1_0000 + p.destinationPort));
    const byServes = by !== 0 && (this.#known.has(by) || this.#services.has(by * 0x1_0000 + p.sourcePort));
    return toServes === byServes ? 0 : toServes ? 1 : -1;
  }

  #server(p: Packet, serverIsSource: boolean, edge: number): number {
    const version = p.version as 4 | 6;
    const w0 = serverIsSource ? p.source0 : p.destination0;
    const w1 = serverIsSource ? p.source1 : p.destination1;
    const w2 = serverIsSource ? p.source2 : p.destination2;
    const w3 = serverIsSource ? p.source3 : p.destination3;
    const known = this.addresses.find(version, w0, w1, w2, w3);
    if (known !== 0) return known;
    const onEdge = this.#serversOnEdge[edge] ?? 0;
    if (onEdge >= MAX_SERVERS_AN_EDGE) return 0;
    this.#serversOnEdge[edge] = onEdge + 1;
    return this.addresses.intern(version, w0, w1, w2, w3, MAX_SERVERS);
  }

  // ------------------------------------------------------------------------------------------------ what flows tell together

  /** For each path that flows stand at, up to `most` examples: see FlowExamples. */
  examples(most: number): Map<number, FlowExample[]> {
    return this.#examples.chosen(most, this.paths.count);
  }

  /** Distinct clients of the remembered flows to these servers (address numbers), all together. */
  countClients(servers: Iterable<number>): number {
    return countClients(new Map([...servers].map((server) => [server, 1])), this.flows, this.paths, this.#hot)[1] ?? 0;
  }

  /** The same for each of these servers alone, in one pass over the flows. */
  countClientsOfEach(servers: Iterable<number>): Map<number, number> {
    const groups = new Map([...new Set(servers)].map((server, i) => [server, i + 1]));
    const counts = countClients(groups, this.flows, this.paths, this.#hot);
    return new Map([...groups].map(([server, group]) => [server, counts[group]!]));
  }

  // ------------------------------------------------------------------------------------------------ ICMP, ARP, ND, VRRP

  #addIcmp(frame: Frame, p: Packet, edge: number): void {
    const version = p.version as 4 | 6;
    const isRedirect = version === 4 ? p.icmpType === 5 : p.icmpType === 137;
    const ref = { point: frame.point, frame: frame.number, at: this.#numbers[Numbers.clock]! };
    if (version === 6 && (p.icmpType === 135 || p.icmpType === 136)) {
      this.#addNeighbour(p, edge, ref);
      return;
    }
    const q = p.quoted;
    if (isRedirect) {
      this.redirects.add(this.#icmpEvent(ref, p, edge));
      return;
    }
    if (q.version === 0 || q.sourcePort < 0) return;
    const key = this.#key;
    let source = q.source3;
    let destination = q.destination3;
    if (q.version === 6) {
      source = foldIp6(q.source0, q.source1, q.source2, source, key);
      destination = foldIp6(q.destination0, q.destination1, q.destination2, destination, key);
    }
    const row = this.#findFlow(source, q.sourcePort, destination, q.destinationPort, q.protocol);
    if (row < 0) return;
    const kind = errorKind(version, p.icmpType, p.icmpCode);
    if (kind === null) return;
    this.#event(row, kind, edge);
    this.errors.add(this.#icmpEvent(ref, p, edge));
  }

  #icmpEvent(ref: FrameRef, p: Packet, edge: number): IcmpEvent {
    const version = p.version as 4 | 6;
    const source = this.addresses.find(version, p.source0, p.source1, p.source2, p.source3);
    return { ref, type: p.icmpType, code: p.icmpCode, version, edge, source, mtu: p.icmpMtu };
  }

  /** The row of a flow by its ends. */
  #findFlow(source: number, sourcePort: number, destination: number, destinationPort: number, protocol: number): number {
    const hashes = this.#hashes;
    hashes.of(source, sourcePort, destination, destinationPort, protocol);
    return this.flows.find(hashes.first, hashes.second);
  }

  #addArp(frame: Frame, p: Packet, edge: number): void {
    const ref = { point: frame.point, frame: frame.number, at: this.#numbers[Numbers.clock]! };
    const cooked = p.link === LinkKind.cooked;
    const to = cooked ? (p.cookedType === 1 || p.cookedType === 2 ? 0xffff_ffff_ffff : 0) : this.edges.destination[edge]!;
    const eth = cooked || p.link === LinkKind.ethernet ? sourceMacOf(p.mac1, p.mac2) : p.arpSenderMac;
    const sender = p.arpSenderIp === 0 ? 0 : this.addresses.intern(4, 0, 0, 0, p.arpSenderIp);
    const target = p.arpTargetIp === 0 ? 0 : this.addresses.intern(4, 0, 0, 0, p.arpTargetIp);
    const group = isGroupMac(to);
    if (sender !== 0 && sender === target) {
      // Request or reply, both announce; a reply sent to one machine answers it, as some do.
      const answers = p.arpOperation === 2 && !group && to !== 0;
      this.claims.claim(answers ? 'reply' : 'gratuitous', ref, sender, p.arpSenderMac, eth, to, p.vlan, 0);
      return;
    }
    if (p.arpOperation === 1) {
      this.claims.ask(ref, p.arpSenderMac, to, group || to === 0, target, p.arpSenderIp);
      if (sender !== 0) this.claims.claim('request', ref, sender, p.arpSenderMac, eth, to, p.vlan, target);
    } else if (p.arpOperation === 2 && sender !== 0) {
      if (group) this.claims.claim('gratuitous', ref, sender, p.arpSenderMac, eth, to, p.vlan, 0);
      else {
        const isNew = this.claims.claim('reply', ref, sender, p.arpSenderMac, eth, cooked ? p.arpTargetMac : to, p.vlan, 0);
        this.#hot.exports.countSighting(edge, isNew ? SEEN_FIRST : SEEN_ECHO);
      }
    }
  }

  #addNeighbour(p: Packet, edge: number, ref: FrameRef): void {
    const eth = sourceMacOf(p.mac1, p.mac2);
    const to = p.link === LinkKind.cooked ? 0 : destinationMacOf(p.mac0, p.mac1);
    const target = this.addresses.intern(6, p.target0, p.target1, p.target2, p.target3);
    const said = p.ndLinkAddress >= 0 ? p.ndLinkAddress : eth;
    if (p.icmpType === 136) {
      const group = isGroupMac(to) || !p.ndSolicited;
      const isNew = this.claims.claim(group ? 'gratuitous' : 'reply', ref, target, said, eth, to, p.vlan, 0);
      if (!group) this.#hot.exports.countSighting(edge, isNew ? SEEN_FIRST : SEEN_ECHO);
      return;
    }
    const unspecified = (p.source0 | p.source1 | p.source2 | p.source3) === 0;
    this.claims.ask(ref, eth, to, isGroupMac(to) || to === 0, target, unspecified ? 0 : 1);
    if (!unspecified && p.ndLinkAddress >= 0) {
      const source = this.addresses.intern(6, p.source0, p.source1, p.source2, p.source3);
      this.claims.claim('request', ref, source, said, eth, to, p.vlan, target);
    }
  }

  #addVrrp(frame: Frame, p: Packet): void {
    const advert = this.#advert;
    if (!readVrrp(p, frame.view, advert)) return;
    const ref = { point: frame.point, frame: frame.number, at: this.#numbers[Numbers.clock]! };
    const mac = sourceMacOf(p.mac1, p.mac2);
    const version = p.version as 4 | 6;
    const source = this.addresses.intern(version, p.source0, p.source1, p.source2, p.source3);
    const group = this.vrrp.advert(ref, p.vlan, version, advert.vrid, mac, source, advert.priority, advert.interval);
    if (group === null) return;
    const words = advert.addresses;
    for (let i = 0; i < Math.min(advert.addressCount, MAX_VRRP_ADDRESSES); i++) {
      const at4 = i * 4;
      const vip = this.addresses.intern(advert.addressVersion, words[at4]!, words[at4 + 1]!, words[at4 + 2]!, words[at4 + 3]!);
      if (vip === 0) continue;
      this.vrrp.list(group, ref, advert.priority, vip);
      this.#known.add(vip);
      if (advert.priority > 0) this.claims.claim('vrrp', ref, vip, mac, mac, 0xffff_ffff_ffff, p.vlan, 0);
    }
  }

  #addSync(frame: Frame, p: Packet): void {
    const sync = this.#syncReader;
    if (!sync.begin(p, frame.view)) return;
    this.sync.message(
      { point: frame.point, frame: frame.number, at: this.#numbers[Numbers.clock]! },
      sourceMacOf(p.mac1, p.mac2),
      sync.syncId,
    );
    const c = sync.connection;
    while (sync.next()) {
      const vip = this.addresses.intern(c.addressVersion, c.virtual0, c.virtual1, c.virtual2, c.virtual3);
      const rip = this.addresses.intern(c.addressVersion, c.destination0, c.destination1, c.destination2, c.destination3);
      if (vip !== 0) this.#known.add(vip);
      this.sync.connection(vip, c.virtualPort, c.protocol, c.forwarding, rip);
    }
  }
}

/** A datagram's copy to another address follows within this time. */
const COPY_OF_DATAGRAM_WITHIN_MS = 100;

/** Whether the hot path may know a segment's hop: it reads TCP over IPv4 over Ethernet, without a tunnel. */
function canBeKnown(p: Packet): boolean {
  return p.transport === Transport.tcp && p.version === 4 && p.link === LinkKind.ethernet && p.tunnel === Tunnel.none;
}

/** Whether a datagram goes to a multicast group or to all. */
function isGroupDestination(p: Packet): boolean {
  return p.version === 4 ? p.destination3 >>> 28 >= 14 : p.destination0 >>> 24 === 0xff;
}

/** The event that an ICMP error means for the flow it quotes; null for others. */
function errorKind(version: 4 | 6, type: number, code: number): PathEvent | null {
  if (version === 4) {
    if (type === 3) return code === 4 ? PathEvent.tooBig : PathEvent.unreachable;
    return type === 11 ? PathEvent.timeExceeded : null;
  }
  if (type === 1) return PathEvent.unreachable;
  if (type === 2) return PathEvent.tooBig;
  return type === 3 ? PathEvent.timeExceeded : null;
}
