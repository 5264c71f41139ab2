/**
 * `--exec COMMAND`: runs it for each event, with the event as JSON on its standard input. The command is the operator's and goes through
 * the shell as typed; nothing of an event ever becomes part of it.
 */
import { spawn } from 'node:child_process';
import { EventQueue } from './event-queue.ts';
import type { LiveEvent } from './live-event.ts';

/** Commands at a time. */
const AT_ONCE = 2;
const MAX_WAITING = 1_000;
/** A command that takes longer is ended. */
const LONGEST_MS = 60_000;

export interface ExecOptions {
  readonly command: string;
  /** Told in a sentence when the command fails. */
  readonly failed: (sentence: string) => void;
  readonly longestMs?: number;
}

export class ExecHook {
  readonly #options: ExecOptions;
  readonly #queue: EventQueue<LiveEvent>;
  #isFull = false;

  constructor(options: ExecOptions) {
    this.#options = options;
    this.#queue = new EventQueue(MAX_WAITING, AT_ONCE, (event) => this.#run(event));
  }

  tell(event: LiveEvent): void {
    const isTaken = this.#queue.add(event);
    if (!isTaken && !this.#isFull)
      this.#options.failed(`The command of --exec is too slow: ${MAX_WAITING} events wait for it, and further ones are not told.`);
    this.#isFull = !isTaken;
  }

  close(withinMs: number): Promise<void> {
    return this.#queue.drain(withinMs);
  }

  #run(event: LiveEvent): Promise<void> {
    const { command, failed, longestMs = LONGEST_MS } = this.#options;
    return new Promise((resolve) => {
      // A group of its own: what the command starts ends with it.
      const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        try {
          process.kill(-child.pid!, 'SIGKILL');
        } catch {
          // It has just ended by itself.
        }
      }, longestMs);
      const end = (problem: string | null) => {
        clearTimeout(timer);
        if (problem !== null) failed(`The command of --exec ${problem}: an event of ${event.time} may not have been told.`);
        resolve();
      };
      child.once('error', (error) => end(`cannot be run (${error.message})`));
      child.once('exit', (code, signal) => {
        if (isLate) end(`took longer than ${longestMs / 1000} s and was ended`);
        else end(code === 0 ? null : code === null ? `was ended by ${signal}` : `failed with exit code ${code}`);
      });
      // A command that does not read its input is none the worse for it.
      child.stdin.on('error', () => {});
      child.stdin.end(`${JSON.stringify(event)}\n`);
    });
  }
}
