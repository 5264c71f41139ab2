/**
 * What a ticket system is told and asked: a generator that gives requests and is given answers. It neither opens a connection nor waits, so that
 * one description of a system serves the network, the dry run and the tests.
 */

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Without the token, which is added when it is sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** What it does, after "cannot": `look for an earlier comment`. */
  readonly purpose: string;
  /** Parts of the body for people, such as `report.html: 2,345 bytes`. */
  readonly carries?: readonly string[];
  /** Whether a second sending does no harm. What is not repeatable and may have arrived is looked for before it is sent again. */
  readonly repeatable: boolean;
  /** What a dry run takes for the answer. */
  readonly imagined: unknown;
}

export interface Answer {
  /** 200 to 299. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body; null where there is none, or none that is JSON. */
  readonly json: unknown;
}

export type Exchange<R> = Generator<Request, R, Answer>;

/** A ticket system said no, or could not be reached: one sentence. */
export class NotAttached extends Error {
  override readonly name: string = 'NotAttached';
}

/** It is not known whether a request arrived: the connection broke after it was sent, or the server failed while it worked on it. */
export class MayHaveArrived extends NotAttached {
  override readonly name = 'MayHaveArrived';
}

/** How often something is sent that may have arrived. */
const SENDINGS = 3;

/**
 * Sends something that must not be there twice: looks first, and looks again before each further sending.
 * @returns 'there' when an earlier run had sent it.
 */
export function* once(isThere: () => Exchange<boolean>, send: () => Exchange<unknown>): Exchange<'sent' | 'there'> {
  let doubt: MayHaveArrived | null = null;
  for (let sent = 0; ; sent++) {
    if (yield* isThere()) return doubt === null ? 'there' : 'sent';
    if (doubt !== null && sent === SENDINGS) throw doubt;
    try {
      yield* send();
      return 'sent';
    } catch (error) {
      if (!(error instanceof MayHaveArrived)) throw error;
      doubt = error;
    }
  }
}

/** Pages of a list that are read at most; more comments than any of the systems lets a ticket have. */
const PAGES = 200;

/**
 * Whether any page of a list holds what is looked for.
 * @param request for a page, from 1
 * @param read whether this page holds it, and whether another follows
 */
export function* anyPage(
  request: (page: number) => Request,
  read: (answer: Answer, page: number) => { readonly found: boolean; readonly more: boolean },
): Exchange<boolean> {
  for (let page = 1; page <= PAGES; page++) {
    const { found, more } = read(yield request(page), page);
    if (found) return true;
    if (!more) return false;
  }
  throw new NotAttached(`the ticket has more than ${PAGES} pages of comments, too many to look for an earlier one`);
}
