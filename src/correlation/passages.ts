/**
 * Passages: (edge, server IP, direction and tunnel) with counts and times, and senders: which passage a MAC uses now for a server IP,
 * with the log of its changes. A sender's changes are its ARP cache as its own frames show it.
 */

import type { HotPath } from '../hot-path/hot-path.ts';
import {
  CHANGE_BYTES,
  CHANGE_LOG,
  CHANGES,
  FIRST_CHANGES,
  LAST_CHANGES,
  MAX_16_BITS,
  PASSAGE_BYTES,
  PASSAGE_FIRST_AT,
  PASSAGE_FIRST_FRAME,
  PASSAGE_FRAMES,
  PASSAGE_LAST_AT,
  PASSAGE_LAST_FRAME,
  PASSAGE_MAX_TTL,
  PASSAGE_MIN_TTL,
  PASSAGE_REQUESTS,
  PASSAGES,
  SENDER_BYTES,
  SENDER_OF,
} from '../hot-path/layout.ts';

/** Most passages kept; passage 0 stands for the rest. */
export const MAX_PASSAGES = 0xffff;
const DOUBLE_BYTES = Float64Array.BYTES_PER_ELEMENT;
/** Doubles of a passage, of a change, and of the changes of a sender. */
const ROW = PASSAGE_BYTES / DOUBLE_BYTES;
const CHANGE = CHANGE_BYTES / DOUBLE_BYTES;
const LOG = SENDER_BYTES / DOUBLE_BYTES;

/** A sender's frames for one server IP went to another MAC from this frame on. */
export interface SenderChange {
  readonly frame: number;
  readonly at: number;
  /** Passages before and after; `from` is 0 for the first use. */
  readonly from: number;
  readonly to: number;
}

/** What one MAC did with one server IP. */
export interface Sender {
  /** Its place in `senders`. */
  readonly index: number;
  readonly mac: number;
  readonly server: number;
}

/** What is known of one passage. */
export interface PassageCounts {
  readonly frames: number;
  /** New requests (SYN, or first datagram of a UDP flow) that took this passage. */
  readonly requests: number;
  readonly firstFrame: number;
  readonly firstAt: number;
  readonly lastFrame: number;
  readonly lastAt: number;
  readonly minTtl: number;
  readonly maxTtl: number;
}

export class PassageTable {
  count = 1;
  overflowed = 0;
  readonly edge: number[] = [0];
  readonly server: number[] = [0];
  /** A PathEvent hop kind: toward, from, and the same in a tunnel. */
  readonly kind: number[] = [0];
  readonly senders: Sender[] = [];

  /** Rows of doubles, as PASSAGES and CHANGE_LOG say. */
  readonly #rows: Float64Array;
  readonly #log: Float64Array;
  /** Changes of each sender. */
  readonly #changes: Int32Array;
  readonly #senderOf: Int32Array;
  readonly #passages = new Map<number, number>();
  readonly #senderIndex = new Map<number, Map<number, number>>();

  /** @param hot where frames are counted: see src/hot-path/assembly/passages.ts */
  constructor(hot: HotPath) {
    this.#rows = hot.doubles(PASSAGES, MAX_16_BITS * ROW);
    this.#log = hot.doubles(CHANGE_LOG, MAX_16_BITS * LOG);
    this.#changes = hot.words(CHANGES, MAX_16_BITS);
    this.#senderOf = hot.words(SENDER_OF, MAX_16_BITS);
  }

  /** The passage for a hop of a flow to `server`; `sender` is the MAC that the hop leaves, or 0 when it is not in the frame. */
  intern(edge: number, server: number, kind: number, sender: number, isToward: boolean): number {
    const key = (edge * 0x1_0000 + server) * 4 + kind;
    const known = this.#passages.get(key);
    if (known !== undefined) return known;
    if (this.count > MAX_PASSAGES) {
      this.overflowed++;
      return 0;
    }
    const passage = this.count++;
    this.edge.push(edge);
    this.server.push(server);
    this.kind.push(kind);
    this.#passages.set(key, passage);
    if (isToward && sender !== 0) this.#senderOf[passage] = this.#senderFor(sender, server) + 1;
    return passage;
  }

  /** Counts a new request on a passage. */
  addRequest(passage: number): void {
    this.#rows[passage * ROW + PASSAGE_REQUESTS / DOUBLE_BYTES]!++;
  }

  countsOf(passage: number): PassageCounts {
    const word = (offset: number) => this.#rows[passage * ROW + offset / DOUBLE_BYTES]!;
    return {
      frames: word(PASSAGE_FRAMES),
      requests: word(PASSAGE_REQUESTS),
      firstFrame: word(PASSAGE_FIRST_FRAME),
      firstAt: word(PASSAGE_FIRST_AT),
      lastFrame: word(PASSAGE_LAST_FRAME),
      lastAt: word(PASSAGE_LAST_AT),
      minTtl: word(PASSAGE_MIN_TTL),
      maxTtl: word(PASSAGE_MAX_TTL),
    };
  }

  /** The changes of a sender in order of time; between the first and the last ones some may be missing. */
  changesOf(sender: Sender): SenderChange[] {
    const kept = Math.min(this.#changes[sender.index]!, FIRST_CHANGES + LAST_CHANGES);
    return Array.from({ length: kept }, (_, i) => {
      const place = sender.index * LOG + i * CHANGE;
      const [frame, at, from, to] = this.#log.subarray(place, place + CHANGE);
      return { frame: frame!, at: at!, from: from!, to: to! };
    }).sort((a, b) => a.at - b.at || a.frame - b.frame);
  }

  #senderFor(mac: number, server: number): number {
    // 48 and 16 bits do not fit a double exactly: a map for each server IP.
    let ofServer = this.#senderIndex.get(server);
    if (ofServer === undefined) {
      ofServer = new Map();
      this.#senderIndex.set(server, ofServer);
    }
    const known = ofServer.get(mac);
    if (known !== undefined) return known;
    const index = this.senders.length;
    this.senders.push({ index, mac, server });
    ofServer.set(mac, index);
    return index;
  }
}
