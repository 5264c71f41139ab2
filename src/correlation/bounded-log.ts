/** How many entries many logs together may still keep, beyond a few in each. */
export interface Budget {
  left: number;
}

/** Entries that a log may keep however little is left for all. */
const LEAST = 3;

/** The first and the newest entries of a list that may grow without end; what lies between is only counted. */
export class BoundedLog<T> {
  /** A log without entries, to stand where one may be needed later. It takes none. */
  static readonly NONE: BoundedLog<never> = new BoundedLog<never>(0, 0);

  /** Entries ever added. */
  count = 0;
  // Most logs of a flood have one entry or none: room is made when it is needed, and no more than that.
  #first: T[] | null = null;
  #last: T[] | null = null;
  #keepFirst: number;
  #keepLast: number;
  /** Place of the oldest of the newest entries, once they are as many as may be. */
  #oldest = 0;
  readonly #budget: Budget | null;

  /** @param budget shared with other logs: once it is spent, a log keeps about as many entries as it has */
  constructor(keepFirst: number, keepLast: number, budget: Budget | null = null) {
    this.#keepFirst = keepFirst;
    this.#keepLast = keepLast;
    this.#budget = budget;
  }

  add(entry: T): void {
    if ((this as BoundedLog<unknown>) === BoundedLog.NONE) throw new Error('the empty log that all share takes no entry');
    const first = this.firstKept;
    const last = this.#last?.length ?? 0;
    if (first < this.#keepFirst && !this.#mayGrow(first < LEAST)) this.#keepFirst = first;
    if (first < this.#keepFirst) {
      if (this.#first === null) this.#first = [entry];
      else this.#first.push(entry);
    } else {
      if (last < this.#keepLast && !this.#mayGrow(last === 0)) this.#keepLast = last;
      if (this.#last === null) this.#last = [entry];
      else if (last < this.#keepLast) this.#last.push(entry);
      else {
        this.#last[this.#oldest] = entry;
        this.#oldest = (this.#oldest + 1) % last;
      }
    }
    this.count++;
  }

  /** How many of the entries kept are the first ones; when some were forgotten, they lay behind these. */
  get firstKept(): number {
    return this.#first?.length ?? 0;
  }

  /** The newest entry, if any. */
  newest(): T | undefined {
    const last = this.#last;
    return last === null ? this.#first?.at(-1) : last.at(this.#oldest - 1);
  }

  /** The entries kept, oldest first. */
  entries(): T[] {
    const first = this.#first ?? [];
    const last = this.#last;
    return last === null ? [...first] : [...first, ...last.slice(this.#oldest), ...last.slice(0, this.#oldest)];
  }

  #mayGrow(isFree: boolean): boolean {
    const budget = this.#budget;
    if (budget === null || isFree) return true;
    if (budget.left === 0) return false;
    budget.left--;
    return true;
  }
}
