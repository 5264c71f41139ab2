/** Lines to standard output that never make the work wait: a reader who is too slow misses lines, and is told how many. */

/** Bytes that may wait for a slow reader. */
const MOST_WAITING = 8 * 1024 * 1024;

export class LineOutput {
  readonly #stream: NodeJS.WriteStream;
  #missed = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    neverBlock(stream);
  }

  /**
   * Writes a line, or counts it as missed.
   * @param missed the line that tells how many were missed before it
   */
  write(line: string, missed: (count: number) => string): void {
    if (this.#stream.writableLength > MOST_WAITING) {
      this.#missed++;
      return;
    }
    if (this.#missed > 0) this.#stream.write(`${missed(this.#missed)}\n`);
    this.#missed = 0;
    this.#stream.write(`${line}\n`);
  }

  /** Until all is written, but no longer than this. */
  async drain(withinMs: number): Promise<void> {
    if (this.#stream.writableLength === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([late, new Promise<void>((resolve) => this.#stream.write('', () => resolve()))]);
    clearTimeout(timer);
  }
}

/** Terminals are written synchronously by default: one that is stopped with Ctrl-S would stop everything. */
export function neverBlock(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?: (isBlocking: boolean) => void } };
  handle?.setBlocking?.(false);
}
