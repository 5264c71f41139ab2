/** The thread that fuzzes one target. What is to be covered is loaded only once the counting has begun. */
import { parentPort, workerData } from 'node:worker_threads';
import { Coverage } from './coverage.ts';
import { Beat, type Job, type Message } from './job.ts';

process.setSourceMapsEnabled(true);
const job = workerData as Job;
const coverage = new Coverage(new URL('.', import.meta.url).href);
const { Fuzzer } = await import('./fuzzer.ts');
const { Memory } = await import('./memory.ts');
const { saveFinding } = await import('./findings.ts');
const { Random } = await import('./random.ts');
const { seedsOf } = await import('./seeds.ts');
const { TARGETS } = await import('./targets/index.ts');

const TELL_EVERY_MS = 500;

const target = TARGETS.find(({ name }) => name === job.target)!;
const beat = new Beat(job.beat);
const memory = new Memory();
let toldAt = 0;
const fuzzer = new Fuzzer({
  target,
  seed: job.seed,
  seeds: seedsOf(target.name, job.captures, job.clusters, new Random(job.seed)),
  coverage,
  memory,
  isOver: (executions) => executions >= job.executions || Date.now() >= job.until,
  before: (input, execution) => beat.set(input, execution),
  found: (finding) => send({ kind: 'finding', path: saveFinding(job.folder, finding), what: finding.what, message: finding.message }),
  told: (account) => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    send({ kind: 'account', account: { ...account } });
  },
});

if (job.repeat !== null) {
  const failure = await fuzzer.try(job.repeat);
  if (failure !== null) send({ kind: 'finding', path: '', what: failure.what, message: failure.stack || failure.message });
} else await fuzzer.run();
send({ kind: 'done', account: fuzzer.account, files: coverage.byFile(), peak: memory.peak });

function send(message: Message): void {
  parentPort!.postMessage(message);
}
