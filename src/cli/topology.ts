/** `lvs-doctor topology [point=]<capture>...` */
import type { Command } from 'commander';
import type { Diagnosis } from '../diagnosis.ts';
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

interface TopologyOptions extends ClusterOptions, AnonymizeOptions, ChoiceOptions, OutputOptions<'text' | 'yaml' | 'json'> {}

export function addTopologyCommand(program: Command): void {
  const command = program
    .command('topology')
    .summary('who is who in the capture, and why')
    .description(
      'Prints the roles seen in captures with the clues that speak for them; with -f yaml as a cluster.yaml to edit and pass back with -c.',
    )
    .argument('<capture...>', CAPTURES_HELP);
  addAnonymizeOptions(addChoiceOptions(addOutputOptions(addClusterOptions(command), ['text', 'yaml', 'json']))).action(run);
}

async function run(args: readonly string[], options: TopologyOptions): Promise<void> {
  const { readInputs } = await import('./inputs.ts');
  const { writeOutput } = await import('./write-output.ts');
  const inputs = await readInputs(args, options);
  const { diagnose } = await import('../diagnose.ts');
  const diagnosis = await diagnose(inputs.captures, inputs.given, { choice: inputs.choice, ...(await openingOf(inputs)) });
  await writeOutput(await render(diagnosis, options), options.output);
  if (inputs.anonymization !== null) (await import('./anonymize.ts')).writePrivateMap(inputs.anonymization, options);
  const { vips, directors, realServers } = diagnosis.cluster;
  if (vips.length + directors.length + realServers.length === 0) {
    throw new UsageError('no cluster is recognised in the capture; name an address with --vip, or capture on the LAN of the cluster.');
  }
}

/** How captures are opened when they are not read as they are. */
async function openingOf({ anonymization, captures }: Inputs) {
  if (anonymization === null) return {};
  const { KeptCaptures } = await import('../capture/kept-captures.ts');
  return { kept: new KeptCaptures(anonymization, captures.length > 1) };
}

async function render(diagnosis: Diagnosis, options: TopologyOptions): Promise<string> {
  if (options.format === 'json') {
    const { renderJson } = await import('../reports/json.ts');
    return renderJson({ schema: 'lvs-doctor/topology@1', cluster: diagnosis.cluster });
  }
  const { renderClusterYaml, renderTopology } = await import('../reports/topology.ts');
  if (options.format === 'yaml') return renderClusterYaml(diagnosis);
  const { terminalFor } = await import('./terminal.ts');
  const { color, width } = terminalFor(options.output, options.color);
  return renderTopology(diagnosis.cluster, { color, width: Math.min(width, 100), verbose: options.verbose ?? false });
}
