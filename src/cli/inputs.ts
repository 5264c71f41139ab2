/** What a command reads: the captures, and what was told about the cluster. All of it is checked before any capture is opened. */
import type { Anonymization } from '../anonymize/anonymization.ts';
import type { Given } from '../cluster/given/given.ts';
import type { FrameChoice } from '../frame-choice.ts';
import { UsageError } from '../usage-error.ts';
import { type CaptureArgument, readCaptureArguments } from './captures.ts';
import type { AnonymizeOptions, ChoiceOptions, ClusterOptions } from './options.ts';
import { readGiven } from './read-given.ts';
import { checkOutput } from './write-output.ts';

export interface Inputs {
  /** With --anonymize under other names; so is `given`. */
  readonly captures: readonly CaptureArgument[];
  readonly given: Given;
  /** Paths of all files that are read: no output may overwrite them. */
  readonly files: readonly string[];
  /** With --anonymize: what gives captures another content. Else null. */
  readonly anonymization: Anonymization | null;
  /** Which frames are judged; null for all. */
  readonly choice: FrameChoice | null;
}

interface InputOptions extends ClusterOptions, AnonymizeOptions, ChoiceOptions {
  readonly output?: string;
  readonly evidence?: string;
}

/** @throws UsageError for whatever cannot be meant. */
export async function readInputs(args: readonly string[], options: InputOptions): Promise<Inputs> {
  const configuration = options.cluster ?? [];
  const fromStandardInput = [...args.filter((arg) => /^([^=/\\]+=)?-$/.test(arg)), ...configuration.filter((file) => file === '-')];
  if (fromStandardInput.length > 1) {
    throw new UsageError(
      `standard input ('-') is named ${fromStandardInput.length} times, but can be read once; give the others as files.`,
    );
  }
  const given = await readGiven(options);
  const captures = readCaptureArguments(args, given);
  const { anonymizeKey: key } = options;
  const files = [...captures.map((capture) => capture.name), ...configuration, ...(key === undefined ? [] : [key])];
  checkOutput(options.output, files);
  if (options.evidence !== undefined) (await import('./write-evidence.ts')).checkEvidence(options.evidence, files, options.output);
  const plain = { captures, given, files, anonymization: null, choice: null };
  const inputs = options.anonymize === true ? (await import('./anonymize.ts')).anonymizeInputs(plain, options) : plain;
  return { ...inputs, choice: await choiceOf(options, inputs.anonymization) };
}

async function choiceOf(options: ChoiceOptions, anonymization: Anonymization | null): Promise<FrameChoice | null> {
  if ([options.since, options.until, options.client, options.filter].every((option) => option === undefined)) return null;
  const { frameChoice } = await import('./frame-choice.ts');
  if (anonymization === null) return frameChoice(options, null);
  const { mapAddressesIn } = await import('../anonymize/mapped-text.ts');
  return frameChoice(options, (address) => mapAddressesIn(address, anonymization.addresses));
}
