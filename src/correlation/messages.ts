/** What frames of address resolution say, a row of numbers each: kept as long as anybody holds it. */
import { withRoom } from './columns.ts';
import { type FrameRef, frameRef } from './frame-ref.ts';

/** What a message is: a question, or a claim of one of the kinds that `ClaimKind` explains. */
export const MessageKind = { question: 0, reply: 1, request: 2, gratuitous: 3, vrrp: 4 } as const;
export type MessageKind = keyof typeof MessageKind;
const KINDS: readonly MessageKind[] = ['question', 'reply', 'request', 'gratuitous', 'vrrp'];

/** Numbers of a message. */
const NUMBERS = 5;
const FRAME = 0;
const AT = 1;
const MAC = 2;
const SENDER = 3;
const TO = 4;

/** Words of a message. */
const WORDS = 4;
const KIND = 0;
const DETAIL = 1;
/** The next free row, where nobody holds this one. */
const REQUEST = 2;
const HOLDERS = 3;

export class Messages {
  /** Rows in use and free ones. */
  #count = 0;
  #free = 0;
  #numbers = new Float64Array(NUMBERS * 16);
  #words = new Int32Array(WORDS * 16);

  /**
   * A new message, held once by whoever adds it.
   * @param mac the MAC that is claimed; 0 in a question
   * @param detail what `detail` gives
   * @param request the question that it answers, which it holds; 0 without one
   */
  add(kind: MessageKind, { frame, at }: FrameRef, mac: number, sender: number, to: number, detail: number, request: number): number {
    let message = this.#free;
    if (message === 0) message = ++this.#count;
    else this.#free = this.#words[message * WORDS + REQUEST]!;
    this.#numbers = withRoom(this.#numbers, message * NUMBERS + NUMBERS);
    this.#words = withRoom(this.#words, message * WORDS + WORDS);
    const numbers = this.#numbers;
    numbers[message * NUMBERS + FRAME] = frame;
    numbers[message * NUMBERS + AT] = at;
    numbers[message * NUMBERS + MAC] = mac;
    numbers[message * NUMBERS + SENDER] = sender;
    numbers[message * NUMBERS + TO] = to;
    const words = this.#words;
    words[message * WORDS + KIND] = MessageKind[kind];
    words[message * WORDS + DETAIL] = detail;
    words[message * WORDS + REQUEST] = request;
    words[message * WORDS + HOLDERS] = 1;
    if (request !== 0) this.hold(request);
    return message;
  }

  hold(message: number): void {
    this.#words[message * WORDS + HOLDERS]!++;
  }

  /** Ends what `add` or `hold` began; the row of a message that nobody holds may become another's. */
  release(message: number): void {
    const words = this.#words;
    const at = message * WORDS;
    if (--words[at + HOLDERS]! > 0) return;
    const request = words[at + REQUEST]!;
    words[at + REQUEST] = this.#free;
    this.#free = message;
    if (request !== 0) this.release(request);
  }

  /** Every message that anybody holds. */
  *[Symbol.iterator](): Iterator<number> {
    for (let message = 1; message <= this.#count; message++) if (this.#words[message * WORDS + HOLDERS]! > 0) yield message;
  }

  kind(message: number): MessageKind {
    return KINDS[this.#words[message * WORDS + KIND]!]!;
  }

  frame(message: number): number {
    return this.#numbers[message * NUMBERS + FRAME]!;
  }

  ref(message: number): FrameRef {
    return frameRef(this.frame(message), this.at(message));
  }

  /** Nanoseconds since the first frame of all. */
  at(message: number): number {
    return this.#numbers[message * NUMBERS + AT]!;
  }

  /** The MAC that an address is said to be at. */
  mac(message: number): number {
    return this.#numbers[message * NUMBERS + MAC]!;
  }

  /** Source MAC of the frame; of a question, who asks. */
  sender(message: number): number {
    return this.#numbers[message * NUMBERS + SENDER]!;
  }

  /** Whom the frame was sent to; a group address for broadcast. */
  to(message: number): number {
    return this.#numbers[message * NUMBERS + TO]!;
  }

  /** Of a claim the address number that it asks for, 0 where it asks for none; of a question what its owner keeps here. */
  detail(message: number): number {
    return this.#words[message * WORDS + DETAIL]!;
  }

  setDetail(message: number, detail: number): void {
    this.#words[message * WORDS + DETAIL] = detail;
  }

  /** The question that a reply answers; 0 where it was not seen. */
  request(message: number): number {
    return this.#words[message * WORDS + REQUEST]!;
  }
}
