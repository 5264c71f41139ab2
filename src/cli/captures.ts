/** The capture arguments: `[point=]file`. */
import { fstatSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Given } from '../cluster/given/given.ts';
import { nearestWord } from '../nearest-word.ts';
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';

export interface CaptureArgument {
  /** Path as typed; '-' is standard input. */
  readonly name: string;
  /** Where it was taken; null when not told. */
  readonly point: string | null;
}

export const POINTS = ['mirror', 'director', 'real-server', 'gateway', 'client'] as const;

/**
 * Captures with their points. A point is one of POINTS or the name of a given machine.
 * @throws UsageError for an unknown point, and for a file named twice, whose frames would count twice.
 */
export function readCaptureArguments(args: readonly string[], given: Given): CaptureArgument[] {
  const captures = args.map((arg) => readArgument(arg, given));
  const seen = new Map<string, string>();
  for (const { name } of captures) {
    const identity = identityOf(name) ?? name;
    const earlier = seen.get(identity);
    if (earlier !== undefined) {
      const names = earlier === name ? printable(name) : `${printable(earlier)} and ${printable(name)} are the same file, which`;
      throw new UsageError(`${names} is given twice, and each frame would count twice; name every capture once.`);
    }
    seen.set(identity, name);
  }
  return captures;
}

/** Paths by which a report may name a capture: as typed, and its last part where no other capture has the same. */
export function sourceFilesOf(captures: readonly CaptureArgument[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const { name } of captures) {
    const last = basename(name);
    if (captures.filter((other) => basename(other.name) === last).length === 1) files.set(last, name);
  }
  for (const { name } of captures) files.set(name, name);
  return files;
}

/** Device and inode of a file, also of standard input when it is one; null when there is none. */
export function identityOf(name: string): string | null {
  try {
    const { dev, ino, isFile } = name === '-' ? facts(fstatSync(0)) : facts(statSync(name));
    return isFile ? `${dev}:${ino}` : null;
  } catch {
    return null;
  }
}

function facts(stats: { dev: number; ino: number; isFile(): boolean }): { dev: number; ino: number; isFile: boolean } {
  return { dev: stats.dev, ino: stats.ino, isFile: stats.isFile() };
}

function readArgument(arg: string, given: Given): CaptureArgument {
  const match = /^([^=/\\]+)=(.+)$/s.exec(arg);
  const [, point, name] = match ?? [];
  // A file may have such a name itself.
  if (point === undefined || name === undefined || identityOf(arg) !== null) return { name: arg, point: null };
  const names = [...given.directors, ...given.realServers, ...given.gateways]
    .map((machine) => machine.name)
    .filter((known) => known !== null);
  const known = [...POINTS, ...names];
  if (known.includes(point)) return { name, point };
  const near = nearestWord(point, known);
  throw new UsageError(
    `${printable(arg)}: ${printable(point)} is no place that is known; expected ${POINTS.join(', ')} or the name of a machine given with -c${near === null ? '' : `, perhaps ${printable(near)}`}.`,
  );
}
