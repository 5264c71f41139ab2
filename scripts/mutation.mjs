/**
 * Would a test notice if a rule were wrong? Every small wrong that can be done to src/rules (mutation/mutants.mjs says which) is put
 * into one build of the rules and their tests, asleep. They are woken one at a time: then the rule's tests run until one fails, and if
 * none does, those of the real captures; the compiler has the last word. What survives all, and is not excused in
 * mutation-survivors.json, fails.
 *
 *     npm run test:mutation                        all rules
 *     npm run test:mutation -- rs-no-reply turns   some
 *     npm run test:mutation -- --list              only what would be done
 */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTests } from './mutation/build.mjs';
import { uncompilable } from './mutation/compile.mjs';
import { ROOT, RULES, readRules, testsOf } from './mutation/rules.mjs';
import { Worker } from './mutation/worker.mjs';

/** The captures that rules are held to, once their own tests have passed. */
const CAPTURES = ['seeds', 'truth', 'must-not-flag', 'judgements', 'golden'].map((name) => `test/captures/${name}.test.ts`);

const excused = JSON.parse(readFileSync(join(ROOT, 'scripts/mutation-survivors.json'), 'utf8'));
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));

const rules = readRules();
const chosen = rules.filter(({ file }) => wanted.length === 0 || wanted.includes(file.slice(0, -'.ts'.length)));
const queue = chosen.flatMap(({ file, mutants }) => {
  const tests = [...testsOf(file, rules), ...CAPTURES];
  return mutants.map((mutant) => ({ ...mutant, file, tests, key: `${file}: ${mutant.name}` }));
});
const say = ({ file, line, name }) => `${RULES}/${file}:${line}: ${name}`;

if (process.argv.includes('--list')) {
  for (const mutant of queue) console.log(say(mutant));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-mutation-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const workers = [];
  const end = () => {
    for (const worker of workers) worker.close();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      end();
      process.exit(130);
    });
  }
  try {
    const tests = [...new Set(queue.flatMap((mutant) => mutant.tests))];
    const program = await buildTests(folder, tests, rules);
    for (let i = 0; i < availableParallelism(); i++) workers.push(new Worker(program));
    process.exitCode = await judge(workers, tests, folder);
  } finally {
    end();
  }
}

/** Lets the workers try all mutants. Gives the exit code. */
async function judge(workers, tests, folder) {
  const areSound = async () => (await Promise.all(workers.map((worker) => worker.isSound(tests)))).every((isSound) => isSound);
  if (!(await areSound())) {
    console.error('These tests fail without any mutant: mutants cannot be judged before that is mended.');
    return 2;
  }
  const survivors = [];
  let next = 0;
  const work = async (worker) => {
    while (next < queue.length) {
      const mutant = queue[next++];
      if (!(await worker.notices(mutant.tests, mutant.number))) survivors.push(mutant);
      if (process.stderr.isTTY) process.stderr.write(`\r${next} of ${queue.length} mutants, ${survivors.length} survive `);
    }
  };
  await Promise.all(workers.map(work));
  if (process.stderr.isTTY) process.stderr.write('\n');
  // Tests that disturb each other would have noticed everything, whatever it was.
  if (!(await areSound())) {
    console.error('These tests fail when no mutant is awake any more: what they noticed before proves nothing.');
    return 2;
  }
  const refused = uncompilable(survivors, folder);
  return report(
    survivors.filter(({ number }) => !refused.has(number)),
    refused.size,
  );
}

function report(survivors, refused) {
  const unexcused = survivors.filter(({ key }) => excused[key] === undefined).sort((a, b) => a.number - b.number);
  for (const mutant of unexcused) console.log(`survives: ${say(mutant)}`);
  const keys = new Set(survivors.map(({ key }) => key));
  const stale = Object.keys(excused).filter((key) => chosen.some(({ file }) => key.startsWith(`${file}: `)) && !keys.has(key));
  for (const key of stale) console.log(`excused, but noticed or gone: ${key}`);
  const counts = [
    `${queue.length - survivors.length - refused} noticed by tests`,
    `${refused} by the compiler`,
    `${survivors.length - unexcused.length} excused`,
    `${unexcused.length} survive`,
  ];
  console.log(`${queue.length} mutants of ${chosen.length} files: ${counts.join(', ')}.`);
  return unexcused.length + stale.length > 0 ? 1 : 0;
}
