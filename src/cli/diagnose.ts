/** `lvs-doctor diagnose [point=]<capture>...` */
import { type Command, Option } from 'commander';
import type { CaptureInfo } from '../capture/frame.ts';
import type { KeptCaptures } from '../capture/kept-captures.ts';
import type { Diagnosis } from '../diagnosis.ts';
import type { EvidenceFrames } from '../evidence.ts';
import { thousands } from '../thousands.ts';
import { DIAGNOSIS_FORMATS, type DiagnosisOptions, renderDiagnosis, sayCannotTell, showsFrames } from './diagnosis-formats.ts';
import { exitCodeOf, type FailOn, failOnOption } from './exit-code.ts';
import { keepHeapSmall } from './heap.ts';
import type { Inputs } from './inputs.ts';
import {
  type AnonymizeOptions,
  addAnonymizeOptions,
  addChoiceOptions,
  addClusterOptions,
  addOutputOptions,
  CAPTURES_HELP,
  type ChoiceOptions,
  type ClusterOptions,
} from './options.ts';
import { addRuleOptions, type RuleOptions, rulesOf } from './rule-options.ts';

/** Up to so many bytes, stored, a capture makes no heap that is worth keeping small. */
const SMALL_CAPTURE_BYTES = 1024 * 1024;

interface DiagnoseOptions extends ClusterOptions, DiagnosisOptions, AnonymizeOptions, ChoiceOptions, RuleOptions {
  readonly failOn: FailOn;
  readonly evidence?: string;
}

export function addDiagnoseCommand(program: Command): void {
  const command = program
    .command('diagnose')
    .summary('say which machine breaks direct routing, what proves it, and what mends it')
    .description(
      'Reads saved captures of an LVS cluster and says which machine breaks direct routing, which frames prove it and which commands mend it.',
    )
    .argument('<capture...>', CAPTURES_HELP);
  addRuleOptions(addAnonymizeOptions(addChoiceOptions(addOutputOptions(addClusterOptions(command), DIAGNOSIS_FORMATS))))
    .addOption(failOnOption())
    .addOption(new Option('-q, --quiet', 'only the verdict, the findings and their culprits').conflicts('verbose'))
    .option('--evidence <file>', 'save the frames that prove the findings, with their context, as a pcapng file')
    .addHelpText('after', '\nExit codes: 0 clean, 1 found (confirmed or probable), 2 could not look or cannot tell, 130 interrupted.')
    .action(run);
}

async function run(args: readonly string[], options: DiagnoseOptions): Promise<void> {
  const { readInputs } = await import('./inputs.ts');
  const { sourceFilesOf } = await import('./captures.ts');
  const { writeOutput } = await import('./write-output.ts');
  const inputs = await readInputs(args, options);
  const { captures, given } = inputs;
  const rules = await rulesOf(options);
  const { diagnose } = await import('../diagnose.ts');
  const { Progress } = await import('./progress.ts');
  const { errorTerminal } = await import('./standard-streams.ts');
  const terminal = options.quiet === true ? null : errorTerminal();
  const progress = terminal === null ? null : new Progress(terminal);
  const interrupt = new AbortController();
  // The first Ctrl-C ends the reading, and what was read is told; the second one ends the program as usual, as does the first when all was read.
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  const told = (info: CaptureInfo) => {
    if (Math.max(info.storedBytes ?? Number.POSITIVE_INFINITY, info.storedBytesRead) > SMALL_CAPTURE_BYTES) keepHeapSmall();
    progress?.show(info);
  };
  const reading = { stop: interrupt.signal, progress: told };
  const kept = await keptFor(inputs, options);
  try {
    const opening = kept === null ? {} : { kept };
    const diagnosis = await diagnose(captures, given, { rules, reading, choice: inputs.choice, ...opening }).finally(() => {
      process.off('SIGINT', onInterrupt);
      progress?.clear();
    });
    process.exitCode = interrupt.signal.aborted ? 130 : exitCodeOf(diagnosis, options.failOn);
    const frames = () => framesFor(diagnosis, inputs, kept);
    await writeOutput(await renderDiagnosis(diagnosis, options, { sourceFiles: sourceFilesOf(captures), frames }), options.output);
    await sayWhatIsMissing(diagnosis, options, interrupt.signal.aborted);
    if (kept !== null) await saveBeside(diagnosis, inputs, kept, options);
  } finally {
    kept?.remove();
  }
}

/** What opens captures so that they can be read again, or that gives them another content; null where neither is asked for. */
async function keptFor({ anonymization, captures }: Inputs, { evidence, format }: DiagnoseOptions): Promise<KeptCaptures | null> {
  const isReread = evidence !== undefined || showsFrames(format) || captures.length > 1;
  if (!isReread && anonymization === null) return null;
  const { KeptCaptures } = await import('../capture/kept-captures.ts');
  return new KeptCaptures(anonymization, isReread);
}

/** The bytes of evidence frames for a report. A report without them is better than none. */
async function framesFor(diagnosis: Diagnosis, { captures }: Inputs, kept: KeptCaptures | null): Promise<EvidenceFrames> {
  if (kept === null) return new Map();
  const { fetchEvidence } = await import('../evidence.ts');
  const { UsageError } = await import('../usage-error.ts');
  try {
    return await fetchEvidence(diagnosis, captures, kept);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { printable } = await import('../reports/printable.ts');
    process.stderr.write(`lvs-doctor: the report shows no bytes of frames: ${printable(error.message)}\n`);
    return new Map();
  }
}

/** The report is out by now: whatever fails here, the diagnosis is not lost. */
async function saveBeside(diagnosis: Diagnosis, inputs: Inputs, kept: KeptCaptures, options: DiagnoseOptions): Promise<void> {
  if (inputs.anonymization !== null) (await import('./anonymize.ts')).writePrivateMap(inputs.anonymization, options);
  if (options.evidence === undefined) return;
  const { writeEvidence } = await import('./write-evidence.ts');
  const told = await writeEvidence(diagnosis, inputs, kept, options.evidence);
  if (options.quiet !== true) process.stderr.write(`lvs-doctor: ${told}\n`);
}

async function sayWhatIsMissing(diagnosis: Diagnosis, options: DiagnoseOptions, isInterrupted: boolean): Promise<void> {
  if (isInterrupted) {
    const frames = thousands(diagnosis.captures[0]?.frames ?? 0);
    process.stderr.write(`lvs-doctor: interrupted; only the first ${frames} frames were read and judged.\n`);
  }
  if (process.exitCode === 2) await sayCannotTell(diagnosis, options);
}
