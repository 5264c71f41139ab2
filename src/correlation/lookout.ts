/**
 * Is it worth while to look for known frames? Not at first: until some hundred thousand frames have come, V8 has enough to do with what all
 * of them need. And not where few are known, as of connections with a packet or two: there it is tried again ever more seldom.
 */

/** Frames at the beginning for which nobody looks. */
const FIRST = 1 << 18;
/** Frames after which it is asked what came of it, and the share of them that must be known. */
const TRIAL = 1 << 14;
const WORTH = 0.4;
const LONGEST = 1 << 23;

export class Lookout {
  /** Frames of this trial that were known. */
  known = 0;
  #looked = 0;
  /** Frames still to come for which nobody looks; none before the first is asked about. */
  #resting = 0;
  #rest = 0;

  /** Whether nobody looks now, so that nothing needs to be noted for it. */
  get isClosed(): boolean {
    return this.#resting > 0;
  }

  /** Whether to look for the next frame. */
  isOpen(): boolean {
    if (this.#rest === 0) this.#close(FIRST);
    if (this.#resting > 0) {
      this.#resting--;
      return false;
    }
    if (this.#looked++ === TRIAL) {
      if (this.known >= TRIAL * WORTH) this.#rest = FIRST;
      else this.#close(Math.min(this.#rest * 2, LONGEST));
      this.#looked = 0;
      this.known = 0;
    }
    return true;
  }

  #close(frames: number): void {
    this.#rest = frames;
    this.#resting = frames;
  }
}
