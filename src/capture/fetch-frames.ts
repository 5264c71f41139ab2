/** Frames taken out of a capture by their numbers, to be shown or saved. */
import { type CapturedFrame, emptyFrame, type Frame, type FrameSource } from './frame.ts';

/** What is kept of a capture at most; frames beyond are left out, the last ones first. */
export interface FetchLimits {
  readonly frames: number;
  readonly bytes: number;
}

/** Far more than a report can show: a finding has some dozen evidence frames. */
const FETCH_LIMITS: FetchLimits = { frames: 20_000, bytes: 64 * 1024 * 1024 };

/** The frames with these numbers, in the order of the source, as far as it has them and the limits allow. Reads no further than it must. */
export async function fetchFrames(
  source: FrameSource,
  numbers: ReadonlySet<number>,
  limits: FetchLimits = FETCH_LIMITS,
): Promise<CapturedFrame[]> {
  const frames: CapturedFrame[] = [];
  let bytes = 0;
  let last = 0;
  for (const number of numbers) last = Math.max(last, number);
  const frame = emptyFrame();
  do {
    while (source.next(frame)) {
      if (frame.number > last) return frames;
      if (!numbers.has(frame.number)) continue;
      bytes += frame.end - frame.start;
      if (frames.length >= limits.frames || bytes > limits.bytes) return frames;
      frames.push(capturedFrame(frame));
      if (frame.number === last) return frames;
    }
  } while (await source.more());
  return frames;
}

/** A frame with bytes of its own, which stays what it is when the source goes on. */
export function capturedFrame(frame: Frame): CapturedFrame {
  const { number, seconds, nanoseconds, wireLength, linkType, point, bytes, start, end } = frame;
  return { number, seconds, nanoseconds, wireLength, linkType, point, bytes: bytes.slice(start, end) };
}
