/** Times of facts as text: UTC with nanoseconds. */
import type { Facts } from '../correlation/facts.ts';

export class TimeText {
  readonly #seconds: number;
  readonly #nanoseconds: number;

  constructor(facts: Facts) {
    this.#seconds = facts.baseSeconds;
    this.#nanoseconds = facts.baseNanoseconds;
  }

  /** `2026-11-20T08:52:01.123456789Z` of nanoseconds since the first frame. */
  of(at: number): string {
    const total = this.#nanoseconds + at;
    const seconds = Math.floor(total / 1e9);
    return timeText(this.#seconds + seconds, total - seconds * 1e9);
  }
}

/** The same of seconds since 1970 and nanoseconds within the second. */
export function timeText(seconds: number, nanoseconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanoseconds).padStart(9, '0')}Z`;
}
