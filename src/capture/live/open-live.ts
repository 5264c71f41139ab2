/** Opens an interface, or a live pipe, with the backend that was asked for or the first that works. */
import { UsageError } from '../../usage-error.ts';
import { openCapture } from '../open-capture.ts';
import type { Backend, LiveSource } from './live-source.ts';
import { PipeSource } from './pipe-source.ts';

export interface LiveOptions {
  /** Name of the interface as the system has it; 'any' for all of them, without destination MACs; '-' for a live pipe on standard input. */
  readonly interface: string;
  /** 'auto' unless given. */
  readonly backend?: Backend | 'auto';
  /** In the pcap language; null, or not given, keeps everything. */
  readonly filter?: string | null;
  /** Bytes to keep of a frame, 64 to 65,535; LIVE_SNAP_LENGTH unless given. */
  readonly snapLength?: number;
  /** Name of the user to become once the source is open, for good. All that needs privileges must have been done before. */
  readonly user?: string;
  /** Index of the capture point that the frames are marked with; 0 unless given. */
  readonly point?: number;
  /** When it is aborted, `more` gives false at once. */
  readonly signal?: AbortSignal;
  /** Told, one sentence each, what the capture survives: an interface that went down, or came up again. */
  readonly notice?: (sentence: string) => void;
}

/** Bytes of a frame that are kept: twice what plain frames need, for what is in tunnels and for VRRP advertisements of many addresses. */
export const LIVE_SNAP_LENGTH = 256;

/**
 * Opens the source and drops the privileges, if a user is given.
 * @throws UsageError, one sentence with the command that helps: no permission, no such interface, interface down, library or program missing, filter not understood, no such user.
 */
export async function openLive(options: LiveOptions): Promise<LiveSource> {
  if (options.interface === '-') return new PipeSource(await openCapture('-', { point: options.point ?? 0 }), options.signal ?? null);
  throw new UsageError(`no backend can capture on ${options.interface}.`);
}
