/** `lvs-doctor trace [point=]<capture>...` */
import type { Command } from 'commander';
import type { FlowFilter } from '../cluster/walk.ts';
import { UsageError } from '../usage-error.ts';
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
  type OutputOptions,
} from './options.ts';

interface TraceOptions extends ClusterOptions, AnonymizeOptions, ChoiceOptions, OutputOptions<'text' | 'json'> {
  readonly flow?: string;
}

export function addTraceCommand(program: Command): void {
  const command = program
    .command('trace')
    .summary('the packet walk: each hop of a flow with its MACs and addresses')
    .description(
      'Prints the paths that flows take, hop by hop: source and destination MAC, IP and port, TTL, flags, who sends to whom, what changed.',
    )
    .argument('<capture...>', CAPTURES_HELP);
  addAnonymizeOptions(addChoiceOptions(addOutputOptions(addClusterOptions(command), ['text', 'json']), 'only flows of this client'))
    .option('--flow <flow>', "only this flow: 'client[:port] > vip[:port]'")
    .action(run);
}

async function run(args: readonly string[], options: TraceOptions): Promise<void> {
  const { readInputs } = await import('./inputs.ts');
  const { writeOutput } = await import('./write-output.ts');
  const inputs = await readInputs(args, options);
  const { trace } = await import('../diagnose.ts');
  const { KeptCaptures } = await import('../capture/kept-captures.ts');
  const client = options.client === undefined ? null : (await import('./frame-choice.ts')).clientOf(options.client);
  const filter = await filterOf(inputs, { flow: options.flow ?? null, client });
  const paths = await trace(inputs.captures, inputs.given, filter, new KeptCaptures(inputs.anonymization), inputs.choice);
  if (options.format === 'json') {
    const { renderJson } = await import('../reports/json.ts');
    await writeOutput(renderJson({ schema: 'lvs-doctor/trace@1', paths }), options.output);
  } else if (paths.length > 0) {
    const { renderTrace } = await import('../reports/trace.ts');
    const { terminalFor } = await import('./terminal.ts');
    await writeOutput(renderTrace(paths, terminalFor(options.output, options.color)), options.output);
  }
  if (inputs.anonymization !== null) (await import('./anonymize.ts')).writePrivateMap(inputs.anonymization, options);
  if (paths.length === 0) {
    const narrowed = options.flow !== undefined || inputs.choice !== null;
    throw new UsageError(
      narrowed
        ? 'no flow of the capture matches --flow, --client, or what else was chosen; without them, trace shows every path.'
        : 'the capture holds no flow to a virtual IP; name the address with --vip, or capture on the LAN of the cluster.',
    );
  }
}

/** The filter as typed is of original addresses. */
async function filterOf({ anonymization }: Inputs, filter: FlowFilter): Promise<FlowFilter> {
  if (anonymization === null) return filter;
  const { mapAddressesIn } = await import('../anonymize/mapped-text.ts');
  const mapped = (text: string | null) => (text === null ? null : mapAddressesIn(text, anonymization.addresses));
  return { flow: mapped(filter.flow), client: mapped(filter.client) };
}
