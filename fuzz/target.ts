/** What is fuzzed. */
import type { Random } from './random.ts';

export interface Target {
  readonly name: string;
  /** Longest input in bytes. */
  readonly maxBytes: number;
  /** Inputs run between two looks at the coverage: many of a fast target. */
  readonly batch: number;
  /** Its share of the time, among those of the others: more for a slow target. */
  readonly weight: number;
  /** An input like `input`, but not quite; `other` is another one to borrow from. */
  mutate(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array | Promise<Uint8Array>;
  /** Runs an input and proves what is promised of it. Whatever it throws is a finding. */
  run(input: Uint8Array): void | Promise<void>;
}

/** A promise that was not kept. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** @throws Broken unless both are the same */
export function expectSame(one: string, other: string, what: string): void {
  if (one === other) return;
  let at = 0;
  while (one[at] === other[at]) at++;
  const near = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
  throw new Broken(`${what}: ${near(one)} and ${near(other)}`);
}
