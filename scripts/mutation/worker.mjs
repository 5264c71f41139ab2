/** A process that runs tests again and again, in the program that build.mjs made. Who ends it ends a test that loops for ever. */
import { fork } from 'node:child_process';
import { ROOT } from './rules.mjs';

/** A mutant that loops for ever is noticed, too: when a file's tests take so much longer than without any mutant. */
const PATIENCE = 20;
const LEAST_PATIENCE_MS = 5000;

export class Worker {
  #program;
  #process = null;
  /** How long the tests of a file take without any mutant, in milliseconds. */
  #usual = new Map();

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
      const begun = performance.now();
      const error = await this.#run(file, 0, Infinity);
      if (!this.#usual.has(file)) this.#usual.set(file, performance.now() - begun);
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
      if ((await this.#run(file, number, LEAST_PATIENCE_MS + PATIENCE * this.#usual.get(file))) !== null) return true;
    }
    return false;
  }

  close() {
    this.#process?.kill('SIGKILL');
    this.#process = null;
  }

  /** The first error of a file's tests, or null. */
  #run(file, number, limitMs) {
    this.#process ??= fork(this.#program, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const running = this.#process;
    return new Promise((done) => {
      const finish = (error) => {
        clearTimeout(timer);
        running.off('message', finish).off('exit', lose);
        done(error);
      };
      const lose = () => {
        this.close();
        finish('the tests did not come to an end');
      };
      const timer = limitMs < Infinity ? setTimeout(lose, limitMs) : undefined;
      running.on('message', finish).on('exit', lose);
      running.send({ file, number });
    });
  }
}
