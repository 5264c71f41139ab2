/** Files that are shipped beside the code. */
import { readFileSync } from 'node:fs';

/**
 * Where a file of the package is.
 * @param path from the root of the package, such as 'package.json'
 */
export function packageFile(path: string): URL {
  // This file in src/, and what it is bundled into in dist/, both lie one folder below the root.
  return new URL(`../${path}`, import.meta.url);
}

/** As in package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
}
