/**
 * Backend `afpacket`, the best on Linux: a ring that the kernel fills and this process reads. Nanoseconds, direction, drop counts, VLAN tags.
 * An interface that goes down is waited for; the socket hears it again once it is up.
 */
import { constants } from 'node:os';
import type { Frame } from '../frame.ts';
import type { OpenCaptureInfo } from '../record-reader.ts';
import { CannotCapture } from './cannot-capture.ts';
import { compileWithTcpdump } from './compile-with-tcpdump.ts';
import { compilePlainFilter, type Instruction, keepAll } from './frame-filter.ts';
import { droppedByInterface, interfaceWasRemoved, isUpAgain, wentDownForNow } from './interfaces.ts';
import { liveInfo } from './live-info.ts';
import type { BackendRequest, Direction, Drops, LiveSource } from './live-source.ts';
import { PacketRing } from './packet-ring.ts';
import { PacketSocket, RETIRE_MS } from './packet-socket.ts';

/** While no frame comes, the ring is looked at this often: memory is read, nothing is called. */
const LOOK_MS = 20;

export async function openAfpacket(request: BackendRequest): Promise<LiveSource> {
  const socket = await PacketSocket.open(request.interface);
  try {
    return new AfpacketSource(socket, request, programFor(socket, request));
  } catch (error) {
    socket.close();
    throw error;
  }
}

function programFor(socket: PacketSocket, { filter, snapLength }: BackendRequest): Instruction[] {
  if (filter === null) return keepAll(snapLength);
  const program = compilePlainFilter(filter, snapLength, socket.begin);
  if (program !== null) return program;
  // There tcpdump compiles for a header that these frames do not have.
  if (socket.index === 0) throw new CannotCapture('it takes no filter of this form on all interfaces', 'use --backend tcpdump');
  return compileWithTcpdump(filter, snapLength, socket.interface, socket.begin === 'ethernet' ? 'EN10MB' : 'RAW');
}

class AfpacketSource implements LiveSource {
  readonly backend = 'afpacket';
  readonly why: string;
  readonly interface: string;
  readonly linkType: number;
  readonly filter: string | null;
  readonly info: OpenCaptureInfo;
  private readonly socket: PacketSocket;
  private readonly ring: PacketRing;
  private readonly point: number;
  private readonly notice: (sentence: string) => void;
  private readonly signal: AbortSignal | null;
  private readonly interfaceDropsBefore: number | null;
  private received = 0;
  private dropped = 0;
  private isDown = false;
  /** When it was seen that the interface is no longer there, in milliseconds of the monotonic clock. */
  private removedAt: number | null = null;
  private closed = false;
  private wake: () => void = () => {};

  constructor(socket: PacketSocket, request: BackendRequest, program: readonly Instruction[]) {
    this.socket = socket;
    this.why = request.chosen;
    this.interface = request.interface;
    this.filter = request.filter;
    this.point = request.point;
    this.notice = request.notice;
    this.signal = request.signal;
    this.linkType = socket.linkType;
    const { memory, shape } = socket.capture(program);
    this.ring = new PacketRing(memory, shape);
    this.info = liveInfo(request.interface, socket.linkType, request.snapLength);
    this.interfaceDropsBefore = this.interfaceDrops();
    this.signal?.addEventListener('abort', this.interrupt);
  }

  get direction(): Direction {
    return this.ring.direction;
  }

  next(frame: Frame): boolean {
    if (!this.ring.next(frame)) return false;
    frame.number = this.info.frames += 1;
    frame.point = this.point;
    return true;
  }

  async more(): Promise<boolean> {
    while (!this.isOver) {
      if (this.ring.take()) {
        this.info.bytes = this.info.storedBytesRead = this.ring.bytesTaken;
        // Under a load that never lets up, timers and signals must still get their turn.
        await eventLoopTurn();
        return !this.isOver;
      }
      this.watchInterface();
      await this.pause();
    }
    return false;
  }

  async drops(): Promise<Drops> {
    if (!this.closed) this.count();
    const now = this.interfaceDrops();
    const before = this.interfaceDropsBefore;
    this.info.dropped = this.dropped + this.ring.damaged;
    return {
      received: this.received,
      droppedByKernel: this.info.dropped,
      droppedByInterface: now === null || before === null ? null : Math.max(0, now - before),
    };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.count();
    this.closed = true;
    this.signal?.removeEventListener('abort', this.interrupt);
    this.socket.close();
    this.wake();
  }

  private get isOver(): boolean {
    return this.closed || this.signal?.aborted === true;
  }

  private readonly interrupt = (): void => this.wake();

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The kernel tells once that an interface went down or was removed, and not at all that it is up again. */
  private watchInterface(): void {
    const isSure = this.isDown || this.removedAt !== null;
    if (!isSure && this.socket.takeError() !== constants.errno.ENETDOWN) return;
    const condition = this.socket.condition();
    if (condition === 'removed') {
      // The block that was being filled is handed over when it is old enough: the frames from before are in it.
      const now = performance.now();
      this.removedAt ??= now;
      if (now - this.removedAt > 2 * RETIRE_MS) throw interfaceWasRemoved(this.interface);
      return;
    }
    const isDown = condition === 'down';
    if (isDown && !this.isDown) this.notice(wentDownForNow(this.interface));
    if (!isDown && this.isDown) this.notice(isUpAgain(this.interface));
    this.isDown = isDown;
  }

  /** The kernel counts from the last question on. */
  private count(): void {
    const { received, dropped } = this.socket.counts();
    this.received += received;
    this.dropped += dropped;
  }

  private interfaceDrops(): number | null {
    return this.socket.index === 0 ? null : droppedByInterface(this.interface, this.socket.index);
  }
}

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
