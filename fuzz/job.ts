/** What the thread that fuzzes and the one that watches it tell each other. */
import type { FileCoverage } from './coverage.ts';
import type { Account } from './fuzzer.ts';

export interface Job {
  readonly target: string;
  readonly seed: number;
  /** When to end, by the clock of Date.now, and after how many inputs. */
  readonly until: number;
  readonly executions: number;
  /** Paths of captures to begin with, and the folder of cluster files. */
  readonly captures: readonly string[];
  readonly clusters: string;
  /** Where findings go. */
  readonly folder: string;
  /** The one input to run, instead of all others; else null. */
  readonly repeat: Uint8Array | null;
  /** See `Beat`. */
  readonly beat: SharedArrayBuffer;
}

export type Message =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'finding'; readonly path: string; readonly what: string; readonly message: string }
  | { readonly kind: 'done'; readonly account: Account; readonly files: readonly FileCoverage[]; readonly peak: number };

const HEAD_WORDS = 4;

/** Memory that both threads see: which input is being run, so that it is not lost when it never ends. */
export class Beat {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared, 0, HEAD_WORDS);
    this.#bytes = new Uint8Array(shared, HEAD_WORDS * 4);
  }

  static memoryFor(maxBytes: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD_WORDS * 4 + maxBytes);
  }

  /** Notes an input before it is run. */
  set(input: Uint8Array, execution: number): void {
    this.#bytes.set(input.subarray(0, this.#bytes.length));
    Atomics.store(this.#words, 1, input.length);
    Atomics.store(this.#words, 0, execution + 1);
  }

  /** The input that is being run has this number; 0 before the first one. */
  get execution(): number {
    return Atomics.load(this.#words, 0);
  }

  get input(): Uint8Array {
    return this.#bytes.slice(0, Atomics.load(this.#words, 1));
  }
}
