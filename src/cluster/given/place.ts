/** Where in the user's words something stands, and how an error about it begins. */
import { UsageError } from '../../usage-error.ts';
import { printedPath } from './printed.ts';

/** A line of a file (from 1), or an option of the command line (line null). */
export interface Place {
  /** File name or option as the user gave it. */
  readonly file: string;
  readonly line: number | null;
}

/** 'cluster.yaml, line 7', or '--vip'. */
export function sayPlace(place: Place): string {
  const file = printedPath(place.file);
  return place.line === null ? file : `${file}, line ${place.line}`;
}

/** A UsageError whose sentence begins with the place; `sentence` starts in lower case and ends with a full stop. */
export function errorAt(place: Place, sentence: string): UsageError {
  return new UsageError(`${sayPlace(place)}: ${sentence}`);
}
