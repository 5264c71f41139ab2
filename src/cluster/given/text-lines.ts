/** A configuration file as numbered lines. */
import { errorAt } from './place.ts';

/** One line with its number, from 1. */
export interface TextLine {
  readonly number: number;
  readonly text: string;
}

/** No line that a person or a tool writes into these files is longer, in characters. */
const LONGEST_LINE = 16_384;

/** The lines of `text`, whatever their ends. @throws UsageError naming the first overlong one. */
export function linesOf(file: string, text: string): TextLine[] {
  return text.split(/\r\n|\r|\n/).map((line, index) => {
    if (line.length > LONGEST_LINE) {
      throw errorAt(
        { file, line: index + 1 },
        `this line has ${line.length} characters, which no configuration file has; is this the right file?`,
      );
    }
    return { number: index + 1, text: line };
  });
}
