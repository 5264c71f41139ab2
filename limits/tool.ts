/** Runs the program as a person does, and says what it said, how much processor time it took and how much memory it had at its peak. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

export interface Outcome {
  /** Exit code, or the signal that ended it. */
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
  /** Processor time, of all threads. */
  readonly seconds: number;
  /** Peak resident memory in bytes. */
  readonly peak: number;
}

/** A process that runs, with its standard input. */
export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly outcome: Promise<Outcome>;
}

/** Told by the process itself at its end: nobody else knows it exactly. What getrusage says counts what its parent had when it was forked. */
const TELL_COST = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync, writeSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const peak = process.platform === 'linux' ? /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1] : process.resourceUsage().maxRSS;
    writeSync(3, [peak, user + system].join(' '));
  });
`)}`;

export class Tool {
  readonly #launcher: string;

  /** @param launcher path of bin/lvs-doctor.js */
  constructor(launcher: string) {
    this.#launcher = launcher;
  }

  start(args: readonly string[]): Running {
    const child = spawn(process.execPath, ['--import', TELL_COST, this.#launcher, ...args], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    const [stdin, , , toldPipe] = child.stdio as unknown as [Writable, Readable, Readable, Readable];
    // Whoever is not read from closes the pipe.
    stdin.on('error', () => {});
    const texts = [child.stdout!, child.stderr!, toldPipe].map(textOf);
    const exit = new Promise<number | string>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')));
    const outcome = exit.then(async (code): Promise<Outcome> => {
      const [stdout, stderr, told] = (await Promise.all(texts)) as [string, string, string];
      const [peak = 0, microseconds = 0] = told.split(' ').map(Number);
      return { exit: code, stdout, stderr, seconds: microseconds / 1e6, peak: peak * 1024 };
    });
    return { child: child as unknown as Running['child'], outcome };
  }

  /** Runs it with nothing on its standard input. */
  run(args: readonly string[]): Promise<Outcome> {
    const { child, outcome } = this.start(args);
    child.stdin.end();
    return outcome;
  }
}

/** All that comes, until the end or until whoever reads it closes it. */
function textOf(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  return new Promise((resolve) => stream.once('close', () => resolve(text)));
}
