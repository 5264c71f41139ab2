/**
 * Stands in for vitest where tests run thousands of times in one process: what the rules' tests use of it. Tests are kept when their
 * file is loaded, once, and run whenever they are asked, until the first fails.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { chai, JestAsymmetricMatchers, JestChaiExpect } from '@vitest/expect';
import { wake } from './switch.mjs';

chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
/** What vitest's own is made of. */
export const expect = chai.expect;

const testsOf = new Map();
let loading = null;
let isSkipped = false;

export const test = Object.assign((_, run) => isSkipped || loading.push(run), {
  each: (rows) => (name, run) => {
    for (const row of rows) test(name, () => run(...[row].flat()));
  },
});

export const describe = Object.assign((_, tell) => tell(), {
  each: (rows) => (_, tell) => {
    for (const row of rows) tell(...[row].flat());
  },
  skipIf: (condition) => (_, tell) => {
    const before = isSkipped;
    isSkipped ||= condition;
    tell();
    isSkipped = before;
  },
});

/**
 * Serves the process that forked this one. Asked for `{ file, number, limitMs }`, it answers with `{ error, usedMs }`: the error of the
 * first test of this file that fails while this mutant is awake, or null, and the processor's time that it took. Where that would be more
 * than the limit, this process ends.
 * @param {Record<string, () => Promise<unknown>>} files how each file of tests is loaded
 */
export function serve(files) {
  const watchdog = new Worker(join(import.meta.dirname, 'watchdog.mjs'));
  process.on('message', async ({ file, number, limitMs }) => {
    const before = process.cpuUsage();
    wake(0);
    if (!testsOf.has(file)) {
      loading = [];
      testsOf.set(file, loading);
      await files[file]();
    }
    watchdog.postMessage(limitMs);
    wake(number);
    const error = await firstError(testsOf.get(file));
    const { user, system } = process.cpuUsage(before);
    process.send({ error, usedMs: (user + system) / 1000 });
  });
  process.on('disconnect', () => process.exit());
}

async function firstError(tests) {
  if (tests.length === 0) return 'no test';
  for (const run of tests) {
    try {
      await run();
    } catch (error) {
      return String(error.stack);
    }
  }
  return null;
}
