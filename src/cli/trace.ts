/** `lvs-doctor trace [point=]<capture>...` */
import type { Command } from 'commander';
import type { FlowFilter } from '../cluster/walk.ts';
import { canonicalIp } from '../decoders/address.ts';
import { UsageError } from '../usage-error.ts';
import type { Inputs } from './inputs.ts';
import {
  type AnonymizeOptions,
  addAnonymizeOptions,
  addClusterOptions,
  addOutputOptions,
  CAPTURES_HELP,
  type ClusterOptions,
  type OutputOptions,
} from './options.ts';

interface TraceOptions extends ClusterOptions, AnonymizeOptions, OutputOptions<'text' | 'json'> {
  readonly flow?: string;
  readonly client?: string;
}

export function addTraceCommand(program: Command): void {
  const command = program
    .command('trace')
    .summary('the packet walk: each hop of a flow with its MACs and addresses')
    .description(
      'Prints the paths that flows take, hop by hop: source and destination MAC, IP and port, TTL, flags, who sends to whom, what changed.',
    )
    .argument('<capture...>', CAPTURES_HELP);
  addAnonymizeOptions(addOutputOptions(addClusterOptions(command), ['text', 'json']))
    .option('--flow <flow>', "only this flow: 'client[:port] > vip[:port]'")
    .option('--client <ip>', 'only flows of this client')
    .action(run);
}

async function run(args: readonly string[], options: TraceOptions): Promise<void> {
  const client = options.client === undefined ? null : canonicalIp(options.client);
  if (options.client !== undefined && client === null) {
    const { printable } = await import('../reports/printable.ts');
    throw new UsageError(`--client ${printable(options.client)} is no IP address; give one such as 192.168.1.7 or 2001:db8::7.`);
  }
  const { readInputs } = await import('./inputs.ts');
  const { writeOutput } = await import('./write-output.ts');
  const inputs = await readInputs(args, options);
  const { trace } = await import('../diagnose.ts');
  const { KeptCaptures } = await import('../capture/kept-captures.ts');
  const filter = await filterOf(inputs, { flow: options.flow ?? null, client });
  const paths = await trace(inputs.captures, inputs.given, filter, new KeptCaptures(inputs.anonymization));
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
    const narrowed = options.flow !== undefined || client !== null;
    throw new UsageError(
      narrowed
        ? 'no flow of the capture matches --flow or --client; without them, trace shows every path.'
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
