/**
 * Runs tests again and again in one copy of the tree, which is the working directory. Asked by message for `{ tests, changed }`, it
 * answers whether all tests passed. Loading the test runner takes longer than most tests: that is why it stays. Tests run in threads,
 * so that whoever ends this process ends a test that loops for ever.
 */
import { createVitest } from 'vitest/node';

const vitest = await createVitest('test', { watch: false, pool: 'threads', maxWorkers: 1, reporters: [{}] });
let before = null;

process.on('message', async ({ tests, changed }) => {
  // The file that was changed before is its old self again.
  for (const file of [changed, before]) if (file !== null) vitest.invalidateFile(file);
  before = changed;
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(await vitest.globTestSpecifications(tests));
  process.send(unhandledErrors.length === 0 && testModules.length > 0 && testModules.every((module) => module.ok()));
});
process.on('disconnect', () => process.exit());
