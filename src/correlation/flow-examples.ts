/** Of each path some flows that show what it is: its earliest, and its newest. */
import type { HotPath } from '../hot-path/hot-path.ts';
import { FLOW_BYTES, KEPT_UNTIL, MAX_16_BITS, PATH, PATH_TIMES } from '../hot-path/layout.ts';
import { COLD_WORDS_AT_ONCE, Cold, FlowFlag, type FlowTable, HOT_WORDS_AT_ONCE } from './flows.ts';

/** One flow that stands at a path. */
export interface FlowExample {
  readonly version: 4 | 6;
  readonly client: readonly [number, number, number, number];
  readonly clientPort: number;
  readonly serverPort: number;
  /** Frame and time of each event of the path, in order; fewer where there was no room. */
  readonly events: readonly { readonly frame: number; readonly at: number }[];
}

/** The earliest flows of a path that are kept as examples after they were forgotten. */
const EXAMPLES_FORGOTTEN = 3;
/** Words of a flow's row. */
const FLOW_ROW = FLOW_BYTES / Int32Array.BYTES_PER_ELEMENT;
/** A row of the flow table and the time by which it is chosen. */
interface TimedRow {
  readonly row: number;
  readonly at: number;
}

export class FlowExamples {
  readonly #flows: FlowTable;
  readonly #hot: HotPath;
  /** By path: the earliest flows that were forgotten. */
  readonly #forgotten: FlowExample[][] = [];

  constructor(flows: FlowTable, hot: HotPath) {
    this.#flows = flows;
    this.#hot = hot;
  }

  /** Keeps a flow that is about to be forgotten, by its state and its row, if it is among the earliest of its path. */
  readonly forget = (state: number, row: number): void => {
    const path = state & PATH;
    // A flow of one frame began when it was last seen. A flood is of such flows: nothing else of them is read here, which would be a cache miss.
    const isLater = (state & FlowFlag.oneFrame) !== 0 && this.#flows.hot[row + 2]! * 1e6 >= this.#keptUntil(path);
    if (!isLater) this.keep(row, path);
  };

  /** The same for a flow that is about to leave a path. */
  keep(row: number, path: number): void {
    if (path === 0 || this.#flows.beganAt(row) >= this.#keptUntil(path)) return;
    const kept = this.#forgotten[path] ?? [];
    this.#forgotten[path] = kept;
    kept.push(this.#exampleOf(row));
    kept.sort((a, b) => (a.events[0]?.at ?? 0) - (b.events[0]?.at ?? 0));
    kept.length = Math.min(kept.length, EXAMPLES_FORGOTTEN);
    const until = this.#keptUntil(path);
    if (until !== Number.POSITIVE_INFINITY) this.#hot.doubles(KEPT_UNTIL, MAX_16_BITS)[path] = until + 1;
  }

  /** Flows of a path that begin at this time, in nanoseconds since the first frame, or later are not among its earliest. */
  #keptUntil(path: number): number {
    const kept = this.#forgotten[path];
    if (kept === undefined || kept.length < EXAMPLES_FORGOTTEN) return Number.POSITIVE_INFINITY;
    return kept[EXAMPLES_FORGOTTEN - 1]!.events[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  #exampleOf(row: number): FlowExample {
    const { hot, cold, clients6 } = this.#flows;
    const at = hot[row + 3]!;
    const ports = cold[at + Cold.ports]!;
    const version = (hot[row + 1]! & FlowFlag.version6) !== 0 ? 6 : 4;
    const whole = this.#flows.client6At(row);
    return {
      version,
      client:
        version === 4
          ? [0, 0, 0, cold[at + Cold.client]!]
          : [clients6[whole]!, clients6[whole + 1]!, clients6[whole + 2]!, clients6[whole + 3]!],
      clientPort: ports >>> 16,
      serverPort: ports & 0xffff,
      events: this.#flows.eventsOf(row),
    };
  }

  /**
   * For each path that flows stand at, up to `most` examples, two or more: the earliest, and the newest in the last place. Of events at one time
   * the number of the frame decides: rows lie in another order in each run.
   * @param paths of which there are so many, path 0 included
   */
  chosen(most: number, paths: number): Map<number, FlowExample[]> {
    const found = new Map<number, FlowExample[]>();
    this.#chosenRows(most, paths).forEach((kept, path) => {
      found.set(
        path,
        kept.map(({ row }) => this.#exampleOf(row)),
      );
    });
    this.#forgotten.forEach((kept, path) => {
      const all = [...kept, ...(found.get(path) ?? [])];
      all.sort((a, b) => (a.events[0]?.at ?? 0) - (b.events[0]?.at ?? 0));
      found.set(path, all.length <= most ? all : [...all.slice(0, most - 1), all.at(-1)!]);
    });
    return found;
  }

  /** By path, in order of time: the earliest but one place, then the newest. */
  #chosenRows(most: number, paths: number): TimedRow[][] {
    const flows = this.#flows;
    const { hot } = flows;
    const chosen: TimedRow[][] = [];
    const { exports } = this.#hot;
    const coldEnd = exports.coldEnd();
    for (let from = 0; from < coldEnd; from += COLD_WORDS_AT_ONCE) exports.noteTimes(from, Math.min(coldEnd, from + COLD_WORDS_AT_ONCE));
    // Until a path has its examples, all of its flows are looked at.
    const times = this.#hot.doubles(PATH_TIMES, paths * 2).fill(Number.POSITIVE_INFINITY);
    for (let row = this.#nextOutside(0); row >= 0; row = this.#nextOutside(row + FLOW_ROW)) {
      const path = hot[row + 1]! & PATH;
      const timed = { row, at: flows.newestAt(row) };
      chosen[path] ??= [];
      const kept = chosen[path];
      if (kept.length < most) this.#place(kept, timed);
      else if (this.#isAfter(timed, kept[most - 1]!)) kept[most - 1] = timed;
      else if (this.#isAfter(kept[most - 2]!, timed)) {
        kept.splice(most - 2, 1);
        this.#place(kept, timed);
      }
      if (kept.length < most) continue;
      times[path * 2] = kept[most - 2]!.at;
      times[path * 2 + 1] = kept[most - 1]!.at;
    }
    return chosen;
  }

  /** The next row, from one on, that may be among those chosen by the times at hand; -1 for none. */
  #nextOutside(from: number): number {
    const end = this.#flows.hot.length;
    while (from < end) {
      const to = Math.min(end, from + HOT_WORDS_AT_ONCE);
      const row = this.#hot.exports.nextOutside(from, to);
      if (row >= 0) return row;
      from = to;
    }
    return -1;
  }

  #isAfter(a: TimedRow, b: TimedRow): boolean {
    return a.at === b.at ? this.#flows.newestFrame(a.row) > this.#flows.newestFrame(b.row) : a.at > b.at;
  }

  #place(kept: TimedRow[], timed: TimedRow): void {
    let at = kept.length;
    while (at > 0 && this.#isAfter(kept[at - 1]!, timed)) at--;
    kept.splice(at, 0, timed);
  }
}
