/**
 * The flow table: which path a 5-tuple stands at. A hot row of 16 bytes is read for every packet; a cold row and the chain of later
 * event frames only when something happens. Cold rows lie in the order in which flows began and stay there when the table grows. Both
 * hashes of a 5-tuple are the same in either direction.
 *
 * Open addressing within a window of eight rows; a flow that finds it full stands in a second window, of sixteen, that its first hash
 * chooses, and never further. When both are full, or half of all rows, the table grows, up to the cap. There nobody stands aside, since
 * nearly every window is full: the least valuable row of the window (never answered, then longest silent) is overwritten and counted. A
 * forgotten flow keeps its place in its path's count.
 *
 * Cold rows and events grow once, to their cap (which who keeps several tables at a time sets lower): memory that is not written to yet
 * costs nothing, while doubling would hold old and new at once.
 */

/** Most rows: 2^20. */
export const MAX_FLOWS = 1 << 20;
/** Rows when there are more flows than in a small capture: room for more than 100,000 before they are moved once more. */
const MANY = 1 << 18;
const WINDOW = 8;
/** Rows of a second window: longer, since one flow that finds no place in it makes the table grow. */
const ASIDE = 16;
const HOT = 4;
const COLD = 12;
const EVENT = 4;
/** Rows of cold parts and of events before they grow to their cap. */
const FEW = 1 << 14;
/** Most event frames remembered over all flows beside the first of each; their numbers fit 22 bits. */
const MAX_EVENTS = 1 << 22;
/** Room for the later events of a flow, on average. */
const EVENTS_A_FLOW = 4;
const EVENT_BITS = 22;

/** Flag bits in the upper half of a hot row's state word. */
export const FlowFlag = {
  /** Of the two ends, the server is the higher one (see `Facts`). */
  serverIsHigher: 1 << 16,
  /** A frame from the server's side was seen. */
  answered: 1 << 17,
  /** The client acknowledged the SYN-ACK. */
  established: 1 << 18,
  /** Which end is the server is a guess (lower port), which a later SYN mends. */
  guessed: 1 << 19,
  version6: 1 << 20,
  /** Its first frame was its only one: it began when it was last seen, and no event but its first is remembered. */
  oneFrame: 1 << 21,
  /** There was no room for one of its events: those remembered are its first ones, and none is added, or frames would stand beside other steps. */
  eventsLost: 1 << 22,
} as const;

/** Words of a cold row. */
export const Cold = {
  client0: 0,
  client1: 1,
  client2: 2,
  client3: 3,
  ports: 4,
  /** Number of the newest event after the first; 0 for none. */
  newestEvent: 5,
  initialSequence: 6,
  secondHash: 7,
  /** Doubles, at half these numbers: frame and time of the first event; frame 0 for none. */
  firstFrame: 8,
  firstAt: 10,
} as const;

export class FlowTable {
  /** Rows in use. */
  count = 0;
  /** Flows overwritten at the cap. */
  forgotten = 0;
  /** Rows of four words: first hash (never 0), state (path in the low 16 bits, flags above), last seen (ms since the first frame), start of its cold row. */
  hot: Int32Array;
  /** Rows of twelve words, see `Cold`; the first is never used. */
  cold: Int32Array;
  #coldNumbers: Float64Array;
  #coldUsed: number = COLD;
  /** Events after the first of a flow, in rows of four words: frame, previous event | frame >>> 32 << 22, time as a double. Event 0 is none. */
  #events: Int32Array;
  #eventNumbers: Float64Array;
  #eventsUsed = 1;
  #freeEvents = 0;
  #mask: number;
  readonly #cap: number;

  /** @param cap most rows, a power of two from 2^12 to 2^20 */
  constructor(cap: number = MAX_FLOWS) {
    this.#cap = cap;
    const rows = 1 << 12;
    this.hot = new Int32Array(rows * HOT);
    this.#mask = rows - 1;
    this.cold = new Int32Array(FEW * COLD);
    this.#coldNumbers = new Float64Array(this.cold.buffer);
    this.#events = new Int32Array(FEW * EVENT);
    this.#eventNumbers = new Float64Array(this.#events.buffer);
  }

  /** Empties the table, which keeps its size, for facts that begin in the memory of others. */
  cleared(): this {
    this.hot.fill(0);
    this.count = 0;
    this.forgotten = 0;
    this.#coldUsed = COLD;
    this.#eventsUsed = 1;
    this.#freeEvents = 0;
    return this;
  }

  /** Index of the hot row (a multiple of 4) of a flow, or -1. `first` is not 0. */
  find(first: number, second: number): number {
    const hot = this.hot;
    const mask = this.#mask;
    const aside = second ^ first;
    // One loop for both windows: V8 has met all of it before it optimizes.
    const rows = mask < this.#cap - 1 ? WINDOW + ASIDE : WINDOW;
    for (let i = 0; i < rows; i++) {
      const row = (((i < WINDOW ? second : aside) + i) & mask) << 2;
      const tag = hot[row]!;
      if (tag === first) return row;
      // Whoever stands aside has found the first window full, and no row is ever given back.
      if (tag === 0) return -1;
    }
    return -1;
  }

  /** Words from the begin and the end of a flow's window: reading them brings the window near. */
  peek(second: number): number {
    return this.hot[(second & this.#mask) << 2]! ^ this.hot[((second + WINDOW - 1) & this.#mask) << 2]!;
  }

  /** A row for a new flow, empty but for its hashes. May move all other rows. */
  insert(first: number, second: number, forget: (state: number, row: number) => void): number {
    if (this.count * 2 > this.#mask && this.#mask + 1 < this.#cap) this.#grow();
    for (;;) {
      const hot = this.hot;
      let victim = -1;
      let worth = 0;
      for (let i = 0; i < WINDOW; i++) {
        const row = ((second + i) & this.#mask) << 2;
        if (hot[row] === 0) {
          this.count++;
          this.#clear(row, first, second);
          return row;
        }
        const answered = (hot[row + 1]! & FlowFlag.answered) !== 0 ? 0x1_0000_0000 : 0;
        const value = answered + (hot[row + 2]! >>> 0);
        if (victim < 0 || value < worth) {
          victim = row;
          worth = value;
        }
      }
      if (this.#mask + 1 < this.#cap) {
        const aside = emptyRow(this.hot, this.#mask, (second ^ first) + WINDOW, ASIDE);
        if (aside >= 0) {
          this.count++;
          this.#clear(aside, first, second);
          return aside;
        }
        this.#grow();
        continue;
      }
      forget(hot[victim + 1]!, victim);
      this.forgotten++;
      this.#clear(victim, first, second);
      return victim;
    }
  }

  /** Puts an event at the end of a flow's chain; without room only the path tells of it. */
  pushEvent(row: number, frame: number, at: number): void {
    const start = this.hot[row + 3]!;
    const numbers = this.#coldNumbers;
    if (numbers[(start + Cold.firstFrame) >> 1] === 0) {
      numbers[(start + Cold.firstFrame) >> 1] = frame;
      numbers[(start + Cold.firstAt) >> 1] = at;
      return;
    }
    if ((this.hot[row + 1]! & FlowFlag.eventsLost) !== 0) return;
    this.hot[row + 1] = this.hot[row + 1]! & ~FlowFlag.oneFrame;
    let event = this.#freeEvents;
    if (event !== 0) this.#freeEvents = this.#previousOf(event);
    else {
      if (this.#eventsUsed * EVENT >= this.#events.length && !this.#growEvents()) {
        this.hot[row + 1] = this.hot[row + 1]! | FlowFlag.eventsLost;
        return;
      }
      event = this.#eventsUsed++;
    }
    const head = start + Cold.newestEvent;
    this.#events[event * EVENT] = frame;
    this.#events[event * EVENT + 1] = this.cold[head]! | (Math.floor(frame / 0x1_0000_0000) << EVENT_BITS);
    this.#eventNumbers[event * 2 + 1] = at;
    this.cold[head] = event;
  }

  /** Whether any event of a flow is remembered. */
  hasEvents(row: number): boolean {
    return this.#coldNumbers[(this.hot[row + 3]! + Cold.firstFrame) >> 1] !== 0;
  }

  /** Forgets the events of a flow: its row starts a new story. */
  dropEvents(row: number): void {
    const start = this.hot[row + 3]!;
    // A flood is of such flows: not to wait for their cold rows halves its cost.
    let event = (this.hot[row + 1]! & FlowFlag.oneFrame) !== 0 ? 0 : this.cold[start + Cold.newestEvent]!;
    while (event !== 0) {
      const previous = this.#previousOf(event);
      this.#events[event * EVENT + 1] = this.#freeEvents;
      this.#freeEvents = event;
      event = previous;
    }
    this.cold[start + Cold.newestEvent] = 0;
    this.#coldNumbers[(start + Cold.firstFrame) >> 1] = 0;
  }

  /** Time of a flow's first event; infinity where none is remembered. */
  beganAt(row: number): number {
    return this.hasEvents(row) ? this.#coldNumbers[(this.hot[row + 3]! + Cold.firstAt) >> 1]! : Number.POSITIVE_INFINITY;
  }

  /** Time of a flow's newest event; infinity where none is remembered. */
  newestAt(row: number): number {
    const event = this.cold[this.hot[row + 3]! + Cold.newestEvent]!;
    return event === 0 ? this.beganAt(row) : this.#eventNumbers[event * 2 + 1]!;
  }

  /** Frame of a flow's newest event; 0 where none is remembered. */
  newestFrame(row: number): number {
    const start = this.hot[row + 3]!;
    const event = this.cold[start + Cold.newestEvent]!;
    return event === 0 ? this.#coldNumbers[(start + Cold.firstFrame) >> 1]! : this.#frameOf(event);
  }

  /** Frames and times of a flow's events, oldest first. */
  eventsOf(row: number): { frame: number; at: number }[] {
    if (!this.hasEvents(row)) return [];
    const start = this.hot[row + 3]!;
    const later: { frame: number; at: number }[] = [];
    for (let event = this.cold[start + Cold.newestEvent]!; event !== 0; event = this.#previousOf(event)) {
      later.push({ frame: this.#frameOf(event), at: this.#eventNumbers[event * 2 + 1]! });
    }
    return [{ frame: this.#coldNumbers[(start + Cold.firstFrame) >> 1]!, at: this.beganAt(row) }, ...later.reverse()];
  }

  #frameOf(event: number): number {
    const words = event * EVENT;
    return (this.#events[words + 1]! >>> EVENT_BITS) * 0x1_0000_0000 + (this.#events[words]! >>> 0);
  }

  #previousOf(event: number): number {
    return this.#events[event * EVENT + 1]! & (MAX_EVENTS - 1);
  }

  /** Makes a row that of a new flow. An overwritten flow leaves its cold row to it. */
  #clear(row: number, first: number, second: number): void {
    let start = this.hot[row + 3]!;
    if (this.hot[row] !== 0) this.dropEvents(row);
    else {
      if (this.#coldUsed >= this.cold.length) this.#growCold();
      start = this.#coldUsed;
      this.#coldUsed += COLD;
      this.cold[start + Cold.newestEvent] = 0;
      this.#coldNumbers[(start + Cold.firstFrame) >> 1] = 0;
    }
    this.hot[row] = first;
    this.hot[row + 1] = 0;
    this.hot[row + 2] = 0;
    this.hot[row + 3] = start;
    this.cold[start + Cold.secondHash] = second;
  }

  #grow(): void {
    // Rarely: moving a row costs two cache misses.
    let rows = Math.min(Math.max((this.#mask + 1) * 2, MANY), this.#cap);
    while (!this.#moveTo(rows) && rows < this.#cap) rows *= 2;
  }

  /** Moves all rows into a table of this size; false, and nothing moved, when both windows of a flow were full. */
  #moveTo(rows: number): boolean {
    const mask = rows - 1;
    const old = this.hot;
    const hot = new Int32Array(rows * HOT);
    for (let from = 0; from < old.length; from += HOT) {
      if (old[from] === 0) continue;
      const second = this.cold[old[from + 3]! + Cold.secondHash]!;
      let to = emptyRow(hot, mask, second, WINDOW);
      if (to < 0 && rows < this.#cap) {
        to = emptyRow(hot, mask, (second ^ old[from]!) + WINDOW, ASIDE);
        if (to < 0) return false;
      }
      if (to < 0) {
        // At the cap there is no larger table: this one flow is forgotten.
        this.dropEvents(from);
        this.forgotten++;
        this.count--;
        continue;
      }
      hot[to] = old[from]!;
      hot[to + 1] = old[from + 1]!;
      hot[to + 2] = old[from + 2]!;
      hot[to + 3] = old[from + 3]!;
    }
    this.hot = hot;
    this.#mask = mask;
    return true;
  }

  #growCold(): void {
    // A flow that found no place in a larger table leaves its cold row unused: a few more than the flows.
    const grown = new Int32Array(Math.max(COLD * (this.#cap + FEW), this.cold.length * 2));
    grown.set(this.cold);
    this.cold = grown;
    this.#coldNumbers = new Float64Array(grown.buffer);
  }

  #growEvents(): boolean {
    const most = Math.max(FEW, Math.min(MAX_EVENTS, this.#cap * EVENTS_A_FLOW));
    if (this.#events.length >= most * EVENT) return false;
    const grown = new Int32Array(most * EVENT);
    grown.set(this.#events);
    this.#events = grown;
    this.#eventNumbers = new Float64Array(grown.buffer);
    return true;
  }
}

/** The first empty row of a window; -1 when it is full. */
function emptyRow(hot: Int32Array, mask: number, start: number, window: number): number {
  for (let i = 0; i < window; i++) {
    const row = ((start + i) & mask) << 2;
    if (hot[row] === 0) return row;
  }
  return -1;
}
