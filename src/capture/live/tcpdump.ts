/**
 * Backend `tcpdump`: a child that captures and writes pcap into a pipe, frame by frame. Nanoseconds and drop counts, no direction.
 * It needs no package, and no privileges of ours where tcpdump has its own.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { UsageError } from '../../usage-error.ts';
import type { Frame } from '../frame.ts';
import { Intake } from '../intake.ts';
import { isPcapMagic, MAX_PCAP_RECORD_BYTES, PCAP_HEADER_BYTES, PcapReader } from '../pcap.ts';
import type { OpenCaptureInfo } from '../record-reader.ts';
import { CannotCapture } from './cannot-capture.ts';
import { sayingOf } from './compile-with-tcpdump.ts';
import { watchInterface } from './interface-watch.ts';
import { interfaceState, interfaceWasRemoved, interfaceWentDown } from './interfaces.ts';
import { explainLibpcap } from './libpcap-sayings.ts';
import { liveInfo } from './live-info.ts';
import type { BackendRequest, Drops, LiveSource } from './live-source.ts';
import { StreamBytes } from './stream-bytes.ts';

const PROGRAM = 'tcpdump';
/** In KiB, for what comes while the pipe is full. */
const BUFFER_KIB = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** The child answers SIGUSR1 when it has written what it is writing: if its pipe is full, when we have read on. */
const ANSWER_MS = 1000;
/** Characters of its standard error that are kept: the last ones say why it ended. */
const SAYING_CHARACTERS = 4096;

type Child = ChildProcessByStdio<null, Readable, Readable>;

export async function openTcpdump(request: BackendRequest): Promise<LiveSource> {
  const child = new TcpdumpChild(request);
  try {
    const intake = new Intake(child.bytes, CHUNK_BYTES, MAX_PCAP_RECORD_BYTES);
    if (!(await intake.fillTo(PCAP_HEADER_BYTES))) throw await child.whyNotBegun();
    if (!isPcapMagic(intake.view.getUint32(intake.position))) {
      throw new CannotCapture('what tcpdump writes is no pcap', 'check which program tcpdump is');
    }
    const info = liveInfo(request.interface, null, request.snapLength);
    return new TcpdumpSource(child, new PcapReader(intake, info, request.point, 'tcpdump'), info, request);
  } catch (error) {
    await child.end();
    throw error;
  }
}

class TcpdumpSource implements LiveSource {
  readonly backend = 'tcpdump';
  readonly why: string;
  readonly interface: string;
  readonly linkType: number;
  readonly filter: string | null;
  readonly direction = 'unknown';
  readonly info: OpenCaptureInfo;
  private readonly child: TcpdumpChild;
  private readonly reader: PcapReader;
  private readonly signal: AbortSignal | null;
  private readonly endWatch: () => void;
  private closed = false;
  private stop: () => void = () => {};

  constructor(child: TcpdumpChild, reader: PcapReader, info: OpenCaptureInfo, request: BackendRequest) {
    this.child = child;
    this.reader = reader;
    this.info = info;
    this.why = `${request.chosen} It does not tell the direction of frames.`;
    this.interface = request.interface;
    this.filter = request.filter;
    this.signal = request.signal;
    this.linkType = info.linkTypes[0]!;
    this.signal?.addEventListener('abort', this.interrupt);
    // When the interface is removed, tcpdump ends by itself.
    this.endWatch = watchInterface(request, { survivesDown: true, ended: () => this.endWatch() });
  }

  next(frame: Frame): boolean {
    return this.reader.next(frame);
  }

  async more(): Promise<boolean> {
    if (this.isOver) return false;
    const isMore = await new Promise<boolean>((resolve, reject) => {
      this.stop = () => resolve(false);
      this.reader.more().then(resolve, reject);
    });
    if (isMore || this.isOver) return isMore && !this.isOver;
    if (this.info.damage !== null) throw new UsageError(`tcpdump can no longer be read: ${this.info.damage}`);
    throw await this.child.whyEnded();
  }

  async drops(): Promise<Drops> {
    const drops = await this.child.drops();
    this.info.dropped = drops.droppedByKernel;
    return drops;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.endWatch();
    this.signal?.removeEventListener('abort', this.interrupt);
    this.stop();
    await this.child.end();
  }

  private get isOver(): boolean {
    return this.closed || this.signal?.aborted === true;
  }

  private readonly interrupt = (): void => this.stop();
}

/** The process, what it says on its standard error, and its end. */
class TcpdumpChild {
  readonly bytes: StreamBytes;
  private readonly request: BackendRequest;
  private readonly tcpdump: Child;
  private readonly ended: Promise<void>;
  private isRunning = true;
  private missing: Error | null = null;
  private said = '';
  private last: Drops = { received: 0, droppedByKernel: 0, droppedByInterface: null };
  private asking: Promise<void> | null = null;
  private answered: () => void = () => {};

  constructor(request: BackendRequest) {
    this.request = request;
    this.tcpdump = spawn(PROGRAM, argumentsFor(request), {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Out of reach of the terminal's Ctrl-C, which is for us: we end it when we have asked for its last counts.
      detached: true,
    });
    this.bytes = new StreamBytes(this.tcpdump.stdout);
    this.tcpdump.stderr.setEncoding('utf8').on('data', (text: string) => this.hear(text));
    this.ended = new Promise((resolve) => {
      this.tcpdump.on('error', (error) => {
        this.missing = error;
        resolve();
      });
      this.tcpdump.on('close', () => resolve());
    });
    void this.ended.then(() => {
      this.isRunning = false;
      this.answered();
    });
  }

  /** Why it ended before it had captured anything. */
  async whyNotBegun(): Promise<Error> {
    await this.ended;
    if (this.missing !== null) {
      const isThere = (this.missing as NodeJS.ErrnoException).code !== 'ENOENT';
      return new CannotCapture(
        isThere ? `tcpdump cannot be run (${this.missing.message})` : 'tcpdump is not installed',
        'apt-get install tcpdump',
      );
    }
    return explainLibpcap(sayingOf(this.said), this.request, '"$(readlink -f "$(which tcpdump)")"');
  }

  async whyEnded(): Promise<UsageError> {
    await this.ended;
    const name = this.request.interface;
    const state = interfaceState(name);
    if (state === 'removed' || /disappeared/.test(this.said)) return interfaceWasRemoved(name);
    if (state === 'down' || /went down/.test(this.said)) return interfaceWentDown(name);
    return new UsageError(`tcpdump ended, and the capture on ${name} with it (${sayingOf(this.said)}): start again.`);
  }

  /** Counts as of now, or the last ones known when it does not answer in time. */
  async drops(): Promise<Drops> {
    if (!this.isRunning) return this.last;
    this.asking ??= new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ANSWER_MS);
      this.answered = () => {
        clearTimeout(timer);
        resolve();
      };
      this.tcpdump.kill('SIGUSR1');
    });
    await this.asking;
    this.asking = null;
    return this.last;
  }

  async end(): Promise<void> {
    await this.bytes.close();
    if (this.isRunning) this.tcpdump.kill('SIGTERM');
    await this.ended;
  }

  private hear(text: string): void {
    this.said = (this.said + text).slice(-SAYING_CHARACTERS);
    // Whole lines only: the counts of the last answer stand before those of this one.
    if (!text.endsWith('\n') || !/dropped by/.test(text)) return;
    this.last = parseDrops(this.said) ?? this.last;
    this.answered();
  }
}

function argumentsFor({ interface: name, filter, snapLength, user }: BackendRequest): string[] {
  return [
    ...['-i', name, '-n', '-U', '--immediate-mode', '--time-stamp-precision=nano'],
    ...['-s', String(snapLength), '-B', String(BUFFER_KIB), '-w', '-'],
    // It becomes the same user as we do, else we could neither ask it for counts nor end it.
    ...(user === null ? [] : ['-Z', user]),
    ...(filter === null ? [] : ['--', filter]),
  ];
}

/** The last counts in what tcpdump said, at SIGUSR1 in one line and at its end in several; null when there are none. */
export function parseDrops(said: string): Drops | null {
  const last = (pattern: RegExp) => {
    const found = [...said.matchAll(pattern)].at(-1)?.[1];
    return found === undefined ? null : Number(found);
  };
  const received = last(/(\d+) packets? received by filter/g);
  const droppedByKernel = last(/(\d+) packets? dropped by kernel/g);
  if (received === null || droppedByKernel === null) return null;
  return { received, droppedByKernel, droppedByInterface: last(/(\d+) packets? dropped by interface/g) ?? 0 };
}
