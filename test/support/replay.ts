/** Captures replayed into a watch at the times of their own frames, one after the other, with a clock that only the frames move. */
import { join } from 'node:path';
import { emptyFrame, type Frame } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { Packet } from '../../src/decoders/packet.ts';
import type { FindingEvent } from '../../src/live/live-event.ts';
import { LiveJudge, type LiveJudgeOptions } from '../../src/live/live-judge.ts';
import { RULES } from '../../src/rules/index.ts';
import { FIXTURES, type TrueMachine, truthOf } from './fixtures.ts';

/** When the first frame passes: 2026-01-01 in milliseconds since 1970. */
export const BEGIN_MS = Date.UTC(2026, 0, 1);

/** Where a frame without VLAN tag has MACs: Ethernet's two, and those of ARP. */
const MACS_AT = [0, 6, 22, 32];

/** Where IPv4 without options has TCP and UDP ports. */
const PORTS_AT = [34, 36];

/** For the MAC of each machine of a case that of the machine with the same IP in another case. */
function macsAs(name: string, as: string): Map<string, string> {
  const machinesOf = (of: string): TrueMachine[] => {
    const { directors = [], realservers = [], gateway } = truthOf(of).topology;
    return [...directors, ...realservers, ...[gateway ?? []].flat()];
  };
  const to = new Map(machinesOf(as).map(({ ip, mac }) => [ip, mac]));
  return new Map(machinesOf(name).flatMap(({ ip, mac }) => (mac !== undefined && to.get(ip) ? [[mac, to.get(ip)!]] : [])));
}

function replaceMac(frame: Frame, at: number, macs: ReadonlyMap<string, string>): void {
  const mac = Buffer.from(
    frame.bytes.buffer,
    frame.bytes.byteOffset + frame.start + at,
    Math.min(6, Math.max(0, frame.end - frame.start - at)),
  );
  const other = macs.get(mac.toString('hex').replace(/..(?!$)/g, '$&:'));
  if (other !== undefined) mac.set(Buffer.from(other.replaceAll(':', ''), 'hex'));
}

/** Clients take other ports in each capture: a SYN that was seen before is a repetition. */
function replacePort(frame: Frame, at: number, captures: number): void {
  const { view, start } = frame;
  if (start + at + 2 > frame.end || view.getUint16(start + 12) !== 0x0800 || view.getUint8(start + 14) !== 0x45) return;
  const port = view.getUint16(start + at);
  const isTransport = [6, 17].includes(view.getUint8(start + 23));
  if (isTransport && port > 10_000) view.setUint16(start + at, 10_000 + ((port - 10_000 + captures * 911) % 55_000));
}

export class Replay {
  readonly judge: LiveJudge;
  readonly events: FindingEvent[] = [];
  /** The clock, in milliseconds since 1970. */
  nowMs = BEGIN_MS;
  /** Whether frames are lost before each tick. */
  isLossy = false;
  readonly #intervalMs: number;
  readonly #packet = new Packet();
  #number = 0;
  #captures = 0;

  constructor(options: Partial<LiveJudgeOptions> = {}, intervalMs = 1000) {
    this.judge = new LiveJudge({ given: NOTHING_GIVEN, point: 'mirror', captureName: 'eth1', rules: RULES, ...options }, BEGIN_MS);
    this.#intervalMs = intervalMs;
  }

  /**
   * Lets the mirror's capture of a case of fixtures/pcaps pass, its first frame now; the clock goes on with its frames.
   * @param as another case, whose machines take the place of those with the same addresses
   */
  async capture(name: string, as: string = name): Promise<this> {
    const source = await openCapture(join(FIXTURES, name, 'mirror.pcap'));
    const macs = macsAs(name, as);
    const frame = emptyFrame();
    let shiftMs: number | null = null;
    this.#captures++;
    try {
      do {
        while (source.next(frame)) {
          const ownMs = frame.seconds * 1000 + frame.nanoseconds / 1e6;
          shiftMs ??= this.nowMs - ownMs;
          this.until(ownMs + shiftMs);
          const seconds = Math.floor((ownMs + shiftMs) / 1000);
          frame.seconds = seconds;
          frame.nanoseconds = Math.round((ownMs + shiftMs - seconds * 1000) * 1e6);
          frame.number = ++this.#number;
          for (const at of MACS_AT) replaceMac(frame, at, macs);
          for (const at of PORTS_AT) replacePort(frame, at, this.#captures);
          this.#packet.decode(frame);
          this.judge.add(frame, this.#packet);
        }
      } while (await source.more());
    } finally {
      await source.close();
    }
    return this;
  }

  /** Nothing passes for a while. */
  silence(seconds: number): this {
    this.until(this.nowMs + seconds * 1000);
    return this;
  }

  /** Moves the clock, with all ticks on the way. */
  until(ms: number): void {
    for (;;) {
      const tickMs = (Math.floor(this.nowMs / this.#intervalMs) + 1) * this.#intervalMs;
      if (tickMs > ms) break;
      this.nowMs = tickMs;
      if (this.isLossy) this.judge.lose();
      this.events.push(...this.judge.tick(tickMs));
    }
    this.nowMs = Math.max(this.nowMs, ms);
  }

  /** Events of a rule, such as `found` and `resolved`. */
  told(rule: string): string[] {
    return this.events.filter(({ finding }) => finding.rule === rule).map(({ event }) => event);
  }
}
