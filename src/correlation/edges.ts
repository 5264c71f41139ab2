/**
 * Who sends to whom on the link. An edge is (source MAC, destination MAC, VLAN), interned to a small integer by one hash of the
 * Ethernet header's first twelve bytes. Edge 0 stands for all edges that no longer fitted; MAC 0 for "not in the frame" (cooked and
 * raw captures).
 */

import { HotPath } from '../hot-path/hot-path.ts';
import { EDGE_FRAMES, MAX_16_BITS } from '../hot-path/layout.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { type HashKey, hash4 } from './hash.ts';

/** Most edges kept; the table's indices fit 16 bits. */
export const MAX_EDGES = 0xffff;
/** From so many on, an edge is admitted with its second frame. */
export const EDGES_AT_ONCE = MAX_EDGES >> 1;

export class EdgeTable {
  /** Number of edges, edge 0 included. */
  count = 1;
  /** Frames on edges that were not admitted. */
  overflowed = 0;
  /** Source and destination MAC of each edge, 0 to 2^48 - 1. */
  readonly source: number[] = [0];
  readonly destination: number[] = [0];
  /** Outermost VLAN id of each edge, -1 untagged. */
  readonly vlan: number[] = [-1];
  /** Frames seen on each edge. */
  readonly frames: Float64Array;

  readonly #key: HashKey;
  readonly #hot: HotPath;
  #slots = new Int32Array(1 << 12);
  #mask = (1 << 10) - 1;
  readonly #doorkeeper = new Doorkeeper();

  /** @param hot where its frames are counted, and the edges kept that were met lately */
  constructor(key: HashKey, hot: HotPath = new HotPath(key)) {
    this.#key = key;
    this.#hot = hot;
    this.frames = hot.doubles(EDGE_FRAMES, MAX_16_BITS);
  }

  /** The edge of a frame, from the three words of its MACs and its VLAN id; counts the frame. 0 when the table is full. */
  of(mac0: number, mac1: number, mac2: number, vlan: number): number {
    // The VLAN id shares a word with the edge's number: 12 bits and a marker of presence.
    const tag = vlan + 1;
    const known = this.#hot.exports.recentEdge(mac0, mac1, mac2, tag);
    if (known !== 0) {
      this.frames[known]!++;
      return known;
    }
    const slots = this.#slots;
    const mask = this.#mask;
    const hash = hash4(mac0, mac1, mac2, tag, this.#key);
    let slot = hash & mask;
    for (;;) {
      const at = slot << 2;
      const value = slots[at + 3]!;
      if (value === 0) break;
      if (slots[at] === mac0 && slots[at + 1] === mac1 && slots[at + 2] === mac2 && value >>> 16 === tag) {
        const edge = value & 0xffff;
        this.frames[edge]!++;
        this.#hot.exports.meetEdge(mac0, mac1, mac2, tag, edge);
        return edge;
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(mac0, mac1, mac2, tag, hash, slot);
  }

  #add(mac0: number, mac1: number, mac2: number, tag: number, hash: number, slot: number): number {
    // When the table is half full: is there room, and was the edge seen before?
    if (this.count > EDGES_AT_ONCE && (this.count > MAX_EDGES || !this.#doorkeeper.knows(hash))) {
      this.overflowed++;
      return 0;
    }
    const edge = this.count++;
    this.source.push((mac1 & 0xffff) * 0x1_0000_0000 + (mac2 >>> 0));
    this.destination.push((mac0 >>> 0) * 0x1_0000 + (mac1 >>> 16));
    this.vlan.push(tag - 1);
    this.frames[edge] = 1;
    const at = slot << 2;
    this.#slots[at] = mac0;
    this.#slots[at + 1] = mac1;
    this.#slots[at + 2] = mac2;
    this.#slots[at + 3] = edge | (tag << 16);
    if (this.count * 2 > this.#mask) this.#grow();
    return edge;
  }

  #grow(): void {
    const old = this.#slots;
    const mask = this.#mask * 2 + 1;
    const slots = new Int32Array((mask + 1) * 4);
    for (let from = 0; from < old.length; from += 4) {
      const value = old[from + 3]!;
      if (value === 0) continue;
      let slot = hash4(old[from]!, old[from + 1]!, old[from + 2]!, value >>> 16, this.#key) & mask;
      while (slots[(slot << 2) + 3] !== 0) slot = (slot + 1) & mask;
      slots.set(old.subarray(from, from + 4), slot << 2);
    }
    this.#slots = slots;
    this.#mask = mask;
  }
}

/** Whether a MAC is a group address (broadcast or multicast): the lowest bit of its first byte. */
export function isGroupMac(mac: number): boolean {
  return (Math.floor(mac / 0x100_0000_0000) & 1) === 1;
}
