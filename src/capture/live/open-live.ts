/** Opens an interface, or a live pipe, with the backend that was asked for or the first that works. */
import { UsageError } from '../../usage-error.ts';
import { openCapture } from '../open-capture.ts';
import { becomeUser, findUser } from './become-user.ts';
import { CannotCapture } from './cannot-capture.ts';
import { BACKENDS, type Backend, type BackendRequest, type LiveSource, type OpenBackend } from './live-source.ts';
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
  /** When it is aborted, `more` gives false at once. Opening a pipe is not interrupted: that waits for whoever writes it. */
  readonly signal?: AbortSignal;
  /** Told, one sentence each, what the capture survives: an interface that went down, or came up again. */
  readonly notice?: (sentence: string) => void;
}

/** Bytes of a frame that are kept: twice what plain frames need, for what is in tunnels and for VRRP advertisements of many addresses. */
export const LIVE_SNAP_LENGTH = 256;
const SNAP_LENGTHS = { least: 64, most: 65_535 };

/** Each loads its own file, and that its package, when its turn has come. */
const OPENERS: Readonly<Record<Backend, () => Promise<OpenBackend>>> = {
  afpacket: async () => (await import('./afpacket.ts')).openAfpacket,
  pcap: async () => (await import('./pcap-package.ts')).openPcapPackage,
  tcpdump: async () => (await import('./tcpdump.ts')).openTcpdump,
  cap: async () => (await import('./cap-package.ts')).openCapPackage,
};

/**
 * Opens the source and drops the privileges, if a user is given.
 * @throws UsageError, one sentence with the command that helps: no permission, no such interface, interface down, library or program missing,
 * filter not understood, no such user.
 */
export async function openLive(options: LiveOptions): Promise<LiveSource> {
  const user = options.user === undefined ? null : findUser(options.user);
  const source = options.interface === '-' ? await openPipe(options) : await openInterface(options);
  if (user === null) return source;
  try {
    becomeUser(user);
  } catch (error) {
    await source.close();
    throw error;
  }
  return source;
}

async function openPipe({ filter, backend, point = 0, signal }: LiveOptions): Promise<LiveSource> {
  if (backend !== undefined && backend !== 'auto') {
    throw new UsageError(`--backend ${backend} captures on an interface, but - was given, a pipe: leave one of them out.`);
  }
  if (filter?.trim()) {
    throw new UsageError(`the filter '${filter}' cannot be applied to a pipe; give it to the program that writes it, such as tcpdump.`);
  }
  return new PipeSource(await openCapture('-', { point }), signal ?? null);
}

async function openInterface(options: LiveOptions): Promise<LiveSource> {
  const request = requestOf(options);
  const wanted = options.backend ?? 'auto';
  const failures: Failure[] = [];
  for (const backend of wanted === 'auto' ? BACKENDS : [wanted]) {
    try {
      const open = await OPENERS[backend]();
      return await open({ ...request, chosen: whyChosen(backend, wanted, failures) });
    } catch (error) {
      if (!(error instanceof CannotCapture)) throw error;
      failures.push({ backend, error });
    }
  }
  throw cannotCapture(request.interface, failures);
}

interface Failure {
  readonly backend: Backend;
  readonly error: CannotCapture;
}

function whyChosen(backend: Backend, wanted: Backend | 'auto', failures: readonly Failure[]): string {
  if (wanted !== 'auto') return `${backend} was asked for.`;
  return `${backend} is the first of ${BACKENDS.join(', ')} that works here${failures.length === 0 ? '' : ` (${reasonsOf(failures)})`}.`;
}

function reasonsOf(failures: readonly Failure[]): string {
  return failures.map(({ backend, error }) => `${backend}: ${error.message}`).join('; ');
}

function requestOf(options: LiveOptions): Omit<BackendRequest, 'chosen'> {
  const { snapLength = LIVE_SNAP_LENGTH } = options;
  if (!Number.isInteger(snapLength) || snapLength < SNAP_LENGTHS.least || snapLength > SNAP_LENGTHS.most) {
    throw new UsageError(
      `the snap length ${snapLength} was given; ${SNAP_LENGTHS.least} to ${SNAP_LENGTHS.most} bytes were expected, such as ${LIVE_SNAP_LENGTH}.`,
    );
  }
  return {
    interface: options.interface,
    filter: options.filter?.trim() || null,
    snapLength,
    point: options.point ?? 0,
    user: options.user ?? null,
    signal: options.signal ?? null,
    notice: options.notice ?? (() => {}),
  };
}

function cannotCapture(name: string, failures: readonly Failure[]): UsageError {
  // A right is given with one command; else tcpdump is what any system has.
  const { error } =
    failures.find(({ error }) => error.isPermission) ?? failures.find(({ backend }) => backend === 'tcpdump') ?? failures[0]!;
  return new UsageError(`no frame of ${name} can be captured (${reasonsOf(failures)}); ${error.help}.`);
}
