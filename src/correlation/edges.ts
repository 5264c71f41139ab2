/**
 * Who sends to whom on the link. An edge is (source MAC, destination MAC, VLAN), interned to a small integer by one hash of the
 * Ethernet header's first twelve bytes. Edge 0 stands for all edges that no longer fitted; MAC 0 for "not in the frame" (cooked and
 * raw captures).
 */
import { Doorkeeper } from './doorkeeper.ts';
import { type HashKey, hash4 } from './hash.ts';

/** Most edges kept; the table's indices fit 16 bits. */
export const MAX_EDGES = 0xffff;
/** From so many on, an edge is admitted with its second frame. */
export const EDGES_AT_ONCE = MAX_EDGES >> 1;

/** Sets of two edges that were met lately: so few that the processor has them at hand. */
const RECENT_SETS = 256;

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
  frames: Float64Array = new Float64Array(256);

  readonly #key: HashKey;
  #slots = new Int32Array(1 << 12);
  #mask = (1 << 10) - 1;
  readonly #doorkeeper = new Doorkeeper();
  /** Rows as those of the slots. A new one takes the first row of its set, and what was there the second one. */
  readonly #recent = new Int32Array(RECENT_SETS * 8);

  constructor(key: HashKey) {
    this.#key = key;
  }

  /** The edge of a frame when it was met lately, without counting the frame; else 0. */
  recent(mac0: number, mac1: number, mac2: number, vlan: number): number {
    const recent = this.#recent;
    const at = recentSetOf(mac0, mac1, mac2);
    const other = at + 4;
    const tag = vlan + 1;
    const value = recent[at + 3]!;
    if (recent[at] === mac0 && recent[at + 1] === mac1 && recent[at + 2] === mac2 && value >>> 16 === tag) return value & 0xffff;
    const otherValue = recent[other + 3]!;
    return recent[other] === mac0 && recent[other + 1] === mac1 && recent[other + 2] === mac2 && otherValue >>> 16 === tag
      ? otherValue & 0xffff
      : 0;
  }

  /** The edge of a frame, from the three words of its MACs and its VLAN id; counts the frame. 0 when the table is full. */
  of(mac0: number, mac1: number, mac2: number, vlan: number): number {
    const known = this.recent(mac0, mac1, mac2, vlan);
    if (known !== 0) {
      this.frames[known]!++;
      return known;
    }
    const slots = this.#slots;
    const mask = this.#mask;
    // The VLAN id shares a word with the edge's number: 12 bits and a marker of presence.
    const tag = vlan + 1;
    const hash = hash4(mac0, mac1, mac2, tag, this.#key);
    let slot = hash & mask;
    for (;;) {
      const at = slot << 2;
      const value = slots[at + 3]!;
      if (value === 0) break;
      if (slots[at] === mac0 && slots[at + 1] === mac1 && slots[at + 2] === mac2 && value >>> 16 === tag) {
        const edge = value & 0xffff;
        this.frames[edge]!++;
        this.#meet(mac0, mac1, mac2, value);
        return edge;
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(mac0, mac1, mac2, tag, hash, slot);
  }

  #meet(mac0: number, mac1: number, mac2: number, value: number): void {
    const recent = this.#recent;
    const at = recentSetOf(mac0, mac1, mac2);
    for (let word = at; word < at + 4; word++) recent[word + 4] = recent[word]!;
    recent[at] = mac0;
    recent[at + 1] = mac1;
    recent[at + 2] = mac2;
    recent[at + 3] = value;
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
    if (edge >= this.frames.length) {
      const grown = new Float64Array(this.frames.length * 2);
      grown.set(this.frames);
      this.frames = grown;
    }
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

function recentSetOf(mac0: number, mac1: number, mac2: number): number {
  const h = Math.imul(mac0 ^ mac2, 0x9e3779b1) ^ Math.imul(mac1, 0x85ebca77);
  return ((h >>> 20) & (RECENT_SETS - 1)) << 3;
}

/** Whether a MAC is a group address (broadcast or multicast): the lowest bit of its first byte. */
export function isGroupMac(mac: number): boolean {
  return (Math.floor(mac / 0x100_0000_0000) & 1) === 1;
}
