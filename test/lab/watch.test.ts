/** `watch` on the lab's mirror port while faults are switched on and off: needs what the lab needs, and is skipped elsewhere. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { FindingEvent, LiveEvent } from '../../src/live/live-event.ts';
import { installedBackends } from './live-lab.ts';

const LAB = fileURLToPath(new URL('../../lab/run', import.meta.url));
const DOCTOR = fileURLToPath(new URL('../../bin/lvs-doctor.js', import.meta.url));
const CANNOT = 2;
const RS2 = '02:4c:56:53:00:11';
const LVS1 = '02:4c:56:53:00:02';

/** From the time of the first frame to the line on standard output, in milliseconds, over all tests. */
const latencies: number[] = [];

class LiveLab {
  readonly #lab: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  prefix = '';

  constructor(fault: string) {
    this.#lab = spawn(LAB, [fault, '--live', '--director', 'nft'], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#answers = createInterface({ input: this.#lab.stdout! })[Symbol.asyncIterator]();
  }

  async ready(): Promise<void> {
    const { value } = await this.#answers.next();
    this.prefix = /^ready (\S+)$/.exec(value ?? '')?.[1] ?? '';
    expect(this.prefix).not.toBe('');
  }

  async say(...lines: string[]): Promise<void> {
    for (const line of lines) {
      this.#lab.stdin!.write(`${line}\n`);
      expect((await this.#answers.next()).value).toBe(`done ${line.split(' ')[0]}`);
    }
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#lab.once('exit', resolve));
    this.#lab.stdin!.end();
    await ended;
  }
}

class LiveWatch {
  readonly events: FindingEvent[] = [];
  readonly #child: ChildProcess;
  #wake: () => void = () => {};

  constructor(namespace: string, ...options: string[]) {
    const doctor = [process.execPath, DOCTOR, 'watch', '-i', 'mirror=eth0', '-f', 'json', ...options];
    this.#child = spawn('ip', ['netns', 'exec', namespace, ...doctor], { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const event = JSON.parse(line) as LiveEvent;
      if (event.event === 'notice' || event.event === 'heartbeat') return;
      if (event.event === 'found' && event.recurrences === 0) latencies.push(Date.now() - Date.parse(event.finding.first));
      this.events.push(event);
      this.#wake();
    });
  }

  /** Until it captures. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      let told = '';
      this.#child.stderr!.on('data', (text: Buffer) => {
        told += text;
        if (told.includes('watching')) resolve();
      });
      this.#child.once('exit', () => reject(new Error(told)));
    });
  }

  /** Until this was told of a rule; meanwhile something may go on. */
  async until(event: string, rule: string, meanwhile: () => Promise<void>): Promise<FindingEvent> {
    for (;;) {
      const told = this.events.find((e) => e.event === event && e.finding.rule === rule);
      if (told !== undefined) return told;
      await meanwhile();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 1000);
      });
    }
  }

  /** Its exit code after a signal. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    return ended;
  }
}

const probe = spawnSync(LAB, ['--check'], { encoding: 'utf8' });
if (probe.status !== 0) console.log(`The lab is skipped: ${probe.stderr.trim() || probe.error?.message}`);

describe.skipIf(probe.status === CANNOT || probe.status === null)('a watch on the mirror port', () => {
  test.concurrent.each([
    ['rs-answers-arp', 'rs-answers-arp', RS2, 'SIGINT'],
    ['gateway-arp-flip', 'rs-announces-vip', RS2, 'SIGTERM'],
    ['reply-wrong-source', 'reply-wrong-source', RS2, 'SIGINT'],
    ['director-no-rewrite', 'director-no-rewrite', LVS1, 'SIGTERM'],
  ] as const)(
    'tells of %s when it is switched on, and of its cure',
    async (rule, fault, culprit, signal) => {
      const lab = new LiveLab(fault);
      try {
        await lab.ready();
        const watch = new LiveWatch(`${lab.prefix}mirror`);
        await watch.ready();
        await lab.say('forget', 'requests 6');
        expect(watch.events).toEqual([]);
        await lab.say('on');
        const found = await watch.until('found', rule, () => lab.say('forget', 'requests 3'));
        expect(found.finding.culprits.map(({ mac }) => mac)).toEqual([culprit]);
        expect(found.finding.confidence).not.toBe('possible');
        await lab.say('off');
        const resolved = await watch.until('resolved', rule, () => lab.say('forget', 'requests 6'));
        expect(resolved.finding.id).toBe(found.finding.id);
        expect(await watch.end(signal)).toBe(1);
      } finally {
        await lab.end();
      }
    },
    120_000,
  );

  test.concurrent('tells the same by every backend', async () => {
    const lab = new LiveLab('rs-answers-arp');
    try {
      await lab.ready();
      const watches = installedBackends().map((backend) => new LiveWatch(`${lab.prefix}mirror`, '--backend', backend));
      expect(watches.length).toBeGreaterThan(0);
      for (const watch of watches) await watch.ready();
      await lab.say('forget', 'requests 6', 'on');
      for (const watch of watches) await watch.until('found', 'rs-answers-arp', () => lab.say('forget', 'requests 3'));
      await lab.say('off');
      for (const watch of watches) await watch.until('resolved', 'rs-answers-arp', () => lab.say('forget', 'requests 6'));
      const told = watches.map(({ events }) => [...new Set(events.map(({ finding }) => finding.id))].sort());
      expect(told[0]).toContain(`rs-answers-arp/203.0.113.100/${RS2}`);
      expect(told).toEqual(watches.map(() => told[0]));
      for (const watch of watches) expect(await watch.end('SIGTERM')).toBe(1);
    } finally {
      await lab.end();
    }
  }, 120_000);

  test.concurrent('says nothing of a healthy cluster, and leaves with 0', async () => {
    const lab = new LiveLab('healthy');
    try {
      await lab.ready();
      const watch = new LiveWatch(`${lab.prefix}mirror`);
      await watch.ready();
      for (let i = 0; i < 5; i++) await lab.say('forget', 'requests 6');
      expect(watch.events).toEqual([]);
      expect(await watch.end('SIGTERM')).toBe(0);
    } finally {
      await lab.end();
    }
  }, 120_000);

  afterAll(() => {
    const sorted = latencies.sort((a, b) => a - b);
    const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1]!;
    console.log(
      `from the first frame of a fault to its line: ${sorted.length} findings, median ${sorted[sorted.length >> 1]} ms, p95 ${p95} ms`,
    );
    expect(p95).toBeLessThanOrEqual(2000);
  });
});
