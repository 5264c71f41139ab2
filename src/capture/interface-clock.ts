/**
 * The clock of a pcapng interface: turns 64-bit counts of any resolution into seconds and nanoseconds, exactly.
 * Most frames fall into the same second as the one before: then a subtraction will do. Only a new second takes BigInt arithmetic.
 */
import type { Frame } from './frame.ts';

const WORD = 2 ** 32;
/** The first and the last second that four digits of a year can tell (ISO 8601): 0000-01-01 and 9999-12-31. */
const FIRST_SECOND = -62_167_219_200n;
const LAST_SECOND = 253_402_300_799n;

export class InterfaceClock {
  /** Units in a second, where they are micro- or nanoseconds since 1970: what nearly all captures have. Else 0. */
  readonly fractions: number;
  private readonly units: bigint;
  private readonly offset: bigint;
  /** Units in a second where the subtraction is exact in doubles, else 0: every frame is then told with BigInt. */
  private readonly shortUnits: number;
  /** Nanoseconds = units * multiplier / divisor, exact in doubles below one second. */
  private readonly multiplier: number;
  private readonly divisor: number;
  /** The second told last, and the count at which it began. */
  private second = 0;
  private beginHigh = Number.NaN;
  private beginLow = 0;

  /**
   * `resolution` is if_tsresol: 10^-n seconds, or 2^-n with the top bit set. `offset` is if_tsoffset in seconds.
   * (draft-ietf-opsawg-pcapng section 4.2)
   */
  constructor(resolution: number, offset: bigint) {
    const exponent = resolution & 0x7f;
    const isBinary = (resolution & 0x80) !== 0;
    this.units = (isBinary ? 2n : 10n) ** BigInt(exponent);
    this.offset = offset;
    this.fractions = offset === 0n && (this.units === 1_000_000n || this.units === 1_000_000_000n) ? Number(this.units) : 0;
    // Units times multiplier must stay below 2^53.
    this.shortUnits = exponent <= (isBinary ? 23 : 15) ? Number(this.units) : 0;
    this.multiplier = isBinary ? 1_000_000_000 : 10 ** Math.max(0, 9 - exponent);
    this.divisor = isBinary ? 2 ** exponent : 10 ** Math.max(0, exponent - 9);
  }

  /** Sets the frame's time from the two words of a time stamp. A second before the year 0 or after 9999 becomes the nearest one between. */
  read(high: number, low: number, frame: Frame): void {
    const since = (high - this.beginHigh) * WORD + (low - this.beginLow);
    if (since >= 0 && since < this.shortUnits) {
      frame.seconds = this.second;
      frame.nanoseconds = ((since * this.multiplier) / this.divisor) | 0;
    } else {
      this.readNewSecond(high, low, frame);
    }
  }

  private readNewSecond(high: number, low: number, frame: Frame): void {
    const count = (BigInt(high) << 32n) | BigInt(low);
    const rest = count % this.units;
    const begin = count - rest;
    this.beginHigh = Number(begin >> 32n);
    this.beginLow = Number(begin & 0xffff_ffffn);
    const second = count / this.units + this.offset;
    this.second = Number(second > LAST_SECOND ? LAST_SECOND : second < FIRST_SECOND ? FIRST_SECOND : second);
    frame.seconds = this.second;
    frame.nanoseconds = Number((rest * 1_000_000_000n) / this.units);
  }
}
