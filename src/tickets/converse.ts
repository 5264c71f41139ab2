/** Carries an exchange through: sends each request, waits and sends again where that may help, and says in one sentence what does not go. */
import { printable } from '../reports/printable.ts';
import { thousands } from '../thousands.ts';
import { type Answer, type Exchange, MayHaveArrived, NotAttached, type Request } from './exchange.ts';
import { ConnectionFault, type RawAnswer, type Send } from './http.ts';
import { isRecord, type TicketSystem } from './ticket-system.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  wait(milliseconds: number): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export interface Conversation {
  readonly system: TicketSystem;
  /** Null where none is needed. */
  readonly token: string | null;
  readonly send: Send;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Told before each wait: why, and how long. */
  readonly onWait: (reason: string, seconds: number) => void;
}

/** Sendings of one request. */
const TRIES = 4;
const LONGEST_WAIT_SECONDS = 120;
const REDIRECTS = 5;

/** @throws NotAttached */
export async function converse<R>(exchange: Exchange<R>, conversation: Conversation): Promise<R> {
  let step = exchange.next();
  while (!step.done) {
    let answer: Answer;
    try {
      answer = await sendPatiently(step.value, conversation);
    } catch (error) {
      if (!(error instanceof NotAttached)) throw error;
      step = exchange.throw(error);
      continue;
    }
    step = exchange.next(answer);
  }
  return step.value;
}

/** What to do after a try that brought no answer to go on with. */
interface Setback {
  /** The end of a sentence about the server. */
  readonly reason: string;
  /** Seconds until the next try, as the server tells; null where it tells nothing. */
  readonly wait: number | null;
  readonly passing: boolean;
  readonly arrived: boolean;
}

async function sendPatiently(request: Request, conversation: Conversation): Promise<Answer> {
  const { clock, onWait } = conversation;
  for (let tried = 1; ; tried++) {
    const result = await tryOnce(request, conversation);
    if ('status' in result) return result;
    const { reason, passing, arrived } = result;
    const failure = `cannot ${request.purpose}: ${new URL(request.url).host} ${reason}`;
    const seconds = result.wait ?? 2 ** (tried - 1);
    if (!passing && !arrived) throw new NotAttached(failure);
    if (seconds > LONGEST_WAIT_SECONDS) {
      throw new NotAttached(`${failure}, and asks to wait ${thousands(seconds)} s, which is longer than is waited here`);
    }
    const mustLook = arrived && !request.repeatable;
    if (!mustLook && (!passing || tried === TRIES)) throw new NotAttached(tried === 1 ? failure : `${failure}, also after ${tried} tries`);
    onWait(failure, seconds);
    await clock.wait(seconds * 1000);
    if (mustLook) throw new MayHaveArrived(failure);
  }
}

async function tryOnce(request: Request, conversation: Conversation): Promise<Answer | Setback> {
  const { system, token, send, userAgent } = conversation;
  const authorization = token === null ? [] : [system.authorize(token)];
  const headers = { ...request.headers, 'user-agent': userAgent, ...Object.fromEntries(authorization) };
  let url = request.url;
  for (let redirects = 0; ; redirects++) {
    let answer: RawAnswer;
    try {
      const { method, body } = request;
      answer = await send({ method, url, headers, ...(body === undefined ? {} : { body }) });
    } catch (error) {
      if (!(error instanceof ConnectionFault)) throw error;
      return { reason: error.message, wait: null, passing: error.passing, arrived: error.arrived };
    }
    if (answer.status < 300 || answer.status >= 400) return judge(request, answer, conversation);
    const next = redirectOf(request, answer, url);
    if (redirects === REDIRECTS || next === null) return { reason: whereItSends(answer, url), wait: null, passing: false, arrived: false };
    url = next;
  }
}

/** Where to go on: only within the same place, so that the token goes nowhere else, and only with the request unchanged (RFC 9110 section 15.4). */
function redirectOf({ method }: Request, { status, headers }: RawAnswer, url: string): string | null {
  const isUnchanged = method === 'GET' ? [301, 302, 303, 307, 308].includes(status) : status === 307 || status === 308;
  const location = headers.location ?? '';
  if (!isUnchanged || location === '' || !URL.canParse(location, url)) return null;
  const next = new URL(location, url);
  return next.origin === new URL(url).origin && next.username === '' ? next.href : null;
}

function whereItSends({ status, headers }: RawAnswer, url: string): string {
  const location = headers.location ?? '';
  // The path and the query may hold secrets of a login.
  const place = URL.canParse(location, url) ? new URL(location, url).origin : 'nowhere';
  return `sends on to ${printable(place)} (${status}), where the token is not taken along; give the address of the ticket as the browser shows it in the end`;
}

function judge(request: Request, answer: RawAnswer, conversation: Conversation): Answer | Setback {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) {
    const json = parseJson(answer.body);
    if (json !== undefined || request.imagined === null) return { status, headers, json: json ?? null };
    const kind = printable(headers['content-type'] ?? 'of no type').slice(0, 60);
    return { reason: `answers ${status}, but with no JSON (${kind}); is it a login page?`, wait: null, passing: false, arrived: true };
  }
  const wait = waitOf(headers, conversation.clock.now());
  const says = messageOf(answer, conversation);
  if (status === 429 || (status === 403 && (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0'))) {
    return { reason: `answers ${status}: too many requests${says}`, wait, passing: true, arrived: false };
  }
  if (status === 408 || status >= 500) {
    const passing = [408, 500, 502, 503, 504].includes(status);
    return { reason: `answers ${status}: it fails at the moment${says}`, wait, passing, arrived: passing };
  }
  const meaning = conversation.system.meanings?.[status] ?? MEANINGS[status];
  return { reason: `answers ${status}${meaning === undefined ? '' : `: ${meaning}`}${says}`, wait: null, passing: false, arrived: false };
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'it does not take the request',
  401: 'the token is not accepted',
  403: 'the owner of the token may not do this',
  404: 'there is no such ticket',
  405: 'it does not take this kind of request; is the address right?',
  410: 'the ticket is gone',
  413: 'it takes no files of this size; attach less evidence, or leave it out',
  422: 'it does not take the comment',
};

/** Seconds to wait, as told by Retry-After (seconds or a date, RFC 9110 section 10.2.3) or, by GitHub, as the time when the limit is lifted. */
function waitOf(headers: RawAnswer['headers'], now: number): number | null {
  const told = headers['retry-after'] ?? '';
  if (/^\d+$/.test(told)) return Number(told);
  const until = Date.parse(told);
  const reset = headers['x-ratelimit-remaining'] === '0' ? Number(headers['x-ratelimit-reset']) * 1000 : Number.NaN;
  const time = Number.isNaN(until) ? reset : until;
  return Number.isNaN(time) ? null : Math.max(1, Math.ceil((time - now) / 1000));
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** What the server says in its own words, for people; the token taken out, should it be repeated there. */
function messageOf({ body }: RawAnswer, { system, token }: Conversation): string {
  const json = parseJson(body);
  const { message, error, errorMessages, errors } = isRecord(json) ? json : {};
  const words = [message, error, errorMessages, errors]
    .flatMap((part) => (isRecord(part) ? Object.values(part) : part))
    .filter((part) => typeof part === 'string');
  const text = masked(printable(words.join(', ')).trim(), system, token);
  return text === '' ? '' : ` (it says: ${text.length > 200 ? `${text.slice(0, 199)}…` : text})`;
}

/** `text` without the token, as it is and as the header has it. */
export function masked(text: string, system: TicketSystem, token: string | null): string {
  if (token === null) return text;
  const [, header] = system.authorize(token);
  return [header, header.split(' ').at(-1)!, token, encodeURIComponent(token)].reduce(
    (rest, secret) => rest.replaceAll(secret, '***'),
    text,
  );
}
