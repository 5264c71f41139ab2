/** A TypeScript program made into JavaScript that Node 20 runs, for tests that need a process of its own. */
import { basename } from 'node:path';
import { rolldown } from 'rolldown';

/** Writes `<name>.mjs` and what it imports lazily into a folder; packages stay external. `entry` is the path of `<name>.ts`. */
export async function bundle(entry: string, folder: string): Promise<void> {
  const built = await rolldown({
    input: { [basename(entry, '.ts')]: entry },
    external: (id) => !/^[./]/.test(id),
    platform: 'node',
    transform: { target: 'node20' },
    checks: { ineffectiveDynamicImport: false },
  });
  await built.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await built.close();
}
