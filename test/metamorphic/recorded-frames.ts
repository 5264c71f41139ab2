/** The frames of a real capture as a list, to be changed and diagnosed again without a file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CaptureInfo, type Frame, type FrameSource, LinkType } from '../../src/capture/frame.ts';
import { type Given, NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnoseFrames } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { FIXTURES, givenOf, type Mode, truthOf } from '../support/fixtures.ts';

export interface RecordedFrame {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly bytes: Uint8Array;
  readonly wireLength: number;
}

/** The frames of a case's mirror.pcap, each with bytes of its own: a read past a frame's end finds nothing. */
export function framesOf(name: string): RecordedFrame[] {
  const file = readFileSync(join(FIXTURES, name, 'mirror.pcap'));
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== 0xa1b2c3d4 || view.getUint32(20, true) !== LinkType.ethernet) {
    throw new Error(`${name}: a little-endian Ethernet capture in microseconds was expected`);
  }
  const frames: RecordedFrame[] = [];
  for (let at = 24; at < file.length; ) {
    const captured = view.getUint32(at + 8, true);
    frames.push({
      seconds: view.getUint32(at, true),
      nanoseconds: view.getUint32(at + 4, true) * 1000,
      bytes: new Uint8Array(file.subarray(at + 16, at + 16 + captured)),
      wireLength: view.getUint32(at + 12, true),
    });
    at += 16 + captured;
  }
  return frames;
}

/** Where frames come from one by one; the caller numbers nothing. */
export class RecordedSource implements FrameSource {
  readonly #frames: Iterator<RecordedFrame>;
  #count = 0;

  constructor(frames: Iterable<RecordedFrame>) {
    this.#frames = frames[Symbol.iterator]();
  }

  get info(): CaptureInfo {
    return {
      name: 'recorded',
      format: 'pcap',
      compression: null,
      linkTypes: [LinkType.ethernet],
      snapLength: 0,
      frames: this.#count,
      skippedFrames: 0,
      bytes: 0,
      storedBytes: null,
      storedBytesRead: 0,
      cutOff: false,
      damage: null,
      dropped: null,
    };
  }

  next(frame: Frame): boolean {
    const { done, value } = this.#frames.next();
    if (done === true) return false;
    this.#count++;
    const { bytes, seconds, nanoseconds, wireLength } = value;
    frame.bytes = bytes;
    frame.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    frame.start = 0;
    frame.end = bytes.length;
    frame.number = this.#count;
    frame.seconds = seconds;
    frame.nanoseconds = nanoseconds;
    frame.wireLength = wireLength;
    frame.linkType = LinkType.ethernet;
    frame.point = 0;
    return true;
  }

  async more(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {}
}

/** Diagnoses frames with roles inferred, or with the point and the case's true roles given. */
export function diagnoseRecorded(frames: Iterable<RecordedFrame>, name: string, mode: Mode): Promise<Diagnosis> {
  return mode === 'inferred' ? diagnoseAs(frames, null, NOTHING_GIVEN) : diagnoseAs(frames, 'mirror', givenOf(truthOf(name)));
}

export function diagnoseAs(frames: Iterable<RecordedFrame>, point: string | null, given: Given): Promise<Diagnosis> {
  return diagnoseFrames(new RecordedSource(frames), point, given);
}

/** Later by some nanoseconds. */
export function later(frame: RecordedFrame, nanoseconds: number): RecordedFrame {
  const sum = frame.nanoseconds + nanoseconds;
  return { ...frame, seconds: frame.seconds + Math.floor(sum / 1e9), nanoseconds: sum % 1e9 };
}

/** In order of time; frames of the same time stay as they were. */
export function inOrder(frames: readonly RecordedFrame[]): RecordedFrame[] {
  return frames.toSorted((a, b) => a.seconds - b.seconds || a.nanoseconds - b.nanoseconds);
}
