/** `lvs-doctor report <diagnosis.json>` */
import { type Command, Option } from 'commander';
import { DIAGNOSIS_FORMATS, type DiagnosisOptions, renderDiagnosis, sayCannotTell } from './diagnosis-formats.ts';
import { exitCodeOf, type FailOn, failOnOption } from './exit-code.ts';
import { addOutputOptions } from './options.ts';

interface ReportOptions extends DiagnosisOptions {
  readonly failOn: FailOn;
}

export function addReportCommand(program: Command): void {
  const command = program
    .command('report')
    .summary('a saved diagnosis in any format')
    .description("Reads what 'lvs-doctor diagnose -f json' wrote, and reports it as diagnose would have; no capture is needed.")
    .argument('<diagnosis.json>', "a saved diagnosis; '-' is standard input");
  addOutputOptions(command, DIAGNOSIS_FORMATS)
    .addOption(failOnOption())
    .addOption(new Option('-q, --quiet', 'only the verdict, the findings and their culprits').conflicts('verbose'))
    .addHelpText('after', '\nExit codes: as diagnose. 0 clean, 1 found (confirmed or probable), 2 could not read or cannot tell.')
    .action(run);
}

async function run(file: string, options: ReportOptions): Promise<void> {
  const { checkOutput, writeOutput } = await import('./write-output.ts');
  const { readDiagnosis } = await import('./read-diagnosis.ts');
  checkOutput(options.output, [file]);
  const diagnosis = await readDiagnosis(file);
  process.exitCode = exitCodeOf(diagnosis, options.failOn);
  await writeOutput(await renderDiagnosis(diagnosis, options), options.output);
  if (process.exitCode === 2) await sayCannotTell(diagnosis, options);
}
