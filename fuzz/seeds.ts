/** What fuzzing begins with: the captures of folders, in the shape that a target takes, and some files about clusters. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFrame } from '../src/capture/frame.ts';
import {
  block,
  enhancedPacket,
  frameOf,
  interfaceDescription,
  joined,
  obsoletePacket,
  pcapHeader,
  pcapRecord,
  sectionHeader,
  simplePacket,
  statistics,
} from '../test/capture/capture-bytes.ts';
import { samples } from '../test/decoders/samples.ts';
import { captureOf, framesOf } from './frames.ts';
import type { Random } from './random.ts';
import { clusterInput } from './targets/cluster-files.ts';
import { decoderInput } from './targets/decoders.ts';

/** Larger files are left out: what they show, smaller ones show faster. */
const MAX_FILE_BYTES = 1 << 20;
const CAPTURE = /\.(pcap|pcapng|cap|dmp|trace)(\.gz|\.zst)?$/;
/** Frames taken of one capture, as inputs of their own, and as a capture of that many. */
const FRAMES_A_CAPTURE = 60;

/** Paths of all captures in the folders and below. */
export function capturesBelow(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => CAPTURE.test(name))
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile() && statSync(path).size <= MAX_FILE_BYTES),
  );
}

/** The seeds of a target, one after the other, in an order that the random numbers choose. */
export async function* seedsOf(target: string, captures: readonly string[], folder: string, random: Random): AsyncGenerator<Uint8Array> {
  if (target === 'cluster-files') {
    yield* clusterSeeds(folder);
    return;
  }
  if (target === 'readers') yield* rareFiles();
  if (target === 'decoders') {
    for (const { hex, linkType } of Object.values(samples))
      yield decoderInput({ ...emptyFrame(), linkType, bytes: Buffer.from(hex, 'hex') });
  }
  for (const path of random.shuffled(captures)) {
    const bytes = new Uint8Array(readFileSync(path));
    if (target === 'readers') yield bytes.subarray(0, 65_536);
    else if (target === 'diagnose') {
      const frames = await framesOf(bytes, 4 * FRAMES_A_CAPTURE);
      for (let at = 0; at < frames.length; at += FRAMES_A_CAPTURE) yield captureOf(frames.slice(at, at + FRAMES_A_CAPTURE));
    } else for (const frame of await framesOf(bytes, FRAMES_A_CAPTURE)) if (frame.bytes.length < 2000) yield decoderInput(frame);
  }
}

/** Files with what no capture of today holds. */
function* rareFiles(): Generator<Uint8Array> {
  const record = pcapRecord({ data: frameOf(60) });
  for (const order of ['little', 'big'] as const) {
    yield joined(
      sectionHeader(order),
      interfaceDescription({ order, resolution: 9, offset: 3n }),
      interfaceDescription({ order, resolution: 0x8a, snapLength: 64 }),
      enhancedPacket({ order, from: 1 }),
      simplePacket({ order }),
      obsoletePacket({ order }),
    );
  }
  yield joined(
    sectionHeader(),
    interfaceDescription(),
    enhancedPacket(),
    statistics(0, 1n, 2n),
    block(0xbad, frameOf(8)),
    block(99, frameOf(8)),
  );
  yield joined(pcapHeader({ minor: 3 }), record, pcapRecord({ captured: 60, wireLength: 40 }));
  yield joined(pcapHeader({ major: 543, minor: 0 }), record);
  yield joined(pcapHeader({ magic: 0xa1b2cd34 }), record, new Uint8Array(8));
}

/** The files of a folder, each under every name: its kind is told by what is in it. */
function* clusterSeeds(folder: string): Generator<Uint8Array> {
  for (const name of readdirSync(folder).sort()) {
    const text = readFileSync(join(folder, name), 'utf8');
    for (const chosen of [0, 1, 2]) yield clusterInput(chosen, text);
  }
}
