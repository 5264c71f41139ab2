#!/usr/bin/env node
// Bundles src/ into a few files in dist/: loading some two hundred modules takes longer than diagnosing a small capture. What a command may never need stays in
// files of its own, and packages stay where npm put them. With --if-possible it succeeds without the means to do so: `npm ci --omit=dev` runs the prepare script too.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

let esbuild;
try {
  esbuild = await import('esbuild');
} catch {
  if (process.argv.includes('--if-possible')) process.exit(0);
  console.error('build: esbuild is not installed; run npm ci first.');
  process.exit(2);
}
rmSync(join(root, 'dist'), { recursive: true, force: true });
await esbuild.build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
