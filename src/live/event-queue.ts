/** Work that waits its turn, bounded: what does not fit is counted, never waited for. */

export class EventQueue<T> {
  /** Entries that did not fit. */
  dropped = 0;
  readonly #most: number;
  readonly #work: (entry: T) => Promise<void>;
  readonly #atOnce: number;
  readonly #waiting: T[] = [];
  #running = 0;
  #idle: (() => void)[] = [];

  /**
   * @param most entries that may wait
   * @param atOnce entries worked on at a time
   * @param work must not reject
   */
  constructor(most: number, atOnce: number, work: (entry: T) => Promise<void>) {
    this.#most = most;
    this.#atOnce = atOnce;
    this.#work = work;
  }

  /** Entries that wait or are worked on. */
  get length(): number {
    return this.#waiting.length + this.#running;
  }

  /** False when there was no room. */
  add(entry: T): boolean {
    if (this.#waiting.length >= this.#most) {
      this.dropped++;
      return false;
    }
    this.#waiting.push(entry);
    this.#go();
    return true;
  }

  /** Until nothing waits any more, but no longer than this. */
  async drain(withinMs: number): Promise<void> {
    if (this.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([late, new Promise<void>((resolve) => this.#idle.push(resolve))]);
    clearTimeout(timer);
  }

  #go(): void {
    while (this.#running < this.#atOnce) {
      const entry = this.#waiting.shift();
      if (entry === undefined) break;
      this.#running++;
      void this.#work(entry).then(() => {
        this.#running--;
        this.#go();
      });
    }
    if (this.length > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
