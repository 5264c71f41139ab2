/** The capture plan: what its report is made of, and the JSON of `capture-plan -f json`. */

export interface CapturePlan {
  readonly schema: 'lvs-doctor/capture-plan@1';
  readonly vips: readonly string[];
  readonly captures: readonly PlannedCapture[];
  /** The commands that judge them, one capture each. */
  readonly diagnose: readonly string[];
  /** What to mind, one sentence each. */
  readonly notes: readonly string[];
}

/** One capture to take. */
export interface PlannedCapture {
  /** All that the machine is: a director may be a real server too. */
  readonly points: readonly CapturePoint[];
  /** The machine as it is to be found, such as `lvs1 (192.168.1.2)`, or where it stands, when it is not given. */
  readonly on: string;
  readonly file: string;
  /** In the pcap language; null keeps everything. */
  readonly filter: string | null;
  readonly command: string;
  /** What is seen there: yes, no, or the machine's own alone. */
  readonly sees: Readonly<Record<FramesSeen, Seen>>;
  readonly decides: readonly string[];
  readonly cannot: readonly string[];
}

export type CapturePoint = 'mirror' | 'director' | 'real-server' | 'gateway' | 'client';
export type Seen = 'yes' | 'own' | 'no';
/** Kinds of frames, by where a capture shows them. */
export type FramesSeen = 'broadcastArp' | 'arpReplies' | 'requestsBefore' | 'requestsAfter' | 'replies';
