/** The captures that the oracle reads: the fixtures, and what stands beside the repository where it does. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const captureName = /\.(pcap|pcapng|cap|dmp|trace)(\.gz|\.zst)?$/;

/** Every capture below a folder, relative to it and in order; empty when there is no such folder. */
export function capturesBelow(folder: string): string[] {
  try {
    const names = readdirSync(folder, { recursive: true, withFileTypes: true });
    return names
      .filter((entry) => entry.isFile() && captureName.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
