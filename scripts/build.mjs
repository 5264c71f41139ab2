#!/usr/bin/env node
// Bundles src/ into dist/: loading some two hundred modules takes longer than diagnosing a small capture. What every diagnosis needs, with its report on a
// terminal, is one file, and beside it the code that V8 makes of it (bin/load.js); what a command may never need stays in files of its own. Packages stay where
// npm put them, but for those of the one file. src/hot-path becomes WebAssembly. With --if-possible it succeeds without the means to do so: `npm ci --omit=dev` runs the prepare script too.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
/** What `diagnose` loads, whatever its options are, to print its report or JSON; all that these import belongs to the one file too. */
const EVERY_DIAGNOSIS = [
  'cli/main.ts',
  'cli/inputs.ts',
  'cli/captures.ts',
  'cli/write-output.ts',
  'cli/progress.ts',
  'cli/standard-streams.ts',
  'cli/terminal.ts',
  'diagnose.ts',
  'reports/json.ts',
  'reports/text.ts',
];
/** Captures that use what most diagnoses use: of this the code is kept. */
const TYPICAL = ['healthy-port-reuse/mirror.pcap', 'heavy/mirror.pcap', 'rs-arp-partial-t5/mirror.pcap'];
/** Packages that these import, and what those import. */
const BUNDLED = ['commander', 'chalk', 'cli-table3', 'string-width', 'strip-ansi', 'ansi-regex', 'emoji-regex', 'is-fullwidth-code-point'];

/**
 * What packages load, by package and import, and what stands there instead: it takes as long as to diagnose some hundred frames. Commander starts commands that
 * are programs of their own, which we have not, and asks for what is there anyway; chalk asks what the terminal can show, which we tell it each time; cli-table3
 * asks how wide each text is, and is told by expressions for all emoji, which are compiled each time: no cell of ASCII needs them.
 */
const INSTEAD = {
  'cli-table3 string-width': `const stringWidth = require('string-width');
    module.exports = (text) => (/^[ -~]*$/.test(text) ? text.length : stringWidth(text));`,
  'commander node:child_process': 'export {};',
  'commander node:process': 'module.exports = process;',
  'chalk #supports-color': 'export default { stdout: false, stderr: false };',
};
const insteadOf = (id, importer) => {
  const name = `${/.*\/node_modules\/([^/]+)\//.exec(importer ?? '')?.[1]} ${id}`;
  return name in INSTEAD ? name : null;
};
const instead = { name: 'instead', resolveId: insteadOf, load: (id) => INSTEAD[id] ?? null };

let rolldown;
let asc;
try {
  ({ rolldown } = await import('rolldown'));
  asc = await import('assemblyscript/asc');
} catch {
  if (process.argv.includes('--if-possible')) process.exit(0);
  console.error('build: rolldown and assemblyscript are not installed; run npm ci first.');
  process.exit(2);
}

const bundle = await rolldown({
  cwd: root,
  input: { main: './src/cli/main.ts' },
  // '#' begins the name of what a package imports of itself.
  external: (id, importer) => !/^[./#]/.test(id) && !BUNDLED.includes(id) && insteadOf(id, importer) === null && !(id in INSTEAD),
  plugins: [instead],
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
  // Loading ES modules takes Node.js longer than CommonJS, and V8 keeps no code of them.
  format: 'cjs',
  strict: true,
  entryFileNames: '[name].cjs',
  chunkFileNames: ({ name }) => (name === 'core' ? 'core.cjs' : '[name]-[hash].cjs'),
  codeSplitting: {
    groups: [
      {
        debugName: 'core',
        name(id, context) {
          core ??= reached(EVERY_DIAGNOSIS, context);
          return core.has(id) ? 'core' : null;
        },
      },
    ],
  },
});
await bundle.close();
const { error } = await asc.main(
  ['--config', join(root, 'src/hot-path/asconfig.json'), '--outFile', join(root, 'dist/hot-path.wasm')],
  process,
);
if (error !== null) throw error;
const file = join(root, 'dist/core.cjs');
writeFileSync(file, inAscii(withRuntime(readFileSync(file, 'utf8'))));
const captures = TYPICAL.map((name) => join(root, 'fixtures/pcaps', name));
execFileSync(process.execPath, [join(root, 'scripts/keep-code.cjs'), file, ...captures], { stdio: ['ignore', 'ignore', 'inherit'] });
// Their licences ask to be where their code is.
writeFileSync(join(root, 'dist/LICENSES'), BUNDLED.map(licenceOf).join('\n'));

function licenceOf(name) {
  const folder = join(root, 'node_modules', name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name}\n\n${readFileSync(join(folder, file), 'utf8')}`;
}

/** The same program with what rolldown adds of its own in it: that is a file besides, wherever it is told that modules belong together. */
function withRuntime(source) {
  const required = /require\("\.\/(rolldown-runtime-[^"]+)"\)/;
  const name = required.exec(source)?.[1];
  if (name === undefined) throw new Error('build: the core requires no rolldown-runtime; withRuntime expects that it does.');
  const runtime = readFileSync(join(root, 'dist', name), 'utf8');
  return source.replace(required, () => `((exports) => {\n${runtime}return exports;\n})({})`);
}

/** The same program: JavaScript takes \\u escapes wherever we have such characters. A text of one byte a character is read in a fraction of the time. */
function inAscii(source) {
  return source.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
