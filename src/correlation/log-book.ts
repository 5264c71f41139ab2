/**
 * Many lists that may grow without end, in columns: of each the first and the newest entries are kept, and what lies between is only
 * counted. (BoundedLog is one such list, of objects.) All share one room, and a flood makes very many lists: from half of the room on a list
 * grows to its first three entries and the newest one, in the last quarter it is begun and grows no more.
 */
import { withRoom } from './columns.ts';

/** Words of a list. */
const LOG = 8;
/** Entries ever added. */
const COUNT = 0;
/** The first node, the last one of those that are kept because they came first, and the newest one. */
const HEAD = 1;
const END_OF_FIRST = 2;
const TAIL = 3;
/** How many first and newest ones are kept now, and how many of them may be. */
const FIRST = 4;
const NEWEST = 5;
const MOST_FIRST = 6;
const MOST_NEWEST = 7;

/** Words of a node: an entry and the node behind it. */
const NODE = 2;
const ENTRY = 0;
const NEXT = 1;

/** First entries that a list may have when half of the room is taken. */
const LEAST = 3;

export class LogBook {
  readonly #room: number;
  /** Entries that may still be kept. */
  #left: number;
  #logs = new Int32Array(LOG * 16);
  #logCount = 0;
  #nodes = new Int32Array(NODE * 16);
  #nodeCount = 0;
  /** Lists that were closed, and their nodes: the first of a chain. */
  #freeLog = 0;
  #freeNode = 0;

  /** @param room entries that all lists together may keep */
  constructor(room: number) {
    this.#room = room;
    this.#left = room;
  }

  /** Whether a list that is begun now gets its first entry. */
  get hasRoom(): boolean {
    return this.#left > 0;
  }

  /** Begins a list of so many first and newest entries, and gives its number, from 1. */
  open(mostFirst: number, mostNewest: number): number {
    let log = this.#freeLog;
    if (log === 0) log = ++this.#logCount;
    else this.#freeLog = this.#logs[log * LOG + HEAD]!;
    const at = log * LOG;
    this.#logs = withRoom(this.#logs, at + LOG);
    this.#logs.fill(0, at, at + LOG);
    this.#logs[at + MOST_FIRST] = mostFirst;
    this.#logs[at + MOST_NEWEST] = mostNewest;
    return log;
  }

  /** Adds an entry that is not 0; gives the entry for which there is no place any more, an older one or this one itself, or 0. */
  add(log: number, entry: number): number {
    const logs = this.#logs;
    const at = log * LOG;
    logs[at + COUNT]!++;
    const first = logs[at + FIRST]!;
    const newest = logs[at + NEWEST]!;
    const isOnly = first + newest === 0;
    if (first < logs[at + MOST_FIRST]!) {
      if (this.#mayGrow(isOnly, first < LEAST)) {
        this.#append(at, entry);
        logs[at + END_OF_FIRST] = logs[at + TAIL]!;
        logs[at + FIRST]!++;
        return 0;
      }
      logs[at + MOST_FIRST] = first;
    }
    if (newest < logs[at + MOST_NEWEST]!) {
      if (this.#mayGrow(isOnly, newest === 0)) {
        this.#append(at, entry);
        logs[at + NEWEST]!++;
        return 0;
      }
      logs[at + MOST_NEWEST] = newest;
    }
    return newest === 0 ? entry : this.#replaceOldest(at, entry);
  }

  /** Entries ever added to a list. */
  countOf(log: number): number {
    return this.#logs[log * LOG + COUNT]! >>> 0;
  }

  /** How many of the entries kept are the first ones; when some were forgotten, they lay behind these. */
  firstKept(log: number): number {
    return this.#logs[log * LOG + FIRST]!;
  }

  /** The entries kept, oldest first. */
  entriesOf(log: number): number[] {
    const entries: number[] = [];
    for (let node = this.#logs[log * LOG + HEAD]!; node !== 0; node = this.#nodes[node * NODE + NEXT]!) {
      entries.push(this.#nodes[node * NODE + ENTRY]!);
    }
    return entries;
  }

  /** Ends a list: its room is free again, and its number may be another's. */
  close(log: number): void {
    const at = log * LOG;
    const tail = this.#logs[at + TAIL]!;
    if (tail !== 0) {
      this.#nodes[tail * NODE + NEXT] = this.#freeNode;
      this.#freeNode = this.#logs[at + HEAD]!;
      this.#left += this.#logs[at + FIRST]! + this.#logs[at + NEWEST]!;
    }
    this.#logs[at + HEAD] = this.#freeLog;
    this.#freeLog = log;
  }

  #mayGrow(isOnly: boolean, isLeast: boolean): boolean {
    return this.#left > (isOnly ? 0 : this.#room / (isLeast ? 4 : 2));
  }

  #append(at: number, entry: number): void {
    let node = this.#freeNode;
    if (node === 0) node = ++this.#nodeCount;
    else this.#freeNode = this.#nodes[node * NODE + NEXT]!;
    this.#nodes = withRoom(this.#nodes, node * NODE + NODE);
    this.#nodes[node * NODE + ENTRY] = entry;
    this.#nodes[node * NODE + NEXT] = 0;
    this.#left--;
    const tail = this.#logs[at + TAIL]!;
    if (tail === 0) this.#logs[at + HEAD] = node;
    else this.#nodes[tail * NODE + NEXT] = node;
    this.#logs[at + TAIL] = node;
  }

  /** Puts an entry into the node of the oldest of the newest ones, and this behind the others. */
  #replaceOldest(at: number, entry: number): number {
    const logs = this.#logs;
    const nodes = this.#nodes;
    const before = logs[at + END_OF_FIRST]!;
    const node = before === 0 ? logs[at + HEAD]! : nodes[before * NODE + NEXT]!;
    const replaced = nodes[node * NODE + ENTRY]!;
    nodes[node * NODE + ENTRY] = entry;
    const tail = logs[at + TAIL]!;
    if (node === tail) return replaced;
    const next = nodes[node * NODE + NEXT]!;
    if (before === 0) logs[at + HEAD] = next;
    else nodes[before * NODE + NEXT] = next;
    nodes[tail * NODE + NEXT] = node;
    nodes[node * NODE + NEXT] = 0;
    logs[at + TAIL] = node;
    return replaced;
  }
}
