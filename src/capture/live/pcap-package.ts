/**
 * Backend `pcap`: libpcap through npm's package `pcap`. Time to the microsecond, drop counts, no direction. It takes one frame a call and
 * does not come back while more are there, so it suits some ten thousand frames a second; afpacket and tcpdump suit more.
 */
import { endianness } from 'node:os';
import { LinkType } from '../frame.ts';
import { CalledBackSource } from './called-back-source.ts';
import { CannotCapture } from './cannot-capture.ts';
import { explainLibpcap, NODE_PROGRAM } from './libpcap-sayings.ts';
import type { BackendRequest, LiveSource } from './live-source.ts';
import { loadOptional } from './optional-package.ts';

const BINDING = 'pcap/build/Release/pcap_binding.node';
const BUFFER_BYTES = 64 * 1024 * 1024;
/** Frames are handed over when they are this old, or the buffer is full. */
const DELAY_MS = 40;
/** libpcap is asked this often; asking does not wait. */
const LOOK_MS = 20;

const LINK_TYPES: Readonly<Record<string, number>> = {
  LINKTYPE_NULL: LinkType.null,
  LINKTYPE_ETHERNET: LinkType.ethernet,
  LINKTYPE_RAW: LinkType.raw,
  LINKTYPE_LINUX_SLL: LinkType.linuxSll,
};

/** What is used of the package's binding to libpcap. What it has above that cannot be ended while no frame comes, and is deaf once the interface was down. */
interface Binding {
  readonly PcapSession: new () => Session;
}

interface Session {
  /** Gives the name of the link type. `told` is called within `dispatch`, once a frame; `warned` when the interface has no IPv4 address. */
  open_live(
    device: string,
    filter: string,
    bufferBytes: number,
    snapLength: number,
    file: '',
    told: () => void,
    isMonitor: false,
    delayMs: number,
    warned: (text: string) => void,
    isPromiscuous: boolean,
  ): string;
  /** Writes each waiting frame into `frame`, and its seconds, microseconds, captured and whole length into `header`. Below 0 when it failed. */
  dispatch(frame: Buffer, header: Buffer): number;
  stats(): { readonly ps_recv: number; readonly ps_drop: number; readonly ps_ifdrop: number };
  close(): void;
}

export async function openPcapPackage(request: BackendRequest): Promise<LiveSource> {
  const { PcapSession } = loadOptional(BINDING, 'apt-get install libpcap-dev, then install lvs-doctor again') as Binding;
  const session = new PcapSession();
  const frame = Buffer.alloc(request.snapLength);
  const header = Buffer.alloc(16);
  const word = endianness() === 'LE' ? (at: number) => header.readUInt32LE(at) : (at: number) => header.readUInt32BE(at);
  let told = (): void => {};
  const linkType = openSession(session, request, () => told());
  return new CalledBackSource(request, (queue, source) => {
    told = () => {
      queue.push(frame, Math.min(word(8), frame.length), word(12), word(0), word(4) * 1000);
      source.arrived();
    };
    const timer = setInterval(() => {
      if (session.dispatch(frame, header) < 0) source.failed();
    }, LOOK_MS);
    return {
      backend: 'pcap',
      cannot: 'It has microseconds, and not the direction of frames.',
      linkType,
      survivesDown: true,
      drops() {
        const { ps_recv, ps_drop, ps_ifdrop } = session.stats();
        return { received: ps_recv >>> 0, droppedByKernel: ps_drop >>> 0, droppedByInterface: ps_ifdrop >>> 0 };
      },
      close() {
        clearInterval(timer);
        session.close();
      },
    };
  });
}

/** Gives the LINKTYPE_ value of the frames. */
function openSession(session: Session, request: BackendRequest, told: () => void): number {
  let name: string;
  try {
    name = session.open_live(
      request.interface,
      request.filter ?? '',
      BUFFER_BYTES,
      request.snapLength,
      '',
      told,
      false,
      DELAY_MS,
      () => {},
      request.interface !== 'any',
    );
  } catch (error) {
    throw explainLibpcap(error instanceof Error ? error.message : String(error), request, NODE_PROGRAM);
  }
  const linkType = LINK_TYPES[name];
  if (linkType !== undefined) return linkType;
  session.close();
  throw new CannotCapture(`frames of ${name} are not known to it`, 'capture on an Ethernet interface');
}
