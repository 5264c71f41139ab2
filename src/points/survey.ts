/**
 * The first reading of one of several captures: when it was taken, who sends to whom in it, and a sample of its frames, chosen by
 * content so that other captures of the same frames choose the same ones. In bounded memory.
 */
import { type CaptureInfo, emptyFrame, type FrameSource } from '../capture/frame.ts';
import { EdgeTable } from '../correlation/edges.ts';
import { type HashKey, randomHashKey } from '../correlation/hash.ts';
import { sourceMacOf } from '../decoders/address.ts';
import { Packet } from '../decoders/packet.ts';
import { FrameKey } from './frame-key.ts';

/** Frames in a sample. Two samples share at least as many frames as the smaller capture has in common with the other, up to this. */
const MAX_SAMPLE = 1 << 15;
/** Times kept of a frame that comes again and again; one that comes more often tells nothing. */
export const MAX_TIMES = 32;

/** Cooked packet type of what the capturing machine sends. */
const SENT_BY_US = 4;

/** A frame of a sample. */
export interface Sampled {
  /** Whether its sender numbers such packets. */
  readonly isNumbered: boolean;
  /** Source MAC; 0 where the capture has none. */
  readonly source: number;
  /** When it was seen, in nanoseconds since the survey's base; MAX_TIMES and one more where it was more often. */
  readonly times: number[];
}

/** What one reading says of a capture. Times are nanoseconds of its own clock since `baseSeconds` of the surveyor. */
export interface Survey {
  readonly info: CaptureInfo;
  /** Time of its first frame, and the latest time; null without any frame. */
  readonly span: { readonly first: number; readonly last: number } | null;
  /** Frames that bear an earlier time than the frame before them. */
  readonly disordered: number;
  readonly edges: EdgeTable;
  /** For each edge, the times of its first and its last frame. */
  readonly edgeSpans: readonly { readonly first: number; last: number }[];
  /** Whether all frames carry a destination MAC. */
  readonly hasDestinations: boolean;
  /** MACs of the machine that captured, where a cooked capture says which frames are its own. */
  readonly ownMacs: ReadonlySet<number>;
  readonly sample: ReadonlyMap<number, Sampled>;
}

/** Surveys captures that belong together: with one hash key, and one second that times are counted from. */
export class Surveyor {
  /** Seconds since 1970 that times are counted from; null until a frame was read. */
  baseSeconds: number | null = null;
  readonly seed: HashKey;

  constructor(seed: HashKey = randomHashKey()) {
    this.seed = seed;
  }

  /** Reads a capture to its end, or until `isStopped`. */
  async survey(source: FrameSource, tell: (info: CaptureInfo) => void = () => {}, isStopped: () => boolean = () => false): Promise<Survey> {
    const frame = emptyFrame();
    const packet = new Packet();
    const key = new FrameKey(this.seed);
    const edges = new EdgeTable(this.seed);
    const edgeSpans: { first: number; last: number }[] = [];
    let sample = new Map<number, Sampled>();
    let sampledBelow = 2 ** 53;
    let span: { first: number; last: number } | null = null;
    let disordered = 0;
    let cooked = 0;
    const ownMacs = new Set<number>();
    do {
      while (source.next(frame)) {
        this.baseSeconds ??= frame.seconds;
        const at = (frame.seconds - this.baseSeconds) * 1e9 + frame.nanoseconds;
        if (span === null) span = { first: at, last: at };
        else if (at < span.last) disordered++;
        else span.last = at;
        packet.decode(frame);
        key.read(frame, packet);
        if (key.destination < 0) {
          cooked++;
          if (packet.cookedType === SENT_BY_US) ownMacs.add(sourceMacOf(packet.mac1, packet.mac2));
        }
        const edge = edges.of(packet.mac0, packet.mac1, packet.mac2, packet.vlan);
        const known = edgeSpans[edge];
        if (known === undefined) edgeSpans[edge] = { first: at, last: at };
        else known.last = at;
        if (key.value >= sampledBelow) continue;
        const again = sample.get(key.value);
        if (again === undefined)
          sample.set(key.value, { isNumbered: key.isNumbered, source: sourceMacOf(packet.mac1, packet.mac2), times: [at] });
        else if (again.times.length <= MAX_TIMES) again.times.push(at);
        if (sample.size > MAX_SAMPLE) {
          // Half of them, the same half in every capture.
          const limit = sampledBelow / 2;
          sampledBelow = limit;
          sample = new Map([...sample].filter(([value]) => value < limit));
        }
      }
      tell(source.info);
    } while (!isStopped() && (await source.more()));
    return { info: source.info, span, disordered, edges, edgeSpans, hasDestinations: cooked === 0, ownMacs, sample };
  }
}
