/**
 * The tables that any frame may need, and the code that keeps them, in WebAssembly (assembly/): V8 makes fast machine code of it at once,
 * where it has to learn about JavaScript for ten thousands of frames. Whoever owns a table here reads it through a view on the memory.
 */
import { ANSWER, BASE_NANOSECONDS, BASE_SECONDS, CAPTURED, CAPTURED_BYTES, CLOCK, FRAME_NUMBER, NUMBERS, PAGES } from './layout.ts';
import { hotPathMemory, hotPathModule } from './module.ts';

/** Memory that captured bytes are read into. */
export interface CaptureMemory {
  /** All of it, and a view over exactly the same bytes. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where in it captured bytes may lie. */
  readonly start: number;
  readonly length: number;
}

/** What assembly/index.ts exports, where it is explained. */
interface Exports {
  addClients(from: number, to: number): void;
  addToPassage(passage: number, ttl: number): void;
  beginClients(groups: number): void;
  coldEnd(): number;
  clear(edges: number, passages: number, paths: number, flowRows: number, stepRows: number): void;
  countSighting(edge: number, sighting: number): void;
  dropEvents(start: number, state: number): void;
  edgeOfKnown(): number;
  flowOfKnown(): number;
  /** 1 for true. */
  findOpen(clientEnd: number, number: number, ms: number, withinMs: number): number;
  forgetFlow(start: number, state: number): void;
  forgetServices(): void;
  hashFlow(source: number, sourcePort: number, destination: number, destinationPort: number, protocol: number): void;
  known(start: number, captured: number, wireLength: number, point: number): number;
  meetEdge(mac0: number, mac1: number, mac2: number, tag: number, edge: number): void;
  emptyFlows(events: number): void;
  findFlow(first: number, second: number): number;
  findFlowOfRare(first: number, second: number, sequence: number, checksum: number, ipId: number, flags: number): number;
  placeFor(first: number, second: number): number;
  pushEvent(row: number, frame: number, at: number): void;
  nextOutside(from: number, to: number): number;
  noteGroups(from: number, to: number): void;
  noteTimes(from: number, to: number): void;
  putHop(
    source: number,
    destination: number,
    ports: number,
    edge: number,
    passage: number,
    flow: number,
    second: number,
    story: number,
  ): void;
  putOpen(clientEnd: number, number: number, first: number, second: number, ms: number): void;
  putService(ip: number, port: number, isReuse: boolean, root: number): void;
  recentEdge(mac0: number, mac1: number, mac2: number, tag: number): number;
  seeDatagram(
    first: number,
    second: number,
    toward: boolean,
    sequence: number,
    acknowledgment: number,
    flags: number,
    ipLength: number,
    ipId: number,
    checksum: number,
    edge: number,
    ttl: number,
    ms: number,
  ): number;
  /** 1 for true. */
  seeLarge(source: number, destination: number, ports: number, sequence: number, payloadLength: number, edge: number, ms: number): number;
  skim(format: number, at: number, limit: number, fractions: number, point: number, detail: number): number;
  stepIndex(path: number, event: number): number;
  takeRow(row: number, first: number, second: number): void;
  useFlows(rows: number, hasAside: boolean): void;
  useKey(word0: number, word1: number, word2: number, word3: number): void;
  useSteps(rows: number): void;
}

/** Places in `numbers`. */
export const Numbers = {
  /** Number of the frame at hand. */
  frame: FRAME_NUMBER / 8,
  /** Its time in nanoseconds since the first frame. */
  clock: CLOCK / 8,
  /** Seconds since 1970 and nanoseconds of that one. */
  baseSeconds: BASE_SECONDS / 8,
  baseNanoseconds: BASE_NANOSECONDS / 8,
  /** What skimming answered last: see KNOWN. */
  answer: ANSWER / 8,
} as const;

/** Four 32-bit words of key. */
type Key = readonly [number, number, number, number];

export class HotPath {
  readonly exports: Exports;
  /** All of the memory, which never grows, and where in it captured bytes are read into. */
  readonly captured: CaptureMemory;
  /** Doubles that go with each frame, at the places of `Numbers`. */
  readonly numbers: Float64Array;
  readonly #memory: SharedArrayBuffer;

  /**
   * @param key under which it hashes what others choose
   * @throws UsageError where the address space has no room
   */
  constructor(key: Key) {
    const module = hotPathModule();
    const memory = hotPathMemory(PAGES);
    this.exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
    this.#memory = memory.buffer;
    this.captured = {
      bytes: new Uint8Array(this.#memory),
      view: new DataView(this.#memory),
      start: CAPTURED,
      length: CAPTURED_BYTES,
    };
    this.numbers = this.doubles(NUMBERS, Object.keys(Numbers).length);
    this.exports.useKey(...key);
  }

  /** Emptied, for other facts with another key. Says how much of each table may have been written to: the rest is to cost nothing still. */
  cleared(key: Key, edges: number, passages: number, paths: number, flowRows: number, stepRows: number): this {
    this.exports.clear(edges, passages, paths, flowRows, stepRows);
    this.exports.useKey(...key);
    return this;
  }

  doubles(offset: number, count: number): Float64Array {
    return new Float64Array(this.#memory, offset, count);
  }

  octets(offset: number, count: number): Uint8Array {
    return new Uint8Array(this.#memory, offset, count);
  }

  halfWords(offset: number, count: number): Uint16Array {
    return new Uint16Array(this.#memory, offset, count);
  }

  words(offset: number, count: number): Int32Array {
    return new Int32Array(this.#memory, offset, count);
  }
}
