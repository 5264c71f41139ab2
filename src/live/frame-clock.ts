/**
 * What time it is where the frames come from: that of the newest frame, and it goes on while none come. A watch of a pipe from a machine
 * whose clock is wrong, or of a capture that is replayed, then ages as its frames do.
 */

/** A frame that is older than the newest one by more than this was stamped by a clock that has been set back. */
const SET_BACK_MS = 5_000;

export class FrameClock {
  #frameMs = Number.NEGATIVE_INFINITY;
  #newestMs = Number.NEGATIVE_INFINITY;
  #steadyMs = 0;

  /**
   * Takes the time of a frame.
   * @param frameMs milliseconds since 1970
   * @param steadyMs now, on a clock that only goes forward
   * @returns false when the clock of the frames was set back; it goes on from the frame's time
   */
  see(frameMs: number, steadyMs: number): boolean {
    const isSetBack = frameMs < this.#newestMs - SET_BACK_MS;
    if (isSetBack || frameMs > this.at(steadyMs)) {
      this.#frameMs = frameMs;
      this.#steadyMs = steadyMs;
    }
    if (isSetBack || frameMs > this.#newestMs) this.#newestMs = frameMs;
    return !isSetBack;
  }

  /** Whether any frame has come. */
  get isSet(): boolean {
    return this.#newestMs > Number.NEGATIVE_INFINITY;
  }

  /** Milliseconds since 1970 at that moment of the steady clock. */
  at(steadyMs: number): number {
    return this.#frameMs + (steadyMs - this.#steadyMs);
  }
}
