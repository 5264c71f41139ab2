/** One program of the rules with all their mutants, and of tests: it serves a `Worker`. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { ROOT, RULES } from './rules.mjs';

/**
 * @param {string} folder where it is written, with files of its own for each file of tests; packages are looked for from there
 * @param {string[]} tests paths from the root
 * @param {import('./rules.mjs').RuleSource[]} rules
 * @returns {Promise<string>} its path
 */
export async function buildTests(folder, tests, rules) {
  const sources = new Map(rules.map(({ file, source }) => [join(ROOT, RULES, file), source]));
  const entry = join(import.meta.dirname, 'entry.mjs');
  const loaders = tests.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(join(ROOT, file))})`);
  const built = await rolldown({
    input: { tests: entry },
    external: (id) => !/^[./]/.test(id) && id !== 'vitest',
    resolve: { alias: { vitest: join(import.meta.dirname, 'tests.mjs') } },
    plugins: [
      {
        name: 'mutants',
        resolveId: (id) => (id === entry ? id : null),
        load(id) {
          if (id === entry) return `import { serve } from './tests.mjs'; serve({ ${loaders.join(', ')} });`;
          return /\.m?[jt]s$/.test(id) ? inItsPlace(sources.get(id) ?? readFileSync(id, 'utf8'), id) : null;
        },
      },
    ],
    platform: 'node',
    transform: { target: 'node20' },
    checks: { ineffectiveDynamicImport: false },
  });
  await built.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await built.close();
  return join(folder, 'tests.mjs');
}

/** A source that finds what lies beside its file, whatever it is built into. */
function inItsPlace(source, path) {
  return source
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
}
