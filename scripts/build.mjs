#!/usr/bin/env node
// Bundles src/ into dist/: loading some two hundred modules takes longer than diagnosing a small capture. What every diagnosis needs is one file, and what
// every report on a terminal needs is another; what a command may never need stays in files of its own. Packages stay where npm put them, but for those of the
// first two files. With --if-possible it succeeds without the means to do so: `npm ci --omit=dev` runs the prepare script too.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
/** What `diagnose` loads of itself, whatever its options are; all that these import belongs to the one file too. */
const EVERY_DIAGNOSIS = ['cli/main.ts', 'cli/inputs.ts', 'cli/captures.ts', 'cli/write-output.ts', 'cli/progress.ts', 'diagnose.ts'];
/** What it loads to print its report. */
const EVERY_TEXT = ['cli/terminal.ts', 'reports/text.ts'];
/** Packages that these import, and what those import. */
const BUNDLED = ['commander', 'chalk', 'cli-table3', 'string-width', 'strip-ansi', 'ansi-regex', 'emoji-regex', 'is-fullwidth-code-point'];

/** Commander starts commands that are programs of their own with it. We have none, and to load it takes as long as to diagnose a thousand frames. */
const CHILD_PROCESS = 'node:child_process';
const isCommander = (importer) => importer?.includes('/node_modules/commander/') === true;
const nothing = {
  name: 'nothing instead of what commander does not need here',
  resolveId: (id, importer) => (id === CHILD_PROCESS && isCommander(importer) ? 'nothing' : null),
  load: (id) => (id === 'nothing' ? 'export {};' : null),
};

let rolldown;
try {
  ({ rolldown } = await import('rolldown'));
} catch {
  if (process.argv.includes('--if-possible')) process.exit(0);
  console.error('build: rolldown is not installed; run npm ci first.');
  process.exit(2);
}

const bundle = await rolldown({
  cwd: root,
  input: { main: './src/cli/main.ts' },
  // '#' begins the name of what a package imports of itself.
  external: (id, importer) =>
    !/^[./#]/.test(id) && !BUNDLED.includes(id) && !(id === CHILD_PROCESS && isCommander(importer)) && id !== 'nothing',
  plugins: [nothing],
  platform: 'node',
  transform: { target: 'node20' },
  // A module that one place imports lazily and another eagerly is what EVERY_DIAGNOSIS is about.
  checks: { ineffectiveDynamicImport: false },
});
/** The modules of the two files, once all modules are known. */
let files = null;
await bundle.write({
  dir: 'dist',
  cleanDir: true,
  comments: false,
  format: 'esm',
  codeSplitting: {
    groups: [
      {
        debugName: 'core and text',
        name(id, context) {
          files ??= { core: reached(EVERY_DIAGNOSIS, context), text: reached(EVERY_TEXT, context) };
          return Object.keys(files).find((file) => files[file].has(id)) ?? null;
        },
      },
    ],
  },
});
await bundle.close();
// Their licences ask to be where their code is.
writeFileSync(join(root, 'dist/LICENSES'), BUNDLED.map(licenceOf).join('\n'));

function licenceOf(name) {
  const folder = join(root, 'node_modules', name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name}\n\n${readFileSync(join(folder, file), 'utf8')}`;
}

/** The modules of these paths, and all that they import without waiting. */
function reached(paths, context) {
  const modules = new Set();
  const visit = (id) => {
    if (modules.has(id)) return;
    modules.add(id);
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) visit(imported);
  };
  for (const path of paths) visit(join(root, 'src', path));
  return modules;
}
