/** Is it worth while to ask the hot path about frames? Not where it knows none, as of UDP or IPv6: there it is tried ever more seldom. */

/** Frames one after the other that nobody knew, before any is passed over unseen. */
const PATIENCE = 32;
/** Most frames that are not looked at, until the next try. */
const LONGEST = 1024;

export class Lookout {
  /** Tries one after the other that took no frame. */
  #fruitless = 0;
  #resting = 0;

  /** Whether the next frame is not to be looked at. To be asked once for each. */
  rests(): boolean {
    if (this.#resting === 0) return false;
    this.#resting--;
    return true;
  }

  /** Notes how many frames a try has taken. */
  note(taken: number): void {
    if (taken > 0) this.#fruitless = 0;
    else if (++this.#fruitless >= PATIENCE) this.#resting = Math.min(this.#fruitless * 2, LONGEST);
  }
}
