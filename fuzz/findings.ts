/** What was found, saved so that it can be repeated: the input as it is, and beside it what happened. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Finding {
  readonly target: string;
  /** 'throws', 'breaks a promise', 'hangs', 'grows'. */
  readonly what: string;
  readonly message: string;
  readonly stack: string;
  /** Null where no single input does it. */
  readonly input: Uint8Array | null;
  /** Seed of the run, and how many inputs it had run before. */
  readonly seed: number;
  readonly execution: number;
}

/** What two findings of the same cause have in common: the message without its numbers, and where it was thrown. */
export function signatureOf({ what, message, stack }: Pick<Finding, 'what' | 'message' | 'stack'>): string {
  const frames = stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  const place = frames.slice(0, 2).map((line) => line.replace(/\(.*\//, '(').replace(/:\d+\)?$/, ''));
  return `${what}: ${message.replace(/".*/s, '').replace(/\d+/g, 'N').slice(0, 120)} ${place.join(' ')}`;
}

/** @returns the path of the input, or of the account where there is no input */
export function saveFinding(folder: string, finding: Finding): string {
  mkdirSync(folder, { recursive: true });
  const { input, ...account } = finding;
  const path = join(folder, `${finding.target}-${finding.seed}-${finding.execution}`);
  const repeat = `npm run fuzz -- --target ${finding.target} --repeat ${path}`;
  writeFileSync(`${path}.json`, `${JSON.stringify({ ...account, repeat: input === null ? null : repeat }, null, 2)}\n`);
  if (input === null) return `${path}.json`;
  writeFileSync(path, input);
  return path;
}
