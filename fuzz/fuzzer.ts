/**
 * The loop: an input that reached something new is kept, and others are made of those that were kept. All of it follows from the seed and
 * the number of inputs, so that a run can be repeated.
 */
import type { Coverage, Report } from './coverage.ts';
import { type Finding, signatureOf } from './findings.ts';
import type { Memory } from './memory.ts';
import { replaced } from './mutate-bytes.ts';
import { Random } from './random.ts';
import { Broken, type Target } from './target.ts';

/** What says whether something ran for the first time. */
export type Counting = Pick<Coverage, 'report' | 'news'>;

export interface FuzzOptions {
  readonly target: Target;
  readonly seed: number;
  readonly seeds: AsyncIterable<Uint8Array>;
  /** Null to go on without knowing what is new: then the seeds alone are kept. */
  readonly coverage: Counting | null;
  readonly memory: Memory | null;
  readonly isOver: (executions: number) => boolean;
  /** Called before each input is run. */
  readonly before: (input: Uint8Array, execution: number) => void;
  readonly found: (finding: Finding) => void;
  /** Called after each batch. */
  readonly told: (account: Account) => void;
}

export interface Account {
  executions: number;
  /** Inputs kept. */
  kept: number;
  seeds: number;
  /** Blocks of src/ that have run, as far as the fuzzer has seen. */
  blocks: number;
  findings: number;
  /** The input that took longest, in milliseconds. */
  slowestMs: number;
}

export function emptyAccount(): Account {
  return { executions: 0, kept: 0, seeds: 0, blocks: 0, findings: 0, slowestMs: 0 };
}

type Failure = Pick<Finding, 'what' | 'message' | 'stack'>;

/** Inputs kept at most; beyond, a random one gives way. */
const MOST_KEPT = 20_000;
const LOOK_EVERY = 1000;
const MOST_SHRINKING = 300;

export class Fuzzer {
  readonly account = emptyAccount();
  readonly #options: FuzzOptions;
  readonly #random: Random;
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;
  readonly #signatures = new Set<string>();
  #hasGrown = false;
  #nextLook = LOOK_EVERY;

  constructor(options: FuzzOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<Account> {
    const { target, isOver, told } = this.#options;
    const seeds = this.#options.seeds[Symbol.asyncIterator]();
    let hasSeeds = true;
    for (let batches = 0; !isOver(this.account.executions); batches++) {
      // Seeds come in turns with what is made of those before: a short run must not be all reading.
      if (hasSeeds && (batches % 2 === 0 || this.#kept.length === 0)) {
        const batch: Uint8Array[] = [];
        while (batch.length < target.batch) {
          const next = await seeds.next();
          if (next.done === true) break;
          batch.push(next.value.slice(0, target.maxBytes));
        }
        hasSeeds = batch.length === target.batch;
        this.account.seeds += batch.length;
        await this.#runBatch(batch, true);
      } else {
        const batch: Uint8Array[] = [];
        while (batch.length < target.batch) batch.push(await this.#mutant());
        await this.#runBatch(batch, false);
      }
      if (this.account.executions >= this.#nextLook) this.#lookAtMemory();
      told(this.account);
    }
    return this.account;
  }

  /** Runs one input alone, and says what went wrong; null when nothing did. */
  async try(input: Uint8Array): Promise<Failure | null> {
    const { target, memory, before } = this.#options;
    before(input, this.account.executions);
    this.account.executions++;
    const begun = performance.now();
    try {
      const running = target.run(input);
      if (running !== undefined) await running;
    } catch (error) {
      const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
      const what = error instanceof Broken ? 'breaks a promise' : 'throws';
      return { what, message: error instanceof Error && what === 'throws' ? `${error.name}: ${message}` : message, stack };
    }
    this.account.slowestMs = Math.max(this.account.slowestMs, performance.now() - begun);
    const grown = memory?.end() ?? null;
    return grown === null ? null : { what: 'grows', message: grown, stack: '' };
  }

  async #mutant(): Promise<Uint8Array> {
    const { target } = this.#options;
    const random = this.#random;
    const input = this.#choose();
    const mutant = await target.mutate(input, this.#choose(), random);
    return mutant.length > target.maxBytes ? mutant.slice(0, target.maxBytes) : mutant;
  }

  /** Half of the time one of the newest: what was new is where more may be. */
  #choose(): Uint8Array {
    const kept = this.#kept;
    if (kept.length === 0) return new Uint8Array(0);
    const newest = Math.ceil(kept.length / 8);
    return this.#random.oneIn(2) ? kept[kept.length - 1 - this.#random.below(newest)]! : this.#random.pick(kept);
  }

  async #runBatch(batch: readonly Uint8Array[], areSeeds: boolean): Promise<void> {
    const { coverage } = this.#options;
    for (const input of batch) await this.#runOne(input);
    if (coverage === null) {
      if (areSeeds) for (const input of batch) this.#keep(input);
      return;
    }
    const report = coverage.report();
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) this.#keepIfNew(only, report, coverage);
    else if (coverage.news(report, false) > 0) await this.#search(batch, coverage);
    // What ran only the first time, such as the making of a table, is not looked for again.
    this.account.blocks += coverage.news(report, true);
  }

  /** Finds out which of some inputs reach something new. To ask for the coverage takes longer than to run most inputs: half of them at a time. */
  async #search(inputs: readonly Uint8Array[], coverage: Counting): Promise<void> {
    for (const input of inputs) await this.try(input);
    const report = coverage.report();
    const [only] = inputs;
    if (inputs.length > 1) {
      if (coverage.news(report, false) === 0) return;
      const half = inputs.length >> 1;
      await this.#search(inputs.slice(0, half), coverage);
      await this.#search(inputs.slice(half), coverage);
      return;
    }
    if (only !== undefined) this.#keepIfNew(only, report, coverage);
  }

  #keepIfNew(input: Uint8Array, report: Report, coverage: Counting): void {
    const news = coverage.news(report, true);
    this.account.blocks += news;
    if (news > 0) this.#keep(input);
  }

  #keep(input: Uint8Array): void {
    this.#keptBytes += input.length;
    if (this.#kept.length < MOST_KEPT) this.#kept.push(input);
    else {
      const at = this.#random.below(MOST_KEPT);
      this.#keptBytes -= this.#kept[at]!.length;
      this.#kept[at] = input;
    }
    this.account.kept = this.#kept.length;
  }

  async #runOne(input: Uint8Array): Promise<void> {
    const failure = await this.try(input);
    if (failure === null) return;
    const signature = signatureOf(failure);
    if (this.#signatures.has(signature)) return;
    this.#signatures.add(signature);
    const execution = this.account.executions;
    const small = await this.#shrink(input, signature);
    const { message, stack } = (await this.try(small)) ?? failure;
    this.#found({ ...failure, message, stack }, small, execution);
  }

  /** A shorter input with the same failure, as far as a few hundred tries find one. */
  async #shrink(input: Uint8Array, signature: string): Promise<Uint8Array> {
    let small = input;
    let tries = 0;
    const isEnough = () => tries >= MOST_SHRINKING || this.#options.isOver(this.account.executions);
    for (let size = small.length >> 1; size > 0 && !isEnough(); size >>= 1) {
      for (let at = 0; at < small.length && !isEnough(); tries++) {
        const candidate = replaced(small, at, size, new Uint8Array(0));
        const failure = await this.try(candidate);
        if (failure !== null && signatureOf(failure) === signature) small = candidate;
        else at += size;
      }
    }
    return small;
  }

  #lookAtMemory(): void {
    this.#nextLook = this.account.executions + LOOK_EVERY;
    const grown = this.#options.memory?.look(this.#keptBytes) ?? null;
    if (grown === null || this.#hasGrown) return;
    this.#hasGrown = true;
    this.#found({ what: 'grows', message: grown, stack: '' }, null, this.account.executions);
  }

  #found(failure: Failure, input: Uint8Array | null, execution: number): void {
    const { target, seed, found } = this.#options;
    this.account.findings++;
    found({ target: target.name, ...failure, input, seed, execution });
  }
}
