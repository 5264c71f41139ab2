/** Where tshark and our decoders differ and we are right, each with the reason. Any other difference fails the oracle. */

export interface KnownDifference {
  /** Matches the capture's name, relative to the folder that was read. */
  readonly file: RegExp;
  /** Matches the field. */
  readonly field: RegExp;
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [];
