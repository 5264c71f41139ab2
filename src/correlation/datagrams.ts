/**
 * Has this very datagram passed already, and where? A direct-mapped table of signatures: the newest datagram of a slot wins, which
 * is right for copies that follow within a millisecond.
 */

const ROWS = 1 << 16;
/** The same datagram later than this is a retransmission that looks alike, not a copy. */
const COPY_WITHIN_MS = 100;

export const Sighting = {
  /** Not seen within the time that copies take. */
  first: 0,
  /** Seen, and last on another hop. */
  elsewhere: 1,
  /** Seen last on this hop, with the same TTL. */
  echo: 2,
  /** … for the third time or more. */
  echoAgain: 3,
  /** Back on one of the first two hops that it took, with a lower TTL: it goes in circles. */
  loop: 4,
} as const;
export type Sighting = (typeof Sighting)[keyof typeof Sighting];

export class DatagramTable {
  /** Rows of four words: signature; last edge | lowest TTL << 16 | echoes << 24; ms; first edge | second edge << 16. */
  readonly #rows = new Int32Array(ROWS * 4);

  /** Empties the table, for facts that begin in the memory of others. */
  cleared(): this {
    this.#rows.fill(0);
    return this;
  }

  /** Any word of the row of a datagram: reading it brings the row near. */
  peek(place: number): number {
    return this.#rows[(place & (ROWS - 1)) << 2]!;
  }

  /**
   * Notes a datagram and says whether it was here before.
   * @param signature 32-bit hash of what a director must not change: all but MACs, TTL and IP checksum
   * @param place another hash of the same, which chooses the row: only together are they long enough for a flood of datagrams
   * @param ms time in milliseconds, wrapping at 2^32
   */
  see(signature: number, place: number, edge: number, ttl: number, ms: number): Sighting {
    const rows = this.#rows;
    const at = (place & (ROWS - 1)) << 2;
    const old = rows[at + 1]!;
    const age = (ms - rows[at + 2]!) | 0;
    if (rows[at] !== signature || old === 0 || age > COPY_WITHIN_MS || age < -COPY_WITHIN_MS) {
      rows[at] = signature;
      rows[at + 1] = edge | (ttl << 16);
      rows[at + 2] = ms;
      rows[at + 3] = edge;
      return Sighting.first;
    }
    rows[at + 2] = ms;
    const lowest = (old >>> 16) & 0xff;
    if ((old & 0xffff) === edge && ttl >= lowest) {
      const echoes = old >>> 24;
      rows[at + 1] = edge | (lowest << 16) | (Math.min(echoes + 1, 255) << 24);
      return echoes === 0 ? Sighting.echo : Sighting.echoAgain;
    }
    const hops = rows[at + 3]!;
    rows[at + 1] = edge | (Math.min(ttl, lowest) << 16);
    if (ttl < lowest && ((hops & 0xffff) === edge || hops >>> 16 === edge)) return Sighting.loop;
    if (hops >>> 16 === 0) rows[at + 3] = hops | (edge << 16);
    return Sighting.elsewhere;
  }
}
