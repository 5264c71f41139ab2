/** Runs a whole process and says how long it took and how much memory it had at its peak. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const POLL_MS = 5;
/** A program this slow is run once. */
const SLOW_SECONDS = 15;
const GNU_TIME = '/usr/bin/time';

/**
 * The environment of what is measured: without what a place sets for each Node.js program. Certificates of NODE_EXTRA_CA_CERTS take as long to parse as all else
 * of a start, and no diagnosis asks for one.
 */
const PLAIN_ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NODE|UV)_/.test(name)));

let running;

/** Ends the process that is being measured, with all that it started. */
export function stopMeasuring() {
  if (running?.pid === undefined) return;
  try {
    process.kill(-running.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * How peak memory is learned here: GNU time, else /proc/<pid>/status read every few milliseconds, else not at all.
 * @param {string} folder for a scratch file
 * @returns {'time' | 'proc' | 'none'}
 */
export function memoryMethod(folder) {
  const scratch = join(folder, 'rss');
  const tried = spawnSync(GNU_TIME, ['-q', '-f', '%M', '-o', scratch, process.execPath, '-e', '0']);
  rmSync(scratch, { force: true });
  if (tried.status === 0) return 'time';
  return process.platform === 'linux' ? 'proc' : 'none';
}

/**
 * Runs one process, its output thrown away.
 * @param {readonly string[]} command
 * @param {{ folder: string, method: 'time' | 'proc' | 'none', stdin?: string, exits?: readonly number[], variables?: Record<string, string> }} options
 * `stdin` is a file that comes through a pipe; `exits` are the exit codes of success, 0 unless given; `variables` are added to the environment
 * @returns {Promise<{ seconds: number, rss: number | null }>} wall-clock time, and peak resident bytes where they can be learned
 */
export async function measure(command, { folder, method, stdin, exits = [0], variables = {} }) {
  const piped = stdin === undefined ? command : ['/bin/sh', '-c', 'cat "$0" | "$@"', stdin, ...command];
  const scratch = join(folder, 'rss');
  const [program, ...args] = method === 'time' ? [GNU_TIME, '-q', '-f', '%M', '-o', scratch, ...piped] : piped;
  const errors = openSync(join(folder, 'stderr'), 'w');
  try {
    const begin = process.hrtime.bigint();
    // A group of its own, so that an interruption ends all of it.
    const env = { ...PLAIN_ENVIRONMENT, ...variables };
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', errors], detached: true, env });
    running = child;
    let peak = null;
    const poll =
      method === 'proc' && stdin === undefined ? setInterval(() => (peak = residentPeak(child.pid) ?? peak), POLL_MS) : undefined;
    const exit = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? signal));
    });
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    clearInterval(poll);
    if (!exits.includes(exit)) {
      const said = readFileSync(join(folder, 'stderr'), 'utf8').trim().slice(-500);
      throw new Error(`${command.join(' ')} ended with ${exit} instead of ${exits.join(' or ')}: ${said}`);
    }
    return { seconds, rss: method === 'time' ? Number(readFileSync(scratch, 'utf8')) * 1024 : peak };
  } finally {
    running = undefined;
    closeSync(errors);
  }
}

/**
 * Measures several processes in turns, so that a machine that slows down slows down all of them. The first one, with which the others are compared, runs before each of
 * them: beside a program of many seconds the one moment of a short one would decide the ratio.
 * @template {{ command: readonly string[], stdin?: string, exits?: readonly number[], variables?: Record<string, string> }} T
 * @param {readonly T[]} entries
 * @param {{ runs: number, folder: string, method: 'time' | 'proc' | 'none', deadline: number }} options `deadline` by the clock of `performance`: after it, nothing runs a second time
 * @returns {Promise<(T & { seconds: number, rss: number | null, runs: number })[]>} median time, greatest peak
 */
export async function measureInTurns(entries, { runs, folder, method, deadline }) {
  const taken = entries.map(() => []);
  const turn = entries.flatMap((_, i) => (i > 1 ? [0, i] : [i]));
  for (let run = 0; run < runs; run++) {
    for (const i of turn) {
      const entry = entries[i];
      if (taken[i].length > 0 && (taken[i][0].seconds > SLOW_SECONDS || performance.now() > deadline)) continue;
      const { command, stdin, exits, variables } = entry;
      taken[i].push(await measure(command, { folder, method, stdin, exits, variables }));
    }
  }
  return entries.map((entry, i) => ({
    ...entry,
    seconds: median(taken[i].map(({ seconds }) => seconds)),
    rss: taken[i].reduce((most, { rss }) => (rss === null ? most : Math.max(most ?? 0, rss)), null),
    runs: taken[i].length,
  }));
}

/** The median of one or more numbers; of an even count the mean of the middle two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Peak resident bytes of a process that runs, from VmHWM; undefined once it has ended. */
function residentPeak(pid) {
  try {
    const line = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? undefined : Number(line[1]) * 1024;
  } catch {
    return undefined;
  }
}
