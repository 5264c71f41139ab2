/**
 * The way of live frames, on one page: frames, facts, a judgement at every tick, events. Capture is never made to wait: whoever is told
 * of events takes them at once or drops them and says so.
 */
import { emptyFrame } from '../capture/frame.ts';
import type { LiveSource } from '../capture/live/live-source.ts';
import { Packet } from '../decoders/packet.ts';
import { CAPTURE_DISTURBED, noticesOf } from '../rules/notices.ts';
import type { EvidenceFiles } from './evidence-files.ts';
import { FrameClock } from './frame-clock.ts';
import type { LiveEvent, WatchState } from './live-event.ts';
import { LiveJudge, type LiveJudgeOptions, textOf } from './live-judge.ts';

/** Frames taken in between two looks at the clock. */
const FRAMES_AT_ONCE = 2048;
/** A judgement may take this share of the time. */
const JUDGING_SHARE = 0.1;
/** What is missing is looked for again after this, if the interval is longer. */
const IN_DOUBT_MS = 500;
const HEARTBEAT_MS = 60_000;
/** Notices are looked for so often; one must stand twice, because at the beginning much is one-sided. */
const NOTICES_MS = 10_000;
/** Losses are told no more often. */
const LOSS_TOLD_MS = 60_000;

export interface WatchOptions extends LiveJudgeOptions {
  /** Milliseconds from one judgement to the next. */
  readonly intervalMs: number;
  readonly tell: (event: LiveEvent) => void;
  /** Called after each tick. */
  readonly ticked?: (watch: Watch) => void;
  readonly evidence?: EvidenceFiles;
}

/** What the work costs, for whoever watches the watch. */
export interface WatchCosts {
  /** Milliseconds that the newest judgement took. */
  judgingMs: number;
  /** Milliseconds from the time of a frame to when it was taken in, at most, since the tick before; null for a pipe, or when none came. */
  lagMs: number | null;
}

export class Watch {
  readonly judge: LiveJudge;
  readonly source: LiveSource;
  readonly costs: WatchCosts = { judgingMs: 0, lagMs: null };
  /** Bytes of frames as they were on the wire. */
  bytes = 0;
  /** Frames that the capturing system lost; null when it does not say. */
  dropped: number | null = null;
  readonly #options: WatchOptions;
  readonly #frame = emptyFrame();
  readonly #packet = new Packet();
  readonly #clock = new FrameClock();
  readonly #noticed = new Map<string, 'seen' | 'told'>();
  readonly #notices: LiveEvent[] = [];
  #lagMs: number | null = null;
  #asking = false;
  #droppedTold = 0;
  #lossToldMs = Number.NEGATIVE_INFINITY;
  #noticesMs: number;
  #heartbeatMs: number;
  #nextTickMs: number;

  constructor(source: LiveSource, options: WatchOptions) {
    this.source = source;
    this.#options = options;
    this.judge = new LiveJudge(options, Date.now());
    const steadyMs = performance.now();
    this.#nextTickMs = steadyMs + options.intervalMs;
    this.#noticesMs = steadyMs + NOTICES_MS;
    this.#heartbeatMs = steadyMs + HEARTBEAT_MS;
  }

  get state(): WatchState {
    return {
      frames: this.judge.frames,
      bytes: this.bytes,
      dropped: this.dropped,
      findings: this.judge.findings.filter(({ state, finding }) => state !== 'resolved' && finding.confidence !== 'possible').length,
      vips: this.judge.case?.cluster.vips.filter(({ source }) => source !== 'guessed').map(({ ip }) => ip) ?? [],
    };
  }

  /** Time of the frames, in milliseconds since 1970. */
  get nowMs(): number {
    return this.#clock.isSet ? this.#clock.at(performance.now()) : Date.now();
  }

  /** Something that the user must know of the capture. */
  notice({ code, name }: { readonly code: string; readonly name: string }, message: string): void {
    this.#notices.push({ event: 'notice', time: textOf(this.nowMs), notice: { code, notice: name, message } });
  }

  /** Watches until the source ends. @throws UsageError when no further frame can come; what came was judged. */
  async run(): Promise<void> {
    try {
      for (;;) {
        while (this.#take()) {
          this.#tickWhenDue();
          // Frames keep coming: whatever else there is to do gets its turn.
          await new Promise(setImmediate);
        }
        if (!(await this.#more())) break;
      }
    } finally {
      this.#tick(performance.now());
    }
    // What is absent at the end of a pipe is not on its way.
    if (this.source.interface === null) this.#tick(performance.now());
  }

  /** Waits for more frames, and ticks meanwhile. */
  async #more(): Promise<boolean> {
    const waiting: { isMore: boolean | null; failure: unknown; wake: () => void } = { isMore: null, failure: null, wake: () => {} };
    // Listened to once: a promise that is raced again and again keeps every race, and a network may be silent for weeks.
    this.source.more().then(
      (isMore) => {
        waiting.isMore = isMore;
        waiting.wake();
      },
      (error: unknown) => {
        waiting.isMore = false;
        waiting.failure = error;
        waiting.wake();
      },
    );
    for (;;) {
      this.#tickWhenDue();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, this.#nextTickMs - performance.now()));
        waiting.wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (waiting.isMore !== null) waiting.wake();
      });
      if (waiting.failure !== null) throw waiting.failure;
      if (waiting.isMore !== null) return waiting.isMore;
    }
  }

  #tickWhenDue(): void {
    const steadyMs = performance.now();
    if (steadyMs >= this.#nextTickMs) this.#tick(steadyMs);
  }

  /** Takes frames in; false when the source has no more for now. */
  #take(): boolean {
    const { source, judge } = this;
    const evidence = this.#options.evidence;
    const steadyMs = performance.now();
    for (let taken = 0; taken < FRAMES_AT_ONCE; taken++) {
      if (!source.next(this.#frame)) return false;
      const frame = this.#frame;
      this.#packet.decode(frame);
      if (!this.#clock.see(frame.seconds * 1000 + frame.nanoseconds / 1e6, steadyMs)) this.#setBack(steadyMs);
      this.bytes += frame.wireLength;
      judge.add(frame, this.#packet);
      evidence?.add(frame, this.#packet);
      if (taken === 0 && source.interface !== null) {
        const lagMs = Date.now() - (frame.seconds * 1000 + frame.nanoseconds / 1e6);
        this.#lagMs = Math.max(this.#lagMs ?? 0, lagMs);
      }
    }
    return true;
  }

  #setBack(steadyMs: number): void {
    this.judge.restart(this.#clock.at(steadyMs));
    this.notice(
      CAPTURE_DISTURBED,
      'The clock of the capturing machine was set back: what was seen before is not compared with what comes.',
    );
  }

  #tick(steadyMs: number): void {
    const { tell, intervalMs, evidence, ticked } = this.#options;
    this.#askForDrops();
    const nowMs = this.nowMs;
    const begun = performance.now();
    for (const event of this.judge.tick(nowMs)) {
      evidence?.tell(event);
      tell(event);
    }
    this.costs.judgingMs = performance.now() - begun;
    const untilNext = this.judge.isInDoubt ? Math.min(intervalMs, IN_DOUBT_MS) : intervalMs;
    this.#nextTickMs = steadyMs + Math.max(untilNext, this.costs.judgingMs / JUDGING_SHARE);
    this.#lookForNotices(steadyMs, nowMs);
    for (const event of this.#notices.splice(0)) tell(event);
    if (steadyMs >= this.#heartbeatMs) {
      this.#heartbeatMs = steadyMs + HEARTBEAT_MS;
      tell({ event: 'heartbeat', time: textOf(nowMs), state: this.state });
    }
    this.costs.lagMs = this.#lagMs;
    this.#lagMs = null;
    ticked?.(this);
  }

  /** Asks without waiting: the answer counts from the next tick on. */
  #askForDrops(): void {
    if (this.#asking) return;
    this.#asking = true;
    void this.source.drops().then(({ droppedByKernel, droppedByInterface }) => {
      this.#asking = false;
      if (droppedByKernel === null && droppedByInterface === null) return;
      const dropped = (droppedByKernel ?? 0) + (droppedByInterface ?? 0);
      if (dropped > (this.dropped ?? 0)) this.judge.lose();
      this.dropped = dropped;
    });
  }

  #lookForNotices(steadyMs: number, nowMs: number): void {
    const dropped = this.dropped ?? 0;
    if (dropped > this.#droppedTold && steadyMs - this.#lossToldMs >= LOSS_TOLD_MS) {
      const lost = dropped - this.#droppedTold;
      this.#lossToldMs = steadyMs;
      this.#droppedTold = dropped;
      const message = `${lost === 1 ? '1 frame was' : `${lost} frames were`} lost by the capturing system: until it has seen enough without a loss, nothing is said not to have happened.`;
      this.#notices.push({ event: 'notice', time: textOf(nowMs), notice: { code: 'LVS907', notice: 'dropped-frames', message } });
    }
    if (steadyMs < this.#noticesMs || this.judge.case === null) return;
    this.#noticesMs = steadyMs + NOTICES_MS;
    const standing = noticesOf(this.judge.case, [{ ...this.source.info, dropped: null }], []);
    for (const notice of standing) {
      const known = this.#noticed.get(notice.code);
      if (known === 'seen') this.#notices.push({ event: 'notice', time: textOf(nowMs), notice });
      this.#noticed.set(notice.code, known === undefined ? 'seen' : 'told');
    }
    for (const [code, known] of this.#noticed) if (known === 'seen' && !standing.some((n) => n.code === code)) this.#noticed.delete(code);
  }
}
