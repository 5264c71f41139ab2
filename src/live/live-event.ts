/** What a watch tells, one event at a time: the objects of `watch -f json`, a line each. */
import type { Finding, Notice } from '../diagnosis.ts';

/** What became of a finding. */
export interface FindingEvent {
  /**
   * `found`: it is there, for the first time or again. `worse`: graver, surer, or with one more culprit. `quiet`: not seen for a while, but
   * nothing shows that it is mended. `resolved`: the same subject had a chance to do it again, and did right.
   */
  readonly event: 'found' | 'worse' | 'quiet' | 'resolved';
  /** UTC with nanoseconds: when it was judged. */
  readonly time: string;
  readonly finding: Finding;
  /** How often it came back after it was quiet or resolved, also when that was not told for its own sake. */
  readonly recurrences: number;
}

/** What must be known to read the findings. */
export interface NoticeEvent {
  readonly event: 'notice';
  readonly time: string;
  readonly notice: Notice;
}

/** A sign of life, and how much was seen. */
export interface HeartbeatEvent {
  readonly event: 'heartbeat';
  readonly time: string;
  readonly state: WatchState;
}

/** Counts since the watch began. */
export interface WatchState {
  readonly frames: number;
  readonly bytes: number;
  /** Frames that the capturing system lost; null when it does not say. */
  readonly dropped: number | null;
  /** Findings that are active or quiet, without those that are merely possible. */
  readonly findings: number;
  /** VIPs that are recognised. */
  readonly vips: readonly string[];
}

export type LiveEvent = FindingEvent | NoticeEvent | HeartbeatEvent;
