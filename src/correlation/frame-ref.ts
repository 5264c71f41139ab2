/** One frame, as facts remember it. */
export interface FrameRef {
  /** Index of the capture point. */
  readonly point: number;
  /** Number in its file, from 1, as Wireshark counts. */
  readonly frame: number;
  /** Nanoseconds since the first frame of all; exact within 104 days. */
  readonly at: number;
}
