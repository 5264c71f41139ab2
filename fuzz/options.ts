/** The command line of the fuzzer. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run fuzz -- [options]

  --minutes <n>       how long, all targets together (default 1)
  --executions <n>    at most so many inputs a target
  --seed <n>          repeats a run; else a random one
  --target <list>     only these, with commas: readers, decoders, cluster-files, diagnose
  --seeds <folder>    begin with the captures in this folder too; repeatable. Unless given, ../shared/corpus and ../shared/captures
                      beside the repository are taken where they are
  --findings <folder> where to save what was found (default .fuzz/findings)
  --repeat <file>     run this one input, which was saved; needs --target
  --coverage          print the blocks covered of each source file
  --help              this page

Exit code 0 when nothing was found, 1 when something was, 2 when the options make no sense.
`;

export interface Options {
  readonly help: boolean;
  readonly minutes: number;
  readonly executions: number;
  readonly seed: number;
  readonly targets: readonly string[];
  readonly seeds: readonly string[];
  readonly findings: string;
  readonly repeat: string | null;
  readonly coverage: boolean;
}

/**
 * @param root of the repository
 * @param targets all that there are
 * @throws Error with one sentence
 */
export function readOptions(args: readonly string[], root: string, targets: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '1' },
      executions: { type: 'string' },
      seed: { type: 'string' },
      target: { type: 'string' },
      seeds: { type: 'string', multiple: true },
      findings: { type: 'string', default: resolve(root, '.fuzz/findings') },
      repeat: { type: 'string' },
      coverage: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { target, repeat } = values;
  const chosen = target?.split(',') ?? targets;
  const strange = chosen.find((name) => !targets.includes(name));
  if (strange !== undefined) throw new Error(`--target knows ${targets.join(', ')}, not '${strange}'.`);
  if (repeat !== undefined && chosen.length !== 1) throw new Error('--repeat needs one --target, which says how to run the input.');
  const beside = ['../shared/corpus', '../shared/captures'].map((folder) => resolve(root, folder)).filter((folder) => existsSync(folder));
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes takes a number above 0, not '${values.minutes}'.`);
  return {
    help: values.help,
    minutes,
    executions: values.executions === undefined ? Number.POSITIVE_INFINITY : wholeNumber('--executions', values.executions),
    seed: values.seed === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : wholeNumber('--seed', values.seed),
    targets: chosen,
    seeds: [resolve(root, 'fixtures'), ...(values.seeds ?? beside)],
    findings: resolve(values.findings),
    repeat: repeat ?? null,
    coverage: values.coverage,
  };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${option} takes a whole number, not '${text}'.`);
  return value;
}
