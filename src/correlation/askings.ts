/** What each MAC asked about each IP, and which of its questions nobody answered: a row of numbers a pair. */
import { withRoom } from './columns.ts';
import { type FrameRef, frameRef } from './frame-ref.ts';
import type { HashKey } from './hash.ts';
import { KeyedPairs } from './keyed-pairs.ts';

/** Broadcast questions in a row without any answer. */
export interface Unanswered {
  readonly count: number;
  readonly first: FrameRef;
  readonly last: FrameRef;
}

/** Numbers of an asking: frame and time of the first question, and three rows of unanswered ones. */
const NUMBERS = 17;
const FIRST = 0;
/** The row now, the same without the newest question if that is one of it, and the longest row so far. */
const NOW = 2;
const BEFORE = 7;
const LONGEST = 12;
/** Numbers of a row of unanswered questions: how many, frame and time of the first, and of the last. */
const ROW = 5;
const COUNT = 0;
const FIRST_FRAME = 1;
const FIRST_AT = 2;
const LAST_FRAME = 3;
const LAST_AT = 4;

/** Words of an asking. */
const WORDS = 4;
/** The newest question, and how many answered it. */
const QUESTION = 0;
const ANSWERS = 1;
const BROADCASTS = 2;
const ANSWERED = 3;

export class Askings {
  /** Asker and address number of each asking. */
  readonly pairs: KeyedPairs;
  #numbers = new Float64Array(NUMBERS * 16);
  #words = new Int32Array(WORDS * 16);

  constructor(key: HashKey) {
    this.pairs = new KeyedPairs(key);
  }

  add(asker: number, address: number, { frame, at }: FrameRef): number {
    const asking = this.pairs.add(asker, address);
    this.#numbers = withRoom(this.#numbers, asking * NUMBERS + NUMBERS);
    this.#words = withRoom(this.#words, asking * WORDS + WORDS);
    this.#numbers[asking * NUMBERS + FIRST] = frame;
    this.#numbers[asking * NUMBERS + FIRST + 1] = at;
    return asking;
  }

  /**
   * Notes another question, the newest now.
   * @param isBroadcast to all, or to a solicited-node group
   * @param isAwaited whether a broadcast question without an answer means that nobody gave one
   */
  ask(asking: number, question: number, { frame, at }: FrameRef, isBroadcast: boolean, isAwaited: boolean): void {
    const words = this.#words;
    words[asking * WORDS + QUESTION] = question;
    words[asking * WORDS + ANSWERS] = 0;
    this.#copyRow(asking, NOW, BEFORE);
    if (!isBroadcast) return;
    words[asking * WORDS + BROADCASTS]!++;
    if (!isAwaited) return;
    const numbers = this.#numbers;
    const now = asking * NUMBERS + NOW;
    if (numbers[now + COUNT] === 0) {
      numbers[now + FIRST_FRAME] = frame;
      numbers[now + FIRST_AT] = at;
    }
    numbers[now + COUNT]!++;
    numbers[now + LAST_FRAME] = frame;
    numbers[now + LAST_AT] = at;
    if (numbers[now + COUNT]! > numbers[asking * NUMBERS + LONGEST + COUNT]!) this.#copyRow(asking, NOW, LONGEST);
  }

  /** Notes an answer to the newest question; gives how many it has now. */
  answer(asking: number): number {
    const answers = ++this.#words[asking * WORDS + ANSWERS]!;
    if (answers > 1) return answers;
    this.#words[asking * WORDS + ANSWERED]!++;
    const numbers = this.#numbers;
    const now = asking * NUMBERS + NOW;
    // The question just answered is none of the row.
    if (numbers[now + LAST_FRAME] === numbers[asking * NUMBERS + LONGEST + LAST_FRAME]) this.#copyRow(asking, BEFORE, LONGEST);
    numbers.fill(0, now, now + ROW);
    return answers;
  }

  /** The newest question. */
  question(asking: number): number {
    return this.#words[asking * WORDS + QUESTION]!;
  }

  /** How many answered the newest question. */
  answers(asking: number): number {
    return this.#words[asking * WORDS + ANSWERS]!;
  }

  /** Broadcast (or solicited-node multicast) questions. */
  broadcasts(asking: number): number {
    return this.#words[asking * WORDS + BROADCASTS]! >>> 0;
  }

  /** Questions that anybody answered. */
  answered(asking: number): number {
    return this.#words[asking * WORDS + ANSWERED]! >>> 0;
  }

  /** The first question. */
  first(asking: number): FrameRef {
    return frameRef(this.#numbers[asking * NUMBERS + FIRST]!, this.#numbers[asking * NUMBERS + FIRST + 1]!);
  }

  /** The longest row of broadcast questions that nobody answered; null when there was none. */
  longestUnanswered(asking: number): Unanswered | null {
    const row = this.#numbers.subarray(asking * NUMBERS + LONGEST, asking * NUMBERS + LONGEST + ROW);
    if (row[COUNT] === 0) return null;
    return { count: row[COUNT]!, first: frameRef(row[FIRST_FRAME]!, row[FIRST_AT]!), last: frameRef(row[LAST_FRAME]!, row[LAST_AT]!) };
  }

  #copyRow(asking: number, from: number, to: number): void {
    const at = asking * NUMBERS;
    this.#numbers.copyWithin(at + to, at + from, at + from + ROW);
  }
}
