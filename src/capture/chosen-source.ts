/** Some frames of a source; those chosen keep the numbers of their file. */
import type { CaptureInfo, Frame, FrameSource } from './frame.ts';

/** What becomes of a frame; `end`: neither it nor a later one is wanted. */
export type Choice = 'take' | 'pass' | 'end';

export class ChosenSource implements FrameSource {
  readonly #source: FrameSource;
  readonly #choose: (frame: Frame) => Choice;
  #isOver = false;

  constructor(source: FrameSource, choose: (frame: Frame) => Choice) {
    this.#source = source;
    this.#choose = choose;
  }

  get info(): CaptureInfo {
    return this.#source.info;
  }

  next(frame: Frame): boolean {
    while (!this.#isOver && this.#source.next(frame)) {
      const choice = this.#choose(frame);
      if (choice === 'take') return true;
      this.#isOver = choice === 'end';
    }
    return false;
  }

  async more(): Promise<boolean> {
    return !this.#isOver && this.#source.more();
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
