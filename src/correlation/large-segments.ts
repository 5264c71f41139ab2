/**
 * Is a full-size TCP segment being sent again and again? Direct-mapped by flow, direction and sequence number; what looks different
 * each time (identification, timestamps) is left out.
 */

const ROWS = 1 << 13;
/** Sooner than this it is a copy of the same packet, not the sender trying again. */
const AGAIN_AFTER_MS = 150;
/** Three times the same segment, with growing pauses, is no chance loss. */
const STALLED_AT = 3;

/** Payload from which a segment counts as full-size, in bytes: the smallest MSS in use with Ethernet, less options. */
export const FULL_SIZE = 1200;

export class LargeSegments {
  /** Rows of four words: signature, edge, ms of the newest sending, times sent. */
  readonly #rows = new Int32Array(ROWS * 4);

  /** Notes a full-size segment; true at its third sending on the same edge. */
  see(signature: number, edge: number, ms: number): boolean {
    const rows = this.#rows;
    const at = (signature & (ROWS - 1)) << 2;
    if (rows[at] !== signature || rows[at + 1] !== edge) {
      // A segment that is still being repeated is worth more than a new one.
      if (rows[at + 3]! > 1 && ((ms - rows[at + 2]!) | 0) < 10_000) return false;
      rows[at] = signature;
      rows[at + 1] = edge;
      rows[at + 2] = ms;
      rows[at + 3] = 1;
      return false;
    }
    if (((ms - rows[at + 2]!) | 0) < AGAIN_AFTER_MS) return false;
    rows[at + 2] = ms;
    return ++rows[at + 3]! === STALLED_AT;
  }
}
