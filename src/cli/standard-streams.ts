/**
 * Standard output and error. Node.js makes a stream of each when it is first asked for, and loads for it what takes longer than to diagnose a few
 * hundred frames: what goes to a file or a pipe is written without.
 */
import { fstatSync, statSync, writeSync } from 'node:fs';
import { UsageError } from '../usage-error.ts';
import { reasonOf } from './read-given.ts';

const OUTPUT = 1;
const ERROR = 2;

/** The stream of standard output. A reader that leaves early is no error; others are reported where they arise. */
export function outputStream(): NodeJS.WriteStream {
  if (!process.stdout.listeners('error').includes(ignore)) process.stdout.on('error', ignore);
  return process.stdout;
}

function ignore(): void {}

/** Standard output where it is a terminal, else null. */
export function outputTerminal(): NodeJS.WriteStream | null {
  return mayBeTerminal(OUTPUT) && process.stdout.isTTY === true ? outputStream() : null;
}

/** Standard error where it is a terminal, else null. */
export function errorTerminal(): NodeJS.WriteStream | null {
  return mayBeTerminal(ERROR) && process.stderr.isTTY === true ? process.stderr : null;
}

/** Terminals are character devices. So is /dev/null. */
function mayBeTerminal(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isCharacterDevice() && status.rdev !== statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
  } catch {
    // It is closed, or Node.js knows more about it than this system's files.
    return true;
  }
}

/** @throws UsageError when not all of it can be written; a reader who has seen enough, as in `lvs-doctor … | head`, is no reason. */
export async function writeStandardOutput(text: string): Promise<void> {
  const bytes = Buffer.from(text);
  try {
    const written = writeAtOnce(bytes);
    if (written < bytes.length) await writeStream(bytes.subarray(written));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
    throw new UsageError(`standard output cannot be written: ${reasonOf(error)}.`);
  }
}

/** Writes, and gives how many bytes; not all where it would have to wait and whoever opened the pipe wants no writer to. */
function writeAtOnce(bytes: Uint8Array): number {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(OUTPUT, bytes, written);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return written;
}

function writeStream(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    outputStream().write(bytes, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
