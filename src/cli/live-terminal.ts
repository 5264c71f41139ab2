/** The terminal of a watch: the live screen on it, and the keys. */
import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import type { LiveEvent } from '../live/live-event.ts';
import { Screen } from '../live/screen.ts';
import type { Watch } from '../live/watch.ts';
import { neverBlock } from './line-output.ts';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** Events that the screen may show. */
const MAX_EVENTS = 200;

export class LiveTerminal {
  readonly #stream: NodeJS.WriteStream;
  readonly #color: boolean;
  readonly #quit: () => void;
  readonly #screen = new Screen();
  readonly #events: LiveEvent[] = [];
  readonly #keys: ReadStream | null;
  #watch: Watch | null = null;
  #isPaused = false;
  readonly #redraw = () => this.#draw();

  /** @param quit called when the user wants no more */
  constructor(stream: NodeJS.WriteStream, color: boolean, quit: () => void) {
    this.#stream = stream;
    this.#color = color;
    this.#quit = quit;
    neverBlock(stream);
    stream.write(ENTER);
    stream.on('resize', this.#redraw);
    this.#keys = openKeys();
    this.#keys?.setRawMode(true);
    this.#keys?.on('data', (keys: Buffer) => this.#press(keys.toString('latin1')));
    this.#keys?.on('error', () => {});
  }

  tell(event: LiveEvent): void {
    if (event.event === 'heartbeat') return;
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }

  ticked(watch: Watch): void {
    this.#watch = watch;
    this.#screen.tick(watch);
    if (!this.#isPaused) this.#draw();
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.#stream.off('resize', this.#redraw);
    this.#keys?.setRawMode(false);
    this.#keys?.destroy();
    this.#stream.write(LEAVE);
  }

  #press(keys: string): void {
    for (const key of keys) {
      // In raw mode Ctrl-C is a key like any other.
      if (key === 'q' || key === 'Q' || key === '\x03') this.#quit();
      if (key === 'p' || key === 'P' || key === ' ') {
        this.#isPaused = !this.#isPaused;
        this.#draw();
      }
    }
  }

  /** A terminal that has not taken the picture before gets no further one: only the newest counts. */
  #draw(): void {
    if (this.#watch === null || this.#stream.writableLength > 0) return;
    const size = { columns: Math.max(20, this.#stream.columns || 80), rows: Math.max(5, this.#stream.rows || 24) };
    const lines = this.#screen.lines(this.#watch, { events: this.#events, isPaused: this.#isPaused, color: this.#color }, size);
    this.#stream.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}`);
  }
}

/** The keyboard: standard input, or, when frames come from there, the terminal itself; null when there is none. */
function openKeys(): ReadStream | null {
  if (process.stdin.isTTY) return process.stdin as unknown as ReadStream;
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch {
    return null;
  }
}
