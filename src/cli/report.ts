/** `lvs-doctor report <diagnosis.json>` */
import { type Command, Option } from 'commander';
import type { Diagnosis } from '../diagnosis.ts';
import { DIAGNOSIS_FORMATS, type DiagnosisOptions, renderDiagnosis, sayCannotTell } from './diagnosis-formats.ts';
import { exitCodeOf, type FailOn, failOnOption } from './exit-code.ts';
import { type AnonymizeOptions, addAnonymizeOptions, addOutputOptions } from './options.ts';

interface ReportOptions extends DiagnosisOptions, AnonymizeOptions {
  readonly failOn: FailOn;
}

export function addReportCommand(program: Command): void {
  const command = program
    .command('report')
    .summary('a saved diagnosis in any format')
    .description("Reads what 'lvs-doctor diagnose -f json' wrote, and reports it as diagnose would have; no capture is needed.")
    .argument('<diagnosis.json>', "a saved diagnosis; '-' is standard input");
  addAnonymizeOptions(addOutputOptions(command, DIAGNOSIS_FORMATS))
    .addOption(failOnOption())
    .addOption(new Option('-q, --quiet', 'only the verdict, the findings and their culprits').conflicts('verbose'))
    .addHelpText('after', '\nExit codes: as diagnose. 0 clean, 1 found (confirmed or probable), 2 could not read or cannot tell.')
    .action(run);
}

async function run(file: string, options: ReportOptions): Promise<void> {
  const { checkOutput, writeOutput } = await import('./write-output.ts');
  const { readDiagnosis } = await import('./read-diagnosis.ts');
  const files = [file, ...(options.anonymizeKey === undefined ? [] : [options.anonymizeKey])];
  checkOutput(options.output, files);
  const disguise = options.anonymize === true ? await disguiseFor(options, files) : null;
  const saved = await readDiagnosis(file);
  const diagnosis = disguise === null ? saved : disguise.apply(saved);
  process.exitCode = exitCodeOf(diagnosis, options.failOn);
  await writeOutput(await renderDiagnosis(diagnosis, options), options.output);
  disguise?.save();
  if (process.exitCode === 2) await sayCannotTell(diagnosis, options);
}

/** What --anonymize does to a diagnosis, and what saves how it did; refuses options that cannot be meant. */
async function disguiseFor(options: ReportOptions, files: readonly string[]) {
  const { anonymizationFor, writePrivateMap } = await import('./anonymize.ts');
  const { anonymizeDiagnosis } = await import('../anonymize/anonymize-diagnosis.ts');
  const anonymization = anonymizationFor(options, files);
  return {
    apply: (diagnosis: Diagnosis) => anonymizeDiagnosis(diagnosis, anonymization),
    save: () => writePrivateMap(anonymization, options),
  };
}
