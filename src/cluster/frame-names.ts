/** How a diagnosis names frames: by their capture and their time. */
export interface FrameNames {
  /** Name of the capture at a point. */
  captureOf(point: number): string;
  /** UTC with nanoseconds, of nanoseconds since the first frame. */
  timeOf(at: number): string;
}
