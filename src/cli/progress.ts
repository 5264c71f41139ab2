/** A line on the terminal that tells how far a long capture is read, how fast, and how long it will take. */
import type { CaptureInfo } from '../capture/frame.ts';
import { printable } from '../reports/printable.ts';
import { thousands } from '../thousands.ts';

/** Work that ends sooner shows no bar. */
const QUIET_MS = 700;
const REDRAW_MS = 200;
const BAR_WIDTH = 24;

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #started: number;
  #drawn = 0;

  /** @param now milliseconds on any clock that only goes forward */
  constructor(stream: NodeJS.WriteStream, now: number = performance.now()) {
    this.#stream = stream;
    this.#started = now;
  }

  /** Redraws the line where enough time has passed. */
  show(info: CaptureInfo, now: number = performance.now()): void {
    const elapsed = now - this.#started;
    if (elapsed < QUIET_MS || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const line = progressLine(info, elapsed);
    this.#stream.write(`\r${line.slice(0, (this.#stream.columns ?? 80) - 1)}\x1b[K`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn > 0) this.#stream.write('\r\x1b[K');
  }
}

/** `mirror.pcap  42 % ##########--------------  410 MB/s  3 s left`; without a known size the frames read so far. */
export function progressLine(info: CaptureInfo, elapsedMs: number): string {
  const read = info.storedBytesRead;
  const rate = `${thousands(Math.round(read / 1e3 / Math.max(elapsedMs, 1)))} MB/s`;
  const frames = `${thousands(info.frames)} frames`;
  if (info.storedBytes === null || info.storedBytes === 0) return `${printable(info.name)}  ${frames}  ${rate}`;
  const share = Math.min(1, read / info.storedBytes);
  const filled = Math.round(share * BAR_WIDTH);
  const left = share > 0 ? Math.ceil(((elapsedMs / share) * (1 - share)) / 1000) : null;
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_WIDTH - filled);
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return `${printable(info.name)} ${percent} ${bar}  ${frames}  ${rate}${left === null ? '' : `  ${left} s left`}`;
}
