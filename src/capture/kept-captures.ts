/**
 * Captures that are read a second time, for the frames that a report shows: a file from where it is; what can be read only once from a
 * copy that is made while it is read the first time, and only if someone says beforehand that a second reading will come.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { UsageError } from '../usage-error.ts';
import { type FetchLimits, fetchFrames } from './fetch-frames.ts';
import type { CapturedFrame, FrameSource } from './frame.ts';
import { type OpenCaptureOptions, openCapture, openCaptureBytes } from './open-capture.ts';
import { Spool } from './spool.ts';

/** Captures that are read under other names, and with other content. */
export interface Disguise {
  /** The path of the capture that is called `name`. */
  captureOf(name: string): string;
  /** What is read instead of `original`. */
  source(original: FrameSource, name: string): FrameSource;
}

export class KeptCaptures {
  private readonly spools = new Map<string, Spool>();
  private readonly disguise: Disguise | null;
  private readonly copiesPipes: boolean;

  /** @param copiesPipes false where what can be read only once will not be read again. */
  constructor(disguise: Disguise | null = null, copiesPipes = true) {
    this.disguise = disguise;
    this.copiesPipes = copiesPipes;
  }

  /** As openCapture, for the first reading. */
  readonly open = async (name: string, options: OpenCaptureOptions = {}): Promise<FrameSource> => {
    const keep = (once: Parameters<Spool['copying']>[0]) => {
      const spool = new Spool();
      this.spools.set(name, spool);
      return spool.copying(once);
    };
    return this.disguised(name, await openCapture(this.pathOf(name), this.copiesPipes ? { ...options, keep } : options));
  };

  /** As openCapture, for any later reading. @throws UsageError also when the copy of a pipe could not be kept */
  async reopen(name: string, options: OpenCaptureOptions = {}): Promise<FrameSource> {
    const spool = this.spools.get(name);
    const path = this.pathOf(name);
    return this.disguised(name, await (spool === undefined ? openCapture(path, options) : openCaptureBytes(path, spool.again(), options)));
  }

  /**
   * The frames of capture `name` with these numbers, byte for byte, in the order of the file.
   * @throws UsageError when the capture cannot be read again
   */
  async frames(name: string, numbers: ReadonlySet<number>, limits?: FetchLimits): Promise<readonly CapturedFrame[]> {
    if (numbers.size === 0) return [];
    const source = await this.reopen(name);
    try {
      return await fetchFrames(source, numbers, limits);
    } finally {
      await source.close();
    }
  }

  /**
   * SHA-256, in hexadecimal, of capture `name` as it is stored, compressed or not; of a pipe, of what was read of it. Null for a capture
   * in disguise: its hash would give it away to whoever has it.
   * @throws UsageError when it cannot be read again
   */
  async sha256(name: string): Promise<string | null> {
    if (this.disguise !== null) return null;
    const hash = createHash('sha256');
    const spool = this.spools.get(name);
    if (spool !== undefined) {
      const copy = spool.again();
      const chunk = new Uint8Array(1024 * 1024);
      for (let count = await copy.read(chunk, 0, chunk.length); count > 0; count = await copy.read(chunk, 0, chunk.length)) {
        hash.update(chunk.subarray(0, count));
      }
    } else {
      try {
        for await (const chunk of createReadStream(name)) hash.update(chunk);
      } catch (error) {
        throw new UsageError(`${name} cannot be read again (${(error as Error).message}); keep the capture where it is until the end.`);
      }
    }
    return hash.digest('hex');
  }

  /** Captures of which a copy is kept. */
  get copies(): number {
    return this.spools.size;
  }

  /** Gives all copies up. */
  remove(): void {
    for (const spool of this.spools.values()) spool.remove();
    this.spools.clear();
  }

  private pathOf(name: string): string {
    return this.disguise?.captureOf(name) ?? name;
  }

  private disguised(name: string, original: FrameSource): FrameSource {
    return this.disguise?.source(original, name) ?? original;
  }
}
