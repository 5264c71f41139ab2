/** Whether the memory of this process grows with the number of inputs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MIB = 1024 * 1024;
/** What a single input may add to the resident memory of the process. */
const MOST_AN_INPUT = 400 * MIB;
/** What all inputs together may add to what is in use, and to resident memory, once everything was in use once. */
const MOST_GROWTH = 64 * MIB;
const MOST_RESIDENT_GROWTH = 256 * MIB;
/** Looks at the memory that belong to warming up. */
const WARM_LOOKS = 4;

export class Memory {
  readonly #collect: () => void;
  #looks = 0;
  #used = 0;
  #resident = 0;
  /** Largest resident memory seen, in bytes. */
  peak = 0;
  #before: number;

  constructor() {
    this.#before = process.memoryUsage.rss();
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  /** Called after each input. One sentence when it took more than any input may, else null. */
  end(): string | null {
    const now = process.memoryUsage.rss();
    this.peak = Math.max(this.peak, now);
    const added = now - this.#before;
    this.#before = now;
    return added > MOST_AN_INPUT ? `one input added ${mib(added)} to the resident memory` : null;
  }

  /**
   * Called from time to time. One sentence when memory has grown more than it may, else null.
   * @param kept bytes of inputs that the fuzzer itself keeps
   */
  look(kept: number): string | null {
    this.#collect();
    const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
    const used = heapUsed + arrayBuffers - kept;
    this.#looks++;
    if (this.#looks <= WARM_LOOKS) {
      this.#used = Math.max(this.#used, used);
      this.#resident = Math.max(this.#resident, rss);
      return null;
    }
    if (used > this.#used + MOST_GROWTH) return `memory in use grew from ${mib(this.#used)} to ${mib(used)}`;
    if (rss > this.#resident + MOST_RESIDENT_GROWTH) return `resident memory grew from ${mib(this.#resident)} to ${mib(rss)}`;
    return null;
  }
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
