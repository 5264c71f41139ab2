/**
 * Captures that are read a second time, for the frames that a report shows: a file from where it is; what can be read only once from a
 * copy that is made while it is read the first time, and only if someone says beforehand that a second reading will come.
 */

import { type FetchLimits, fetchFrames } from './fetch-frames.ts';
import type { CapturedFrame, FrameSource } from './frame.ts';
import { type OpenCaptureOptions, openCapture, openCaptureBytes } from './open-capture.ts';
import { Spool } from './spool.ts';

export class KeptCaptures {
  private readonly spools = new Map<string, Spool>();

  /** As openCapture, for the first reading. */
  readonly open = (name: string, options: OpenCaptureOptions = {}): Promise<FrameSource> => {
    const keep = (once: Parameters<Spool['copying']>[0]) => {
      const spool = new Spool();
      this.spools.set(name, spool);
      return spool.copying(once);
    };
    return openCapture(name, { ...options, keep });
  };

  /** As openCapture, for any later reading. @throws UsageError also when the copy of a pipe could not be kept */
  async reopen(name: string, options: OpenCaptureOptions = {}): Promise<FrameSource> {
    const spool = this.spools.get(name);
    return spool === undefined ? openCapture(name, options) : openCaptureBytes(name, spool.again(), options);
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

  /** Gives all copies up. */
  remove(): void {
    for (const spool of this.spools.values()) spool.remove();
    this.spools.clear();
  }
}
