/** The contract between where stored bytes come from (file, pipe, decompressor) and the readers of capture formats. */

/** A stream of bytes that is read once, from the beginning to the end. */
export interface ByteSource {
  /** Size of the file as stored, or null when unknown (a pipe). */
  readonly storedBytes: number | null;
  /** Stored bytes consumed so far. */
  readonly storedBytesRead: number;
  /** Whether a compressed stream ended before its own end mark, or a file became shorter; known once `read` has given 0. */
  readonly cutOff: boolean;
  /** One sentence on why a compressed stream cannot be read further, or null; known once `read` has given 0. */
  readonly damage: string | null;
  /** How many reads may be under way at a time, which give their bytes in the order in which they were asked for; 1 unless told. */
  readonly readsAtOnce?: number;
  /**
   * Reads between 1 and `length` bytes into `target` at `offset` and gives their number; 0 only at the end.
   * A source that need not wait answers at once, without a promise. Throws UsageError when reading fails.
   */
  read(target: Uint8Array, offset: number, length: number): number | Promise<number>;
  /** Gives back the file or pipe. */
  close(): Promise<void>;
}
