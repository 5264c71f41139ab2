#!/usr/bin/env node
// Compiles src/ to dist/. With --if-possible it succeeds without the means to do so: `npm ci --omit=dev` runs the prepare script too.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
// A runtime dependency may bring the compiler along as its optional peer; without Node's types it cannot compile this.
const types = join(root, 'node_modules', '@types', 'node');

if (!existsSync(compiler) || !existsSync(types)) {
  if (process.argv.includes('--if-possible')) process.exit(0);
  console.error('build: the TypeScript compiler or the types of Node.js are not installed; run npm ci first.');
  process.exit(2);
}
rmSync(join(root, 'dist'), { recursive: true, force: true });
process.exitCode = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' }).status ?? 1;
