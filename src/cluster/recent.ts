/** What was asked for lately: of very much that could be asked for, the rest is made anew when it is. */
export class Recent<K, V> {
  readonly #make: (key: K) => V;
  /** At most as many of these are kept, and of those that were asked for before them. */
  readonly #most: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(most: number, make: (key: K) => V) {
    this.#most = most;
    this.#make = make;
  }

  get(key: K): V {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const value = this.#old.get(key) ?? this.#make(key);
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }
}
