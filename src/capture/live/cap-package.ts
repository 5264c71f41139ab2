/**
 * Backend `cap`: npm's package `cap`, which also runs on Windows with Npcap. It tells neither when a frame came (the clock is read when it
 * is handed over, to the millisecond), nor which way it went, nor what was lost.
 */

import { LinkType } from '../frame.ts';
import { CalledBackSource } from './called-back-source.ts';
import { CannotCapture } from './cannot-capture.ts';
import { noSuchInterface } from './interfaces.ts';
import { explainLibpcap, NODE_PROGRAM } from './libpcap-sayings.ts';
import type { BackendRequest, LiveSource } from './live-source.ts';
import { loadOptional } from './optional-package.ts';

const BUFFER_BYTES = 64 * 1024 * 1024;
/** cap always captures whole frames, of at most this length, and hands each over in the buffer that it was given. */
const FRAME_BYTES = 65_535;

const LINK_TYPES: Readonly<Record<string, number>> = {
  NULL: LinkType.null,
  ETHERNET: LinkType.ethernet,
  RAW: LinkType.raw,
  LINKTYPE_LINUX_SLL: LinkType.linuxSll,
};

/** What is used of the package. */
interface CapPackage {
  readonly Cap: {
    new (): CapSession;
    deviceList(): readonly CapDevice[];
  };
}

interface CapDevice {
  readonly name: string;
  readonly description?: string;
  readonly addresses: readonly { readonly addr?: string }[];
}

interface CapSession {
  /** Gives the name of the link type. */
  open(device: string, filter: string, bufferBytes: number, frame: Buffer): string;
  /** Windows only: how many bytes are collected before they are handed over. */
  setMinBytes?(bytes: number): void;
  on(event: 'packet', told: (bytes: number, isTruncated: boolean) => void): void;
  close(): void;
}

export async function openCapPackage(request: BackendRequest): Promise<LiveSource> {
  const { Cap } = loadOptional('cap', howToInstall()) as CapPackage;
  const device = deviceOf(Cap.deviceList(), request.interface);
  const session = new Cap();
  const frame = Buffer.alloc(FRAME_BYTES);
  const name = openSession(session, device, request, frame);
  const linkType = LINK_TYPES[name];
  if (linkType === undefined) {
    session.close();
    throw new CannotCapture(`frames of ${name} are not known to it`, 'capture on an Ethernet interface');
  }
  session.setMinBytes?.(0);
  return new CalledBackSource(request, (queue, source) => {
    session.on('packet', (bytes) => {
      const now = Date.now();
      queue.push(frame, Math.min(bytes, request.snapLength), bytes, Math.floor(now / 1000), (now % 1000) * 1_000_000);
      source.arrived();
    });
    return {
      backend: 'cap',
      cannot: 'It tells neither when a frame passed (the time is that of its arrival here), nor which way, nor what was lost.',
      linkType,
      survivesDown: false,
      drops: () => ({ received: null, droppedByKernel: null, droppedByInterface: null }),
      close: () => session.close(),
    };
  });
}

/** By name, by description (names are unreadable on Windows) or by an address. */
function deviceOf(devices: readonly CapDevice[], wanted: string): string {
  const found = devices.find(
    ({ name, description, addresses }) => name === wanted || description === wanted || addresses.some(({ addr }) => addr === wanted),
  );
  if (found !== undefined) return found.name;
  // Without permission the list may be empty, and opening tells why.
  if (devices.length === 0) return wanted;
  throw noSuchInterface(
    wanted,
    devices.map(({ name, description }) => (process.platform === 'win32' ? (description ?? name) : name)),
  );
}

function openSession(session: CapSession, device: string, request: BackendRequest, frame: Buffer): string {
  try {
    return session.open(device, request.filter ?? '', BUFFER_BYTES, frame);
  } catch (error) {
    throw explainLibpcap(error instanceof Error ? error.message : String(error), request, NODE_PROGRAM);
  }
}

function howToInstall(): string {
  return process.platform === 'win32'
    ? 'install Npcap with WinPcap compatibility, then install lvs-doctor again'
    : 'apt-get install libpcap-dev, then install lvs-doctor again';
}
