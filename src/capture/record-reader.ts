/** What the readers of pcap and pcapng share: the intake, the account of what was read, and how reading ends. */
import type { CaptureMemory } from '../hot-path/hot-path.ts';
import type { CaptureInfo, Frame, FrameSkimmer, FrameSource } from './frame.ts';
import type { Intake } from './intake.ts';

/** The account while it is being written. */
export type OpenCaptureInfo = { -readonly [Key in keyof CaptureInfo]: CaptureInfo[Key] } & { linkTypes: number[] };

export { MAX_FRAME_BYTES } from '../hot-path/layout.ts';

export abstract class RecordReader implements FrameSource {
  readonly info: OpenCaptureInfo;
  protected readonly intake: Intake;
  protected readonly point: number;
  /** Number of the last frame met, delivered or skipped. */
  protected number = 0;
  protected stopped = false;
  /** Whether `next` has found no further whole record in the buffer: only then is it refilled. */
  private exhausted = false;
  private ended = false;

  constructor(intake: Intake, info: OpenCaptureInfo, point: number) {
    this.intake = intake;
    this.info = info;
    this.point = point;
  }

  abstract next(frame: Frame): boolean;

  readInto(memory: CaptureMemory): void {
    this.intake.moveTo(memory);
  }

  skim(skimmer: FrameSkimmer): boolean {
    const { intake } = this;
    if (this.stopped || intake.view !== skimmer.memory.view) return false;
    const position = this.skimRecords(skimmer);
    if (position < 0) return false;
    intake.position = position;
    this.info.frames += skimmer.number - this.number;
    this.number = skimmer.number;
    return skimmer.hasRefused;
  }

  /** Has records skimmed; the offset of the first one that was not, or -1 when these cannot be. */
  protected abstract skimRecords(skimmer: FrameSkimmer): number;

  async more(): Promise<boolean> {
    const intake = this.intake;
    if (!this.exhausted && !this.stopped) return true;
    intake.records = this.number;
    const isMore = !this.stopped && (await intake.fill());
    this.info.bytes = intake.total;
    this.info.storedBytesRead = intake.source.storedBytesRead;
    if (isMore) {
      this.exhausted = false;
      return true;
    }
    if (!this.ended) {
      this.ended = true;
      this.endAccount();
      this.atEnd();
    }
    return false;
  }

  close(): Promise<void> {
    this.stopped = true;
    return this.intake.source.close();
  }

  /** Called once, when no frame can follow. May throw UsageError. */
  protected atEnd(): void {}

  /** The next record is not whole yet. Always false. */
  protected exhaust(): false {
    this.exhausted = true;
    return false;
  }

  /** Ends reading at a record that makes no sense; `what` continues the sentence "At byte N of the capture …". Always false. */
  protected stopAt(offset: number, what: string): false {
    const before =
      ['no frame stands before it', 'only the frame before it was read'][this.number] ??
      `only the ${this.number} frames before it were read`;
    this.info.damage = `At byte ${offset} of the capture ${what}: the file is damaged there, and ${before}.`;
    this.stopped = true;
    return false;
  }

  private endAccount(): void {
    const { source, position, limit } = this.intake;
    this.info.damage ??= source.damage;
    if (this.info.damage === null) this.info.cutOff = source.cutOff || (!this.stopped && position < limit);
    this.stopped = true;
  }
}
