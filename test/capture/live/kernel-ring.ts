/** A TPACKET_V3 ring as the Linux kernel fills it, by hand. */
import type { PacketRingShape } from '../../../src/capture/live/packet-ring.ts';

export interface RingFrame {
  readonly data: Uint8Array;
  readonly wireLength?: number;
  readonly seconds?: number;
  readonly nanoseconds?: number;
  /** sll_pkttype: 0 for us, 1 broadcast, 3 for others, 4 outgoing. */
  readonly kind?: number;
  /** A tag beside the frame. */
  readonly vlan?: { readonly tci: number; readonly tpid?: number };
  /** Ethertype, interface and address of its sockaddr_ll. */
  readonly ethertype?: number;
  readonly address?: readonly number[];
  /** What the kernel never does: other values for offsets and lengths. */
  readonly lies?: { readonly mac?: number; readonly captured?: number; readonly next?: number };
}

export const SHAPE: PacketRingShape = { blockBytes: 4096, blocks: 3, linkType: 1, isLoopback: false };

const [FIRST_FRAME, FRAME_HEADER, ROOM] = [48, 68, 28];

export class KernelRing {
  readonly memory: ArrayBuffer;
  private readonly shape: PacketRingShape;
  private readonly words: Uint32Array;
  private readonly halves: Uint16Array;
  private readonly bytes: Uint8Array;
  private block = 0;

  constructor(shape: PacketRingShape = SHAPE) {
    this.shape = shape;
    this.memory = new ArrayBuffer(shape.blockBytes * shape.blocks);
    this.words = new Uint32Array(this.memory);
    this.halves = new Uint16Array(this.memory);
    this.bytes = new Uint8Array(this.memory);
  }

  /** Whether the block belongs to the kernel. */
  isFree(block: number): boolean {
    return this.words[(block * this.shape.blockBytes + 8) >> 2] === 0;
  }

  /** Fills the next block and hands it over. `lies`: other values in its header. */
  fill(frames: readonly RingFrame[], lies: { count?: number; first?: number; used?: number } = {}): void {
    if (!this.isFree(this.block)) throw new Error('the kernel would have to drop these frames');
    const start = this.block * this.shape.blockBytes;
    this.block = (this.block + 1) % this.shape.blocks;
    let at = FIRST_FRAME;
    for (const frame of frames) at += this.put(start + at, frame);
    const header = start >> 2;
    this.words[header + 3] = lies.count ?? frames.length;
    this.words[header + 4] = lies.first ?? FIRST_FRAME;
    this.words[header + 5] = lies.used ?? at;
    this.words[header + 2] = 1;
  }

  private put(at: number, frame: RingFrame): number {
    const {
      data,
      seconds = 1_800_000_000,
      nanoseconds = 0,
      kind = 0,
      vlan,
      ethertype = 0x0800,
      address = [2, 0, 0, 0, 0, 1],
      lies = {},
    } = frame;
    const mac = FRAME_HEADER + ROOM;
    const size = (mac + data.length + 15) & ~15;
    const word = at >> 2;
    this.words[word] = lies.next ?? size;
    this.words[word + 1] = seconds;
    this.words[word + 2] = nanoseconds;
    this.words[word + 3] = lies.captured ?? data.length;
    this.words[word + 4] = frame.wireLength ?? data.length;
    this.words[word + 5] = 1 | (vlan === undefined ? 0 : 1 << 4) | (vlan?.tpid === undefined ? 0 : 1 << 6);
    this.halves[(at + 24) >> 1] = lies.mac ?? mac;
    this.words[word + 8] = vlan?.tci ?? 0;
    this.halves[(at + 36) >> 1] = vlan?.tpid ?? 0;
    this.halves[(at + 48) >> 1] = 17;
    new DataView(this.memory).setUint16(at + 50, ethertype);
    this.words[(at + 52) >> 2] = 7;
    this.halves[(at + 56) >> 1] = 1;
    this.bytes[at + 58] = kind;
    this.bytes[at + 59] = address.length;
    this.bytes.fill(0xee, at + 60, at + 68);
    this.bytes.set(address, at + 60);
    this.bytes.set(data, at + mac);
    return size;
  }
}
