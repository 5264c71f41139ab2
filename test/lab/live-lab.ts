/** A veth pair in a network namespace of its own, and processes in it that capture live: what the tests of live sources are made on. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Backend, Drops } from '../../src/capture/live/live-source.ts';
import type { LiveOptions } from '../../src/capture/live/open-live.ts';
import { bundle } from '../support/bundle.ts';

const ROOT = join(import.meta.dirname, '../..');
const SEND_FRAMES = join(import.meta.dirname, 'send-frames.py');
const PACKAGES = ['koffi', '@koromix', 'pcap', 'cap'];

/** One line of the probe. */
export interface Told {
  readonly open?: Backend;
  readonly why?: string;
  readonly linkType?: number;
  readonly uid?: number;
  readonly notice?: string;
  readonly frame?: ToldFrame;
  readonly drops?: Drops;
  readonly refused?: string;
}

export interface ToldFrame {
  readonly hex: string;
  readonly number: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly wireLength: number;
  readonly direction: string;
}

export interface ProbeOptions extends Partial<Omit<LiveOptions, 'signal' | 'notice'>> {
  readonly touch?: string;
  readonly hexBytes?: number;
}

/** Why the lab cannot be built here, or null. */
export function whyNoLab(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'root on Linux is needed';
  for (const program of ['ip', 'python3', 'runuser']) {
    if (spawnSync(program, ['--help']).error !== undefined) return `${program} is not installed`;
  }
  const name = `lvslive${process.pid}probe`;
  const tried = spawnSync('sh', ['-c', `ip netns add ${name} && ip -n ${name} link add name one type veth peer name two`], {
    encoding: 'utf8',
  });
  spawnSync('ip', ['netns', 'delete', name]);
  return tried.status === 0 ? null : `there are no network namespaces with veth interfaces (${tried.stderr.trim()})`;
}

/** The backends whose package or program is installed. */
export function installedBackends(): Backend[] {
  const binding = (name: string) => existsSync(join(ROOT, 'node_modules', name));
  const isThere: Readonly<Record<Backend, boolean>> = {
    afpacket: binding('koffi'),
    pcap: binding('pcap/build/Release/pcap_binding.node'),
    tcpdump: spawnSync('tcpdump', ['--version']).status === 0,
    cap: binding('cap/build/Release/cap.node'),
  };
  return (Object.keys(isThere) as Backend[]).filter((backend) => isThere[backend]);
}

/** The probe as a program that any user can read, with the packages that it may load beside it. */
export async function buildProbe(): Promise<{ readonly folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-live-'));
  chmodSync(folder, 0o755);
  await bundle(join(import.meta.dirname, 'live-probe.ts'), folder);
  mkdirSync(join(folder, 'node_modules'));
  for (const name of PACKAGES.filter((name) => existsSync(join(ROOT, 'node_modules', name)))) {
    cpSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Two ends of a wire, `here` and `there`; what is sent at one comes in at the other. */
export class Wire {
  private readonly namespace = `lvslive${process.pid}`;
  private readonly folder: string;
  private readonly probes: Probe[] = [];

  constructor(probeFolder: string) {
    this.folder = probeFolder;
    this.run('ip', 'netns', 'add', this.namespace);
    // Nobody in it sends by himself.
    this.inside('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    this.lay();
  }

  lay(): void {
    this.ip('link', 'add', 'name', 'here', 'mtu', '65535', 'type', 'veth', 'peer', 'name', 'there', 'mtu', '65535');
    for (const end of ['here', 'there']) {
      this.ip('link', 'set', end, 'arp', 'off');
      this.ip('link', 'set', end, 'up');
    }
  }

  ip(...words: string[]): void {
    this.run('ip', '-n', this.namespace, ...words);
  }

  send(end: 'here' | 'there', frames: readonly string[], times = 1): void {
    this.inside('python3', SEND_FRAMES, end, String(times), { input: frames.join('\n') });
  }

  /** Removes an end of the wire as soon as the frames are sent: what captures there has not been handed them yet. */
  sendAndRemove(end: 'here' | 'there', frames: readonly string[], removed: 'here' | 'there'): void {
    this.inside('python3', SEND_FRAMES, end, '1', removed, { input: frames.join('\n') });
  }

  /** Starts to capture at `here` unless told otherwise. */
  probe(options: ProbeOptions, user: string | null = null): Probe {
    const as = user === null ? [] : ['runuser', '-u', user, '--'];
    const program = [
      process.execPath,
      join(this.folder, 'live-probe.mjs'),
      JSON.stringify({ interface: 'here', snapLength: 65_535, ...options }),
    ];
    const probe = new Probe(spawn('ip', ['netns', 'exec', this.namespace, ...as, ...program], { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.probes.push(probe);
    return probe;
  }

  /** Ids of the processes in the namespace. */
  processes(): string[] {
    return this.run('ip', 'netns', 'pids', this.namespace).split('\n').filter(Boolean);
  }

  async remove(): Promise<void> {
    for (const probe of this.probes) probe.kill();
    await Promise.all(this.probes.map((probe) => probe.ended));
    this.run('ip', 'netns', 'delete', this.namespace);
  }

  private inside(...words: (string | { input: string })[]): void {
    const options = words.filter((word) => typeof word === 'object')[0] ?? {};
    this.run('ip', 'netns', 'exec', this.namespace, ...words.filter((word) => typeof word === 'string'), options);
  }

  private run(program: string, ...words: (string | { input?: string })[]): string {
    const options = words.filter((word) => typeof word === 'object')[0] ?? {};
    const done = spawnSync(
      program,
      words.filter((word) => typeof word === 'string'),
      { encoding: 'utf8', ...options },
    );
    if (done.status !== 0) throw new Error(`${program} ${words.filter((word) => typeof word === 'string').join(' ')}: ${done.stderr}`);
    return done.stdout;
  }
}

/** A process that captures, and what it told. */
export class Probe {
  readonly told: Told[] = [];
  readonly ended: Promise<void>;
  private readonly process: ChildProcessByStdio<null, Readable, Readable>;
  private isEnded = false;
  private errors = '';
  private wake: () => void = () => {};

  constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.process = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      this.told.push(JSON.parse(line));
      this.wake();
    });
    this.ended = new Promise((resolve) => {
      child.on('close', () => {
        this.isEnded = true;
        this.wake();
        resolve();
      });
    });
  }

  get frames(): ToldFrame[] {
    return this.told.flatMap(({ frame }) => frame ?? []);
  }

  /** Waits until something was told that `find` gives. */
  async until<T>(find: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      if (this.isEnded) throw new Error(`the probe ended: ${JSON.stringify(this.told.slice(-3))} ${this.errors}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  isOpen(): Promise<Told> {
    return this.until(() => this.told.find(({ open }) => open !== undefined));
  }

  refusal(): Promise<string> {
    return this.until(() => this.told.find(({ refused }) => refused !== undefined)?.refused);
  }

  /** Asks it to end, and gives what it counted. */
  async finish(): Promise<Drops> {
    this.process.kill('SIGTERM');
    await this.ended;
    const drops = this.told.find(({ drops }) => drops !== undefined)?.drops;
    if (drops === undefined) throw new Error(`the probe told no counts: ${this.errors}`);
    return drops;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.process.kill(name);
  }

  kill(): void {
    if (!this.isEnded) this.process.kill('SIGKILL');
  }
}
