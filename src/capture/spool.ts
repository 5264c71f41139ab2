/** Standard input kept in a private temporary file, for commands that must read it twice. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../usage-error.ts';

export interface Spool {
  readonly path: string;
  remove(): void;
}

/** Copies standard input to a file that only this user can read. @throws UsageError when it cannot be written */
export async function spoolStdin(): Promise<Spool> {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-'));
  const path = join(folder, 'stdin.pcap');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    remove();
    throw new UsageError(
      `standard input could not be kept in ${folder} (${(error as Error).message}); save it to a file first, and name that file.`,
    );
  }
  return { path, remove };
}
