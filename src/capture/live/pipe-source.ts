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
  private readonly stopped: Promise<false>;
  private stop: () => void = () => {};

  /** `source` belongs to this one from now on. */
  constructor(source: FrameSource, signal: AbortSignal | null) {
    this.source = source;
    this.info = source.info;
    this.stopped = new Promise((resolve) => {
      this.stop = () => resolve(false);
    });
    if (signal?.aborted) this.stop();
    else signal?.addEventListener('abort', this.stop, { once: true });
  }

  next(frame: Frame): boolean {
    return this.source.next(frame);
  }

  more(): Promise<boolean> {
    return Promise.race([this.stopped, this.source.more()]);
  }

  async drops(): Promise<Drops> {
    return { received: null, droppedByKernel: this.info.dropped, droppedByInterface: null };
  }

  close(): Promise<void> {
    this.stop();
    return this.source.close();
  }
}
