/**
 * The flow table: which path a 5-tuple stands at. A hot row of 16 bytes is read for every packet; a cold row and the chain of event
 * frames only when something happens. Both hashes of a 5-tuple are the same in either direction.
 *
 * Open addressing within a window of eight rows and never further. A full window grows the table up to the cap; at the cap the least
 * valuable row of the window (never answered, then longest silent) is overwritten and counted. A forgotten flow keeps its place in
 * its path's count.
 */

/** Most rows: 2^20. */
export const MAX_FLOWS = 1 << 20;
const WINDOW = 8;
const HOT = 4;
const COLD = 8;
/** Most event frames remembered over all flows. */
const MAX_EVENTS = 1 << 22;

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
} as const;

/** Words of a cold row. */
export const Cold = { client0: 0, client1: 1, client2: 2, client3: 3, ports: 4, requests: 5, initialSequence: 6, secondHash: 7 } as const;

export class FlowTable {
  /** Rows in use. */
  count = 0;
  /** Flows overwritten at the cap. */
  forgotten = 0;
  /** Rows of four words: first hash (never 0), state (path in the low 16 bits, flags above), last seen (ms since the first frame), newest event. */
  hot: Int32Array;
  /** Rows of eight words, see `Cold`. */
  cold: Int32Array;
  /** Chains of events, newest first: frame number, time, previous event (0 ends). Event 0 is none. */
  eventFrame = new Float64Array(1 << 12);
  eventAt = new Float64Array(1 << 12);
  eventPrevious = new Int32Array(1 << 12);
  #events = 1;
  #freeEvents = 0;
  #mask: number;

  constructor() {
    const rows = 1 << 12;
    this.hot = new Int32Array(rows * HOT);
    this.cold = new Int32Array(rows * COLD);
    this.#mask = rows - 1;
  }

  /** Index of the hot row (a multiple of 4) of a flow, or -1. `first` is not 0. */
  find(first: number, second: number): number {
    const hot = this.hot;
    const mask = this.#mask;
    for (let i = 0; i < WINDOW; i++) {
      const row = ((second + i) & mask) << 2;
      const tag = hot[row]!;
      if (tag === first) return row;
      if (tag === 0) return -1;
    }
    return -1;
  }

  /** A row for a new flow, empty but for its hashes. May move all other rows. */
  insert(first: number, second: number, forget: (state: number, row: number) => void): number {
    if (this.count * 2 > this.#mask && this.#mask + 1 < MAX_FLOWS) this.#grow();
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
      if (this.#mask + 1 < MAX_FLOWS) {
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
    let event = this.#freeEvents;
    if (event !== 0) this.#freeEvents = this.eventPrevious[event]!;
    else {
      if (this.#events >= this.eventFrame.length && !this.#growEvents()) return;
      event = this.#events++;
    }
    this.eventFrame[event] = frame;
    this.eventAt[event] = at;
    this.eventPrevious[event] = this.hot[row + 3]!;
    this.hot[row + 3] = event;
  }

  /** Forgets the events of a flow: its row starts a new story. */
  dropEvents(row: number): void {
    let event = this.hot[row + 3]!;
    while (event !== 0) {
      const previous = this.eventPrevious[event]!;
      this.eventPrevious[event] = this.#freeEvents;
      this.#freeEvents = event;
      event = previous;
    }
    this.hot[row + 3] = 0;
  }

  /** Time of a flow's oldest event; infinity where none is remembered. */
  beganAt(row: number): number {
    let at = Number.POSITIVE_INFINITY;
    for (let event = this.hot[row + 3]!; event !== 0; event = this.eventPrevious[event]!) at = this.eventAt[event]!;
    return at;
  }

  /** Frames and times of a flow's events, oldest first. */
  eventsOf(row: number): { frame: number; at: number }[] {
    const events: { frame: number; at: number }[] = [];
    for (let event = this.hot[row + 3]!; event !== 0; event = this.eventPrevious[event]!) {
      events.push({ frame: this.eventFrame[event]!, at: this.eventAt[event]! });
    }
    return events.reverse();
  }

  #clear(row: number, first: number, second: number): void {
    if (this.hot[row] !== 0) this.dropEvents(row);
    this.hot[row] = first;
    this.hot[row + 1] = 0;
    this.hot[row + 2] = 0;
    this.hot[row + 3] = 0;
    const cold = row * 2;
    this.cold.fill(0, cold, cold + COLD);
    this.cold[cold + Cold.secondHash] = second;
  }

  #grow(): void {
    let rows = (this.#mask + 1) * 2;
    for (;;) {
      if (this.#moveTo(rows) || rows >= MAX_FLOWS) return;
      rows *= 2;
    }
  }

  /** Moves all rows into a table of this size; false, and nothing moved, when a window was full. */
  #moveTo(rows: number): boolean {
    const mask = rows - 1;
    const hot = new Int32Array(rows * HOT);
    const cold = new Int32Array(rows * COLD);
    for (let from = 0; from < this.hot.length; from += HOT) {
      if (this.hot[from] === 0) continue;
      const second = this.cold[from * 2 + Cold.secondHash]!;
      let to = -1;
      for (let i = 0; i < WINDOW; i++) {
        const row = ((second + i) & mask) << 2;
        if (hot[row] === 0) {
          to = row;
          break;
        }
      }
      if (to < 0) {
        if (rows < MAX_FLOWS) return false;
        // At the cap there is no larger table: this one flow is forgotten.
        this.dropEvents(from);
        this.forgotten++;
        this.count--;
        continue;
      }
      hot[to] = this.hot[from]!;
      hot[to + 1] = this.hot[from + 1]!;
      hot[to + 2] = this.hot[from + 2]!;
      hot[to + 3] = this.hot[from + 3]!;
      for (let i = 0; i < COLD; i++) cold[to * 2 + i] = this.cold[from * 2 + i]!;
    }
    this.hot = hot;
    this.cold = cold;
    this.#mask = mask;
    return true;
  }

  #growEvents(): boolean {
    const size = this.eventFrame.length * 2;
    if (size > MAX_EVENTS) return false;
    const frames = new Float64Array(size);
    frames.set(this.eventFrame);
    this.eventFrame = frames;
    const times = new Float64Array(size);
    times.set(this.eventAt);
    this.eventAt = times;
    const previous = new Int32Array(size);
    previous.set(this.eventPrevious);
    this.eventPrevious = previous;
    return true;
  }
}
