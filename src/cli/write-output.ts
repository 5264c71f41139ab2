/** Where a report goes: standard output, or a file that appears whole or not at all. */
import { closeSync, existsSync, fsyncSync, lstatSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';
import { identityOf } from './captures.ts';
import { reasonOf } from './read-given.ts';
import { writeStandardOutput } from './standard-streams.ts';

/**
 * Refuses, before any work is done, an output file that cannot be meant.
 * @param inputs files that are read: captures and configuration.
 * @param option the option that names the output.
 * @throws UsageError when `output` is one of them, a directory, or in a directory that does not exist.
 */
export function checkOutput(output: string | undefined, inputs: readonly string[], option = '-o'): void {
  if (output === undefined || output === '-') return;
  const identity = identityOf(output);
  const input = identity === null ? undefined : inputs.find((file) => identityOf(file) === identity);
  if (input !== undefined) {
    throw new UsageError(`${printable(output)} is read as input and would be overwritten; give ${option} another file.`);
  }
  if (existsSync(output) && statSync(output).isDirectory())
    throw new UsageError(`${printable(output)} is a directory; ${option} expects a file.`);
  if (!existsSync(dirname(output)))
    throw new UsageError(`${printable(dirname(output))} does not exist; create it, or give ${option} another file.`);
}

/**
 * Writes the report.
 * @throws UsageError when it cannot be written.
 */
export async function writeOutput(text: string, output: string | undefined): Promise<void> {
  if (output === undefined || output === '-') return writeStandardOutput(text);
  writeFileWhole(text, output);
}

/**
 * Writes a file.
 * @param isPrivate whether only this user may read it, whoever might have read what was there before.
 * @throws UsageError when it cannot be written; what was there before is then still there.
 */
export function writeFileWhole(content: string | Uint8Array, output: string, isPrivate = false): void {
  try {
    writeWhole(content, isLink(output) ? realpathSync(output) : output, isPrivate);
  } catch (error) {
    throw new UsageError(`${printable(output)} cannot be written: ${reasonOf(error)}.`);
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** Beside the file first, then in its place: an interrupted run leaves the old file as it was. */
function writeWhole(content: string | Uint8Array, path: string, isPrivate: boolean): void {
  const old = statSync(path, { throwIfNoEntry: false });
  if (old !== undefined && !old.isFile()) {
    // A device or pipe is written to, not replaced.
    writeFileSync(path, content);
    return;
  }
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const descriptor = openSync(beside, 'wx', isPrivate ? 0o600 : old === undefined ? 0o666 : old.mode & 0o777);
  try {
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
