/** What the reader's terminal can show. */
import { outputTerminal } from './standard-streams.ts';

export interface Terminal {
  readonly color: boolean;
  /** Columns. */
  readonly width: number;
}

/** Colour and width for a report that goes to `output`; a pipe and a file get no colour and 80 columns. */
export function terminalFor(output: string | undefined, wantsColor: boolean): Terminal {
  const terminal = output === undefined || output === '-' ? outputTerminal() : null;
  const noColor = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return {
    color: terminal !== null && wantsColor && !noColor,
    width: terminal === null ? 80 : Math.max(60, terminal.columns || 80),
  };
}
