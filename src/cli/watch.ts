/** `lvs-doctor watch -i <interface>` */

import { fstatSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LiveEvent } from '../live/live-event.ts';
import type { Watch } from '../live/watch.ts';
import { counts, type FailOn, failOnOption } from './exit-code.ts';
import { addClusterOptions, type ClusterOptions } from './options.ts';
import { addRuleOptions, type RuleOptions, rulesOf } from './rule-options.ts';

interface WatchCommandOptions extends ClusterOptions, RuleOptions {
  readonly interface?: string;
  readonly backend: (typeof BACKENDS)[number];
  readonly filter?: string;
  readonly interval: number;
  readonly evidenceDir?: string;
  readonly metrics?: string;
  readonly webhook?: readonly string[];
  readonly exec?: string;
  readonly user?: string;
  readonly format: 'text' | 'json';
  readonly failOn: FailOn;
  readonly color: boolean;
  readonly quiet?: boolean;
}

/** As src/capture/live has them, which is loaded only when it is needed. */
const BACKENDS = ['auto', 'afpacket', 'pcap', 'tcpdump', 'cap'] as const;
/** What is left to be told at the end gets so long. */
const LAST_WORDS_MS = 3_000;
/** One way of telling says no more often that it fails. */
const FAILURE_TOLD_MS = 60_000;

export function addWatchCommand(program: Command): void {
  const command = program
    .command('watch')
    .summary('watch a live interface: tell when something breaks, and when it heals')
    .description(
      'Watches an interface of a director, a real server or a mirror port, or a live pipe (-), and tells within seconds when something breaks, and when it heals.',
    )
    .argument('[pipe]', "'-' reads a live capture from standard input, such as tcpdump -U -w - writes it")
    .option('-i, --interface <name>', "the interface; 'mirror=eth1' tells where it is");
  addRuleOptions(addClusterOptions(command))
    .addOption(new Option('--backend <name>', 'how to capture').choices(BACKENDS).default('auto'))
    .option('--filter <bpf>', 'what to capture, in the language of tcpdump; by default the cluster given, else everything')
    .addOption(new Option('--interval <seconds>', 'from one judgement to the next').argParser(readSeconds).default(1, '1'))
    .option('--evidence-dir <directory>', 'save the frames that prove each finding there, as pcapng files')
    .option('--metrics <[host:]port>', 'serve metrics for Prometheus; on this machine only, unless a host is given')
    .addOption(
      new Option('--webhook <url>', 'tell events there as JSON; an Alertmanager when the URL ends in /api/v2/alerts; repeatable').argParser(
        (value: string, before: readonly string[] = []) => [...before, readUrl(value)],
      ),
    )
    .option('--exec <command>', 'run it for each event, with the event as JSON on its standard input')
    .option('--user <name>', 'become this user once the interface is open')
    .addOption(new Option('-f, --format <format>', 'json: one event a line').choices(['text', 'json']).default('text'))
    .addOption(failOnOption())
    .option('--no-color', 'no colour (NO_COLOR=1 does the same)')
    .option('-q, --quiet', 'events alone: no heartbeat, no summary')
    .addHelpText(
      'after',
      '\nEnds on Ctrl-C or SIGTERM with a summary. Exit codes: 0 nothing found, 1 found (confirmed or probable), 2 could not watch.',
    )
    .action(run);
}

function readSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds >= 0.1 && seconds <= 60)) throw new InvalidArgumentError('seconds from 0.1 to 60 were expected, such as 1 or 0.5.');
  return seconds;
}

function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('a URL was expected, such as http://127.0.0.1:9093/api/v2/alerts.');
  }
  return text;
}

async function run(pipe: string | undefined, options: WatchCommandOptions): Promise<void> {
  const { name, point, given } = await whatToWatch(pipe, options);
  const rules = await rulesOf(options);
  const { openLive } = await import('../capture/live/open-live.ts');
  const { liveFilter } = await import('../cluster/live-filter.ts');
  const { chooseRules } = await import('../rules/index.ts');
  const { Watch } = await import('../live/watch.ts');
  const { CAPTURE_DISTURBED } = await import('../rules/notices.ts');
  const stop = new AbortController();
  const tellers = new Tellers(options, name);
  await tellers.open();
  let watch: Watch | null = null;
  let isOpen = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Before the capture stands, and at the second time, the signal does what it always does.
    const end = () => {
      process.off(signal, end);
      if (isOpen) stop.abort();
      else process.kill(process.pid, signal);
    };
    process.on(signal, end);
  }
  const filter = options.filter ?? (name === '-' ? null : liveFilter(given));
  const source = await openLive({
    interface: name,
    backend: options.backend,
    filter,
    signal: stop.signal,
    notice: (sentence) => watch?.notice(CAPTURE_DISTURBED, sentence),
    ...(options.user === undefined ? {} : { user: options.user }),
  }).catch(async (error: unknown) => {
    await tellers.close();
    throw error;
  });
  isOpen = true;
  try {
    const captureName = name === '-' ? 'standard input' : name;
    const evidence = options.evidenceDir === undefined ? null : await openEvidence(options.evidenceDir, captureName, () => watch);
    let exitCode: 0 | 1 = 0;
    const tell = (event: LiveEvent) => {
      if ((event.event === 'found' || event.event === 'worse') && counts(event.finding, options.failOn)) exitCode = 1;
      tellers.tell(event);
    };
    watch = new Watch(source, {
      given,
      point,
      captureName,
      rules: chooseRules(rules),
      intervalMs: options.interval * 1000,
      tell,
      ticked: (ticked) => tellers.ticked(ticked),
      ...(evidence === null ? {} : { evidence }),
    });
    await tellers.begin(watch, source.why, () => stop.abort());
    try {
      await watch.run();
    } finally {
      evidence?.close();
      await source.close();
      await tellers.end(watch);
    }
    process.exitCode = exitCode;
    // A reader who has stalled would keep the process for ever.
    if (process.stdout.writableLength > 0) process.exit();
    await sayWhenNothingCame(watch, name, stop.signal.aborted);
  } finally {
    await source.close();
    await tellers.close();
  }
}

async function whatToWatch(pipe: string | undefined, options: WatchCommandOptions) {
  const { UsageError } = await import('../usage-error.ts');
  const { readGiven } = await import('./read-given.ts');
  const { readCaptureArguments } = await import('./captures.ts');
  const called = options.interface ?? pipe;
  if (called === undefined) throw new UsageError("no interface is given; try 'lvs-doctor watch -i eth1', or - for a live pipe.");
  if (options.interface !== undefined && pipe !== undefined) {
    throw new UsageError(`both -i ${options.interface} and ${pipe} are given; one of them can be watched.`);
  }
  const given = await readGiven(options);
  const [capture] = readCaptureArguments([called], given);
  const { name, point } = capture!;
  if (options.interface === undefined && name !== '-') {
    throw new UsageError(
      `${name} is no live pipe; try 'lvs-doctor watch -i ${name}' for an interface, or 'lvs-doctor diagnose ${name}' for a file.`,
    );
  }
  return { name, point, given };
}

async function openEvidence(directory: string, captureName: string, watch: () => Watch | null) {
  const { EvidenceFiles } = await import('../live/evidence-files.ts');
  const { TELLING_FAILED } = await import('../rules/notices.ts');
  return new EvidenceFiles({
    directory,
    application: 'lvs-doctor',
    captureName,
    failed: (sentence) => watch()?.notice(TELLING_FAILED, sentence),
  });
}

async function sayWhenNothingCame(watch: Watch, name: string, isStopped: boolean): Promise<void> {
  if (watch.judge.frames > 0 || isStopped) return;
  const { UsageError } = await import('../usage-error.ts');
  throw new UsageError(`${name === '-' ? 'standard input' : name} ended without a frame: there was nothing to judge.`);
}

/** Everyone who is told of events: the terminal or standard output, metrics, webhooks, a command. */
class Tellers {
  readonly #options: WatchCommandOptions;
  readonly #captureName: string;
  readonly #others: { tell(event: LiveEvent): void; close(withinMs: number): Promise<void> }[] = [];
  #metrics: import('../live/metrics.ts').Metrics | null = null;
  #terminal: import('./live-terminal.ts').LiveTerminal | null = null;
  #lines: import('./line-output.ts').LineOutput | null = null;
  #textOf: ((event: LiveEvent) => string) | null = null;
  #missedText: (count: number) => string = (count) => `(${count} events were not written: the reader was too slow)`;
  #fail: (sentence: string) => void = () => {};
  #failingCode = '';

  constructor(options: WatchCommandOptions, captureName: string) {
    this.#options = options;
    this.#captureName = captureName;
  }

  /** What needs privileges, or may be refused, before anything is captured. */
  async open(): Promise<void> {
    const { metrics, webhook = [], exec } = this.#options;
    const { TELLING_FAILED } = await import('../rules/notices.ts');
    this.#failingCode = TELLING_FAILED.code;
    if (metrics !== undefined) {
      const { Metrics, metricsAddress } = await import('../live/metrics.ts');
      this.#metrics = await Metrics.open(metricsAddress(metrics));
    }
    const failing = () => {
      let toldMs = Number.NEGATIVE_INFINITY;
      return (sentence: string) => {
        if (performance.now() - toldMs < FAILURE_TOLD_MS) return;
        toldMs = performance.now();
        this.#fail(sentence);
      };
    };
    for (const url of webhook) {
      const { openWebhook } = await import('../live/webhook.ts');
      this.#others.push(openWebhook({ url, captureName: this.#captureName, failed: failing() }));
    }
    if (exec !== undefined) {
      const { ExecHook } = await import('../live/exec-hook.ts');
      this.#others.push(new ExecHook({ command: exec, failed: failing() }));
    }
  }

  /** The capture stands. @param quit ends the watch */
  async begin(watch: Watch, why: string, quit: () => void): Promise<void> {
    const { TELLING_FAILED } = await import('../rules/notices.ts');
    this.#fail = (sentence) => watch.notice(TELLING_FAILED, sentence);
    this.#metrics?.watch(watch);
    const { outputStream } = await import('./standard-streams.ts');
    const output = outputStream();
    output.once('error', quit);
    if (output.isTTY === true && this.#options.format === 'text') {
      const { LiveTerminal } = await import('./live-terminal.ts');
      const { terminalFor } = await import('./terminal.ts');
      this.#terminal = new LiveTerminal(output, terminalFor(undefined, this.#options.color).color, quit);
      return;
    }
    await this.#openLines();
    if (this.#options.quiet !== true) {
      const { printable } = await import('../reports/printable.ts');
      const metrics = this.#metrics === null ? '' : ` Metrics: ${this.#metrics.url}`;
      process.stderr.write(`lvs-doctor: watching ${printable(this.#captureName)}. ${printable(why)}${metrics}\n`);
    }
  }

  async #openLines(): Promise<void> {
    const { outputStream } = await import('./standard-streams.ts');
    const { LineOutput } = await import('./line-output.ts');
    const { eventLine, journalPriority } = await import('../live/event-text.ts');
    const { escapeInvisible } = await import('../reports/printable.ts');
    this.#lines = new LineOutput(outputStream());
    if (this.#options.format === 'json') {
      this.#textOf = (event) => escapeInvisible(JSON.stringify(event));
      this.#missedText = (count) =>
        JSON.stringify({
          event: 'notice',
          time: new Date().toISOString().replace('Z', '000000Z'),
          notice: {
            code: this.#failingCode,
            notice: 'telling-failed',
            message: `${count} events were not written: the reader was too slow.`,
          },
        });
      return;
    }
    const isJournal = writesToJournal();
    this.#textOf = (event) => (isJournal ? `<${journalPriority(event)}>${eventLine(event)}` : eventLine(event));
  }

  tell(event: LiveEvent): void {
    this.#terminal?.tell(event);
    if (event.event !== 'heartbeat' || (this.#options.quiet !== true && (this.#options.format === 'json' || !writesToJournal()))) {
      if (this.#textOf !== null) this.#lines?.write(this.#textOf(event), this.#missedText);
    }
    this.#metrics?.tell(event);
    // That somebody cannot be told is not told to those who cannot be told.
    if (event.event === 'heartbeat' || (event.event === 'notice' && event.notice.code === this.#failingCode)) return;
    for (const other of this.#others) other.tell(event);
  }

  ticked(watch: Watch): void {
    this.#terminal?.ticked(watch);
  }

  /** The watch is over: the summary, and what is left to be told. */
  async end(watch: Watch): Promise<void> {
    this.#terminal?.close();
    this.#fail = (sentence) => process.stderr.write(`lvs-doctor: ${sentence}\n`);
    if (this.#options.quiet !== true) {
      const { textOf } = await import('../live/live-judge.ts');
      if (this.#options.format === 'json') this.tell({ event: 'heartbeat', time: textOf(watch.nowMs), state: watch.state });
      else await this.#summarize(watch);
    }
    await Promise.all([this.#lines?.drain(LAST_WORDS_MS), ...this.#others.map((other) => other.close(LAST_WORDS_MS))]);
    this.#others.length = 0;
  }

  async #summarize(watch: Watch): Promise<void> {
    const { summaryLines } = await import('../live/event-text.ts');
    if (this.#lines === null) await this.#openLines();
    for (const line of summaryLines(watch.state, watch.judge.findings)) this.#lines?.write(line, this.#missedText);
  }

  async close(): Promise<void> {
    await Promise.all(this.#others.map((other) => other.close(0)));
    await this.#metrics?.close();
    this.#metrics = null;
  }
}

/** Whether standard output goes to the journal, as systemd says it (systemd.exec(5), JOURNAL_STREAM). */
function writesToJournal(): boolean {
  const [device, inode] = (process.env.JOURNAL_STREAM ?? '').split(':');
  if (device === undefined || inode === undefined) return false;
  const { dev, ino } = fstatSync(1);
  return String(dev) === device && String(ino) === inode;
}
