import { captureOf } from '../capture/frame.ts';

/** One frame, as facts remember it. */
export interface FrameRef {
  /** Index of the capture point. */
  readonly point: number;
  /** Frame.number: that in its file, from 1, as Wireshark counts; where several captures are read as one, it tells the capture too. */
  readonly frame: number;
  /** Nanoseconds since the first frame of all; exact within 104 days. */
  readonly at: number;
}

/** A frame of which facts keep number and time. */
export function frameRef(frame: number, at: number): FrameRef {
  return { point: captureOf(frame), frame, at };
}
