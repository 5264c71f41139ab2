/**
 * Would a test notice if a rule were wrong? Each threshold of src/rules is moved, each guard dropped, one at a time, in a copy of the
 * tree; then the rule's tests run, and if they pass, the real captures. What survives both, and is not excused in
 * mutation-survivors.json, fails.
 *
 *     npm run test:mutation                        all rules
 *     npm run test:mutation -- rs-no-reply turns   some
 *     npm run test:mutation -- --list              only what would be done
 */
import { fork } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mutationsOf } from './mutations.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const RULES = 'src/rules';
const COPIED = ['src', 'test', 'schema', 'package.json', 'vitest.config.ts', 'tsconfig.json'];
const LINKED = ['node_modules', 'fixtures', 'docs'];
/** A mutation that loops for ever is noticed, too: when its tests take this many times as long as all tests do without any mutation. */
const PATIENCE = 5;
const WORKER = join(ROOT, 'scripts/mutation-worker.mjs');
/** The captures that rules are held to, once their own tests have passed. */
const CAPTURES = [
  'test/captures/truth.test.ts',
  'test/captures/must-not-flag.test.ts',
  'test/captures/seeds.test.ts',
  'test/captures/judgements.test.ts',
];

const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const excused = JSON.parse(readFileSync(join(ROOT, 'scripts/mutation-survivors.json'), 'utf8'));

const ALL_FILES = readdirSync(join(ROOT, RULES)).filter((file) => file.endsWith('.ts') && file !== 'index.ts');
const files = ALL_FILES.filter((file) => wanted.length === 0 || wanted.includes(file.slice(0, -3)));
/** Thresholds of all files first, then guards, then terms: what matters most is known soonest. */
const queue = files
  .flatMap((file) => mutationsOf(sourceOf(file)).map((mutation) => ({ ...mutation, file, key: `${file}: ${mutation.name}` })))
  .sort((a, b) => a.order - b.order);
if (process.argv.includes('--list')) {
  for (const { key, line } of queue) console.log(`${key}, line ${line}`);
  process.exit(0);
}

/** A copy of the tree, and the process that runs its tests. */
class Tree {
  path = copyOfTree();
  /** How long tests may take; for ever until it is known how long they do take. */
  timeoutMs = 0;
  #worker = null;

  /** Whether a test fails with the mutation in place. The tree is as before when this returns. */
  async notices({ file, source }) {
    const path = join(this.path, RULES, file);
    const original = readFileSync(path);
    writeFileSync(path, source);
    try {
      const own = testsOf(file);
      return (own.length > 0 && !(await this.passes(own, path))) || !(await this.passes(CAPTURES, path));
    } finally {
      writeFileSync(path, original);
    }
  }

  /** Whether these tests pass, with one file changed since they last ran. */
  passes(tests, changed = null) {
    this.#worker ??= fork(WORKER, { cwd: this.path, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const worker = this.#worker;
    return new Promise((done) => {
      const end = (result) => {
        clearTimeout(timer);
        worker.off('message', end).off('exit', died);
        if (result === null) this.close();
        done(result === true);
      };
      const died = () => end(null);
      const timer = this.timeoutMs > 0 ? setTimeout(died, this.timeoutMs) : undefined;
      worker.on('message', end).on('exit', died);
      worker.send({ tests, changed });
    });
  }

  close() {
    this.#worker?.kill('SIGKILL');
    this.#worker = null;
  }
}

const trees = [];
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    removeTrees();
    process.exit(130);
  });
}
try {
  process.exitCode = await main();
} finally {
  removeTrees();
}

function removeTrees() {
  for (const tree of trees) {
    tree.close();
    rmSync(tree.path, { recursive: true, force: true });
  }
}

async function main() {
  const jobs = Math.max(1, Math.min(availableParallelism(), queue.length));
  for (let i = 0; i < jobs; i++) trees.push(new Tree());
  const all = [...new Set(files.flatMap((file) => testsOf(file))), ...CAPTURES];
  const areSound = async () => (await Promise.all(trees.map((tree) => tree.passes(all)))).every((passed) => passed);
  const begun = performance.now();
  if (!(await areSound())) {
    console.error('The tests fail without any mutation: npm test shows where; mutations cannot be judged before that is mended.');
    return 2;
  }
  for (const tree of trees) tree.timeoutMs = PATIENCE * (performance.now() - begun);
  const survivors = [];
  let next = 0;
  await Promise.all(
    trees.map(async (tree) => {
      while (next < queue.length) {
        const mutation = queue[next++];
        if (!(await tree.notices(mutation))) {
          survivors.push(mutation);
          if (excused[mutation.key] === undefined) console.log(`survives: ${mutation.key}, line ${mutation.line}`);
        }
        process.stderr.write(`\r${next} of ${queue.length} mutations, ${survivors.length} survive `);
      }
    }),
  );
  process.stderr.write('\n');
  // Else everything would have been noticed, whatever it was. However long it takes by now.
  for (const tree of trees) tree.timeoutMs = 0;
  if (!(await areSound())) {
    console.error('The tests fail after the last mutation was taken back: what they noticed before proves nothing.');
    return 2;
  }
  return report(survivors);
}

function report(survivors) {
  const unexcused = survivors.filter(({ key }) => excused[key] === undefined);
  const keys = new Set(survivors.map(({ key }) => key));
  const stale = Object.keys(excused).filter((key) => files.includes(key.split(':')[0]) && !keys.has(key));
  for (const key of stale) console.log(`excused, but noticed or gone: ${key}`);
  const noticed = queue.length - survivors.length;
  console.log(
    `${queue.length} mutations of ${files.length} files: ${noticed} noticed, ${survivors.length - unexcused.length} excused, ${unexcused.length} survive.`,
  );
  return unexcused.length + stale.length > 0 ? 1 : 0;
}

/** The tests of a rule; of what several rules share, those of all that import it, themselves or by way of another file. */
function testsOf(file, seen = new Set()) {
  seen.add(file);
  const own = `test/rules/${file.replace(/\.ts$/, '.test.ts')}`;
  if (existsSync(join(ROOT, own))) return [own];
  const importers = ALL_FILES.filter((other) => !seen.has(other) && sourceOf(other).includes(`from './${file}'`));
  return [...new Set(importers.flatMap((other) => testsOf(other, seen)))];
}

function sourceOf(file) {
  return readFileSync(join(ROOT, RULES, file), 'utf8');
}

function copyOfTree() {
  const tree = mkdtempSync(join(tmpdir(), 'lvs-doctor-mutation-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(tree, name), { recursive: true });
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(tree, name));
  return tree;
}
