/** Asks the compiler about mutants that no test notices: what it demands of whoever reads from a list that may be empty, no test can. */
import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, RULES } from './rules.mjs';

/**
 * Which mutants `npm run check` would refuse.
 * @param {{ file: string, number: number, alone: string }[]} mutants
 * @param {string} folder an empty one, with packages above or beside it
 * @returns {Set<number>} their numbers
 */
export function uncompilable(mutants, folder) {
  for (const name of ['src', 'package.json']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  // That something is not used any more is no objection: it need not be so in a mutant that someone wrote by mistake.
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, typeRoots: [join(ROOT, 'node_modules/@types')] };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['src/rules'] }),
  );
  for (const { file, number, alone } of mutants) writeFileSync(join(folder, RULES, `mutant-${number}-${file}`), alone);
  const { stdout, stderr, error } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const refused = [...stdout.matchAll(/^(\S+)\(\d+,\d+\): error /gm)].map(([, path]) => /\/mutant-(\d+)-/.exec(path)?.[1]);
  // Whatever is wrong beside the mutants would be wrong without them.
  if (error !== undefined || stderr !== '' || refused.includes(undefined) || /^error /m.test(stdout)) {
    throw new Error(`the compiler cannot be asked: ${error ?? (stderr || stdout.slice(0, 1000))}`);
  }
  return new Set(refused.map(Number));
}
