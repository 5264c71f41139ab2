/** The fuzzer finds what is planted for it, and says what it found so that it can be repeated. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../fuzz/findings.ts';
import { type Counting, Fuzzer, type FuzzOptions } from '../../fuzz/fuzzer.ts';
import { Beat, type Job } from '../../fuzz/job.ts';
import { replaced } from '../../fuzz/mutate-bytes.ts';
import { Random } from '../../fuzz/random.ts';
import { Broken, type Target } from '../../fuzz/target.ts';
import { WatchedThread } from '../../fuzz/watched-thread.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LETTERS = [...Buffer.from('!ADLSVabcdefghijk')];

/** A target that goes one step deeper for each byte of a word, and what counts its steps. */
function deepTarget(word: string, atTheEnd: () => void): { target: Target; coverage: Counting } {
  let deepest = 0;
  let seen = 0;
  const target: Target = {
    name: 'planted',
    maxBytes: 64,
    batch: 16,
    weight: 1,
    mutate: (input, _, random) => replaced(input, random.below(4), 1, Uint8Array.of(random.pick(LETTERS))),
    run(input) {
      let depth = 0;
      while (depth < word.length && input[depth] === word.charCodeAt(depth)) depth++;
      deepest = Math.max(deepest, depth);
      if (depth === word.length) atTheEnd();
    },
  };
  const coverage: Counting = {
    report() {
      const report = [{ url: '', functions: [{ ranges: [{ startOffset: 0, endOffset: 0, count: deepest }] }] }];
      deepest = 0;
      return report;
    },
    news(report, isKept) {
      const depth = report[0]!.functions[0]!.ranges[0]!.count;
      const news = Math.max(0, depth - seen);
      if (isKept) seen += news;
      return news;
    },
  };
  return { target, coverage };
}

async function* seeds(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Uint8Array.from(Buffer.from(text));
}

function fuzzing(planted: ReturnType<typeof deepTarget>, seed: number, options: Partial<FuzzOptions> = {}) {
  const findings: Finding[] = [];
  const inputs: string[] = [];
  const fuzzer = new Fuzzer({
    ...planted,
    seed,
    seeds: seeds('some bytes', 'and others'),
    memory: null,
    isOver: (executions) => executions >= 4000,
    before: (input) => inputs.push(Buffer.from(input).toString('hex')),
    found: (finding) => findings.push(finding),
    told: () => {},
    ...options,
  });
  return { fuzzer, findings, inputs };
}

describe('the loop', () => {
  const fail = () => {
    throw new TypeError('planted');
  };

  test('finds four bytes one after the other where coverage leads, and saves the shortest input', async () => {
    const { fuzzer, findings } = fuzzing(deepTarget('LVS!', fail), 1);
    await fuzzer.run();
    expect(findings).toMatchObject([{ target: 'planted', what: 'throws', message: 'TypeError: planted', seed: 1 }]);
    expect(Buffer.from(findings[0]!.input!).toString('latin1')).toBe('LVS!');
  });

  test('does not find them by chance', async () => {
    const { fuzzer, findings } = fuzzing(deepTarget('LVS!', fail), 1, { coverage: null });
    await fuzzer.run();
    expect(findings).toEqual([]);
  });

  test('tells a promise that was not kept from an exception', async () => {
    const broken = deepTarget('A', () => {
      throw new Broken('one thing and another');
    });
    const { fuzzer, findings } = fuzzing(broken, 1, { isOver: (executions) => executions >= 3000 });
    await fuzzer.run();
    expect(findings).toMatchObject([{ what: 'breaks a promise', message: 'one thing and another' }]);
  });

  test('runs the same inputs for the same seed, and others for another one', async () => {
    const runs = [7, 7, 8].map((seed) =>
      fuzzing(
        deepTarget('LV', () => {}),
        seed,
        { isOver: (executions) => executions >= 2000 },
      ),
    );
    for (const { fuzzer } of runs) await fuzzer.run();
    const [first, again, other] = runs.map(({ inputs }) => inputs);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });
});

describe('the watch over the thread', () => {
  /** Runs a thread of this script, which has `beat.set` at hand. */
  async function watched(script: string) {
    const path = join(folder, `${new Random(script.length).word()}.mjs`);
    const beat = `const words = new Int32Array(workerData.beat, 0, 4);
      new Uint8Array(workerData.beat, 16).set([1, 2, 3]);
      Atomics.store(words, 1, 3);
      Atomics.store(words, 0, 42);`;
    writeFileSync(path, `import { parentPort, workerData } from 'node:worker_threads';\n${beat}\n${script}`);
    const job: Job = {
      target: 'planted',
      seed: 5,
      until: 0,
      executions: 0,
      captures: [],
      clusters: '',
      folder: join(folder, 'findings'),
      repeat: null,
      beat: Beat.memoryFor(64),
    };
    const said: string[] = [];
    const thread = new WatchedThread(
      job,
      () => {},
      (line) => said.push(line),
      { cpuMs: 300, ms: 60_000 },
    );
    const end = await thread.run(pathToFileURL(path));
    return { end, said: said.join('\n') };
  }

  test.each([
    ['that loops for ever', 'for (;;);', 'hangs'],
    ['that waits for what never comes', 'await new Promise(() => {});', 'never ends'],
    ['that throws outside of every promise', "setImmediate(() => { throw new RangeError('planted'); });", 'RangeError: planted'],
  ])('ends one %s, and saves its input', async (_, script, what) => {
    const { end, said } = await watched(script);
    expect(end).toMatchObject({ isDone: false, findings: 1 });
    expect(said).toContain(what);
    const path = said.split('\n').at(-1)!.trim();
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toMatchObject({
      seed: 5,
      repeat: `npm run fuzz -- --target planted --repeat ${path}`,
    });
  });

  test('hears that one is done', async () => {
    const account = { executions: 9, kept: 0, seeds: 0, blocks: 0, findings: 0, slowestMs: 0 };
    const { end } = await watched(`parentPort.postMessage(${JSON.stringify({ kind: 'done', account, files: [], peak: 7 })});`);
    expect(end).toMatchObject({ isDone: true, findings: 0, peak: 7, account });
  });
});
