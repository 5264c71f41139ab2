/** Files that are shipped beside the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where a file of the package is.
 * @param path from the root of the package, such as 'package.json'
 */
export function packageFile(path: string): string {
  // This file in src/, and what it is bundled into in dist/, both lie one folder below the root.
  return join(import.meta.dirname, '..', path);
}

let version: string | null = null;

/** As in package.json. */
export function packageVersion(): string {
  version ??= (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
  return version;
}
