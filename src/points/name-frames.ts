/**
 * Frames of several captures bear numbers that tell the capture as well (`mergedNumber`). In what people and scripts read, each is the
 * number in its own file, with the name of the file.
 */
import { captureOf, numberInFile } from '../capture/frame.ts';

/** A merged number where a sentence names a frame: 'frame N', 'frames N to N'. Names of files and machines may hold long numbers too. */
const MERGED_NUMBER = /(?<=\bframes? |\bframes \d{10,13} to )\d{10,13}\b/g;

/**
 * A copy of anything made of plain objects, with all frames named: a member `frame` gets the number in its file and its neighbour
 * `capture` the file's name; beside `frames` stand `captures`; in sentences it is "frame 12 of rs1.pcap".
 * @param nameOf name of the capture with this index
 */
export function nameFrames<T>(told: T, nameOf: (capture: number) => string): T {
  const name = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value.replace(MERGED_NUMBER, (digits) => `${numberInFile(Number(digits))} of ${nameOf(captureOf(Number(digits)))}`);
    }
    if (Array.isArray(value)) return value.map(name);
    if (value === null || typeof value !== 'object') return value;
    const named = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, name(member)]));
    const { frame, frames } = value as { frame?: unknown; frames?: unknown };
    if (typeof frame === 'number') Object.assign(named, { frame: numberInFile(frame), capture: nameOf(captureOf(frame)) });
    if (Array.isArray(frames)) {
      const numbers = frames.filter((number) => typeof number === 'number');
      Object.assign(named, { frames: numbers.map(numberInFile), captures: numbers.map((number) => nameOf(captureOf(number))) });
    }
    return named;
  };
  return name(told) as T;
}
