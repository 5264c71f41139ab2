/** Which frames of captures are judged: of a time, of one client, or those that a filter keeps. */
import { chooses } from './capture/bpf.ts';
import { type Choice, ChosenSource } from './capture/chosen-source.ts';
import { compileFilter } from './capture/compile-filter.ts';
import type { Frame, FrameSource } from './capture/frame.ts';
import type { Instruction } from './capture/live/frame-filter.ts';
import { type IpAddress, parseIp } from './decoders/address.ts';
import { IPVS_SYNC_PORT } from './decoders/ipvs-sync.ts';
import { Packet, PacketKind, Transport } from './decoders/packet.ts';

/** A time: in nanoseconds since the first frame, or in seconds and nanoseconds since 1970. */
export type Moment = { readonly offset: number } | { readonly seconds: number; readonly nanoseconds: number };

export interface ChoiceOptions {
  readonly since: Moment | null;
  readonly until: Moment | null;
  /** An IP address in canonical text. */
  readonly client: string | null;
  /** In the pcap language. */
  readonly filter: string | null;
  /** The options as typed, for the report. */
  readonly typed: string;
}

/** Frames may stand in a file a little after later ones. */
const DISORDER_NS = 10e9;

export class FrameChoice {
  readonly options: ChoiceOptions;
  /** Frames looked at, and chosen, in all sources together. */
  seen = 0;
  taken = 0;
  readonly #client: IpAddress | null;
  readonly #packet = new Packet();
  readonly #programs = new Map<number, readonly Instruction[]>();

  constructor(options: ChoiceOptions) {
    this.options = options;
    this.#client = options.client === null ? null : parseIp(options.client);
  }

  /** The chosen frames of a source. @throws UsageError while frames are read, when the filter cannot be compiled */
  of(source: FrameSource): FrameSource {
    this.seen = 0;
    this.taken = 0;
    const clock = new RelativeClock();
    return new ChosenSource(source, (frame) => {
      this.seen++;
      const choice = this.#choose(frame, clock);
      if (choice === 'take') this.taken++;
      return choice;
    });
  }

  #choose(frame: Frame, clock: RelativeClock): Choice {
    clock.read(frame);
    const { since, until, filter } = this.options;
    if (since !== null && clock.since(since) < 0) return 'pass';
    if (until !== null && clock.since(until) > 0) return clock.since(until) > DISORDER_NS ? 'end' : 'pass';
    if (filter !== null && !chooses(this.#programFor(filter, frame.linkType), frame)) return 'pass';
    return this.#client === null || this.#concerns(frame, this.#client) ? 'take' : 'pass';
  }

  #programFor(filter: string, linkType: number): readonly Instruction[] {
    let program = this.#programs.get(linkType);
    if (program === undefined) {
      program = compileFilter(filter, linkType);
      this.#programs.set(linkType, program);
    }
    return program;
  }

  /** Frames of other clients' flows are left out; who is who, and who claims what, concerns every client. */
  #concerns(frame: Frame, { version, words }: IpAddress): boolean {
    const p = this.#packet;
    p.decode(frame);
    const isFlow = p.transport === Transport.tcp || p.transport === Transport.udp || p.transport === Transport.sctp;
    if (p.kind !== PacketKind.ip || !isFlow || p.destinationPort === IPVS_SYNC_PORT) return true;
    const [w0, w1, w2, w3] = words;
    if (p.version !== version) return false;
    const isSource = p.source0 === w0 && p.source1 === w1 && p.source2 === w2 && p.source3 === w3;
    return isSource || (p.destination0 === w0 && p.destination1 === w1 && p.destination2 === w2 && p.destination3 === w3);
  }
}

/** Time of the frame at hand, and of the first one. */
class RelativeClock {
  #baseSeconds = 0;
  #baseNanoseconds = 0;
  #isBegun = false;
  #at = 0;

  read({ seconds, nanoseconds }: Frame): void {
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.#baseSeconds = seconds;
      this.#baseNanoseconds = nanoseconds;
    }
    this.#at = (seconds - this.#baseSeconds) * 1e9 + nanoseconds - this.#baseNanoseconds;
  }

  /** Nanoseconds since a moment; negative before it. */
  since(moment: Moment): number {
    if ('offset' in moment) return this.#at - moment.offset;
    return this.#at - ((moment.seconds - this.#baseSeconds) * 1e9 + moment.nanoseconds - this.#baseNanoseconds);
  }
}
