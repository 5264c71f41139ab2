/**
 * What the user gave is wrong: the message is one full sentence saying what was read, what was expected, and what to try.
 * Only the command line catches it and exits with 2. Captured bytes never cause it beyond "this is no capture".
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
