/** What is known of MACs that anybody may send: as a Map, but what is searched for is disguised by a key, so that nobody can choose MACs that collide. */
import { disguised48, type HashKey } from './hash.ts';

export class MacMap<T> {
  readonly #key: HashKey;
  readonly #entries = new Map<number, readonly [mac: number, value: T]>();

  constructor(key: HashKey) {
    this.#key = key;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(mac: number): T | undefined {
    return this.#entries.get(disguised48(mac, this.#key))?.[1];
  }

  set(mac: number, value: T): void {
    this.#entries.set(disguised48(mac, this.#key), [mac, value]);
  }

  /** In the order in which MACs were set first. */
  [Symbol.iterator](): Iterator<readonly [mac: number, value: T]> {
    return this.#entries.values();
  }
}
