/**
 * Several captures read side by side as one: in order of time, each frame once, however many captures hold it. Memory is bounded: of
 * each capture only what lies within a short window ahead is held.
 *
 * Each capture's own order is kept: a frame that several of them hold is where they meet, and it is given when it stands first in all
 * of them. So a copy never comes before the packet that it is a copy of, though clocks are known to no better than some microseconds.
 */
import { type CaptureInfo, emptyFrame, type Frame, type FrameSource, mergedNumber } from '../capture/frame.ts';
import type { HashKey } from '../correlation/hash.ts';
import { LinkKind, Packet } from '../decoders/packet.ts';
import type { Clock } from './clocks.ts';
import { FrameKey } from './frame-key.ts';
import { HeldBytes } from './held-bytes.ts';
import { inReference, type Span } from './recording.ts';

/** Two sights of one frame lie no further apart than this, in nanoseconds: how long frames wait in cards, and how wrong clocks may be. */
const WINDOW_NS = 1e8;
/** Bytes of a frame that are held: all headers, and the messages of VRRP and IPVS synchronisation. */
const MAX_HELD_BYTES = 2048;

/** A capture to be merged. */
export interface Lane {
  readonly clock: Clock;
  /** Whether its order among the others is known. */
  readonly isOrdered: boolean;
  /** Time of its first frame, in nanoseconds since the base; it is opened only when it is due. Null where it is left out. */
  readonly first: number | null;
  open(): Promise<FrameSource>;
}

/** A frame waiting in its lane. */
interface Held {
  readonly lane: number;
  /** Number among the frames of all captures. */
  readonly number: number;
  readonly wireLength: number;
  readonly linkType: number;
  /** Where its bytes are held. */
  readonly place: number;
  readonly length: number;
  readonly hasDestination: boolean;
  readonly sighted: Sighted;
}

/** One frame, and where it was seen. */
interface Sighted {
  readonly key: number;
  /** -1 where no capture told it yet. */
  destination: number;
  /** Earliest time by the reference clock. */
  at: number;
  readonly helds: Held[];
  isGiven: boolean;
}

interface OpenLane {
  readonly index: number;
  readonly lane: Lane;
  source: FrameSource | null;
  /** The account of its source, from when it was opened. */
  info: CaptureInfo | null;
  state: 'unopened' | 'open' | 'waits' | 'ended';
  readonly bytes: HeldBytes;
  readonly queue: Held[];
  /** Position of the first frame of the queue that waits. */
  head: number;
  /** Time of the newest frame held, which the next ones do not go back behind. */
  newest: number;
}

export class MergedSource implements FrameSource {
  /** Frames given that more than one capture held. */
  sharedFrames = 0;
  /** Whether all points were recording when the frame at hand was sent. */
  isWatched = true;
  /** Numbers of the frame at hand in all captures that hold it. */
  seenAs: readonly number[] = [];
  readonly #lanes: readonly OpenLane[];
  readonly #baseSeconds: number;
  readonly #watched: readonly Span[];
  readonly #key: FrameKey;
  readonly #frame = emptyFrame();
  readonly #packet = new Packet();
  readonly #byKey = new Map<number, Sighted[]>();
  /** All that #byKey holds, oldest first. */
  readonly #known: Sighted[] = [];
  #knownHead = 0;
  #frames = 0;
  #givenAt = Number.NEGATIVE_INFINITY;

  /**
   * @param baseSeconds seconds since 1970 that all times are counted from
   * @param watched spans of reference time in which all points were recording
   */
  constructor(lanes: readonly Lane[], baseSeconds: number, watched: readonly Span[], seed: HashKey) {
    this.#baseSeconds = baseSeconds;
    this.#watched = watched;
    this.#key = new FrameKey(seed);
    this.#lanes = lanes.map((lane, index) => ({
      index,
      lane,
      source: null,
      info: null,
      state: lane.first === null ? 'ended' : 'unopened',
      bytes: new HeldBytes(),
      queue: [],
      head: 0,
      newest: inReference(lane.clock, lane.first ?? 0),
    }));
  }

  /** The account of all captures together: how far they are read. */
  get info(): CaptureInfo {
    const infos = this.#lanes.flatMap(({ info }) => (info === null ? [] : [info]));
    const sum = (of: (info: CaptureInfo) => number) => infos.reduce((total, info) => total + of(info), 0);
    return {
      name: `${this.#lanes.length} captures`,
      format: 'pcap',
      compression: null,
      linkTypes: [...new Set(infos.flatMap((info) => info.linkTypes))],
      snapLength: 0,
      frames: this.#frames,
      skippedFrames: 0,
      bytes: sum((info) => info.bytes),
      storedBytes: null,
      storedBytesRead: sum((info) => info.storedBytesRead),
      cutOff: false,
      damage: null,
      dropped: null,
    };
  }

  next(frame: Frame): boolean {
    for (;;) {
      const horizon = this.#horizon();
      if (horizon === Number.POSITIVE_INFINITY) return false;
      if (!this.#isFilledTo(horizon + WINDOW_NS)) return false;
      const sighted = this.#choose();
      if (sighted === null) continue;
      this.#give(sighted, frame);
      return true;
    }
  }

  async more(): Promise<boolean> {
    for (const lane of this.#lanes) {
      if (lane.state === 'unopened' && lane.newest <= this.#horizon() + WINDOW_NS) {
        lane.source = await lane.lane.open();
        lane.info = lane.source.info;
        lane.state = 'waits';
      }
      if (lane.state === 'waits') lane.state = (await lane.source!.more()) ? 'open' : 'ended';
      if (lane.state === 'ended' && lane.source !== null && lane.head >= lane.queue.length) {
        await lane.source.close();
        lane.source = null;
      }
    }
    return this.#horizon() !== Number.POSITIVE_INFINITY;
  }

  async close(): Promise<void> {
    for (const lane of this.#lanes) await lane.source?.close();
  }

  /** The earliest time that a frame to come may have; infinity at the end of all captures. */
  #horizon(): number {
    let horizon = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes) {
      const waiting = lane.queue[lane.head];
      if (waiting !== undefined) horizon = Math.min(horizon, waiting.sighted.at);
      else if (lane.state !== 'ended') horizon = Math.min(horizon, lane.newest);
    }
    return horizon;
  }

  /** Takes in all frames before `until`; false when a capture must be refilled first. */
  #isFilledTo(until: number): boolean {
    let isFilled = true;
    for (const lane of this.#lanes) {
      if (lane.state === 'unopened') isFilled &&= lane.newest > until;
      while (lane.state === 'open' && lane.newest <= until && !lane.bytes.isFull) {
        if (lane.source!.next(this.#frame)) this.#hold(lane, this.#frame);
        else lane.state = 'waits';
      }
      if (lane.state === 'waits') isFilled = false;
    }
    return isFilled;
  }

  #hold(lane: OpenLane, frame: Frame): void {
    this.#packet.decode(frame);
    this.#key.read(frame, this.#packet);
    const own = (frame.seconds - this.#baseSeconds) * 1e9 + frame.nanoseconds;
    // A capture's order is that of its file, whatever its times say.
    lane.newest = Math.max(lane.newest, inReference(lane.lane.clock, own));
    const length = Math.min(frame.end - frame.start, MAX_HELD_BYTES);
    const held: Held = {
      lane: lane.index,
      number: mergedNumber(lane.index, frame.number),
      wireLength: frame.wireLength,
      linkType: frame.linkType,
      place: lane.bytes.add(frame.bytes, frame.start, length),
      length,
      hasDestination: this.#packet.link === LinkKind.ethernet,
      sighted: this.#sightedAt(lane, lane.newest),
    };
    held.sighted.helds.push(held);
    lane.queue.push(held);
  }

  /** The frame at hand as another capture holds it already, or for the first time. The first sight in one capture is the first in another. */
  #sightedAt(lane: OpenLane, at: number): Sighted {
    const { value, destination } = this.#key;
    let alike = this.#byKey.get(value);
    for (const known of alike ?? []) {
      const isOther = destination >= 0 && known.destination >= 0 && destination !== known.destination;
      if (isOther || Math.abs(at - known.at) > WINDOW_NS || known.helds.some((held) => held.lane === lane.index)) continue;
      if (known.destination < 0) known.destination = destination;
      if (!known.isGiven) known.at = Math.min(known.at, at);
      return known;
    }
    const sighted: Sighted = { key: value, destination, at, helds: [], isGiven: false };
    if (alike === undefined) {
      alike = [];
      this.#byKey.set(value, alike);
    }
    alike.push(sighted);
    this.#known.push(sighted);
    return sighted;
  }

  /** The frame to give next: of those that stand first in all captures that hold them the earliest. Null when others must go first. */
  #choose(): Sighted | null {
    let best: Sighted | null = null;
    let forced: Sighted | null = null;
    for (const lane of this.#lanes) {
      while (lane.queue[lane.head]?.sighted.isGiven === true) this.#drop(lane);
      const sighted = lane.queue[lane.head]?.sighted;
      if (sighted === undefined) continue;
      if (forced === null || sighted.at < forced.at) forced = sighted;
      if ((best === null || sighted.at < best.at) && sighted.helds.every((held) => this.#isFirst(held))) best = sighted;
    }
    // Two captures that tell of two frames in opposite orders: time decides.
    return best ?? forced;
  }

  #isFirst(held: Held): boolean {
    const lane = this.#lanes[held.lane]!;
    return lane.queue[lane.head] === held;
  }

  #give(sighted: Sighted, frame: Frame): void {
    sighted.isGiven = true;
    this.#frames++;
    this.#givenAt = Math.max(this.#givenAt, sighted.at);
    const at = Math.round(this.#givenAt);
    const helds = sighted.helds;
    if (helds.length > 1) this.sharedFrames++;
    // A cooked capture lacks the destination MAC: another one's frame tells more.
    let told = helds[0]!;
    for (const held of helds) {
      const isBetter = held.hasDestination !== told.hasDestination ? held.hasDestination : held.lane < told.lane;
      if (isBetter) told = held;
    }
    const { bytes } = this.#lanes[told.lane]!;
    const seconds = Math.floor(at / 1e9);
    frame.bytes = bytes.bytes;
    frame.view = bytes.view;
    frame.start = bytes.offsetOf(told.place);
    frame.end = frame.start + told.length;
    frame.number = told.number;
    frame.seconds = this.#baseSeconds + seconds;
    frame.nanoseconds = at - seconds * 1e9;
    frame.wireLength = told.wireLength;
    frame.linkType = told.linkType;
    frame.point = told.lane;
    this.seenAs = helds.map((held) => held.number);
    this.isWatched = this.#lanes[told.lane]!.lane.isOrdered && this.#watched.some((span) => span.from <= at && at <= span.until);
    this.#forget(at - 2 * WINDOW_NS);
  }

  /** Takes the first frame of a lane out of it. */
  #drop(lane: OpenLane): void {
    lane.bytes.drop(lane.queue[lane.head]!.length);
    lane.head++;
    if (lane.head >= 1024 && lane.head * 2 >= lane.queue.length) {
      lane.queue.splice(0, lane.head);
      lane.head = 0;
    }
  }

  /** Frames of before that time are not met again. */
  #forget(before: number): void {
    const known = this.#known;
    while (this.#knownHead < known.length && known[this.#knownHead]!.isGiven && known[this.#knownHead]!.at < before) {
      const old = known[this.#knownHead++]!;
      const alike = this.#byKey.get(old.key)!;
      if (alike.length === 1) this.#byKey.delete(old.key);
      else alike.splice(alike.indexOf(old), 1);
    }
    if (this.#knownHead >= 4096 && this.#knownHead * 2 >= known.length) {
      known.splice(0, this.#knownHead);
      this.#knownHead = 0;
    }
  }
}
