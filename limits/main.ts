/** Breaks the program with every input that is made for it, and prints what came of each as a Markdown table. See docs/limits.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES, complaintAbout, type LimitCase } from './cases.ts';
import { type Outcome, Tool } from './tool.ts';

const USAGE = `Usage: npm run limits -- [options]

  --only <text>    cases whose name holds this text
  --small          the sizes of the tests; seconds instead of half an hour
  --update <file>  put the table between the lines <!-- limits --> and <!-- /limits --> of a Markdown file
  --help           this page

The largest input needs 2 GB in the temporary folder. Exit code 1 when something else came of an input than what should.
`;

const ROOT = resolve(import.meta.dirname, '..');
const MARKERS = /(<!-- limits -->\n)[\s\S]*?(<!-- \/limits -->)/;
const HEAD = ['input', 'exit code', 'what it says', 'peak RSS', 'processor time'];
const LONGEST_TOLD = 400;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    small: { type: 'boolean', default: false },
    update: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else await main();

async function main(): Promise<void> {
  const tool = new Tool(join(ROOT, 'bin/lvs-doctor.js'));
  const fault = join(ROOT, 'fixtures/pcaps/rs-answers-arp-t5/mirror.pcap');
  const clusterWithFault = join(ROOT, 'fixtures/pcaps/rs-arp-partial-t5/mirror.pcap');
  const rows: string[][] = [];
  for (const limit of CASES.filter(({ name }) => name.includes(values.only))) {
    if (limit.needs?.() === false) {
      process.stderr.write(`limits: ${limit.name}: left out, it needs root on Linux\n`);
      continue;
    }
    const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-limits-'));
    try {
      const count = values.small ? limit.small : limit.full;
      const outcome = await limit.run({ tool, folder, fault, clusterWithFault }, count);
      const complaint = complaintAbout(limit, outcome);
      if (complaint !== null) {
        process.exitCode = 1;
        process.stderr.write(`limits: ${limit.name}: ${complaint}\n${outcome.stdout.slice(0, 2000)}\n${outcome.stderr.slice(0, 2000)}\n`);
      }
      const row = rowOf(limit, outcome, count, folder);
      rows.push(row);
      process.stderr.write(`limits: ${limit.name}: ${row.slice(1).join(' | ')}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const [cpu] = cpus();
  const table = [
    `${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, Node.js ${process.version}.`,
    '',
    line(HEAD),
    '|---|--:|---|--:|--:|',
    ...rows.map(line),
  ].join('\n');
  process.stdout.write(`${table}\n`);
  if (values.update === undefined) return;
  writeFileSync(
    values.update,
    readFileSync(values.update, 'utf8').replace(MARKERS, (_, begin, end) => `${begin}\n${table}\n\n${end}`),
  );
}

function rowOf({ name, input }: LimitCase, outcome: Outcome, count: number, folder: string): string[] {
  return [
    `**${name}**: ${input.replace(/\bN\b/, count.toLocaleString('en-US'))}`,
    String(outcome.exit),
    sentencesOf(outcome, folder),
    `${Math.round(outcome.peak / 1e6)} MB`,
    `${outcome.seconds.toFixed(1)} s`,
  ];
}

/** The verdict, the notices, and what was told on standard error. */
function sentencesOf({ stdout, stderr }: Outcome, folder: string): string {
  const [verdict = ''] = stdout.split('\n\n');
  const notices = /\nNotices\n([\s\S]*?)\n(?:\n|$)/.exec(stdout)?.[1] ?? '';
  const told = `${verdict} ${notices} ${stderr}`.replaceAll(`${folder}/`, '').replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();
  return told.length > LONGEST_TOLD ? `${told.slice(0, LONGEST_TOLD)}…` : told;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
