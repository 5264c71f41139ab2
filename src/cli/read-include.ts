/** Reads what a keepalived.conf includes. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { IncludedFile } from '../cluster/given/keepalived-lines.ts';

/** As in keepalived, far more than anyone writes; what is larger is no configuration. */
const LARGEST_FILE = 10_000_000;

/**
 * The files that `path` names, in the order of their names; a wildcard may stand in its last part. Null when they are not at hand:
 * the configuration often comes from another machine, so only files in or below the directory of `from` are taken for the ones that are meant.
 */
export function readInclude(path: string, from: string): readonly IncludedFile[] | null {
  const home = dirname(resolve(from));
  const target = resolve(home, path);
  if (relative(home, target).startsWith('..')) return null;
  const folder = dirname(target);
  const pattern = patternOf(basename(target));
  try {
    const names = readdirSync(folder)
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => join(folder, name))
      .filter((name) => statSync(name).isFile() && statSync(name).size <= LARGEST_FILE);
    return names.length === 0 ? null : names.map((name) => ({ name: relative(process.cwd(), name), text: readFileSync(name, 'utf8') }));
  } catch {
    return null;
  }
}

/** A wildcard of glob(7) without classes: `*` and `?`, which do not match a leading dot. */
function patternOf(wildcard: string): RegExp {
  const source = wildcard
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${/^[*?]/.test(wildcard) ? '(?!\\.)' : ''}${source}$`, 's');
}
