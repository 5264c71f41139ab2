/** `lvs-doctor diff <before.json> <after.json>` */
import type { Command } from 'commander';
import type { Diff } from '../diff.ts';
import { UsageError } from '../usage-error.ts';
import { counts, type FailOn, failOnOption } from './exit-code.ts';
import { addOutputOptions, type OutputOptions } from './options.ts';

interface DiffOptions extends OutputOptions<'text' | 'json' | 'markdown'> {
  readonly failOn: FailOn;
}

export function addDiffCommand(program: Command): void {
  const command = program
    .command('diff')
    .summary('what healed between two saved diagnoses, what is new, what remains')
    .description(
      "Compares what 'lvs-doctor diagnose -f json' wrote before and after a change. Healed is only what the second capture shows to be right.",
    )
    .argument('<before.json>', "a saved diagnosis; one of the two may be '-', standard input")
    .argument('<after.json>', 'a later diagnosis of the same cluster');
  addOutputOptions(command, ['text', 'json', 'markdown'])
    .addOption(failOnOption())
    .addHelpText('after', '\nExit codes: 0 nothing remains and nothing is new, 1 something does or is, 2 could not read or cannot tell.')
    .action(run);
}

async function run(before: string, after: string, options: DiffOptions): Promise<void> {
  if (before === '-' && after === '-') throw new UsageError("standard input ('-') can be read once; give one of the two as a file.");
  const { checkOutput, writeOutput } = await import('./write-output.ts');
  const { readDiagnosis } = await import('./read-diagnosis.ts');
  const { diffDiagnoses } = await import('../diff-diagnoses.ts');
  const { packageVersion } = await import('../package-file.ts');
  checkOutput(options.output, [before, after]);
  const diff = diffDiagnoses(await readDiagnosis(before), await readDiagnosis(after), packageVersion());
  process.exitCode = exitCodeOfDiff(diff, options.failOn);
  await writeOutput(await render(diff, options), options.output);
  const { outputTerminal } = await import('./standard-streams.ts');
  if (process.exitCode === 2 && (options.format !== 'text' || options.output !== undefined || outputTerminal() === null)) {
    const { printable } = await import('../reports/printable.ts');
    process.stderr.write(`lvs-doctor: cannot tell: ${printable(diff.summary)}\n`);
  }
}

async function render(diff: Diff, { format, output, color, verbose = false }: DiffOptions): Promise<string> {
  if (format === 'json') return (await import('../reports/json.ts')).renderJson(diff);
  if (format === 'markdown') return (await import('../reports/diff-markdown.ts')).renderDiffMarkdown(diff);
  const { renderDiffText } = await import('../reports/diff-text.ts');
  const { terminalFor } = await import('./terminal.ts');
  const terminal = terminalFor(output, color);
  return renderDiffText(diff, { ...terminal, width: Math.min(terminal.width, 100), verbose });
}

/** 1 when something that counts remains or is new, 2 when nobody knows of something that counted, or of the whole; else 0. */
export function exitCodeOfDiff(diff: Diff, failOn: FailOn): 0 | 1 | 2 {
  if ([...diff.remains, ...diff.new].some(({ finding }) => counts(finding, failOn))) return 1;
  if (diff.after.verdict === 'cannot tell' || diff.notJudged.some(({ finding }) => counts(finding, failOn))) return 2;
  return 0;
}
