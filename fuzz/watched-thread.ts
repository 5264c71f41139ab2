/** A thread that fuzzes, and the watch over it: an input that never ends, or that ends the thread, is saved and ends it. */
import { Worker } from 'node:worker_threads';
import type { FileCoverage } from './coverage.ts';
import { saveFinding } from './findings.ts';
import { type Account, emptyAccount } from './fuzzer.ts';
import { Beat, type Job, type Message } from './job.ts';

/** How long one input may take. */
export interface Deadline {
  /** Processor time. */
  readonly cpuMs: number;
  /** By the clock: on a busy machine many inputs take long. */
  readonly ms: number;
}

const DEADLINE: Deadline = { cpuMs: 10_000, ms: 120_000 };
const WATCH_MS = 250;
/** For objects; buffers are watched by the thread itself. */
const HEAP_MIB = 1024;

export interface ThreadEnd {
  /** Whether it did all that it was to do. */
  readonly isDone: boolean;
  readonly account: Account;
  readonly findings: number;
  /** Of a thread that was not done nothing is known here. */
  readonly files: readonly FileCoverage[];
  readonly peak: number;
}

export class WatchedThread {
  readonly #job: Job;
  readonly #beat: Beat;
  readonly #tell: (account: Account) => void;
  readonly #say: (line: string) => void;
  readonly #deadline: Deadline;
  #account = emptyAccount();
  #findings = 0;
  /** Which input the thread was seen at, and when, by the clock and by processor time in milliseconds. */
  #seen = { execution: 0, at: 0, cpu: 0 };

  /** @param tell gets the account from time to time; @param say gets each finding as text */
  constructor(job: Job, tell: (account: Account) => void, say: (line: string) => void, deadline: Deadline = DEADLINE) {
    this.#job = job;
    this.#beat = new Beat(job.beat);
    this.#tell = tell;
    this.#say = say;
    this.#deadline = deadline;
  }

  /** Runs it until it is done or has to be ended. @param script of the thread */
  run(script: URL = new URL('./worker.mjs', import.meta.url)): Promise<ThreadEnd> {
    return new Promise((resolve) => {
      const worker = new Worker(script, {
        workerData: this.#job,
        resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
      });
      let done: Extract<Message, { kind: 'done' }> | null = null;
      let failure: Error | null = null;
      let isHanging = false;
      const watch = setInterval(() => {
        if (isHanging || !this.#isStuck()) return;
        isHanging = true;
        void worker.terminate();
      }, WATCH_MS);
      worker.on('message', (message: Message) => {
        if (message.kind === 'done') done = message;
        this.#hear(message);
      });
      worker.on('error', (error: Error) => {
        failure = error;
      });
      worker.on('exit', () => {
        clearInterval(watch);
        if (isHanging) this.#save('hangs', 'an input takes longer than any may', '');
        else if (failure !== null) this.#save('ends the thread', `${failure.name}: ${failure.message}`, failure.stack ?? '');
        else if (done === null) this.#save('never ends', 'an input waits for something that does not come', '');
        const { files = [], peak = 0 } = done ?? {};
        resolve({ isDone: done !== null, account: this.#account, findings: this.#findings, files, peak });
      });
    });
  }

  #hear(message: Message): void {
    if (message.kind === 'finding') {
      this.#findings++;
      this.#say(`${this.#job.target}: ${message.what}: ${message.message.slice(0, 2000)}\n  ${message.path}`);
      return;
    }
    this.#account = message.account;
    this.#tell(message.account);
  }

  #isStuck(): boolean {
    const now = { execution: this.#beat.execution, at: performance.now(), cpu: process.cpuUsage().user / 1000 };
    if (now.execution === 0 || now.execution !== this.#seen.execution) {
      this.#seen = now;
      return false;
    }
    return now.at - this.#seen.at > this.#deadline.ms || now.cpu - this.#seen.cpu > this.#deadline.cpuMs;
  }

  #save(what: string, message: string, stack: string): void {
    const { folder, target, seed } = this.#job;
    const { execution, input } = this.#beat;
    const path = saveFinding(folder, { target, what, message, stack, input, seed, execution });
    this.#account = { ...this.#account, executions: execution, findings: this.#account.findings + 1 };
    this.#hear({ kind: 'finding', path, what, message });
  }
}
