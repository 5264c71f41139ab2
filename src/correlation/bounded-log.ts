/** The first and the newest entries of a list that may grow without end; what lies between is only counted. */
export class BoundedLog<T> {
  /** Entries ever added. */
  count = 0;
  readonly #first: T[] = [];
  /** A ring once it is full. */
  readonly #last: T[] = [];
  readonly #keepFirst: number;
  readonly #keepLast: number;
  /** Place of the oldest of the newest entries, once they are as many as may be. */
  #oldest = 0;

  constructor(keepFirst: number, keepLast: number) {
    this.#keepFirst = keepFirst;
    this.#keepLast = keepLast;
  }

  add(entry: T): void {
    this.count++;
    if (this.#first.length < this.#keepFirst) this.#first.push(entry);
    else if (this.#last.length < this.#keepLast) this.#last.push(entry);
    else {
      this.#last[this.#oldest] = entry;
      this.#oldest = (this.#oldest + 1) % this.#keepLast;
    }
  }

  /** How many of the entries kept are the first ones: if any is missing, it lies behind these. */
  get firstKept(): number {
    return this.#first.length;
  }

  /** The newest entry, if any. */
  newest(): T | undefined {
    return this.#last.length === 0 ? this.#first.at(-1) : this.#last.at(this.#oldest - 1);
  }

  /** The entries kept, oldest first. */
  entries(): T[] {
    return [...this.#first, ...this.#last.slice(this.#oldest), ...this.#last.slice(0, this.#oldest)];
  }
}
