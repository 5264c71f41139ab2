/**
 * Facts: what the frames of a capture say, added up in bounded memory, one frame at a time and in one pass. Nothing is judged here,
 * no role is guessed, and nothing keeps a view on the bytes.
 *
 * The two ends of a 5-tuple are ordered by (address, port), compared as signed integers (IPv6: a keyed hash of the address); "higher"
 * below and in the flow table's flag means that order.
 */

import type { Frame } from '../capture/frame.ts';
import { destinationMacOf, sourceMacOf } from '../decoders/address.ts';
import { IPVS_SYNC_PORT, IpvsSyncReader } from '../decoders/ipvs-sync.ts';
import { DecodeStatus, LinkKind, Packet, PacketKind, TcpFlag, Transport, Tunnel } from '../decoders/packet.ts';
import { emptyVrrpAdvert, readVrrp } from '../decoders/vrrp.ts';
import { AddressTable, MAX_ADDRESSES } from './addresses.ts';
import { BoundedLog } from './bounded-log.ts';
import { Claims } from './claims.ts';
import { DatagramTable, Sighting } from './datagrams.ts';
import { EdgeTable, isGroupMac } from './edges.ts';
import { FlowHashes, foldIp6 } from './flow-hashes.ts';
import { Cold, FlowFlag, FlowTable, MAX_FLOWS } from './flows.ts';
import type { FrameRef } from './frame-ref.ts';
import { finish, type HashKey, randomHashKey } from './hash.ts';
import { IntegerSet } from './integer-set.ts';
import { IpvsSync } from './ipvs-sync.ts';
import { Hop, KnownHops } from './known-hops.ts';
import { FULL_SIZE, LargeSegments, largeSignature } from './large-segments.ts';
import { Lookout } from './lookout.ts';
import { OpenRequests } from './open-requests.ts';
import { PassageTable } from './passages.ts';
import { Begun, PathEvent, PathTrie } from './paths.ts';
import { VrrpGroups } from './vrrp.ts';

/** Marks a UDP service port among the numbers of open requests: no 16-bit port has this bit. */
const UDP_REQUEST = 0x10000;
/** A request over UDP counts as answered from elsewhere only within this time. */
const UDP_ANSWER_WITHIN_MS = 30_000;
/** … and a TCP one: the sequence number makes it sure, so as long as SYNs are repeated. */
const SYN_ANSWER_WITHIN_MS = 130_000;
/** Server IPs an edge may bring in; beyond, the edge leads to a router into the wide world. */
const MAX_SERVERS_AN_EDGE = 1024;
/** Servers of flows may take this many addresses; the rest is kept for what ARP, ND and VRRP say. */
const MAX_SERVERS = MAX_ADDRESSES >> 1;
/** Of the segments that are no SYN, FIN or RST one in 32 is remembered, chosen by content so that both copies are. */
const SAMPLE_MASK = 31;

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

/** Of a flow's state: its path, and which of its ends is the server. */
const STORY = 0xffff | FlowFlag.serverIsHigher;
/** The earliest flows of a path that are kept as examples after they were forgotten. */
const EXAMPLES_FORGOTTEN = 3;
/** Addresses of one VRRP advert that are kept. */
const MAX_VRRP_ADDRESSES = 64;

/** Addresses that are known to serve before any frame is read: given VIPs. */
export interface KnownAddress {
  readonly version: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

/** Words of a point's row. */
const POINT = { firstAt: 0, lastAt: 1, disordered: 2, undecodable: 3, oversized: 4 } as const;

export class Facts {
  /** Time of the first frame: `at` counts from here. */
  baseSeconds = 0;
  baseNanoseconds = 0;
  readonly edges: EdgeTable;
  readonly addresses: AddressTable;
  readonly passages = new PassageTable();
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

  /** Time of the frame at hand: a double as parameter would be put on the heap for each frame. */
  readonly #clock = new Float64Array(1);
  readonly #datagrams: DatagramTable;
  readonly #hops: KnownHops;
  readonly #lookout: Lookout;
  readonly #packet = new Packet();
  /** Nobody asks for it: without it V8 would not read what is only to be near. */
  readonly #reached = new Int32Array(1);
  readonly #large: LargeSegments;
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
  #once = new Float64Array(256);
  #twice = new Float64Array(256);
  #thrice = new Float64Array(256);
  /** By path: the earliest flows that were forgotten. */
  readonly #examples: FlowExample[][] = [];
  readonly #advert = emptyVrrpAdvert();
  readonly #syncReader = new IpvsSyncReader();

  /**
   * @param maxFlows most flows remembered at a time, a power of two
   * @param ended facts for as many flows that nobody will use any more: these begin in the memory of their large tables
   * @param lookout says when frames are looked for that need not be decoded
   */
  constructor(
    known: readonly KnownAddress[] = [],
    key: HashKey = randomHashKey(),
    maxFlows: number = MAX_FLOWS,
    ended: Facts | null = null,
    lookout: Lookout = new Lookout(),
  ) {
    this.#lookout = lookout;
    this.#key = key;
    this.#hashes = new FlowHashes(key);
    this.flows = ended === null ? new FlowTable(maxFlows) : ended.flows.cleared();
    this.#datagrams = ended === null ? new DatagramTable() : ended.#datagrams.cleared();
    this.#hops = ended === null ? new KnownHops() : ended.#hops.cleared();
    this.#large = ended === null ? new LargeSegments() : ended.#large.cleared();
    this.#open = ended === null ? new OpenRequests() : ended.#open.cleared();
    this.edges = new EdgeTable(key);
    this.addresses = new AddressTable(key);
    this.paths = new PathTrie(key);
    this.claims = new Claims(key);
    for (const { version, words } of known) this.#known.add(this.addresses.intern(version, ...words));
  }

  get sightings(): EdgeSightings {
    return { once: this.#once, twice: this.#twice, thrice: this.#thrice };
  }

  /** Tells whether every capture is running now: from what begins while one is not, nothing may be said to be missing. */
  set isWatched(isWatched: boolean) {
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

  /** Adds one frame of many, and decodes it if need be. */
  addUndecoded(frame: Frame): void {
    if (this.#lookout.looksForNext() && this.addKnown(frame)) {
      this.#lookout.known++;
      return;
    }
    this.#packet.decode(frame);
    this.add(frame, this.#packet);
  }

  /** Adds one decoded frame. */
  add(frame: Frame, packet: Packet): void {
    const point = this.#points[frame.point] ?? this.#newPoint(frame);
    const ms = this.#setClock(frame, point);
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
   * Adds a frame that tells nothing new, without decoding: a segment in the middle of a connection, on a hop that the connection took before,
   * with its story where it was then. Says false, and adds nothing, of all others: those are to be decoded and added.
   */
  addKnown(frame: Frame): boolean {
    const hops = this.#hops;
    if (!hops.read(frame, this.edges)) return false;
    const { source, destination, ports, edge, payloadLength } = hops;
    const isLarge = payloadLength >= FULL_SIZE;
    const large = isLarge ? largeSignature(source, destination, ports, hops.sequence, payloadLength, this.#key) : 0;
    if (isLarge) this.#reached[0] = this.#large.peek(large);
    const hop = hops.find();
    if (hop < 0) return false;
    const { rows } = hops;
    const hot = this.flows.hot;
    const flow = rows[hop + Hop.flow]!;
    const first = rows[hop + Hop.first]!;
    const state = hot[flow + 1]!;
    // Another flow may have taken the row, or this one have gone on or begun anew.
    if (hot[flow] !== first || (state & STORY) !== rows[hop + Hop.state]) return false;
    const passage = rows[hop + Hop.passage]! >>> 16;
    const toward = this.passages.kind[passage] === PathEvent.toward;
    // It would be the second frame, or acknowledge the answer: both tell something.
    if ((state & FlowFlag.oneFrame) !== 0 || (toward && (state & FlowFlag.established) === 0)) return false;
    const point = this.#points[frame.point];
    if (point === undefined) return false;
    const ms = this.#setClock(frame, point);
    this.edges.frames[edge]!++;
    this.ipFrames++;
    hot[flow + 2] = ms;
    this.passages.add(passage, frame.number, this.#clock, hops.ttl);
    if (isLarge) this.#addLarge(frame, flow, edge, ms, large);
    if (((hops.checksum ^ hops.sequence) & SAMPLE_MASK) === 0) {
      this.#addRare(frame, hops, edge, ms, flow, first, rows[hop + Hop.second]!, false, toward, false, hops.tcpFlags);
    }
    return true;
  }

  /** Sets the clock to the time of a frame, notes it for its point, and returns it in milliseconds since the first frame, wrapping at 2^32. */
  #setClock(frame: Frame, point: Float64Array): number {
    const clock = this.#clock;
    // Through memory of doubles, or V8 takes the product for an integer until the third second, and then optimizes anew.
    clock[0] = frame.seconds - this.baseSeconds;
    clock[0] = clock[0]! * 1e9 + (frame.nanoseconds - this.baseNanoseconds);
    const at = clock[0]!;
    if (at < point[POINT.lastAt]!) point[POINT.disordered]!++;
    else point[POINT.lastAt] = at;
    return (at * 1e-6) | 0;
  }

  #newPoint(frame: Frame): Float64Array {
    if (this.#points.length === 0) {
      this.baseSeconds = frame.seconds;
      this.baseNanoseconds = frame.nanoseconds;
    }
    const at = (frame.seconds - this.baseSeconds) * 1e9 + frame.nanoseconds - this.baseNanoseconds;
    const row = new Float64Array(Object.keys(POINT).length);
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
    if (isRare) this.#reachFor(p, second, flags);
    let row = flows.find(first, second);
    if (row < 0) {
      row = this.#beginFlow(frame, p, edge, ms, sourceIsHigher, isTcp, isSyn);
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
    const paths = this.paths;
    const step = paths.step(path, (kind << 16) | edge);
    let next = path;
    let passage = 0;
    if (step >= 0) {
      const steps = paths.transitions;
      next = steps[step + 2]!;
      passage = steps[step + 3]! - 1;
      if (passage < 0) passage = this.#newPassage(step, path, edge, kind, toward);
      this.passages.add(passage, frame.number, this.#clock, p.ttl);
      if (next !== path) {
        paths.flows[path]!--;
        paths.flows[next]!++;
        flows.hot[row + 1] = (state & ~0xffff) | next | (toward ? 0 : FlowFlag.answered);
        flows.pushEvent(row, frame.number, this.#clock[0]!);
        state = flows.hot[row + 1]!;
      }
    }

    // What follows concerns few frames: beginnings, ends, datagrams, and a sample by content.
    if (isTcp && (flags & (TcpFlag.syn | TcpFlag.fin | TcpFlag.rst)) === 0) {
      if (toward && (state & FlowFlag.established) === 0 && (flags & TcpFlag.ack) !== 0) {
        flows.hot[row + 1] = state | FlowFlag.established;
        if (paths.begun[next]! <= Begun.reuse) this.#event(row, PathEvent.established, edge, frame);
      }
      if (p.payloadLength >= FULL_SIZE) {
        const ports = (p.sourcePort << 16) | p.destinationPort;
        this.#addLarge(frame, row, edge, ms, largeSignature(p.source3, p.destination3, ports, p.sequence, p.payloadLength, key));
      }
      if (step >= 0 && (flows.hot[row + 1]! & 0xffff) === path) this.#knowHop(p, row, edge, passage);
    }
    if (isRare) this.#addRare(frame, p, edge, ms, row, first, second, next !== path, toward, isSyn, flags);
  }

  /** Reads from where a rare segment will be looked for: of what is far away in memory all comes at once then, and is waited for once. */
  #reachFor(p: Packet, second: number, flags: number): void {
    const open = this.#open.peek(this.#hashes.source, p.sequence);
    this.#reached[0] = open ^ this.flows.peek(second) ^ this.#datagrams.peek(placeOf(p, second, flags));
  }

  /** A full-size segment: is it sent again and again? */
  #addLarge(frame: Frame, row: number, edge: number, ms: number, signature: number): void {
    if (this.#large.see(signature, edge, ms)) this.#event(row, PathEvent.stalled, edge, frame);
  }

  /** A flow has taken a hop, and its story is where it was: nor will the next segment that does so tell anything new. */
  #knowHop(p: Packet, row: number, edge: number, passage: number): void {
    const hop = this.#lookout.isClosed ? -1 : this.#hops.put(p, edge, passage);
    if (hop < 0) return;
    const { rows } = this.#hops;
    const { hot } = this.flows;
    rows[hop + Hop.flow] = row;
    rows[hop + Hop.first] = hot[row]!;
    rows[hop + Hop.second] = this.#hashes.second;
    rows[hop + Hop.state] = hot[row + 1]! & STORY;
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
    frame: Frame,
    p: Datagram,
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
    const signature = finish(
      Math.imul(first ^ p.sequence, 0x9e3779b1) ^
        Math.imul(p.acknowledgment ^ flags ^ (toward ? 0x5bd1e995 : 0), 0x85ebca77) ^
        Math.imul(p.ipLength ^ (p.ipId << 16), 0xc2b2ae3d) ^
        Math.imul(p.checksum, 0x27d4eb2f),
    );
    const sighting = this.#datagrams.see(signature, placeOf(p, second, flags), edge, p.ttl, ms);
    this.#countSighting(edge, sighting);
    if (sighting === Sighting.echo) this.#event(row, PathEvent.echo, edge, frame);
    else if (sighting === Sighting.echoAgain) this.#event(row, PathEvent.echoAgain, edge, frame);
    else if (sighting === Sighting.loop) this.#event(row, PathEvent.loop, edge, frame);
    else if (isSyn && sighting === Sighting.first && !isNewHop) this.#repeatedSyn(frame, edge, row);

    if ((flags & TcpFlag.rst) !== 0) {
      if (toward) this.#event(row, PathEvent.clientReset, edge, frame);
      else {
        const state = this.flows.hot[row + 1]!;
        const path = state & 0xffff;
        const answersSyn =
          this.paths.begun[path]! <= Begun.reuse &&
          (state & FlowFlag.established) === 0 &&
          ((this.flows.cold[this.flows.hot[row + 3]! + Cold.initialSequence]! + 1) | 0) === p.acknowledgment;
        this.#event(row, answersSyn ? PathEvent.refused : PathEvent.reset, edge, frame);
      }
    }
  }

  #repeatedSyn(frame: Frame, edge: number, row: number): void {
    const path = this.flows.hot[row + 1]! & 0xffff;
    if (edge !== this.paths.entryEdge[path]) return;
    const again = (PathEvent.retry << 16) | edge;
    this.#event(row, this.paths.has(path, again) ? PathEvent.retryAgain : PathEvent.retry, edge, frame);
  }

  #event(row: number, kind: PathEvent, edge: number, frame: Frame): void {
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
    flows.pushEvent(row, frame.number, this.#clock[0]!);
  }

  #countSighting(edge: number, sighting: Sighting): void {
    if (edge >= this.#once.length) {
      const size = Math.max(this.#once.length * 2, edge + 1);
      const widen = (old: Float64Array) => {
        const grown = new Float64Array(size);
        grown.set(old);
        return grown;
      };
      this.#once = widen(this.#once);
      this.#twice = widen(this.#twice);
      this.#thrice = widen(this.#thrice);
    }
    if (sighting === Sighting.echo) this.#twice[edge]!++;
    else if (sighting === Sighting.echoAgain) this.#thrice[edge]!++;
    else this.#once[edge]!++;
  }

  /** Starts a flow: which end is the server, which root, and does it answer or repeat another flow's request? Its row, or -1. */
  #beginFlow(frame: Frame, p: Packet, edge: number, ms: number, sourceIsHigher: boolean, isTcp: boolean, isSyn: boolean): number {
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
        if (waiting >= 0) this.#event(waiting, PathEvent.answeredElsewhere, edge, frame);
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
    const row = this.flows.insert(hashes.first, hashes.second, this.#forget);
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
    if (isSyn) this.#openSyn(p, edge, frame, ms);
    else if (!isTcp && !serverIsSource) this.#openDatagram(p, edge, frame, ms);
    if (begun <= Begun.datagram) this.#countRequest(root, edge, p);
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
    if ((flows.hot[row + 1]! & FlowFlag.guessed) !== 0 && !this.#isFromClient(row, sourceIsHigher)) this.paths.flows[oldPath]!--;
    else this.#keepExample(row, oldPath);
    flows.dropEvents(row);
    flows.hot[row + 1] = root | (sourceIsHigher ? 0 : FlowFlag.serverIsHigher) | (p.version === 6 ? FlowFlag.version6 : 0);
    this.paths.flows[root]!++;
    this.#writeCold(row, p, false);
    this.#open.put(hashes.source, p.sequence, hashes.first, hashes.second, ms);
    this.#countRequest(root, edge, p);
  }

  #openSyn(p: Packet, edge: number, frame: Frame, ms: number): void {
    const { source, first, second } = this.#hashes;
    if (this.#open.find(source, p.sequence, ms, SYN_ANSWER_WITHIN_MS)) {
      // The same client, port and sequence number to another IP: somebody rewrote the destination.
      const original = this.flows.find(this.#open.first, this.#open.second);
      if (original >= 0 && this.#open.first !== first) {
        this.#event(original, PathEvent.translated, edge, frame);
        return;
      }
    }
    this.#open.put(source, p.sequence, first, second, ms);
  }

  #openDatagram(p: Packet, edge: number, frame: Frame, ms: number): void {
    const { source, first, second } = this.#hashes;
    const service = p.destinationPort | UDP_REQUEST;
    if (this.#open.find(source, service, ms, COPY_OF_DATAGRAM_WITHIN_MS)) {
      const original = this.flows.find(this.#open.first, this.#open.second);
      if (original >= 0) {
        const entry = this.paths.entryEdge[this.flows.hot[original + 1]! & 0xffff]!;
        // A client may ask two servers from one port; a translation leaves the machine that the request had reached.
        if (entry > 0 && this.edges.destination[entry] === this.edges.source[edge]) {
          this.#event(original, PathEvent.translated, edge, frame);
          return;
        }
      }
    }
    this.#open.put(source, service, first, second, ms);
  }

  #countRequest(root: number, edge: number, p: Packet): void {
    const kind = PathEvent.toward + (p.tunnel === Tunnel.none ? 0 : 2);
    const step = this.paths.step(root, (kind << 16) | edge);
    if (step < 0) return;
    let passage = this.paths.transitions[step + 3]! - 1;
    if (passage < 0) passage = this.#newPassage(step, root, edge, kind, true);
    this.passages.addRequest(passage);
  }

  #writeCold(row: number, p: Packet, serverIsSource: boolean): void {
    const cold = this.flows.cold;
    const at = this.flows.hot[row + 3]!;
    cold[at + Cold.client0] = serverIsSource ? p.destination0 : p.source0;
    cold[at + Cold.client1] = serverIsSource ? p.destination1 : p.source1;
    cold[at + Cold.client2] = serverIsSource ? p.destination2 : p.source2;
    cold[at + Cold.client3] = serverIsSource ? p.destination3 : p.source3;
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

  // ------------------------------------------------------------------------------------------------ examples

  readonly #forget = (state: number, row: number): void => {
    const path = state & 0xffff;
    // A flow of one frame began when it was last seen. A flood is of such flows: nothing else of them is read here, which would be a cache miss.
    const isLater = (state & FlowFlag.oneFrame) !== 0 && this.flows.hot[row + 2]! * 1e6 >= this.#keptUntil(path);
    if (!isLater) this.#keepExample(row, path);
  };

  #keepExample(row: number, path: number): void {
    if (path === 0 || this.flows.beganAt(row) >= this.#keptUntil(path)) return;
    const kept = this.#examples[path] ?? [];
    this.#examples[path] = kept;
    kept.push(this.#exampleOf(row));
    kept.sort((a, b) => (a.events[0]?.at ?? 0) - (b.events[0]?.at ?? 0));
    kept.length = Math.min(kept.length, EXAMPLES_FORGOTTEN);
  }

  /** Flows of a path that begin at this time, in nanoseconds since the first frame, or later are not among its earliest. */
  #keptUntil(path: number): number {
    const kept = this.#examples[path];
    if (kept === undefined || kept.length < EXAMPLES_FORGOTTEN) return Number.POSITIVE_INFINITY;
    return kept[EXAMPLES_FORGOTTEN - 1]!.events[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  #exampleOf(row: number): FlowExample {
    const cold = this.flows.cold;
    const at = this.flows.hot[row + 3]!;
    const ports = cold[at + Cold.ports]!;
    return {
      version: (this.flows.hot[row + 1]! & FlowFlag.version6) !== 0 ? 6 : 4,
      client: [cold[at]!, cold[at + 1]!, cold[at + 2]!, cold[at + 3]!],
      clientPort: ports >>> 16,
      serverPort: ports & 0xffff,
      events: this.flows.eventsOf(row),
    };
  }

  /**
   * For each path that flows stand at, up to `most` examples: the earliest, and the newest in the last place. Of events at one time the
   * number of the frame decides: rows lie in another order in each run.
   */
  examples(most: number): Map<number, FlowExample[]> {
    const flows = this.flows;
    const { hot } = flows;
    /** By path, in order of time: the earliest but one place, then the newest. */
    const chosen: TimedRow[][] = [];
    const isAfter = (a: TimedRow, b: TimedRow) => (a.at === b.at ? flows.newestFrame(a.row) > flows.newestFrame(b.row) : a.at > b.at);
    const place = (kept: TimedRow[], row: TimedRow) => {
      let at = kept.length;
      while (at > 0 && isAfter(kept[at - 1]!, row)) at--;
      kept.splice(at, 0, row);
    };
    for (let row = 0; row < hot.length; row += 4) {
      if (hot[row] === 0) continue;
      const path = hot[row + 1]! & 0xffff;
      if (path === 0 || !flows.hasEvents(row)) continue;
      const at = flows.newestAt(row);
      const kept = chosen[path];
      if (kept === undefined) chosen[path] = [{ row, at }];
      else if (kept.length < most) place(kept, { row, at });
      else if (at >= kept[most - 1]!.at && isAfter({ row, at }, kept[most - 1]!)) kept[most - 1] = { row, at };
      else if (at <= kept[most - 2]!.at && isAfter(kept[most - 2]!, { row, at })) {
        kept.splice(most - 2, 1);
        place(kept, { row, at });
      }
    }
    const found = new Map<number, FlowExample[]>();
    chosen.forEach((kept, path) => {
      found.set(
        path,
        kept.map(({ row }) => this.#exampleOf(row)),
      );
    });
    this.#examples.forEach((kept, path) => {
      const all = [...kept, ...(found.get(path) ?? [])];
      all.sort((a, b) => (a.events[0]?.at ?? 0) - (b.events[0]?.at ?? 0));
      found.set(path, all.length <= most ? all : [...all.slice(0, most - 1), all.at(-1)!]);
    });
    return found;
  }

  /** Distinct client addresses of the remembered flows to these servers (address numbers), all together. */
  countClients(servers: ReadonlySet<number>): number {
    const clients = new IntegerSet(this.flows.count);
    this.#eachClient(servers, (_, client) => clients.add(client));
    return clients.size;
  }

  /** The same for each of these servers alone, in one pass over the flows. */
  countClientsOfEach(servers: ReadonlySet<number>): Map<number, number> {
    const clients = new Map<number, IntegerSet>();
    this.#eachClient(servers, (server, client) => {
      let ofServer = clients.get(server);
      if (ofServer === undefined) {
        ofServer = new IntegerSet();
        clients.set(server, ofServer);
      }
      ofServer.add(client);
    });
    return new Map([...clients].map(([server, { size }]) => [server, size]));
  }

  /** Calls for each remembered flow to these servers with its server and its client: an IPv4 address as it is, an IPv6 address as a fingerprint. */
  #eachClient(servers: ReadonlySet<number>, use: (server: number, client: number) => void): void {
    const { hot, cold } = this.flows;
    for (let row = 0; row < hot.length; row += 4) {
      if (hot[row] === 0) continue;
      const state = hot[row + 1]!;
      const server = this.paths.server[state & 0xffff]!;
      if (!servers.has(server)) continue;
      const at = hot[row + 3]!;
      const word3 = cold[at + Cold.client3]!;
      use(server, (state & FlowFlag.version6) === 0 ? word3 : foldIp6(cold[at]!, cold[at + 1]!, cold[at + 2]!, word3, this.#key));
    }
  }

  // ------------------------------------------------------------------------------------------------ ICMP, ARP, ND, VRRP

  #addIcmp(frame: Frame, p: Packet, edge: number): void {
    const version = p.version as 4 | 6;
    const isRedirect = version === 4 ? p.icmpType === 5 : p.icmpType === 137;
    const ref = { point: frame.point, frame: frame.number, at: this.#clock[0]! };
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
    this.#event(row, kind, edge, frame);
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
    const ref = { point: frame.point, frame: frame.number, at: this.#clock[0]! };
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
        this.#countSighting(edge, isNew ? Sighting.first : Sighting.echo);
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
      if (!group) this.#countSighting(edge, isNew ? Sighting.first : Sighting.echo);
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
    const ref = { point: frame.point, frame: frame.number, at: this.#clock[0]! };
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
    this.sync.message({ point: frame.point, frame: frame.number, at: this.#clock[0]! }, sourceMacOf(p.mac1, p.mac2), sync.syncId);
    const c = sync.connection;
    while (sync.next()) {
      const vip = this.addresses.intern(c.addressVersion, c.virtual0, c.virtual1, c.virtual2, c.virtual3);
      const rip = this.addresses.intern(c.addressVersion, c.destination0, c.destination1, c.destination2, c.destination3);
      if (vip !== 0) this.#known.add(vip);
      this.sync.connection(vip, c.virtualPort, c.protocol, c.forwarding, rip);
    }
  }
}

/** What tells datagrams apart, as in Packet. */
type Datagram = Pick<Packet, 'sequence' | 'acknowledgment' | 'ipLength' | 'ipId' | 'checksum' | 'ttl'>;

/** One flow that stands at a path. */
export interface FlowExample {
  readonly version: 4 | 6;
  readonly client: readonly [number, number, number, number];
  readonly clientPort: number;
  readonly serverPort: number;
  /** Frame and time of each event of the path, in order; fewer where there was no room. */
  readonly events: readonly { readonly frame: number; readonly at: number }[];
}

/** A row of the flow table and the time by which it is chosen. */
interface TimedRow {
  readonly row: number;
  readonly at: number;
}

/** A datagram's copy to another address follows within this time. */
const COPY_OF_DATAGRAM_WITHIN_MS = 100;

/** Where a datagram is noted: by other bits than its signature has, so that together they are long enough for a flood of datagrams. */
function placeOf(p: Datagram, second: number, flags: number): number {
  return second ^ (Math.imul(p.sequence ^ p.checksum ^ p.ipId, 0x9e3779b1) >>> 12) ^ flags;
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
