/** The contract between where live frames come from and what judges them: a FrameSource that never ends by itself, and says how it was opened. */
import type { FrameSource } from '../frame.ts';

/** The ways to capture on an interface, in the order in which `auto` tries them. */
export const BACKENDS = ['afpacket', 'pcap', 'tcpdump', 'cap'] as const;
export type Backend = (typeof BACKENDS)[number];

/** Which way a frame went, seen from the machine that captures. */
export type Direction = 'in' | 'out' | 'unknown';

/** Frames counted since the source was opened; null where the backend cannot know. */
export interface Drops {
  /** Frames that passed the filter, dropped ones among them. */
  readonly received: number | null;
  /** Frames that passed the filter and were lost because nobody took them in time. */
  readonly droppedByKernel: number | null;
  /** Frames that the network card or its driver lost, before any filter. */
  readonly droppedByInterface: number | null;
}

/**
 * Live frames. As of a FrameSource: `next` until it gives false, then `more`, which waits until there are frames.
 *
 * - `more` may wait for ever on a silent network: race it with a timer, and keep its promise for the next race instead of calling it twice.
 * - `more` gives false after `close`, when the signal was aborted, and at the end of a pipe.
 * - `more` throws UsageError when no further frame can come: the interface was removed, the child ended. All frames from before were given.
 * - A frame is given within 0.1 s of its passing. `frame.bytes` is a buffer of this source: nothing of the kernel's is handed out.
 * - `info.format` is 'live', but for a pipe; `info.dropped` is as of the last call of `drops`.
 */
export interface LiveSource extends FrameSource {
  /** 'pipe' for '-'. */
  readonly backend: Backend | 'pipe';
  /** Why this backend was taken and those before it were not, and what it cannot do: a sentence or two. */
  readonly why: string;
  /** Name of the interface; null for a pipe. */
  readonly interface: string | null;
  /** LINKTYPE_ value of the frames; null for a pipe, which tells it with its frames (`info.linkTypes`). */
  readonly linkType: number | null;
  /** The capture filter in the pcap language; null when everything is kept. */
  readonly filter: string | null;
  /** Direction of the frame that `next` gave last. */
  readonly direction: Direction;
  /** Asks for the counts; never throws, and costs a system call or, with tcpdump, up to a second. */
  drops(): Promise<Drops>;
}

/** What a backend is asked for, with every choice made. */
export interface BackendRequest {
  readonly interface: string;
  readonly filter: string | null;
  readonly snapLength: number;
  readonly point: number;
  /** The user whom this process will become; null when it stays who it is. */
  readonly user: string | null;
  readonly signal: AbortSignal | null;
  readonly notice: (sentence: string) => void;
  /** One sentence on why this backend is taken. */
  readonly chosen: string;
}

/**
 * Opens one backend.
 * @throws UsageError when the user gave something wrong: no such interface, a filter that is not understood
 * @throws CannotCapture when this backend cannot be used here, and another may
 */
export type OpenBackend = (request: BackendRequest) => Promise<LiveSource>;
