/** `lvs-doctor capture-plan` */
import type { Command } from 'commander';
import type { CapturePlan } from '../capture-plan.ts';
import { addClusterOptions, addOutputOptions, type ClusterOptions, type OutputOptions } from './options.ts';

interface CapturePlanOptions extends ClusterOptions, OutputOptions<'text' | 'json'> {}

export function addCapturePlanCommand(program: Command): void {
  const command = program
    .command('capture-plan')
    .summary('the tcpdump command for each machine, and what it can decide')
    .description(
      'Prints where to capture, with which command, and what each capture can and cannot decide: for each machine of the given cluster, or for any cluster.',
    );
  addOutputOptions(addClusterOptions(command), ['text', 'json']).action(run);
}

async function run(options: CapturePlanOptions): Promise<void> {
  const { readGiven } = await import('./read-given.ts');
  const { checkOutput, writeOutput } = await import('./write-output.ts');
  const { planCaptures } = await import('../cluster/capture-plan.ts');
  const given = await readGiven(options);
  checkOutput(options.output, options.cluster ?? []);
  await writeOutput(await render(planCaptures(given, await typed(options)), options), options.output);
}

/** The options that give the cluster, as they would be typed again. */
async function typed({ cluster = [], vip = [], director = [], realServer = [], gateway = [] }: ClusterOptions): Promise<string[]> {
  const { shellQuote } = await import('../reports/shell.ts');
  const all = { '-c': cluster, '--vip': vip, '--director': director, '--real-server': realServer, '--gateway': gateway };
  return Object.entries(all).flatMap(([option, values]) => values.map((value) => `${option} ${shellQuote(value)}`));
}

async function render(plan: CapturePlan, options: CapturePlanOptions) {
  if (options.format === 'json') {
    const { renderJson } = await import('../reports/json.ts');
    return renderJson(plan);
  }
  const { renderCapturePlan } = await import('../reports/capture-plan.ts');
  const { terminalFor } = await import('./terminal.ts');
  const { color, width } = terminalFor(options.output, options.color);
  return renderCapturePlan(plan, { color, width: Math.min(width, 100), verbose: options.verbose ?? false });
}
