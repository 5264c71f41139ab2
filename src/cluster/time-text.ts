/** Times of facts as text: UTC with nanoseconds. */
import type { Facts } from '../correlation/facts.ts';

/** 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const FIRST_SECOND = -62_167_219_200;
const LAST_SECOND = 253_402_300_799;

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

/** The same of seconds since 1970 and nanoseconds within the second. What a year of four digits cannot tell becomes the nearest time that it can. */
export function timeText(seconds: number, nanoseconds: number): string {
  const told = Math.min(Math.max(seconds, FIRST_SECOND), LAST_SECOND);
  // Over spans of more than a hundred days doubles round to more than a nanosecond.
  const rest = Math.min(Math.max(nanoseconds, 0), 999_999_999);
  return `${new Date(told * 1000).toISOString().slice(0, 19)}.${String(rest).padStart(9, '0')}Z`;
}
