/**
 * Is it worth while to look for known frames? Not at first: until some hundred thousand frames have come, V8 has enough to do with what all
 * of them need. And not where few are known, as of connections with a packet or two: there it is tried again ever more seldom.
 */

/** Frames at the beginning for which nobody looks. */
const FIRST = 1 << 18;
/** Frames after which it is asked what came of it. */
const TRIAL = 1 << 14;
/** Share of the frames of a trial that must be known to go on. */
const WORTH = 0.4;
/** Most frames from one trial to the next. */
const LONGEST = 1 << 23;

export class Lookout {
  /** Frames of this trial that were known. */
  known = 0;
  #looked = 0;
  /** Frames still to come for which nobody looks. */
  #resting: number;
  /** Frames of the next rest. */
  #rest = FIRST;

  /** @param first frames at the beginning for which nobody looks */
  constructor(first: number = FIRST) {
    this.#resting = first;
  }

  /** Whether nobody looks now, so that nothing needs to be noted for it. */
  get isClosed(): boolean {
    return this.#resting > 0;
  }

  /** Counts one more frame, and says whether to look for it. */
  looksForNext(): boolean {
    if (this.#looked === TRIAL) this.#review();
    if (this.#resting > 0) {
      this.#resting--;
      return false;
    }
    this.#looked++;
    return true;
  }

  #review(): void {
    if (this.known >= TRIAL * WORTH) this.#rest = FIRST;
    else {
      this.#resting = this.#rest;
      this.#rest = Math.min(this.#rest * 2, LONGEST);
    }
    this.#looked = 0;
    this.known = 0;
  }
}
