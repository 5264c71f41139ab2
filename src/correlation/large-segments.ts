/**
 * Is a full-size TCP segment being sent again and again? A small table by flow, direction and sequence number; what looks different
 * each time (identification, timestamps) is left out.
 */

import type { HashKey } from './hash.ts';

const ROWS = 1 << 13;
/** Rows that a segment may take: few share them, so that which segments a capture holds does not decide what is noticed. */
const WAYS = 4;
/** Longest pause between two sendings of a segment that is still being tried. */
const REPEATED_WITHIN_MS = 10_000;
/** Sooner than this it is a copy of the same packet, not the sender trying again. */
const AGAIN_AFTER_MS = 150;
/** Three times the same segment, with growing pauses, is no chance loss. */
const STALLED_AT = 3;

/** Payload from which a segment counts as full-size, in bytes: the smallest MSS in use with Ethernet, less options. */
export const FULL_SIZE = 1200;

export class LargeSegments {
  /** Sets of four rows, a cache line; rows of four words: signature, edge, ms of the newest sending, times sent (0 empty). */
  readonly #rows = new Int32Array(ROWS * 4);

  /** Empties the table, for facts that begin in the memory of others. */
  cleared(): this {
    this.#rows.fill(0);
    return this;
  }

  /** Any word of the set of a segment: reading it brings the set near. */
  peek(signature: number): number {
    return this.#rows[(signature & (ROWS / WAYS - 1)) * WAYS * 4]!;
  }

  /** Notes a full-size segment; true at its third sending on the same edge. */
  see(signature: number, edge: number, ms: number): boolean {
    const rows = this.#rows;
    const set = (signature & (ROWS / WAYS - 1)) * WAYS * 4;
    let victim = -1;
    for (let at = set; at < set + WAYS * 4; at += 4) {
      if (rows[at + 3] === 0) {
        // Rows of a set are taken in order and never given back: the rest is empty too.
        victim = at;
        break;
      }
      if (rows[at] === signature && rows[at + 1] === edge) {
        if (((ms - rows[at + 2]!) | 0) < AGAIN_AFTER_MS) return false;
        rows[at + 2] = ms;
        return ++rows[at + 3]! === STALLED_AT;
      }
      // A segment that is still being repeated is worth more than a new one.
      if (rows[at + 3]! > 1 && ((ms - rows[at + 2]!) | 0) < REPEATED_WITHIN_MS) continue;
      if (victim < 0 || rows[at + 2]! < rows[victim + 2]!) victim = at;
    }
    if (victim < 0) return false;
    rows[victim] = signature;
    rows[victim + 1] = edge;
    rows[victim + 2] = ms;
    rows[victim + 3] = 1;
    return false;
  }
}

/**
 * What a segment is known by: its ends, in their order, its sequence number and its length. Of IPv6 addresses the last word.
 * @param ports source port << 16 | destination port
 */
export function largeSignature(
  source: number,
  destination: number,
  ports: number,
  sequence: number,
  payloadLength: number,
  key: HashKey,
): number {
  const ends = Math.imul(source ^ key[0], 0x2c1b3c6d) + Math.imul(destination ^ key[1], 0x297a2d39) + Math.imul(ports ^ key[2], 0x165667b1);
  const segment = Math.imul(ends ^ (ends >>> 15) ^ sequence, 0x9e3779b1) ^ payloadLength;
  return segment ^ (segment >>> 15);
}
