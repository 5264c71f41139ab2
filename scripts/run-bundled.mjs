#!/usr/bin/env node
// Runs TypeScript that is no part of the program, such as the fuzzer: bundles it, and runs the bundle.
//
//     node scripts/run-bundled.mjs fuzz/main.ts,fuzz/worker.ts [arguments]
//
// The first of the files, with commas between them, is run; the others are those that it starts as threads.
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entryPoints = process.argv[2].split(',');
// One level below the root, as dist/ is, so that what looks for package.json finds it; and one folder a run.
const outdir = join(root, `.bundle-${process.pid}`);
process.on('exit', () => rmSync(outdir, { recursive: true, force: true }));
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.on(signal, () => process.exit(code));
}
const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries(entryPoints.map((path) => [basename(path, '.ts'), `./${path}`])),
  external: (id) => !/^[./]/.test(id),
  platform: 'node',
  transform: { target: 'node20' },
  checks: { ineffectiveDynamicImport: false },
});
await bundle.write({ dir: outdir, format: 'esm', sourcemap: true, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
await bundle.close();
process.setSourceMapsEnabled(true);
process.argv.splice(1, 2, join(root, entryPoints[0]));
await import(join(outdir, `${basename(entryPoints[0], '.ts')}.mjs`));
