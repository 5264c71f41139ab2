/**
 * `--evidence-dir`: for each finding a small pcapng file with the frames that prove it, and what came just before and after them.
 *
 * Three rings hold the newest frames: ARP, neighbour discovery, VRRP and ICMP; beginnings and ends of connections; the rest. So a flood of
 * packets does not flush the one ARP reply that matters. A block of a file is written whole and at once: however the process ends, the
 * file is readable up to its last frame.
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { CapturedFrame, Frame } from '../capture/frame.ts';
import { PcapngWriter } from '../capture/pcapng-writer.ts';
import { type Packet, PacketKind, TcpFlag, Transport } from '../decoders/packet.ts';
import { UsageError } from '../usage-error.ts';
import { FrameRing } from './frame-ring.ts';
import type { FindingEvent } from './live-event.ts';

const MIB = 1024 * 1024;
/** Bytes of the three rings. */
const RING_BYTES = [4 * MIB, 16 * MIB, 64 * MIB] as const;
/** Frames of each ring that are saved before and behind an evidence frame. */
const AROUND = 20;
/** Frames that are saved after the finding was told, and for how long. */
const AFTER_FRAMES = 200;
const AFTER_MS = 2_000;
/** Files that still get frames. */
const MAX_OPEN = 16;
/** Bytes of all evidence files together; the oldest are removed. */
export const MAX_EVIDENCE_BYTES = 256 * MIB;
/** `20261120T085201Z-1-rs-answers-arp.pcapng`; other files in the directory are none of ours. */
const OURS = /^\d{8}T\d{6}Z-\d+-[a-z0-9-]+\.pcapng$/;

interface OpenFile {
  readonly name: string;
  readonly descriptor: number;
  readonly writer: PcapngWriter;
  readonly interfaces: Map<number, number>;
  readonly untilMs: number;
  left: number;
}

export interface EvidenceOptions {
  readonly directory: string;
  /** Program and version that writes. */
  readonly application: string;
  /** Name of the interface. */
  readonly captureName: string;
  readonly maxBytes?: number;
  /** Told once, in a sentence, when files can no longer be written. */
  readonly failed: (sentence: string) => void;
}

export class EvidenceFiles {
  readonly #options: EvidenceOptions;
  readonly #rings = RING_BYTES.map((size) => new FrameRing(size));
  readonly #open: OpenFile[] = [];
  /** Names and sizes, oldest first. */
  readonly #sizes = new Map<string, number>();
  #written = 0;
  #hasFailed = false;

  /** @throws UsageError when the directory cannot be made or written */
  constructor(options: EvidenceOptions) {
    this.#options = options;
    const { directory } = options;
    try {
      mkdirSync(directory, { recursive: true });
      const probe = join(directory, `.lvs-doctor-${process.pid}`);
      closeSync(openSync(probe, 'w'));
      rmSync(probe);
      for (const name of readdirSync(directory)
        .filter((file) => OURS.test(file))
        .sort()) {
        this.#sizes.set(name, statSync(join(directory, name)).size);
      }
    } catch (error) {
      throw new UsageError(
        `${directory} cannot be written (${error instanceof Error ? error.message : String(error)}); --evidence-dir expects a directory for evidence files: make one that the user of this process may write.`,
      );
    }
  }

  /** Keeps a frame, for as long as its ring has room. */
  add(frame: Frame, packet: Packet): void {
    this.#rings[ringOf(packet)]!.add(frame);
    if (this.#open.length > 0) this.#append(frame);
  }

  /** Saves the evidence of what was found or got worse. */
  tell({ event, time, finding }: FindingEvent): void {
    if (event !== 'found' && event !== 'worse') return;
    const says = new Map(finding.evidence.map((e) => [e.frame, `${e.shows}: ${e.says}`]));
    const frames = new Map<number, CapturedFrame>();
    for (const number of says.keys()) {
      for (const ring of this.#rings) for (const frame of ring.around(number, AROUND, AROUND)) frames.set(frame.number, frame);
    }
    this.#written++;
    const name = `${time.replace(/[-:]|\.\d+/g, '')}-${this.#written}-${finding.rule}.pcapng`;
    this.#guarded(() => {
      while (this.#open.length >= MAX_OPEN) this.#close(this.#open[0]!);
      const file = this.#create(name, `${finding.code} ${finding.id}: ${finding.message}`, Date.parse(time) + AFTER_MS);
      for (const frame of [...frames.values()].sort((a, b) => a.number - b.number)) this.#write(file, frame, says.get(frame.number));
      this.#removeOldest();
    });
  }

  /** No frame follows. */
  close(): void {
    for (const file of [...this.#open]) this.#close(file);
  }

  #create(name: string, comment: string, untilMs: number): OpenFile {
    const descriptor = openSync(join(this.#options.directory, name), 'wx');
    this.#sizes.set(name, 0);
    const write = (block: Uint8Array) => {
      writeSync(descriptor, block);
      this.#sizes.set(name, (this.#sizes.get(name) ?? 0) + block.length);
    };
    const writer = new PcapngWriter(write, { application: this.#options.application, comment });
    const file = { name, descriptor, writer, interfaces: new Map<number, number>(), untilMs, left: AFTER_FRAMES };
    this.#open.push(file);
    return file;
  }

  #write(file: OpenFile, frame: CapturedFrame, comment?: string): void {
    let number = file.interfaces.get(frame.linkType);
    if (number === undefined) {
      number = file.writer.describeInterface({ linkType: frame.linkType, snapLength: 0, name: this.#options.captureName });
      file.interfaces.set(frame.linkType, number);
    }
    file.writer.frame(number, frame, comment);
  }

  #append(frame: Frame): void {
    const copy = { ...frame, bytes: frame.bytes.slice(frame.start, frame.end) };
    for (const file of [...this.#open]) {
      if (frame.seconds * 1000 > file.untilMs || file.left-- <= 0) this.#close(file);
      else this.#guarded(() => this.#write(file, copy));
    }
  }

  #close(file: OpenFile): void {
    this.#open.splice(this.#open.indexOf(file), 1);
    closeSync(file.descriptor);
  }

  #removeOldest(): void {
    const { directory, maxBytes = MAX_EVIDENCE_BYTES } = this.#options;
    let total = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const [name, size] of this.#sizes) {
      if (total <= maxBytes) return;
      if (this.#open.some((file) => file.name === name)) continue;
      rmSync(join(directory, name), { force: true });
      this.#sizes.delete(name);
      total -= size;
    }
  }

  /** A full disk ends no watch. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.failed(`Evidence cannot be saved in ${this.#options.directory} (${reason}); the watch goes on without it.`);
    }
  }
}

function ringOf(packet: Packet): number {
  const { transport } = packet;
  if (packet.kind === PacketKind.arp || transport === Transport.icmp || transport === Transport.icmp6 || transport === Transport.vrrp)
    return 0;
  return transport === Transport.tcp && (packet.tcpFlags & (TcpFlag.syn | TcpFlag.rst | TcpFlag.fin)) !== 0 ? 1 : 2;
}
