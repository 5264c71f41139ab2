/**
 * Stands in for vitest where tests run thousands of times in one process: what the rules' tests use of it. Tests are kept when their
 * file is loaded, once, and run whenever they are asked, until the first fails.
 */
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
 * Serves the process that forked this one. Asked for `{ file, number }`, it answers with the error of the first test of this file that
 * fails while this mutant is awake, or null.
 * @param {Record<string, () => Promise<unknown>>} files how each file of tests is loaded
 */
export function serve(files) {
  process.on('message', async ({ file, number }) => {
    wake(0);
    if (!testsOf.has(file)) {
      loading = [];
      testsOf.set(file, loading);
      await files[file]();
    }
    wake(number);
    process.send(await firstError(testsOf.get(file)));
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
