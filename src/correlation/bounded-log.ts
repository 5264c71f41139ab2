/** The first and the newest entries of a list that may grow without end; what lies between is only counted. */
export class BoundedLog<T> {
  /** Entries ever added. */
  count = 0;
  readonly #first: T[] = [];
  readonly #last: T[] = [];
  readonly #keepFirst: number;
  readonly #keepLast: number;

  constructor(keepFirst: number, keepLast: number) {
    this.#keepFirst = keepFirst;
    this.#keepLast = keepLast;
  }

  add(entry: T): void {
    if (this.#first.length < this.#keepFirst) this.#first.push(entry);
    else if (this.#last.length < this.#keepLast) this.#last.push(entry);
    else this.#last[(this.count - this.#keepFirst) % this.#keepLast] = entry;
    this.count++;
  }

  /** How many of the entries kept are the first ones; when some were forgotten, they lay behind these. */
  get firstKept(): number {
    return this.#first.length;
  }

  /** The newest entry, if any. */
  newest(): T | undefined {
    const inRing = this.count - this.#keepFirst;
    return inRing > 0 ? this.#last[(inRing - 1) % this.#keepLast] : this.#first.at(-1);
  }

  /** The entries kept, oldest first. */
  entries(): T[] {
    const inRing = Math.max(0, this.count - this.#keepFirst);
    const start = inRing > this.#keepLast ? inRing % this.#keepLast : 0;
    return [...this.#first, ...this.#last.slice(start), ...this.#last.slice(0, start)];
  }
}
