/** What a command reads: the captures, and what was told about the cluster. All of it is checked before any capture is opened. */
import type { Given } from '../cluster/given/given.ts';
import { UsageError } from '../usage-error.ts';
import { type CaptureArgument, readCaptureArguments } from './captures.ts';
import type { ClusterOptions } from './options.ts';
import { readGiven } from './read-given.ts';
import { checkOutput } from './write-output.ts';

export interface Inputs {
  readonly captures: readonly CaptureArgument[];
  readonly given: Given;
}

/** @throws UsageError for whatever cannot be meant. */
export async function readInputs(args: readonly string[], options: ClusterOptions & { readonly output?: string }): Promise<Inputs> {
  const configuration = options.cluster ?? [];
  const fromStandardInput = [...args.filter((arg) => /^([^=/\\]+=)?-$/.test(arg)), ...configuration.filter((file) => file === '-')];
  if (fromStandardInput.length > 1) {
    throw new UsageError(
      `standard input ('-') is named ${fromStandardInput.length} times, but can be read once; give the others as files.`,
    );
  }
  const given = await readGiven(options);
  const captures = readCaptureArguments(args, given);
  checkOutput(options.output, [...captures.map((capture) => capture.name), ...configuration]);
  return { captures, given };
}
