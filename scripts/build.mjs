#!/usr/bin/env node
// Bundles src/ into dist/: loading some two hundred modules takes longer than diagnosing a small capture. What every diagnosis needs is one file; what a command
// may never need stays in files of its own. Packages stay where npm put them, but for commander, which every command needs. With --if-possible it succeeds
// without the means to do so: `npm ci --omit=dev` runs the prepare script too.
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
/** What `diagnose` loads of itself, whatever its options are; all that these import belongs to the one file too. */
const EVERY_DIAGNOSIS = ['cli/main.ts', 'cli/inputs.ts', 'cli/captures.ts', 'cli/write-output.ts', 'cli/progress.ts', 'diagnose.ts'];

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
  external: (id, importer) =>
    !/^[./]/.test(id) && id !== 'commander' && !(id === CHILD_PROCESS && isCommander(importer)) && id !== 'nothing',
  plugins: [nothing],
  platform: 'node',
  transform: { target: 'node20' },
  // A module that one place imports lazily and another eagerly is what EVERY_DIAGNOSIS is about.
  checks: { ineffectiveDynamicImport: false },
});
/** The modules of the one file, once all modules are known. */
let core = null;
await bundle.write({
  dir: 'dist',
  cleanDir: true,
  comments: false,
  format: 'esm',
  codeSplitting: {
    groups: [
      {
        debugName: 'core',
        name(id, context) {
          core ??= reached(context);
          return core.has(id) ? 'core' : null;
        },
      },
    ],
  },
});
await bundle.close();
// Its licence asks to be where its code is.
copyFileSync(join(root, 'node_modules/commander/LICENSE'), join(root, 'dist/LICENSE.commander'));

/** The modules that EVERY_DIAGNOSIS are, and all that they import without waiting. */
function reached(context) {
  const modules = new Set();
  const visit = (id) => {
    if (modules.has(id)) return;
    modules.add(id);
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) visit(imported);
  };
  for (const path of EVERY_DIAGNOSIS) visit(join(root, 'src', path));
  return modules;
}
