/** Frames from a program that captures elsewhere and writes pcap or pcapng to our standard input: each as soon as it has come. */
import type { Frame, FrameSource } from '../frame.ts';
import type { Drops, LiveSource } from './live-source.ts';

export class PipeSource implements LiveSource {
  readonly backend = 'pipe';
  readonly why = 'Frames come from standard input.';
  readonly interface = null;
  readonly linkType = null;
  readonly filter = null;
  readonly direction = 'unknown';
  readonly info;
  private readonly source: FrameSource;
  private readonly signal: AbortSignal | null;
  private closed = false;
  private stop: () => void = () => {};

  /** `source` belongs to this one from now on. */
  constructor(source: FrameSource, signal: AbortSignal | null) {
    this.source = source;
    this.info = source.info;
    this.signal = signal;
    signal?.addEventListener('abort', this.interrupt);
  }

  next(frame: Frame): boolean {
    return this.source.next(frame);
  }

  async more(): Promise<boolean> {
    if (this.closed || this.signal?.aborted) return false;
    // Not Promise.race with one promise for all calls: it would remember every call.
    return new Promise((resolve, reject) => {
      this.stop = () => resolve(false);
      this.source.more().then(resolve, reject);
    });
  }

  async drops(): Promise<Drops> {
    return { received: null, droppedByKernel: this.info.dropped, droppedByInterface: null };
  }

  close(): Promise<void> {
    this.closed = true;
    this.signal?.removeEventListener('abort', this.interrupt);
    this.stop();
    return this.source.close();
  }

  private readonly interrupt = (): void => this.stop();
}
