/** A capture with other addresses, no payload and another name: what reads it never sees an original. */
import type { CaptureInfo, Frame, FrameSource } from '../capture/frame.ts';
import { MAX_FRAME_BYTES } from '../capture/record-reader.ts';
import type { FrameAnonymizer } from './frame-anonymizer.ts';

export class AnonymizedSource implements FrameSource {
  private readonly original: FrameSource;
  private readonly anonymizer: FrameAnonymizer;
  private readonly name: string;
  /** Holds one frame at a time. */
  private readonly bytes = new Uint8Array(MAX_FRAME_BYTES);
  private readonly view = new DataView(this.bytes.buffer);

  constructor(original: FrameSource, anonymizer: FrameAnonymizer, name: string) {
    this.original = original;
    this.anonymizer = anonymizer;
    this.name = name;
  }

  get info(): CaptureInfo {
    return { ...this.original.info, name: this.name };
  }

  next(frame: Frame): boolean {
    if (!this.original.next(frame)) return false;
    const { bytes, start, end } = frame;
    const length = end - start;
    this.bytes.set(bytes.subarray(start, end));
    const before = new DataView(bytes.buffer, bytes.byteOffset + start, length);
    frame.end = this.anonymizer.anonymize(before, new DataView(this.bytes.buffer, 0, length), frame.linkType);
    frame.start = 0;
    frame.bytes = this.bytes;
    frame.view = this.view;
    return true;
  }

  more(): Promise<boolean> {
    return this.original.more();
  }

  close(): Promise<void> {
    return this.original.close();
  }
}
