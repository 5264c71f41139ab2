/**
 * Reads frames out of a TPACKET_V3 ring of the Linux kernel, given as memory: which system calls made it does not matter here.
 * A block that the kernel has filled is copied, with one memcpy, and given back at once: a slow reader holds nothing back, and what is
 * handed out is never memory that the kernel writes. (Documentation/networking/packet_mmap.rst, include/uapi/linux/if_packet.h)
 *
 *   block  8  status             frame  0  offset of the next     12  captured    24  offset of the MAC header (u16)
 *         12  number of frames          4  seconds                16  length      32  VLAN TCI
 *         16  offset of the first       8  nanoseconds            20  status      36  VLAN TPID (u16)
 *         20  bytes used               48  sockaddr_ll: protocol 50 (big-endian), interface 52, hardware type 56, packet type 58, address 59
 */
import { type Frame, LinkType } from '../frame.ts';
import type { Direction } from './live-source.ts';

const TP_STATUS_USER = 1;
const TP_STATUS_KERNEL = 0;
const TP_STATUS_VLAN_VALID = 1 << 4;
const TP_STATUS_VLAN_TPID_VALID = 1 << 6;
const PACKET_OUTGOING = 4;
const VLAN_TPID = 0x8100;
const VLAN_TAG_BYTES = 4;
const SLL2_BYTES = 20;
const ADDRESS_AT = 48;
/** A frame's header with its sockaddr_ll. Behind it the kernel leaves room for a VLAN tag, or for a tag and a cooked header. */
const FRAME_HEADER_BYTES = 68;

export interface PacketRingShape {
  readonly blockBytes: number;
  readonly blocks: number;
  /** LINKTYPE_ value to deliver. For linuxSll2 the kernel gives no link header, and one is made of what it says of the frame. */
  readonly linkType: number;
  /** On a loopback interface every frame passes twice: out and in again. Only the second is given. */
  readonly isLoopback: boolean;
}

export class PacketRing {
  direction: Direction = 'unknown';
  /** Frames given. */
  frames = 0;
  /** Bytes copied out of the ring. */
  bytesTaken = 0;
  /** Frames that could not be given because a length in their block makes no sense. */
  damaged = 0;
  private readonly shape: PacketRingShape;
  /** Bytes from a frame's header to the first byte of its data, at least. */
  private readonly room: number;
  private readonly ring: Uint8Array;
  /** The ring as words, to see and to set who owns a block, in order with the accesses to its contents. */
  private readonly owners: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly words: Uint32Array;
  private readonly halves: Uint16Array;
  private block = 0;
  /** Of the block copied last: offset of the next frame, how many are left, bytes used. */
  private at = 0;
  private left = 0;
  private used = 0;

  constructor(memory: ArrayBuffer, shape: PacketRingShape) {
    this.shape = shape;
    this.room = FRAME_HEADER_BYTES + VLAN_TAG_BYTES + (shape.linkType === LinkType.linuxSll2 ? SLL2_BYTES : 0);
    this.ring = new Uint8Array(memory);
    this.owners = new Int32Array(memory);
    this.bytes = new Uint8Array(shape.blockBytes);
    this.view = new DataView(this.bytes.buffer);
    this.words = new Uint32Array(this.bytes.buffer);
    this.halves = new Uint16Array(this.bytes.buffer);
  }

  /** Takes the next block that the kernel has filled; false when there is none. Frames of the block before are void. */
  take(): boolean {
    const { blockBytes, blocks } = this.shape;
    const start = this.block * blockBytes;
    const owner = (start + 8) >> 2;
    if ((Atomics.load(this.owners, owner) & TP_STATUS_USER) === 0) return false;
    this.used = Math.min(this.owners[owner + 3]! >>> 0, blockBytes);
    this.bytes.set(this.ring.subarray(start, start + this.used));
    this.left = this.words[3]!;
    this.at = this.words[4]!;
    Atomics.store(this.owners, owner, TP_STATUS_KERNEL);
    this.block = (this.block + 1) % blocks;
    this.bytesTaken += this.used;
    return true;
  }

  /** Fills all of `frame` but its number and point; false when the block holds no further frame. */
  next(frame: Frame): boolean {
    while (this.left > 0) {
      const at = this.at;
      if ((at & 7) !== 0 || at + FRAME_HEADER_BYTES > this.used) return this.giveUp();
      const word = at >> 2;
      const mac = at + this.halves[(at + 24) >> 1]!;
      const end = mac + this.words[word + 3]!;
      if (mac < at + this.room || end > this.used) return this.giveUp();
      this.left -= 1;
      const step = this.words[word]!;
      this.at = at + step;
      // The last frame of a block has 0.
      if (this.left > 0 && step < FRAME_HEADER_BYTES) this.giveUp();
      const isOut = this.bytes[at + ADDRESS_AT + 10] === PACKET_OUTGOING;
      if (isOut && this.shape.isLoopback) continue;
      this.direction = isOut ? 'out' : 'in';
      if (frame.view !== this.view) {
        frame.bytes = this.bytes;
        frame.view = this.view;
      }
      frame.seconds = this.words[word + 1]!;
      frame.nanoseconds = this.words[word + 2]!;
      frame.end = end;
      frame.wireLength = this.words[word + 4]!;
      frame.linkType = this.shape.linkType;
      if (this.shape.linkType === LinkType.linuxSll2) this.putCookedHeader(frame, at, mac);
      else frame.start = this.putTagBack(frame, at, mac);
      this.frames += 1;
      return true;
    }
    return false;
  }

  /** The kernel and the card take the outer VLAN tag out of the frame. Gives the offset at which the frame now begins. */
  private putTagBack(frame: Frame, at: number, mac: number): number {
    const tpid = this.tpidOf(at);
    if (tpid === 0 || frame.end - mac < 12 || frame.linkType !== LinkType.ethernet) return mac;
    this.bytes.copyWithin(mac - VLAN_TAG_BYTES, mac, mac + 12);
    this.view.setUint16(mac + 8, tpid);
    this.view.setUint16(mac + 10, this.words[(at + 32) >> 2]!);
    frame.wireLength += VLAN_TAG_BYTES;
    return mac - VLAN_TAG_BYTES;
  }

  /** LINKTYPE_LINUX_SLL2: Ethertype, reserved, interface, hardware type, packet type, length of the address, address. */
  private putCookedHeader(frame: Frame, at: number, payload: number): void {
    const { bytes, view } = this;
    const address = at + ADDRESS_AT;
    let ethertype = view.getUint16(address + 2);
    let start = payload - SLL2_BYTES;
    const tpid = this.tpidOf(at);
    if (tpid !== 0) {
      start -= VLAN_TAG_BYTES;
      view.setUint16(payload - 4, this.words[(at + 32) >> 2]!);
      view.setUint16(payload - 2, ethertype);
      ethertype = tpid;
    }
    const length = bytes[address + 11]!;
    view.setUint16(start, ethertype);
    view.setUint16(start + 2, 0);
    view.setUint32(start + 4, this.words[(address + 4) >> 2]!);
    view.setUint16(start + 8, this.halves[(address + 8) >> 1]!);
    bytes[start + 10] = bytes[address + 10]!;
    bytes[start + 11] = length;
    // Of the eight bytes, the kernel may have written fewer; the ring may hold older ones behind them.
    for (let i = 0; i < 8; i++) bytes[start + 12 + i] = i < length ? bytes[address + 12 + i]! : 0;
    frame.start = start;
    frame.wireLength += payload - start;
  }

  /** TPID of the tag that stands beside the frame; 0 when there is none. */
  private tpidOf(at: number): number {
    const status = this.words[(at + 20) >> 2]!;
    if ((status & TP_STATUS_VLAN_VALID) === 0) return 0;
    return (status & TP_STATUS_VLAN_TPID_VALID) === 0 ? VLAN_TPID : this.halves[(at + 36) >> 1]!;
  }

  private giveUp(): false {
    this.damaged += this.left;
    this.left = 0;
    return false;
  }
}
