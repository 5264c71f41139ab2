/**
 * The flow table: which path a 5-tuple stands at. A hot row of 16 bytes is read for every packet; a cold row and the chain of later
 * event frames only when something happens. Cold rows lie in the order in which flows began and stay there when the table grows. Both
 * hashes of a 5-tuple are the same in either direction.
 *
 * A flow stands in one of two cache lines, of four rows each, that its second hash chooses: in the emptier one. One that finds both full stands
 * in a set aside, and nowhere else. When that is full, or half of all rows, the table grows, up to the cap. There nobody stands aside, which in a
 * flood each look-up would read: the least valuable row of both lines (never answered, then longest silent) is overwritten and counted. A
 * forgotten flow keeps its place in its path's count.
 *
 * Rows of either kind and events lie in the memory of the hot path, which keeps them while frames come (src/hot-path/assembly/flows.ts): there is
 * room for as many as there may ever be, since memory that is not written to costs nothing, while growing would hold old and new at once.
 */

import type { HotPath } from '../hot-path/hot-path.ts';
import {
  ANSWERED,
  CLIENT6_BYTES,
  CLIENTS6,
  COLD,
  COLD_BYTES,
  COLD_CLIENT,
  COLD_FIRST_AT,
  COLD_FIRST_FRAME,
  COLD_INITIAL_SEQUENCE,
  COLD_NEWEST_EVENT,
  COLD_PORTS,
  COLD_SECOND_HASH,
  ESTABLISHED,
  EVENT_BITS,
  EVENT_BYTES,
  EVENTS,
  EVENTS_LOST,
  FLOW_BYTES,
  FLOW_COUNT,
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
const HOT = FLOW_BYTES / Int32Array.BYTES_PER_ELEMENT;
const COLD_ROW = COLD_BYTES / Int32Array.BYTES_PER_ELEMENT;
const CLIENT6 = CLIENT6_BYTES / Int32Array.BYTES_PER_ELEMENT;
const EVENT = EVENT_BYTES / Int32Array.BYTES_PER_ELEMENT;
/** Words of rows that are looked through at once: V8 makes fast code of what is called, not of what is running. */
export const HOT_WORDS_AT_ONCE: number = (1 << 12) * HOT;
/** The same of cold rows: whole blocks of COLD_BLOCK_ROWS. */
export const COLD_WORDS_AT_ONCE: number = (1 << 12) * COLD_ROW;
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
  /** An IPv4 address as it is; of IPv6 a fingerprint, and the whole of it in `clients6`. */
  client: COLD_CLIENT / Int32Array.BYTES_PER_ELEMENT,
  ports: COLD_PORTS / Int32Array.BYTES_PER_ELEMENT,
  initialSequence: COLD_INITIAL_SEQUENCE / Int32Array.BYTES_PER_ELEMENT,
} as const;
/** Number of the newest event after the first, 0 for none, and above EVENT_BITS the upper half of the first one's frame. */
const NEWEST_EVENT = COLD_NEWEST_EVENT / Int32Array.BYTES_PER_ELEMENT;
const SECOND_HASH = COLD_SECOND_HASH / Int32Array.BYTES_PER_ELEMENT;
/** Lower half of the first event's frame; both halves are 0 for none. */
const FIRST_FRAME = COLD_FIRST_FRAME / Int32Array.BYTES_PER_ELEMENT;
/** Time of the first event, a double. */
const FIRST_AT = COLD_FIRST_AT / Float64Array.BYTES_PER_ELEMENT;
const EVENT_MASK = MAX_EVENTS - 1;

export class FlowTable {
  /** Rows of four words: first hash (never 0), state (path in the low 16 bits, flags above), last seen (ms since the first frame), start of its cold row. */
  hot: Int32Array;
  /** Rows of eight words, see `Cold`; the first is never used. */
  readonly cold: Int32Array;
  /** By cold row, the four words of an IPv6 client. */
  readonly clients6: Int32Array;
  readonly #coldNumbers: Float64Array;
  /** Events after the first of a flow, rows of four words: see EVENTS. */
  readonly #events: Int32Array;
  readonly #eventNumbers: Float64Array;
  readonly #count: Int32Array;
  readonly #forgotten: Float64Array;
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
    this.clients6 = memory.words(CLIENTS6, MAX_COLD_ROWS * CLIENT6);
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

  /** Begins an empty table. */
  #withRows(rows: number): Int32Array {
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
    const start = this.hot[row + 3]!;
    return this.cold[start + FIRST_FRAME] !== 0 || this.cold[start + NEWEST_EVENT] !== 0;
  }

  /** Forgets the events of a flow: its row starts a new story. */
  dropEvents(row: number): void {
    this.#memory.exports.dropEvents(this.hot[row + 3]!, this.hot[row + 1]!);
  }

  /** Time of a flow's first event; infinity where none is remembered. */
  beganAt(row: number): number {
    return this.hasEvents(row) ? this.#coldNumbers[(this.hot[row + 3]! >> 1) + FIRST_AT]! : Number.POSITIVE_INFINITY;
  }

  /** Time of a flow's newest event; infinity where none is remembered. */
  newestAt(row: number): number {
    const event = this.#newestEvent(row);
    return event === 0 ? this.beganAt(row) : this.#eventNumbers[event * 2 + 1]!;
  }

  /** Frame of a flow's newest event; 0 where none is remembered. */
  newestFrame(row: number): number {
    const event = this.#newestEvent(row);
    return event === 0 ? this.#firstFrame(row) : this.#frameOf(event);
  }

  /** Where an IPv6 client stands in `clients6`. */
  client6At(row: number): number {
    return (this.hot[row + 3]! / COLD_ROW) * CLIENT6;
  }

  /** Frames and times of a flow's events, oldest first. */
  eventsOf(row: number): { frame: number; at: number }[] {
    if (!this.hasEvents(row)) return [];
    const later: { frame: number; at: number }[] = [];
    for (let event = this.#newestEvent(row); event !== 0; event = this.#previousOf(event)) {
      later.push({ frame: this.#frameOf(event), at: this.#eventNumbers[event * 2 + 1]! });
    }
    return [{ frame: this.#firstFrame(row), at: this.beganAt(row) }, ...later.reverse()];
  }

  /** Number of its newest event after the first; 0 for none. */
  #newestEvent(row: number): number {
    return this.cold[this.hot[row + 3]! + NEWEST_EVENT]! & EVENT_MASK;
  }

  #firstFrame(row: number): number {
    const start = this.hot[row + 3]!;
    return (this.cold[start + NEWEST_EVENT]! >>> EVENT_BITS) * 0x1_0000_0000 + (this.cold[start + FIRST_FRAME]! >>> 0);
  }

  #frameOf(event: number): number {
    const words = event * EVENT;
    return (this.#events[words + 1]! >>> EVENT_BITS) * 0x1_0000_0000 + (this.#events[words]! >>> 0);
  }

  #previousOf(event: number): number {
    return this.#events[event * EVENT + 1]! & EVENT_MASK;
  }

  #grow(): void {
    const old = this.hot.slice();
    // Rarely: moving a row costs two cache misses.
    for (let rows = Math.min(Math.max((this.hot.length / HOT) * 2, MANY), this.#cap); ; rows *= 2) {
      this.hot = this.#withRows(rows);
      if (this.#place(old)) return;
    }
  }

  /** Puts rows into the empty table; false, to be tried in a larger one, when a flow finds no place. */
  #place(old: Int32Array): boolean {
    const { exports } = this.#memory;
    for (let from = 0; from < old.length; from += HOT) {
      const first = old[from]!;
      if (first === 0) continue;
      const start = old[from + 3]!;
      const to = exports.placeFor(first, this.cold[start + SECOND_HASH]!);
      if (to === MUST_GROW) return false;
      if (to <= INSTEAD_OF) {
        // There is no larger table: this one flow is forgotten.
        exports.forgetFlow(start, old[from + 1]!);
        continue;
      }
      this.hot[to] = first;
      this.hot[to + 1] = old[from + 1]!;
      this.hot[to + 2] = old[from + 2]!;
      this.hot[to + 3] = start;
    }
    return true;
  }
}
