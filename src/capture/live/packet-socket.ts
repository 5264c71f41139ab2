/**
 * An AF_PACKET socket with a TPACKET_V3 ring, by system calls through koffi (packet(7), Documentation/networking/packet_mmap.rst).
 * None of them waits. The socket hears nothing until its filter is attached and its ring is there.
 */
import { constants, endianness } from 'node:os';
import { LinkType } from '../frame.ts';
import { CannotCapture, notPermitted } from './cannot-capture.ts';
import type { FrameBegin, Instruction } from './frame-filter.ts';
import { interfaceIsDown, noSuchInterface } from './interfaces.ts';
import { loadOptional } from './optional-package.ts';
import type { PacketRingShape } from './packet-ring.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_RESERVE = 12;
const TPACKET_V3 = 2;
const PACKET_MR_PROMISC = 1;
const ETH_P_ALL = 3;
const SIOCGIFNAME = 0x8910;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const IFF_UP = 1;
const IFF_LOOPBACK = 8;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const IFNAMSIZ = 16;
const LITTLE_ENDIAN = endianness() === 'LE';

/** A frame must fit into a block. */
const BLOCK_BYTES = 256 * 1024;
/** 64 MiB, more than a second of 200,000 frames a second, cut at 256 bytes; less where the kernel has no more. */
const BLOCKS = [256, 64, 16];
/** TPACKET_V3 asks for it and does not use it: frames take the room that they need. */
const FRAME_BYTES = 2048;
/** A block is handed over when it is full or this old. At low rates a block holds what came in that time, and the ring ten seconds. */
export const RETIRE_MS = 40;

/** Hardware types (ARPHRD_, linux/if_arp.h) by what their frames begin with. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [1, LinkType.ethernet],
  [772, LinkType.ethernet],
  // No link header: tun, IP in IP, IPv6 in IPv6, SIT, GRE, GRE over IPv6, raw IP.
  [65_534, LinkType.raw],
  [768, LinkType.raw],
  [769, LinkType.raw],
  [776, LinkType.raw],
  [519, LinkType.raw],
]);

/** What the C library does for us; the shape of koffi is declared here because the package may be missing. */
interface Libc {
  socket(family: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, length: Uint32Array): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  mmap(address: null, length: number, protection: number, flags: number, fd: number, offset: number): unknown;
  munmap(address: unknown, length: number): number;
  close(fd: number): number;
  /** setsockopt for SO_ATTACH_FILTER, with struct sock_fprog as its value. */
  attach(fd: number, level: number, name: number, fprog: { readonly len: number; readonly filter: Uint8Array }, length: number): number;
  /** struct sock_fprog as koffi's type. */
  readonly fprog: unknown;
}

interface Koffi {
  load(path: null): { func(declaration: string): unknown; func(name: string, result: string, parameters: readonly unknown[]): unknown };
  struct(fields: Readonly<Record<string, string>>): unknown;
  pointer(type: unknown): unknown;
  sizeof(type: unknown): number;
  view(pointer: unknown, length: number): ArrayBuffer;
  address(pointer: unknown): bigint;
  errno(): number;
}

const DECLARATIONS: Readonly<Record<Exclude<keyof Libc, 'attach' | 'fprog'>, string>> = {
  socket: 'int socket(int, int, int)',
  setsockopt: 'int setsockopt(int, int, int, const void *, uint32_t)',
  getsockopt: 'int getsockopt(int, int, int, void *, void *)',
  bind: 'int bind(int, const void *, uint32_t)',
  ioctl: 'int ioctl(int, unsigned long, void *)',
  mmap: 'void *mmap(void *, size_t, int, int, int, long)',
  munmap: 'int munmap(void *, size_t)',
  close: 'int close(int)',
};

/** Frames counted since the counts were asked for last. */
export interface SocketCounts {
  readonly received: number;
  readonly dropped: number;
}

export type InterfaceCondition = 'up' | 'down' | 'removed';

/** Finds out about the interface first, so that the filter can be compiled for its kind of frames; `capture` then starts. */
export class PacketSocket {
  readonly interface: string;
  /** Index of the interface; 0 for all of them. */
  readonly index: number;
  readonly linkType: number;
  readonly isLoopback: boolean;
  private readonly koffi: Koffi;
  private readonly libc: Libc;
  private readonly fd: number;
  private mapped: { readonly at: unknown; readonly length: number } | null = null;

  /** @throws UsageError when the interface is not there or down; CannotCapture when koffi or the permission is missing */
  static async open(name: string): Promise<PacketSocket> {
    if (process.platform !== 'linux') throw new CannotCapture('AF_PACKET is a part of Linux', 'use another backend');
    const koffi = loadOptional('koffi', 'install lvs-doctor with its optional packages, or use --backend tcpdump') as Koffi;
    return new PacketSocket(name, koffi, bindLibc(koffi));
  }

  private constructor(name: string, koffi: Koffi, libc: Libc) {
    this.interface = name;
    this.koffi = koffi;
    this.libc = libc;
    const isAny = name === 'any';
    // Protocol 0: no frame is heard before the socket is bound.
    this.fd = libc.socket(AF_PACKET, (isAny ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC, 0);
    if (this.fd < 0) throw this.cannotOpen();
    try {
      this.index = isAny ? 0 : this.findIndex();
      const flags = isAny ? IFF_UP : new DataView(this.askInterface(SIOCGIFFLAGS).buffer).getUint16(IFNAMSIZ, LITTLE_ENDIAN);
      if ((flags & IFF_UP) === 0) throw interfaceIsDown(name);
      this.isLoopback = (flags & IFF_LOOPBACK) !== 0;
      this.linkType = isAny ? LinkType.linuxSll2 : this.findLinkType();
    } catch (error) {
      libc.close(this.fd);
      throw error;
    }
  }

  /** What a filter for this socket sees first. */
  get begin(): FrameBegin {
    return this.linkType === LinkType.ethernet ? 'ethernet' : 'network';
  }

  /** Starts to capture. Gives the ring, which is void once `close` was called. @throws CannotCapture */
  capture(program: readonly Instruction[]): { readonly memory: ArrayBuffer; readonly shape: PacketRingShape } {
    this.attachFilter(program);
    this.setOption(PACKET_VERSION, [TPACKET_V3], 'TPACKET_V3');
    this.setOption(PACKET_RESERVE, [4], 'PACKET_RESERVE');
    const blocks = this.makeRing();
    const length = BLOCK_BYTES * blocks;
    const mapped = this.libc.mmap(null, length, PROT_READ_WRITE, MAP_SHARED, this.fd, 0);
    if (BigInt.asIntN(64, this.koffi.address(mapped)) === -1n) throw this.refused('mapping the ring');
    this.mapped = { at: mapped, length };
    const memory = this.koffi.view(mapped, length);
    if (this.index !== 0) this.promiscuous();
    this.bind();
    return { memory, shape: { blockBytes: BLOCK_BYTES, blocks, linkType: this.linkType, isLoopback: this.isLoopback } };
  }

  /** The error that waits at the socket, as errno, and takes it away; 0 when there is none. ENETDOWN: the interface went down. */
  takeError(): number {
    const value = new Uint32Array(1);
    this.libc.getsockopt(this.fd, SOL_SOCKET, SO_ERROR, bytesOf(value), new Uint32Array([4]));
    return value[0]!;
  }

  counts(): SocketCounts {
    const value = new Uint32Array(3);
    const isTold = this.libc.getsockopt(this.fd, SOL_PACKET, PACKET_STATISTICS, bytesOf(value), new Uint32Array([12])) === 0;
    return isTold ? { received: value[0]!, dropped: value[1]! } : { received: 0, dropped: 0 };
  }

  /** Follows the interface by its index: one that was removed and created again under its name is another. */
  condition(): InterfaceCondition {
    if (this.index === 0) return 'up';
    const request = new Uint8Array(40);
    new DataView(request.buffer).setInt32(IFNAMSIZ, this.index, LITTLE_ENDIAN);
    if (this.libc.ioctl(this.fd, SIOCGIFNAME, request) < 0) return 'removed';
    if (this.libc.ioctl(this.fd, SIOCGIFFLAGS, request) < 0) return 'removed';
    return (new DataView(request.buffer).getUint16(IFNAMSIZ, LITTLE_ENDIAN) & IFF_UP) === 0 ? 'down' : 'up';
  }

  close(): void {
    if (this.mapped !== null) this.libc.munmap(this.mapped.at, this.mapped.length);
    this.mapped = null;
    this.libc.close(this.fd);
  }

  private attachFilter(program: readonly Instruction[]): void {
    const code = new Uint8Array(program.length * 8);
    const view = new DataView(code.buffer);
    program.forEach(([opcode, jt, jf, k], i) => {
      view.setUint16(i * 8, opcode, LITTLE_ENDIAN);
      view.setUint8(i * 8 + 2, jt);
      view.setUint8(i * 8 + 3, jf);
      view.setUint32(i * 8 + 4, k, LITTLE_ENDIAN);
    });
    if (
      this.libc.attach(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, { len: program.length, filter: code }, this.koffi.sizeof(this.libc.fprog)) < 0
    ) {
      throw this.refused(`a filter of ${program.length} instructions`);
    }
  }

  /** Gives the number of its blocks. */
  private makeRing(): number {
    const isMade = (blocks: number) => {
      const frames = (BLOCK_BYTES / FRAME_BYTES) * blocks;
      const value = bytesOf(Uint32Array.of(BLOCK_BYTES, blocks, FRAME_BYTES, frames, RETIRE_MS, 0, 0));
      return this.libc.setsockopt(this.fd, SOL_PACKET, PACKET_RX_RING, value, value.length) === 0;
    };
    const blocks = BLOCKS.find(isMade);
    if (blocks === undefined) throw this.refused('the memory of a ring');
    return blocks;
  }

  private promiscuous(): void {
    const request = new Uint8Array(16);
    const view = new DataView(request.buffer);
    view.setInt32(0, this.index, LITTLE_ENDIAN);
    view.setUint16(4, PACKET_MR_PROMISC, LITTLE_ENDIAN);
    if (this.libc.setsockopt(this.fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, request.length) < 0) {
      throw this.refused('promiscuous mode');
    }
  }

  private bind(): void {
    const address = new Uint8Array(20);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, LITTLE_ENDIAN);
    view.setUint16(2, ETH_P_ALL);
    view.setInt32(4, this.index, LITTLE_ENDIAN);
    if (this.libc.bind(this.fd, address, address.length) < 0) throw this.refused('binding to the interface');
  }

  private setOption(name: number, words: readonly number[], what: string): void {
    const value = bytesOf(Uint32Array.from(words));
    if (this.libc.setsockopt(this.fd, SOL_PACKET, name, value, value.length) < 0) throw this.refused(what);
  }

  private findIndex(): number {
    return new DataView(this.askInterface(SIOCGIFINDEX).buffer).getInt32(IFNAMSIZ, LITTLE_ENDIAN);
  }

  private findLinkType(): number {
    const type = new DataView(this.askInterface(SIOCGIFHWADDR).buffer).getUint16(IFNAMSIZ, LITTLE_ENDIAN);
    const linkType = LINK_TYPES.get(type);
    if (linkType === undefined)
      throw new CannotCapture(`frames of hardware type ${type} are not known to it`, 'capture on an Ethernet interface');
    return linkType;
  }

  /** struct ifreq, filled in by the kernel. */
  private askInterface(request: number): Uint8Array<ArrayBuffer> {
    const argument = new Uint8Array(40);
    const name = new TextEncoder().encode(this.interface);
    if (name.length >= IFNAMSIZ) throw noSuchInterface(this.interface);
    argument.set(name);
    if (this.libc.ioctl(this.fd, request, argument) < 0) throw noSuchInterface(this.interface);
    return argument;
  }

  private cannotOpen(): CannotCapture {
    const errno = this.koffi.errno();
    if (errno === constants.errno.EPERM || errno === constants.errno.EACCES) return notPermitted('"$(readlink -f "$(which node)")"');
    return new CannotCapture(`the kernel refuses an AF_PACKET socket (errno ${errno})`, 'modprobe af_packet');
  }

  private refused(what: string): CannotCapture {
    return new CannotCapture(`the kernel refuses ${what} (errno ${this.koffi.errno()})`, 'use another backend');
  }
}

function bindLibc(koffi: Koffi): Libc {
  try {
    const library = koffi.load(null);
    const declared = Object.fromEntries(Object.entries(DECLARATIONS).map(([name, text]) => [name, library.func(text)]));
    const fprog = koffi.struct({ len: 'uint16_t', filter: 'const void *' });
    const attach = library.func('setsockopt', 'int', ['int', 'int', 'int', koffi.pointer(fprog), 'uint32_t']);
    return { ...declared, attach, fprog } as unknown as Libc;
  } catch (error) {
    throw new CannotCapture(
      `the C library cannot be called (${error instanceof Error ? error.message : String(error)})`,
      'use another backend',
    );
  }
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer);
}
