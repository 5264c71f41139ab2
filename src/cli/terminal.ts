/** What the reader's terminal can show. */

export interface Terminal {
  readonly color: boolean;
  /** Columns. */
  readonly width: number;
}

/** Colour and width for a report that goes to `output`; a pipe and a file get no colour and 80 columns. */
export function terminalFor(output: string | undefined, wantsColor: boolean): Terminal {
  const isTerminal = process.stdout.isTTY === true && (output === undefined || output === '-');
  const noColor = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return {
    color: isTerminal && wantsColor && !noColor,
    width: isTerminal ? Math.max(60, process.stdout.columns || 80) : 80,
  };
}
