/**
 * The evidence of a diagnosis as a capture of its own: the frames that findings cite and those of the same conversations just before and
 * after them, byte for byte and in order of time, each cited frame with a comment that says what it proves.
 */

import { capturedFrame } from './capture/fetch-frames.ts';
import { type CapturedFrame, emptyFrame, type Frame, type FrameSource } from './capture/frame.ts';
import type { KeptCaptures } from './capture/kept-captures.ts';
import { LINK_TYPE_NAMES } from './capture/link-type-names.ts';
import { PcapngWriter } from './capture/pcapng-writer.ts';
import { conversationOf } from './correlation/conversation.ts';
import { Packet } from './decoders/packet.ts';
import type { CaptureToRead } from './diagnose.ts';
import type { CaptureSummary, Diagnosis } from './diagnosis.ts';
import { fetchEvidence } from './evidence.ts';
import { printable } from './reports/printable.ts';

/** Frames of a conversation that are kept before and after a cited one. */
const NEIGHBOURS = 4;
/** All context that is kept. */
const MAX_CONTEXT_FRAMES = 20_000;
const MAX_CONTEXT_BYTES = 64 * 1024 * 1024;

/** A pcapng file in memory. */
export interface EvidenceFile {
  /** 'ethernet', 'linux-sll2', …: all of its frames have this link type. */
  readonly linkType: string;
  readonly bytes: Uint8Array;
  /** Frames in it, and those of them that findings cite. */
  readonly frames: number;
  readonly cited: number;
}

/** A frame for the file, with what it proves when it is cited. */
interface Exhibit {
  readonly capture: number;
  readonly frame: CapturedFrame;
  readonly comment: string | undefined;
}

/**
 * The evidence, one file a link type, that of the first capture first; none when no finding cites a frame.
 * @param captures what was diagnosed, in the same order as `diagnosis.captures`
 * @param kept what opened them for the diagnosis
 * @throws UsageError when a capture cannot be read again
 */
export async function evidenceFiles(
  diagnosis: Diagnosis,
  captures: readonly CaptureToRead[],
  kept: KeptCaptures,
): Promise<readonly EvidenceFile[]> {
  const evidence = await fetchEvidence(diagnosis, captures, kept);
  const exhibits: Exhibit[] = [];
  const hashes: (string | null)[] = [];
  for (const [capture, { name }] of diagnosis.captures.entries()) {
    const cited = evidence.get(name);
    const source = captures[capture]?.name;
    if (cited === undefined || cited.size === 0 || source === undefined) continue;
    const proofs = proofsOf(diagnosis, name);
    for (const frame of await withContext(cited, kept, source)) exhibits.push({ capture, frame, comment: proofs.get(frame.number) });
    hashes[capture] = await kept.sha256(source);
  }
  exhibits.sort(
    ({ frame: a, capture: i }, { frame: b, capture: k }) =>
      a.seconds - b.seconds || a.nanoseconds - b.nanoseconds || i - k || a.number - b.number,
  );
  const linkTypes = [...new Set(exhibits.toSorted((a, b) => a.capture - b.capture).map(({ frame }) => frame.linkType))];
  return linkTypes.map((linkType) => {
    const shown = exhibits.filter(({ frame }) => frame.linkType === linkType);
    return fileOf(diagnosis, shown, linkType, hashes);
  });
}

/** What each cited frame of a capture proves: a line for each rule that cites it for something. */
function proofsOf(diagnosis: Diagnosis, capture: string): Map<number, string> {
  const proofs = new Map<number, Set<string>>();
  for (const { code, rule, evidence } of diagnosis.findings) {
    for (const { frame, shows, says } of evidence.filter((item) => item.capture === capture)) {
      const lines = proofs.get(frame) ?? new Set();
      proofs.set(frame, lines.add(printable(`${code} ${rule}, ${shows}: ${says} (frame ${frame} of ${capture})`)));
    }
  }
  return new Map([...proofs].map(([frame, lines]) => [frame, [...lines].join('\n')]));
}

/** The cited frames of a capture and their neighbours, in the order of the file. */
async function withContext(cited: ReadonlyMap<number, CapturedFrame>, kept: KeptCaptures, name: string): Promise<CapturedFrame[]> {
  const context = new Context(cited);
  const source = await kept.reopen(name);
  try {
    await eachFrame(source, (frame) => context.add(frame));
  } finally {
    await source.close();
  }
  return [...new Map([...context.neighbours, ...cited.values()].map((frame) => [frame.number, frame])).values()];
}

async function eachFrame(source: FrameSource, use: (frame: Frame) => boolean): Promise<void> {
  const frame = emptyFrame();
  do {
    while (source.next(frame)) if (!use(frame)) return;
  } while (await source.more());
}

/** Finds the neighbours of cited frames in one reading. */
class Context {
  readonly neighbours: CapturedFrame[] = [];
  private readonly cited: ReadonlyMap<number, CapturedFrame>;
  private readonly packet = new Packet();
  /** By conversation: its newest frames that are not kept yet, and how many of the next ones will be. */
  private readonly talks = new Map<number, { before: CapturedFrame[]; wanted: number }>();
  private readonly last: number;
  private bytes = 0;
  /** Conversations that still wait for frames after the last cited one. */
  private waiting = 0;

  constructor(cited: ReadonlyMap<number, CapturedFrame>) {
    this.cited = cited;
    this.last = Math.max(...cited.keys());
    for (const frame of cited.values()) {
      const talk = this.talkOf(asFrame(frame));
      if (talk !== 0) this.talks.set(talk, { before: [], wanted: 0 });
    }
  }

  /** Takes the next frame of the capture; false when no later one matters. */
  add(frame: Frame): boolean {
    const talk = this.talks.get(this.talkOf(frame));
    if (talk !== undefined) {
      if (this.cited.has(frame.number)) {
        for (const earlier of talk.before) this.keep(earlier);
        talk.before = [];
        if (talk.wanted === 0) this.waiting += 1;
        talk.wanted = NEIGHBOURS;
      } else if (talk.wanted > 0) {
        this.keep(capturedFrame(frame));
        talk.wanted -= 1;
        if (talk.wanted === 0) this.waiting -= 1;
      } else if (frame.number < this.last) {
        talk.before.push(capturedFrame(frame));
        if (talk.before.length > NEIGHBOURS) talk.before.shift();
      }
    }
    return frame.number < this.last || this.waiting > 0;
  }

  private talkOf(frame: Frame): number {
    this.packet.decode(frame);
    return conversationOf(this.packet, frame.view);
  }

  private keep(frame: CapturedFrame): void {
    if (this.neighbours.length >= MAX_CONTEXT_FRAMES || this.bytes + frame.bytes.length > MAX_CONTEXT_BYTES) return;
    this.neighbours.push(frame);
    this.bytes += frame.bytes.length;
  }
}

/** A frame with bytes of its own in the shape that decoders take. */
function asFrame(frame: CapturedFrame): Frame {
  const { bytes } = frame;
  return { ...frame, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), start: 0, end: bytes.length };
}

function fileOf(diagnosis: Diagnosis, exhibits: readonly Exhibit[], linkType: number, hashes: readonly (string | null)[]): EvidenceFile {
  const blocks: Uint8Array[] = [];
  const shown = [...new Set(exhibits.map(({ capture }) => capture))].sort((a, b) => a - b);
  const { name, version } = diagnosis.tool;
  const writer = new PcapngWriter((block) => blocks.push(block), {
    application: `${name} ${version}`,
    comment: sectionComment(diagnosis, shown, hashes),
  });
  const interfaces = new Map(shown.map((capture) => [capture, describe(writer, diagnosis.captures[capture]!, linkType)]));
  for (const { capture, frame, comment } of exhibits) writer.frame(interfaces.get(capture)!, frame, comment);
  return {
    linkType: (LINK_TYPE_NAMES[linkType] ?? String(linkType)).toLowerCase().replaceAll('_', '-'),
    bytes: Buffer.concat(blocks),
    frames: exhibits.length,
    cited: exhibits.filter(({ comment }) => comment !== undefined).length,
  };
}

function describe(writer: PcapngWriter, { name, point }: CaptureSummary, linkType: number): number {
  const taken = point === null ? {} : { description: printable(`taken at: ${point}`) };
  return writer.describeInterface({ linkType, snapLength: 0, name: printable(name), ...taken });
}

function sectionComment(diagnosis: Diagnosis, captures: readonly number[], hashes: readonly (string | null)[]): string {
  const sources = captures.map(
    (i) => `Capture ${diagnosis.captures[i]!.name}, ${hashes[i] === null ? 'anonymized' : `SHA-256 ${hashes[i]}`}.`,
  );
  const findings = diagnosis.findings.map(({ code, rule, confidence, message }) => `${code} ${rule} (${confidence}): ${message}`);
  const lines = [
    `Evidence by ${diagnosis.tool.name} ${diagnosis.tool.version}: frames with a comment are cited, the others are their context.`,
    ...sources,
    `${diagnosis.verdict.toUpperCase()}: ${diagnosis.summary}`,
    ...findings,
  ];
  return lines.map(printable).join('\n');
}
