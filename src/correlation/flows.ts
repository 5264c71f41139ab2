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
 * Rows of either kind and events lie in the memory of the hot path, which keeps them while frames come (src/hot-path/assembly/flows.ts): there is
 * room for as many as there may ever be, since memory that is not written to costs nothing, while growing would hold old and new at once.
 */

import type { HotPath } from '../hot-path/hot-path.ts';
import {
  ANSWERED,
  COLD,
  COLD_BYTES,
  ESTABLISHED,
  EVENT_BITS,
  EVENT_BYTES,
  EVENTS,
  EVENTS_LOST,
  FLOW_BYTES,
  FLOW_COUNT,
  FLOW_WINDOW,
  FLOW_WINDOW_ASIDE,
  FLOWS,
  FLOWS_FORGOTTEN,
  INSTEAD_OF,
  MAX_COLD_ROWS,
  MAX_EVENTS,
  MAX_FLOW_ROWS,
  MUST_GROW,
  ONE_FRAME,
  SERVER_IS_HIGHER,
} from '../hot-path/layout.ts';

/** Most rows. */
export const MAX_FLOWS: number = MAX_FLOW_ROWS;
/** Rows when there are more flows than in a small capture: room for more than 100,000 before they are moved once more. */
const MANY = 1 << 18;
const WINDOW = FLOW_WINDOW;
const ASIDE = FLOW_WINDOW_ASIDE;
const HOT = FLOW_BYTES / Int32Array.BYTES_PER_ELEMENT;
const COLD_ROW = COLD_BYTES / Int32Array.BYTES_PER_ELEMENT;
const EVENT = EVENT_BYTES / Int32Array.BYTES_PER_ELEMENT;
/** Fewest events that there is room for. */
const FEW_EVENTS = 1 << 14;
/** Room for the later events of a flow, on average. */
const EVENTS_A_FLOW = 4;

/** Flag bits in the upper half of a hot row's state word. */
export const FlowFlag = {
  /** Of the two ends, the server is the higher one (see `Facts`). */
  serverIsHigher: SERVER_IS_HIGHER,
  /** A frame from the server's side was seen. */
  answered: ANSWERED,
  /** The client acknowledged the SYN-ACK. */
  established: ESTABLISHED,
  /** Which end is the server is a guess (lower port), which a later SYN mends. */
  guessed: 1 << 19,
  version6: 1 << 20,
  /** Its first frame was its only one: it began when it was last seen, and no event but its first is remembered. */
  oneFrame: ONE_FRAME,
  /** There was no room for one of its events: those remembered are its first ones, and none is added, or frames would stand beside other steps. */
  eventsLost: EVENTS_LOST,
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
  /** Rows of four words: first hash (never 0), state (path in the low 16 bits, flags above), last seen (ms since the first frame), start of its cold row. */
  hot: Int32Array;
  /** Rows of twelve words, see `Cold`; the first is never used. */
  readonly cold: Int32Array;
  readonly #coldNumbers: Float64Array;
  /** Events after the first of a flow, rows of four words: see EVENTS. */
  readonly #events: Int32Array;
  readonly #eventNumbers: Float64Array;
  readonly #count: Int32Array;
  readonly #forgotten: Float64Array;
  #mask = 0;
  readonly #cap: number;
  readonly #memory: HotPath;

  /**
   * @param cap most rows, a power of two from 2^12 to 2^20
   * @param memory where the hot rows lie
   */
  constructor(cap: number, memory: HotPath) {
    this.#cap = cap;
    this.#memory = memory;
    this.hot = this.#withRows(1 << 12);
    this.cold = memory.words(COLD, MAX_COLD_ROWS * COLD_ROW);
    this.#coldNumbers = memory.doubles(COLD, (MAX_COLD_ROWS * COLD_ROW) / 2);
    this.#events = memory.words(EVENTS, MAX_EVENTS * EVENT);
    this.#eventNumbers = memory.doubles(EVENTS, (MAX_EVENTS * EVENT) / 2);
    this.#count = memory.words(FLOW_COUNT, 1);
    this.#forgotten = memory.doubles(FLOWS_FORGOTTEN, 1);
    this.#empty();
  }

  /** Rows in use. */
  get count(): number {
    return this.#count[0]!;
  }

  /** Flows overwritten at the cap. */
  get forgotten(): number {
    return this.#forgotten[0]!;
  }

  #empty(): void {
    this.#memory.exports.emptyFlows(Math.max(FEW_EVENTS, Math.min(MAX_EVENTS, this.#cap * EVENTS_A_FLOW)));
  }

  #withRows(rows: number): Int32Array {
    this.#mask = rows - 1;
    this.#memory.exports.useFlows(rows, rows < this.#cap);
    return this.#memory.words(FLOWS, rows * HOT);
  }

  /** The table, which keeps its size, for facts that begin in the memory of others: its hot rows have been cleared. */
  cleared(): this {
    this.#empty();
    return this;
  }

  /** Index of the hot row (a multiple of 4) of a flow, or -1. `first` is not 0. */
  find(first: number, second: number): number {
    return this.#memory.exports.findFlow(first, second);
  }

  /** A row for a new flow, empty but for its hashes. May move all other rows. */
  insert(first: number, second: number, forget: (state: number, row: number) => void): number {
    const { exports } = this.#memory;
    let row = exports.placeFor(first, second);
    while (row === MUST_GROW) {
      this.#grow();
      row = exports.placeFor(first, second);
    }
    if (row <= INSTEAD_OF) {
      row = INSTEAD_OF - row;
      forget(this.hot[row + 1]!, row);
    }
    exports.takeRow(row, first, second);
    return row;
  }

  /** Puts an event at the end of a flow's chain; without room only the path tells of it. */
  pushEvent(row: number, frame: number, at: number): void {
    this.#memory.exports.pushEvent(row, frame, at);
  }

  /** Whether any event of a flow is remembered. */
  hasEvents(row: number): boolean {
    return this.#coldNumbers[(this.hot[row + 3]! + Cold.firstFrame) >> 1] !== 0;
  }

  /** Forgets the events of a flow: its row starts a new story. */
  dropEvents(row: number): void {
    this.#memory.exports.dropEvents(this.hot[row + 3]!, this.hot[row + 1]!);
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

  #grow(): void {
    const old = this.hot.slice();
    let written = old.length;
    // Rarely: moving a row costs two cache misses.
    for (let rows = Math.min(Math.max((this.#mask + 1) * 2, MANY), this.#cap); ; rows *= 2) {
      this.hot = this.#withRows(rows).fill(0, 0, written);
      written = this.hot.length;
      if (this.#place(old)) return;
    }
  }

  /** Puts rows into the empty table; false, to be tried in a larger one, when both windows of a flow are full. */
  #place(old: Int32Array): boolean {
    const hot = this.hot;
    const mask = this.#mask;
    const isLargest = mask + 1 === this.#cap;
    for (let from = 0; from < old.length; from += HOT) {
      if (old[from] === 0) continue;
      const start = old[from + 3]!;
      const second = this.cold[start + Cold.secondHash]!;
      let to = emptyRow(hot, mask, second, WINDOW);
      if (to < 0 && !isLargest) {
        to = emptyRow(hot, mask, (second ^ old[from]!) + WINDOW, ASIDE);
        if (to < 0) return false;
      }
      if (to < 0) {
        // There is no larger table: this one flow is forgotten.
        this.#memory.exports.forgetFlow(start, old[from + 1]!);
        continue;
      }
      hot[to] = old[from]!;
      hot[to + 1] = old[from + 1]!;
      hot[to + 2] = old[from + 2]!;
      hot[to + 3] = start;
    }
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
