/**
 * Where segments in the middle of a connection belong, by what stands in their headers. Most frames of a capture are such segments, on a
 * hop that their connection took before: to know one by its bytes takes a fraction of decoding it and following it through all tables.
 *
 * A table that is no memory of its own: a row tells what the flow table said, and holds while the flow is as it was. No key is needed:
 * whoever sends frames that fall into one set makes us decode them, as if there was no table.
 */
import { type Frame, LinkType } from '../capture/frame.ts';
import { LinkKind, type Packet, Tunnel } from '../decoders/packet.ts';
import type { EdgeTable } from './edges.ts';

/** Sets of two rows, a cache line. */
const SETS = 1 << 14;
const WORDS = 8;

/** Words of a row. Its frames are known by the first three and their edge. */
export const Hop = {
  source: 0,
  destination: 1,
  /** Source port << 16 | destination port. */
  ports: 2,
  /** Edge | passage << 16, neither of them 0. */
  passage: 3,
  /** Row of the flow table, and the hashes of the flow: the row must hold the first one. */
  flow: 4,
  first: 5,
  second: 6,
  /** Path and direction that the flow must have: from these, the hop led to the same again. */
  state: 7,
} as const;

/** Ethernet, IPv4 and TCP, each without options. */
const HEADER_BYTES = 54;
const VLAN_BYTES = 4;

export class KnownHops {
  readonly rows = new Int32Array(SETS * 2 * WORDS);
  /** Memory that nobody wrote to costs nothing, and a watch never does. */
  private isEmpty = true;
  /** Of the frame that was read: ends and edge as in a row, the rest as in Packet. */
  source = 0;
  destination = 0;
  ports = 0;
  edge = 0;
  ttl = 0;
  sequence = 0;
  acknowledgment = 0;
  checksum = 0;
  ipLength = 0;
  ipId = 0;
  tcpFlags = 0;
  payloadLength = 0;

  /** Empties the table, for facts that begin in the memory of others. */
  cleared(): this {
    if (!this.isEmpty) this.rows.fill(0);
    this.isEmpty = true;
    return this;
  }

  /**
   * Reads a frame that may have a row: a whole TCP segment over IPv4 and Ethernet, with one VLAN tag or none, no longer than a frame may be,
   * that neither begins nor ends a connection, on an edge that was met lately. False of all others. No frame passes in which a decoder would
   * find fault.
   */
  read(frame: Frame, edges: EdgeTable): boolean {
    const { view, start, end } = frame;
    if (end - start < HEADER_BYTES || frame.linkType !== LinkType.ethernet) return false;
    const isTagged = view.getUint16(start + 12) === 0x8100;
    const vlan = isTagged ? view.getUint16(start + 14) & 0xfff : -1;
    // As if the tag was not there.
    const at = isTagged ? start + VLAN_BYTES : start;
    if (end - at < HEADER_BYTES) return false;
    const offsetAndFlags = view.getUint16(at + 46);
    const lengths = view.getInt32(at + 14);
    const fragment = view.getInt32(at + 18);
    const time = view.getInt32(at + 22);
    const length = lengths & 0xffff;
    const payloadLength = length - 20 - ((offsetAndFlags >>> 12) << 2);
    if (
      // Neither SYN, FIN nor RST; version 4 and no options; TCP; no fragment; a length that offload has not left open, and that was on the wire.
      (offsetAndFlags & 7) !== 0 ||
      view.getUint16(at + 12) !== 0x0800 ||
      lengths >>> 24 !== 0x45 ||
      ((time >>> 16) & 0xff) !== 6 ||
      (fragment & 0x3fff) !== 0 ||
      length > 1500 ||
      at + 14 + length > start + frame.wireLength ||
      offsetAndFlags < 0x5000 ||
      payloadLength < 0
    ) {
      return false;
    }
    this.edge = edges.recent(view.getInt32(start), view.getInt32(start + 4), view.getInt32(start + 8), vlan);
    this.source = view.getInt32(at + 26);
    this.destination = view.getInt32(at + 30);
    this.ports = view.getInt32(at + 34);
    this.ttl = time >>> 24;
    this.sequence = view.getInt32(at + 38);
    this.acknowledgment = view.getInt32(at + 42);
    this.checksum = view.getUint16(at + 50);
    this.ipLength = length;
    this.ipId = fragment >>> 16;
    this.tcpFlags = offsetAndFlags & 0xff;
    this.payloadLength = payloadLength;
    return this.edge !== 0;
  }

  /** Index of the row of the frame that was read; -1 when it has none. */
  find(): number {
    return this.rowOf(this.source, this.destination, this.ports, this.edge);
  }

  /** Index of the row for further frames like this one, of which what follows `passage` is to be written; -1 when `read` would take none of them. */
  put(p: Packet, edge: number, passage: number): number {
    if (p.version !== 4 || p.link !== LinkKind.ethernet || p.tunnel !== Tunnel.none || edge === 0 || passage === 0) return -1;
    const { source3, destination3 } = p;
    const ports = (p.sourcePort << 16) | p.destinationPort;
    const rows = this.rows;
    let at = this.rowOf(source3, destination3, ports, edge);
    if (at < 0) {
      this.isEmpty = false;
      at = setOf(source3, destination3, ports, edge);
      // The older row of a set gives way.
      for (let word = at; word < at + WORDS; word++) rows[word + WORDS] = rows[word]!;
      rows[at + Hop.source] = source3;
      rows[at + Hop.destination] = destination3;
      rows[at + Hop.ports] = ports;
    }
    rows[at + Hop.passage] = edge | (passage << 16);
    return at;
  }

  private rowOf(source: number, destination: number, ports: number, edge: number): number {
    const rows = this.rows;
    const set = setOf(source, destination, ports, edge);
    const other = set + WORDS;
    if (isAt(rows, set, source, destination, ports, edge)) return set;
    return isAt(rows, other, source, destination, ports, edge) ? other : -1;
  }
}

function isAt(rows: Int32Array, at: number, source: number, destination: number, ports: number, edge: number): boolean {
  return rows[at] === source && rows[at + 1] === destination && rows[at + 2] === ports && (rows[at + 3]! & 0xffff) === edge;
}

function setOf(source: number, destination: number, ports: number, edge: number): number {
  let h = Math.imul(ports ^ (ports >>> 16) ^ (edge << 8), 0x9e3779b1) ^ source ^ (destination << 1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca77);
  return ((h >>> 12) & (SETS - 1)) * (2 * WORDS);
}
