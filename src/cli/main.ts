/** The command line: arguments in, exit code out. Alone prints and exits; each command is a file of its own, and loads what it needs. */
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../package-file.ts';
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';
import { addAttachCommand } from './attach.ts';
import { addCapturePlanCommand } from './capture-plan.ts';
import { addDiagnoseCommand } from './diagnose.ts';
import { addDiffCommand } from './diff.ts';
import { addExplainCommand } from './explain.ts';
import { keepHeapSmall } from './heap.ts';
import { addReportCommand } from './report.ts';
import { writeStandardOutput } from './standard-streams.ts';
import { readInOneThread } from './thread-pool.ts';
import { addTopologyCommand } from './topology.ts';
import { addTraceCommand } from './trace.ts';
import { addWatchCommand } from './watch.ts';

/** Commands by name, in the order of --help. */
const COMMANDS: Readonly<Record<string, (program: Command) => void>> = {
  diagnose: addDiagnoseCommand,
  watch: addWatchCommand,
  trace: addTraceCommand,
  topology: addTopologyCommand,
  'capture-plan': addCapturePlanCommand,
  report: addReportCommand,
  diff: addDiffCommand,
  attach: addAttachCommand,
  explain: addExplainCommand,
};

/**
 * Runs one command.
 * @param argv as process.argv: interpreter, script, arguments.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const asked = argv[2] ?? '';
  // It does so itself, of captures for which it pays.
  if (asked !== 'diagnose') keepHeapSmall();
  // A watch reads no file, and what it does beside its reading must not wait for each other.
  if (asked !== 'watch') readInOneThread();
  const program = createProgram(asked);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    process.exitCode = 2;
    process.stderr.write(`lvs-doctor: ${sentenceOf(error, argv, program)}\n`);
    if (!isExpected(error) && isVerbose(argv) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  }
}

/** All commands take longer to make than a thousand frames to diagnose: where `asked` names one, it is the only one. */
function createProgram(asked: string): Command {
  const program = new Command('lvs-doctor')
    .description(
      'Diagnoses LVS clusters with direct routing from packet captures: which machine breaks it, which frames prove it, which commands mend it.',
    )
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({ outputError: () => {}, writeErr: () => {}, writeOut: (text) => void writeStandardOutput(text).catch(() => {}) })
    .addHelpText('after', "\nStart with: lvs-doctor diagnose mirror.pcap\n'lvs-doctor <command> --help' tells the options of a command.");
  const command = Object.hasOwn(COMMANDS, asked) ? COMMANDS[asked] : undefined;
  for (const add of command === undefined ? Object.values(COMMANDS) : [command]) add(program);
  return program;
}

function isExpected(error: unknown): boolean {
  return error instanceof UsageError || error instanceof CommanderError;
}

function isVerbose(argv: readonly string[]): boolean {
  return argv.some((arg) => /^(--verbose|-[a-z]*v[a-z]*)$/.test(arg));
}

/** One sentence for standard error. */
function sentenceOf(error: unknown, argv: readonly string[], program: Command): string {
  if (error instanceof UsageError) return printable(error.message);
  if (error instanceof CommanderError) return commandLineSentence(error, argv, program);
  const told = printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  return `an internal error stopped the work (${told}); this is a bug, please report it${isVerbose(argv) ? ' with what follows' : ' with the output of --verbose'}.`;
}

/** What commander says, as one sentence with what to try. */
function commandLineSentence(error: CommanderError, argv: readonly string[], program: Command): string {
  if (error.code === 'commander.help') return "no command is given; try 'lvs-doctor diagnose mirror.pcap', or --help.";
  const [told = '', suggestion] = error.message.split('\n');
  const wrong = printable(told.replace(/^error: /, '').replace('. Allowed choices', '; allowed choices')).replace(/\.$/, '');
  if (error.code === 'commander.unknownCommand' && /\.(pcap|pcapng|cap|gz|zst)'$/.test(wrong)) {
    return `${wrong}; to diagnose a capture: lvs-doctor diagnose ${printable(argv[2] ?? '')}`;
  }
  const meant = /Did you mean (.+)\?/.exec(suggestion ?? '')?.[1];
  if (meant !== undefined) return `${wrong}; did you mean ${meant}?`;
  const command = program.commands.find((other) => other.name() === argv[2]);
  return `${wrong}; see 'lvs-doctor ${command === undefined ? '' : `${command.name()} `}--help'.`;
}
