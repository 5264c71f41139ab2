/**
 * Passages: (edge, server IP, direction and tunnel) with counts and times, and senders: which passage a MAC uses now for a server IP,
 * with the log of its changes. A sender's changes are its ARP cache as its own frames show it.
 */

/** Most passages kept; passage 0 stands for the rest. */
export const MAX_PASSAGES = 0xffff;
/** Changes of a sender kept from the beginning and from the end. */
const FIRST_CHANGES = 8;
const LAST_CHANGES = 8;

/** A sender's frames for one server IP went to another MAC from this frame on. */
export interface SenderChange {
  readonly frame: number;
  readonly at: number;
  readonly point: number;
  /** Passages before and after; `from` is 0 for the first use. */
  readonly from: number;
  readonly to: number;
}

/** What one MAC did with one server IP. */
export interface Sender {
  readonly mac: number;
  readonly server: number;
  changes: number;
  readonly first: SenderChange[];
  /** A ring once full: oldest at `changes % LAST_CHANGES`. */
  readonly last: SenderChange[];
}

export class PassageTable {
  count = 1;
  overflowed = 0;
  readonly edge: number[] = [0];
  readonly server: number[] = [0];
  /** A PathEvent hop kind: toward, from, and the same in a tunnel. */
  readonly kind: number[] = [0];
  frames: Float64Array = new Float64Array(256);
  firstFrame: Float64Array = new Float64Array(256);
  firstAt: Float64Array = new Float64Array(256);
  lastFrame: Float64Array = new Float64Array(256);
  lastAt: Float64Array = new Float64Array(256);
  /** New requests (SYN, or first datagram of a UDP flow) that took this passage. */
  requests: Float64Array = new Float64Array(256);
  minTtl: Uint8Array = new Uint8Array(256).fill(255);
  maxTtl: Uint8Array = new Uint8Array(256);
  readonly point: number[] = [0];

  readonly senders: Sender[] = [];
  /** Passage that each sender uses now. */
  #current: Int32Array = new Int32Array(256);
  #senderOf: Int32Array = new Int32Array(256).fill(-1);
  readonly #passages = new Map<number, number>();
  readonly #senderIndex = new Map<number, Map<number, number>>();

  /** The passage for a hop of a flow to `server`; `sender` is the MAC that the hop leaves, or 0 when it is not in the frame. */
  intern(edge: number, server: number, kind: number, sender: number, isToward: boolean, point: number): number {
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
    this.point.push(point);
    if (passage >= this.frames.length) this.#grow();
    this.#passages.set(key, passage);
    if (isToward && sender !== 0) this.#senderOf[passage] = this.#senderFor(sender, server);
    return passage;
  }

  /** Counts a frame on a passage. */
  add(passage: number, frame: number, at: number, ttl: number): void {
    if (this.frames[passage]!++ === 0) {
      this.firstFrame[passage] = frame;
      this.firstAt[passage] = at;
    }
    this.lastFrame[passage] = frame;
    this.lastAt[passage] = at;
    if (ttl < this.minTtl[passage]!) this.minTtl[passage] = ttl;
    if (ttl > this.maxTtl[passage]!) this.maxTtl[passage] = ttl;
    const sender = this.#senderOf[passage]!;
    if (sender >= 0 && this.#current[sender] !== passage) this.#change(sender, passage, frame, at);
  }

  #change(sender: number, passage: number, frame: number, at: number): void {
    const log = this.senders[sender]!;
    const change = { frame, at, point: this.point[passage]!, from: this.#current[sender]!, to: passage };
    this.#current[sender] = passage;
    if (log.first.length < FIRST_CHANGES) log.first.push(change);
    else if (log.last.length < LAST_CHANGES) log.last.push(change);
    else log.last[(log.changes - FIRST_CHANGES) % LAST_CHANGES] = change;
    log.changes++;
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
    }
    this.senders.push({ mac, server, changes: 0, first: [], last: [] });
    ofServer.set(mac, index);
    return index;
  }

  #grow(): void {
    const size = this.frames.length * 2;
    const widen = (old: Float64Array) => {
      const grown = new Float64Array(size);
      grown.set(old);
      return grown;
    };
    this.frames = widen(this.frames);
    this.firstFrame = widen(this.firstFrame);
    this.firstAt = widen(this.firstAt);
    this.lastFrame = widen(this.lastFrame);
    this.lastAt = widen(this.lastAt);
    this.requests = widen(this.requests);
    const min = new Uint8Array(size).fill(255);
    min.set(this.minTtl);
    this.minTtl = min;
    const max = new Uint8Array(size);
    max.set(this.maxTtl);
    this.maxTtl = max;
    const sender = new Int32Array(size).fill(-1);
    sender.set(this.#senderOf);
    this.#senderOf = sender;
  }
}

/** The changes of a sender in order of time; between the first and the last ones some may be missing. */
export function changesOf(sender: Sender): SenderChange[] {
  return [...sender.first, ...sender.last].sort((a, b) => a.at - b.at || a.frame - b.frame);
}
