/** A live source over a library that calls back for each frame: its frames go through a queue, and its interface is watched from outside. */
import { UsageError } from '../../usage-error.ts';
import type { Frame } from '../frame.ts';
import type { OpenCaptureInfo } from '../record-reader.ts';
import { FrameQueue } from './frame-queue.ts';
import { watchInterface } from './interface-watch.ts';
import { interfaceState, interfaceWasRemoved, interfaceWentDown } from './interfaces.ts';
import { liveInfo } from './live-info.ts';
import type { Backend, BackendRequest, Drops, LiveSource } from './live-source.ts';

/** Frames that came before the end are handed over by the library within this time. */
const LAST_FRAMES_MS = 100;

/** A library that has begun to capture. */
export interface CapturingLibrary {
  readonly backend: Backend;
  /** What it cannot do, in a sentence. */
  readonly cannot: string;
  readonly linkType: number;
  /** Whether it goes on by itself when an interface that was down is up again. */
  readonly survivesDown: boolean;
  /** Counts as the library has them; frames that the queue lost are added by the source. */
  drops(): Drops;
  close(): void;
}

/** What a library tells its source. */
export interface ToldByLibrary {
  /** There is a frame in the queue. */
  arrived(): void;
  /** No frame will come any more. */
  failed(): void;
}

export class CalledBackSource implements LiveSource {
  readonly backend: Backend;
  readonly why: string;
  readonly interface: string;
  readonly linkType: number;
  readonly filter: string | null;
  readonly direction = 'unknown';
  readonly info: OpenCaptureInfo;
  private readonly library: CapturingLibrary;
  private readonly queue: FrameQueue;
  private readonly point: number;
  private readonly signal: AbortSignal | null;
  private readonly endWatch: () => void;
  private failure: Error | null = null;
  private lastFrames: NodeJS.Timeout | null = null;
  private lastDrops: Drops = { received: null, droppedByKernel: null, droppedByInterface: null };
  private closed = false;
  private wake: () => void = () => {};

  /** `begin` starts the library, which puts frames into the queue. */
  constructor(request: BackendRequest, begin: (queue: FrameQueue, source: ToldByLibrary) => CapturingLibrary) {
    this.queue = new FrameQueue();
    this.library = begin(this.queue, { arrived: () => this.wake(), failed: () => this.fail() });
    this.backend = this.library.backend;
    this.why = `${request.chosen} ${this.library.cannot}`;
    this.linkType = this.library.linkType;
    this.interface = request.interface;
    this.filter = request.filter;
    this.point = request.point;
    this.signal = request.signal;
    this.info = liveInfo(request.interface, this.linkType, request.snapLength);
    this.signal?.addEventListener('abort', this.interrupt);
    this.endWatch = watchInterface(request, { survivesDown: this.library.survivesDown, ended: () => this.fail() });
  }

  next(frame: Frame): boolean {
    if (!this.queue.next(frame)) return false;
    frame.number = this.info.frames += 1;
    frame.linkType = this.linkType;
    frame.point = this.point;
    return true;
  }

  async more(): Promise<boolean> {
    while (!this.isOver) {
      if (this.queue.swap()) {
        this.info.bytes = this.info.storedBytesRead = this.queue.bytes;
        return true;
      }
      if (this.failure !== null) throw this.failure;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return false;
  }

  async drops(): Promise<Drops> {
    this.count();
    const { received, droppedByKernel, droppedByInterface } = this.lastDrops;
    const dropped = droppedByKernel === null && this.queue.lost === 0 ? null : (droppedByKernel ?? 0) + this.queue.lost;
    this.info.dropped = dropped;
    return { received, droppedByKernel: dropped, droppedByInterface };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.count();
    this.closed = true;
    if (this.lastFrames !== null) clearTimeout(this.lastFrames);
    this.endWatch();
    this.signal?.removeEventListener('abort', this.interrupt);
    this.library.close();
    this.wake();
  }

  private get isOver(): boolean {
    return this.closed || this.signal?.aborted === true;
  }

  private readonly interrupt = (): void => this.wake();

  private count(): void {
    if (this.closed) return;
    try {
      this.lastDrops = this.library.drops();
    } catch {
      // The library can no longer ask, as when the interface is gone: what it said last stands.
    }
  }

  /** The library or the watch said that no frame will come; each may say it again. */
  private fail(): void {
    this.lastFrames ??= setTimeout(() => this.end(), LAST_FRAMES_MS);
  }

  private end(): void {
    const name = this.interface;
    const state = interfaceState(name);
    if (state === 'removed') this.failure = interfaceWasRemoved(name);
    else if (state === 'down') this.failure = interfaceWentDown(name);
    else this.failure = new UsageError(`${this.backend} can no longer read from ${name}, and the capture ended: start again.`);
    this.endWatch();
    this.wake();
  }
}
