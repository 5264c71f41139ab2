/** The frames of a capture as other code may meet them: as they are read, each alone in a buffer of its own size, or among other bytes. */

import { capturedFrame } from '../src/capture/fetch-frames.ts';
import type { CaptureInfo, Frame, FrameSource } from '../src/capture/frame.ts';
import { frameAlone } from './frames.ts';

/** Null: as read. 'alone': where a read past the end throws. A number: among bytes of this value, where such a read is silent. */
export type Surroundings = null | 'alone' | number;

export function surrounded(source: FrameSource, by: Surroundings): FrameSource {
  return by === null ? source : new SurroundedSource(source, by === 'alone' ? null : by);
}

class SurroundedSource implements FrameSource {
  readonly #source: FrameSource;
  readonly #garbage: number | null;

  constructor(source: FrameSource, garbage: number | null) {
    this.#source = source;
    this.#garbage = garbage;
  }

  get info(): CaptureInfo {
    return this.#source.info;
  }

  next(frame: Frame): boolean {
    if (!this.#source.next(frame)) return false;
    Object.assign(frame, frameAlone(capturedFrame(frame), this.#garbage));
    return true;
  }

  more(): Promise<boolean> {
    return this.#source.more();
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
