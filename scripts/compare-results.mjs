/**
 * Does this tree say the same as another one? Diagnoses every file below some folders with both builds and compares what they print:
 * the JSON to the letter, or the sentence that refuses the file. For changes that must alter nothing but time, such as of the hot path.
 *
 *     git worktree add /tmp/before main && (cd /tmp/before && npm ci)
 *     npm run test:same -- /tmp/before                      over fixtures/pcaps
 *     npm run test:same -- /tmp/before fixtures more/pcaps  over these
 *
 * Exit code 0 when nothing differs, 1 when something does. A difference is printed with the first line that differs.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

async function compare() {
  const [other, ...given] = process.argv.slice(2);
  if (other === undefined) {
    console.error('test:same: no other tree was given; npm run test:same -- <tree> [folder...] was expected.');
    process.exitCode = 2;
    return;
  }
  const folders = given.length > 0 ? given : [join(ROOT, 'fixtures/pcaps')];
  const files = folders.flatMap(filesBelow).sort();
  const trees = [new Tree(ROOT), new Tree(resolve(other))];
  let different = 0;
  let refused = 0;
  for (const file of files) {
    const [here, there] = await Promise.all(trees.map((tree) => tree.diagnose(file)));
    if (!here.startsWith('{')) refused++;
    if (here === there) continue;
    different++;
    const [ours, theirs] = [here.split('\n'), there.split('\n')];
    const at = ours.findIndex((line, i) => line !== theirs[i]);
    console.log(`${file}, line ${at + 1}\n  here:  ${ours[at]?.trim()}\n  there: ${theirs[at]?.trim() ?? 'nothing'}`);
  }
  for (const tree of trees) tree.end();
  console.log(`${files.length} files, of these ${refused} refused: ${different} differ.`);
  process.exitCode = different === 0 ? 0 : 1;
}

/** A process that answers for one build. */
class Tree {
  #process;

  constructor(path) {
    this.#process = fork(import.meta.filename, [path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  diagnose(file) {
    return new Promise((done, fail) => {
      this.#process.once('message', done);
      this.#process.once('exit', (code) => fail(new Error(`the process of a tree ended with ${code} at ${file}`)));
      this.#process.send(file);
    }).finally(() => this.#process.removeAllListeners());
  }

  end() {
    this.#process.disconnect();
  }
}

function filesBelow(path) {
  if (statSync(path).isFile()) return [resolve(path)];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => resolve(entry.parentPath, entry.name));
}

/** Answers each path with what the build prints of it. */
async function answer(tree) {
  const { main } = createRequire(join(tree, 'dist/'))('./core.cjs');
  const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-same-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const output = join(folder, 'diagnosis.json');
  let said = '';
  process.stderr.write = (text) => {
    said += text;
    return true;
  };
  for await (const file of messages()) {
    said = '';
    rmSync(output, { force: true });
    await main(['node', 'lvs-doctor', 'diagnose', file, '-f', 'json', '-o', output]);
    process.send(statSync(output, { throwIfNoEntry: false }) === undefined ? said : readFileSync(output, 'utf8'));
  }
  process.exit(0);
}

async function* messages() {
  const waiting = [];
  let wake = () => {};
  let isOver = false;
  process.on('message', (message) => {
    waiting.push(message);
    wake();
  });
  process.on('disconnect', () => {
    isOver = true;
    wake();
  });
  for (;;) {
    while (waiting.length > 0) yield waiting.shift();
    if (isOver) return;
    await new Promise((resolve) => {
      wake = resolve;
    });
  }
}

if (process.send === undefined) await compare();
else await answer(process.argv[2]);
