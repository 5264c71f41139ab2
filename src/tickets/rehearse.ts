/** What would be sent, for people: every request of an exchange, none of which is sent. */
import { printable } from '../reports/printable.ts';
import { thousands } from '../thousands.ts';
import type { Exchange, Request } from './exchange.ts';
import type { FoundTicket } from './find-ticket.ts';
import type { Attachment } from './ticket-system.ts';

export interface RehearsalOptions {
  readonly token: string | null;
  /** With the comment. */
  readonly verbose: boolean;
}

/** @returns text that ends in a line break; the token is not in it. */
export function rehearse({ system, ticket }: FoundTicket, attachment: Attachment, { token, verbose }: RehearsalOptions): string {
  const [header, value] = system.authorize(token ?? '');
  // The scheme may be told, such as Bearer; what follows it is the token.
  const scheme = value.includes(' ') ? value.slice(0, value.indexOf(' ') + 1) : '';
  const requests = requestsOf(system.attach(ticket, attachment)).map(({ method, url, headers, body, purpose, carries = [] }) =>
    [
      `${method} ${printable(url)}`,
      `  to ${purpose}`,
      `  ${header}: ${token === null ? '(no token is given)' : `${scheme}***`}`,
      ...Object.entries(headers).map(([name, text]) => `  ${name}: ${text}`),
      ...(body === undefined ? [] : [`  body: ${thousands(body.length)} bytes`]),
      ...carries.map((part) => `    ${part}`),
    ].join('\n'),
  );
  const comment = verbose ? [`The report in the comment:\n\n${attachment.text[0].trimEnd()}`] : [];
  return `${[`Nothing is sent. These requests would go to ${system.name}:`, ...requests, ...comment].join('\n\n')}\n`;
}

/** Each request is answered as if nothing were there yet and all went well. */
function requestsOf(exchange: Exchange<unknown>): Request[] {
  const requests: Request[] = [];
  for (let step = exchange.next(); !step.done; ) {
    requests.push(step.value);
    step = exchange.next({ status: 200, headers: {}, json: step.value.imagined });
  }
  // Looking a second time, before and after what is sent, tells the reader nothing.
  return requests.filter((request, i) => request.method !== 'GET' || requests.findIndex(({ url }) => url === request.url) === i);
}
