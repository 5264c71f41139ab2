/** Rows of one table that belong to rows of another, such as the claims of each address: in the order in which they came. */
import { withRoom } from './columns.ts';

/** Words of an owner: its first row, its newest one, and how many they are. */
const OWNER = 3;
const HEAD = 0;
const TAIL = 1;
const COUNT = 2;

export class Chains {
  #owners = new Int32Array(OWNER * 16);
  /** By row: the next one of the same owner; 0 behind the last. */
  #next = new Int32Array(16);

  /** Adds a row, which belongs to nobody yet, to those of its owner; both are numbered from 1. */
  append(owner: number, row: number): void {
    const at = owner * OWNER;
    this.#owners = withRoom(this.#owners, at + OWNER);
    this.#next = withRoom(this.#next, row + 1);
    const tail = this.#owners[at + TAIL]!;
    if (tail === 0) this.#owners[at + HEAD] = row;
    else this.#next[tail] = row;
    this.#owners[at + TAIL] = row;
    this.#owners[at + COUNT]!++;
  }

  /** How many rows an owner has. */
  countOf(owner: number): number {
    return this.#owners[owner * OWNER + COUNT] ?? 0;
  }

  /** The rows of an owner, the first one first. */
  of(owner: number): number[] {
    const rows: number[] = [];
    for (let row = this.#owners[owner * OWNER + HEAD] ?? 0; row !== 0; row = this.#next[row]!) rows.push(row);
    return rows;
  }
}
