/** Fuzzes one target after the other, each in a thread of its own, and prints what was run, covered and found. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FileCoverage } from './coverage.ts';
import { type Account, emptyAccount } from './fuzzer.ts';
import { Beat, type Job } from './job.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { capturesBelow } from './seeds.ts';
import { TARGETS } from './targets/index.ts';
import { WatchedThread } from './watched-thread.ts';

const ROOT = resolve(import.meta.dirname, '..');
/** Longer than an input of any target. */
const MAX_INPUT_BYTES = 1 << 18;

interface Outcome {
  readonly target: string;
  readonly account: Account;
  readonly seconds: number;
  readonly peak: number;
  readonly files: readonly FileCoverage[];
  readonly findings: number;
}

await main();

async function main(): Promise<void> {
  const names = TARGETS.map(({ name }) => name);
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2), ROOT, names);
  } catch (error) {
    say((error as Error).message);
    process.exitCode = 2;
    return;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const captures = capturesBelow(options.seeds);
  say(`seed ${options.seed}; ${captures.length} captures to begin with, of ${options.seeds.join(', ')}`);
  const outcomes: Outcome[] = [];
  const targets = TARGETS.filter(({ name }) => options.targets.includes(name));
  const weights = targets.reduce((sum, { weight }) => sum + weight, 0);
  for (const { name, weight } of targets) outcomes.push(await fuzz(name, (options.minutes * 60_000 * weight) / weights, captures, options));
  if (options.repeat === null) print(outcomes, options);
  const findings = outcomes.reduce((sum, outcome) => sum + outcome.findings, 0);
  say(findings === 0 ? 'nothing was found.' : `${findings} found; see ${options.findings}`);
  if (findings > 0) process.exitCode = 1;
}

/** Runs one target for so many milliseconds, in one thread; after one that had to be ended in another one. */
async function fuzz(target: string, ms: number, captures: readonly string[], options: Options): Promise<Outcome> {
  const begun = Date.now();
  const until = begun + ms;
  const repeat = options.repeat === null ? null : new Uint8Array(readFileSync(options.repeat));
  const outcome = { target, account: emptyAccount(), seconds: 0, peak: 0, files: [] as readonly FileCoverage[], findings: 0 };
  for (let threads = 0; ; threads++) {
    const { account } = outcome;
    const job: Job = {
      target,
      seed: options.seed + threads,
      until,
      executions: options.executions - account.executions,
      captures,
      clusters: join(ROOT, 'fuzz/clusters'),
      folder: options.findings,
      repeat,
      beat: Beat.memoryFor(MAX_INPUT_BYTES),
    };
    const end = await new WatchedThread(job, (now) => progress(target, begun, added(account, now)), say).run();
    outcome.account = added(account, end.account);
    outcome.findings += end.findings;
    outcome.peak = Math.max(outcome.peak, end.peak);
    outcome.seconds = (Date.now() - begun) / 1000;
    outcome.files = end.files;
    if (end.isDone || repeat !== null || Date.now() >= until || outcome.account.executions >= options.executions) return outcome;
  }
}

function added(a: Account, b: Account): Account {
  return {
    executions: a.executions + b.executions,
    seeds: a.seeds + b.seeds,
    kept: Math.max(a.kept, b.kept),
    blocks: Math.max(a.blocks, b.blocks),
    findings: a.findings + b.findings,
    slowestMs: Math.max(a.slowestMs, b.slowestMs),
  };
}

function print(outcomes: readonly Outcome[], { coverage }: Options): void {
  const rows = outcomes.map(({ target, account, seconds, peak, findings }) => [
    target,
    count(account.executions),
    count(account.executions / seconds),
    count(account.kept),
    count(account.blocks),
    `${account.slowestMs.toFixed(0)} ms`,
    `${count(peak / 1e6)} MB`,
    count(findings),
  ]);
  const head = ['target', 'executions', 'a second', 'inputs kept', 'blocks covered', 'slowest', 'peak RSS', 'findings'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  for (const row of [head, ...rows]) {
    process.stdout.write(`${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}\n`);
  }
  if (!coverage) return;
  for (const { target, files } of outcomes) {
    process.stdout.write(`\n${target}: blocks that have run, and the share of the text\n`);
    for (const { file, blocks, share } of files.filter((each) => each.blocks > 0).sort((a, b) => a.file.localeCompare(b.file))) {
      process.stdout.write(`${count(blocks).padStart(6)} ${`${count(share * 100)} %`.padStart(6)}  ${file}\n`);
    }
  }
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function progress(target: string, begun: number, { executions, blocks, findings }: Account): void {
  if (!process.stderr.isTTY) return;
  const seconds = (Date.now() - begun) / 1000;
  const rate = count(executions / seconds);
  process.stderr.write(`\r${target}: ${count(executions)} executions, ${rate}/s, ${count(blocks)} blocks, ${findings} found\x1b[K`);
}

function say(line: string): void {
  process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}fuzz: ${line}\n`);
}
