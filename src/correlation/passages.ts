/**
 * Passages: (edge, server IP, direction and tunnel) with counts and times, and senders: which passage a MAC uses now for a server IP,
 * with the log of its changes. A sender's changes are its ARP cache as its own frames show it.
 */

/** Most passages kept; passage 0 stands for the rest. */
export const MAX_PASSAGES = 0xffff;
/** Changes of a sender kept from the beginning and from the end. */
const FIRST_CHANGES = 8;
const LAST_CHANGES = 8;
/** Doubles of a change: frame, time, passage before, passage after. */
const CHANGE = 4;
/** Bit in the `usual` word of a passage: its sender uses it now, or it has no sender. Above all TTLs. */
const USED = 0x100;

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
  changes: number;
  readonly first: SenderChange[];
}

/** Words of a passage's row of counts. */
const ROW = 8;
const FRAMES = 0;
const FIRST_FRAME = 1;
const FIRST_AT = 2;
const LAST_FRAME = 3;
const LAST_AT = 4;
const REQUESTS = 5;
const MIN_TTL = 6;
const MAX_TTL = 7;

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

  /** Rows of eight: one cache line a passage. */
  #rows = new Float64Array(256 * ROW);
  /** TTL of the newest frame, and USED where this passage is the one that its sender uses now: one compare tells that nothing is new. */
  #usual = new Int32Array(256);
  /** Passage that each sender uses now. */
  #current: Int32Array = new Int32Array(256);
  /** The newest changes of each sender after its first ones. A ring: a director changes with every packet, and makes no object of it. */
  #lastChanges = new Float64Array(256 * LAST_CHANGES * CHANGE);
  #senderOf: Int32Array = new Int32Array(256).fill(-1);
  readonly #passages = new Map<number, number>();
  readonly #senderIndex = new Map<number, Map<number, number>>();

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
    if (passage >= this.#usual.length) this.#grow();
    this.#passages.set(key, passage);
    if (isToward && sender !== 0) this.#senderOf[passage] = this.#senderFor(sender, server);
    return passage;
  }

  /** Counts a frame on a passage. `clock[0]` is its time: a double as parameter would be put on the heap for each frame. */
  add(passage: number, frame: number, clock: Float64Array, ttl: number): void {
    const row = passage * ROW;
    const rows = this.#rows;
    rows[row]!++;
    rows[row + LAST_FRAME] = frame;
    rows[row + LAST_AT] = clock[0]!;
    if (this.#usual[passage] !== (USED | ttl)) this.#unusual(passage, frame, clock[0]!, ttl);
  }

  /** Counts a new request on a passage. */
  addRequest(passage: number): void {
    this.#rows[passage * ROW + REQUESTS]!++;
  }

  countsOf(passage: number): PassageCounts {
    const row = this.#rows.subarray(passage * ROW, passage * ROW + ROW);
    return {
      frames: row[FRAMES]!,
      requests: row[REQUESTS]!,
      firstFrame: row[FIRST_FRAME]!,
      firstAt: row[FIRST_AT]!,
      lastFrame: row[LAST_FRAME]!,
      lastAt: row[LAST_AT]!,
      minTtl: row[MIN_TTL]!,
      maxTtl: row[MAX_TTL]!,
    };
  }

  /** The first frame, another TTL, or a sender that used another passage until now. */
  #unusual(passage: number, frame: number, at: number, ttl: number): void {
    const row = passage * ROW;
    const rows = this.#rows;
    if (rows[row + FRAMES] === 1) {
      rows[row + FIRST_FRAME] = frame;
      rows[row + FIRST_AT] = at;
      rows[row + MIN_TTL] = ttl;
    }
    if (ttl < rows[row + MIN_TTL]!) rows[row + MIN_TTL] = ttl;
    if (ttl > rows[row + MAX_TTL]!) rows[row + MAX_TTL] = ttl;
    this.#usual[passage] = USED | ttl;
    const sender = this.#senderOf[passage]!;
    if (sender >= 0 && this.#current[sender] !== passage) this.#change(sender, passage, frame, at);
  }

  #change(sender: number, passage: number, frame: number, at: number): void {
    const log = this.senders[sender]!;
    const before = this.#current[sender]!;
    this.#usual[before] = this.#usual[before]! & ~USED;
    this.#current[sender] = passage;
    log.changes++;
    if (log.changes <= FIRST_CHANGES) log.first.push({ frame, at, from: before, to: passage });
    else {
      const ring = this.#lastChanges;
      const place = (sender * LAST_CHANGES + (log.changes % LAST_CHANGES)) * CHANGE;
      ring[place] = frame;
      ring[place + 1] = at;
      ring[place + 2] = before;
      ring[place + 3] = passage;
    }
  }

  /** The changes of a sender in order of time; between the first and the last ones some may be missing. */
  changesOf(sender: Sender): SenderChange[] {
    const later = Math.min(Math.max(0, sender.changes - FIRST_CHANGES), LAST_CHANGES);
    const last = Array.from({ length: later }, (_, i) => {
      const place = (sender.index * LAST_CHANGES + ((sender.changes - i) % LAST_CHANGES)) * CHANGE;
      const [frame, at, from, to] = this.#lastChanges.subarray(place, place + CHANGE);
      return { frame: frame!, at: at!, from: from!, to: to! };
    });
    return [...sender.first, ...last].sort((a, b) => a.at - b.at || a.frame - b.frame);
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
    if (index >= this.#current.length) {
      const grown = new Int32Array(this.#current.length * 2);
      grown.set(this.#current);
      this.#current = grown;
      const changes = new Float64Array(this.#lastChanges.length * 2);
      changes.set(this.#lastChanges);
      this.#lastChanges = changes;
    }
    this.senders.push({ index, mac, server, changes: 0, first: [] });
    ofServer.set(mac, index);
    return index;
  }

  #grow(): void {
    const size = this.#usual.length * 2;
    const rows = new Float64Array(size * ROW);
    rows.set(this.#rows);
    this.#rows = rows;
    const usual = new Int32Array(size);
    usual.set(this.#usual);
    this.#usual = usual;
    const sender = new Int32Array(size).fill(-1);
    sender.set(this.#senderOf);
    this.#senderOf = sender;
  }
}
