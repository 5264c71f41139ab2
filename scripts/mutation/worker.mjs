/** A process that runs tests again and again, in the program that build.mjs made. */
import { fork } from 'node:child_process';
import { ROOT } from './rules.mjs';

/** A mutant that loops for ever is noticed, too: when a file's tests take so much longer than without any mutant. */
const PATIENCE = 10;
const LEAST_PATIENCE_MS = 2000;

export class Worker {
  #program;
  #process = null;
  /** How much of the processor's time the tests of a file take without any mutant, in milliseconds. */
  #usualMs = new Map();

  /** @param {string} program */
  constructor(program) {
    this.#program = program;
  }

  /**
   * Whether all these tests pass without any mutant; the first error of each file is told.
   * @param {string[]} tests
   */
  async isSound(tests) {
    let isSound = true;
    for (const file of tests) {
      const { error, usedMs } = await this.#run(file, 0, Infinity);
      if (!this.#usualMs.has(file)) this.#usualMs.set(file, usedMs);
      if (error !== null) console.error(`${file}: ${error}`);
      isSound &&= error === null;
    }
    return isSound;
  }

  /**
   * Whether one of these tests fails while a mutant is awake. They must have been sound.
   * @param {string[]} tests
   * @param {number} number of the mutant
   */
  async notices(tests, number) {
    for (const file of tests) {
      const { error } = await this.#run(file, number, LEAST_PATIENCE_MS + PATIENCE * this.#usualMs.get(file));
      if (error !== null) return true;
    }
    return false;
  }

  close() {
    this.#process?.kill('SIGKILL');
    this.#process = null;
  }

  /** The first error of a file's tests, or null, and the processor's time that they took. */
  #run(file, number, limitMs) {
    this.#process ??= fork(this.#program, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' });
    const running = this.#process;
    return new Promise((done) => {
      const finish = (answer) => {
        running.off('message', finish).off('exit', lose);
        done(answer);
      };
      const lose = () => {
        this.#process = null;
        finish({ error: 'the tests did not come to an end', usedMs: 0 });
      };
      running.on('message', finish).on('exit', lose);
      running.send({ file, number, limitMs });
    });
  }
}
