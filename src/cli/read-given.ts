/** Reads what the user told about the cluster: the files of `-c` and the role options. */
import { readFileSync, statSync } from 'node:fs';
import { type Given, NOTHING_GIVEN } from '../cluster/given/given.ts';
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';
import type { ClusterOptions } from './options.ts';
import { readInclude } from './read-include.ts';

/** No configuration is larger; a capture given as one often is. */
const LARGEST_FILE = 64 * 1024 * 1024;

/**
 * Says on standard error what of it could not be taken in.
 * @throws UsageError when a file cannot be read or understood, or the parts contradict each other.
 */
export async function readGiven(options: ClusterOptions): Promise<Given> {
  const { cluster = [], vip = [], director = [], realServer = [], gateway = [] } = options;
  if (cluster.length + vip.length + director.length + realServer.length + gateway.length === 0) return NOTHING_GIVEN;
  const [{ parseGiven }, { mergeGiven }, { givenFromOptions }] = await Promise.all([
    import('../cluster/given/parse-given.ts'),
    import('../cluster/given/merge-given.ts'),
    import('../cluster/given/options.ts'),
  ]);
  const given = mergeGiven([
    ...cluster.map((file) => parseGiven(file, readText(file), readInclude)),
    givenFromOptions({ vip, director, realServer, gateway }),
  ]);
  for (const note of given.notes ?? []) process.stderr.write(`lvs-doctor: ${printable(note)}\n`);
  return given;
}

function readText(file: string): string {
  try {
    const stats = file === '-' ? null : statSync(file);
    if (stats?.isDirectory()) throw new UsageError(`${printable(file)} is a directory; -c expects one file, and may be repeated.`);
    if (stats !== null && stats.size > LARGEST_FILE) {
      throw new UsageError(`${printable(file)} has ${stats.size} bytes, too many for a configuration; captures are given without -c.`);
    }
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${printable(file)}, given with -c, cannot be read: ${reasonOf(error)}.`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

/** Why the operating system refused, as the end of a sentence. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (code === '' ? printable(String(error)) : `the system says ${code}`);
}
