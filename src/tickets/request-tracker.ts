/**
 * Request Tracker 5 (and 4.4 with RT::Extension::REST2), by REST 2: https://docs.bestpractical.com/rt/5.0.7/RT/REST2.html.
 * Report and evidence travel with the comment in one request, so that they are there together or not at all.
 */
import { thousands } from '../thousands.ts';
import { anyPage, type Exchange, once } from './exchange.ts';
import { type Attachment, fitting, isRecord, listOf, mark, type Outcome, type Ticket, type TicketSystem } from './ticket-system.ts';

/** Characters; RT has no limit of its own, people have. */
const ROOM = 200_000;

export const requestTracker: TicketSystem = {
  name: 'Request Tracker',
  example: 'https://rt.example/Ticket/Display.html?id=123',
  recognise(address) {
    const [, base, number] = /^(.*)\/(?:REST\/2\.0\/ticket|Ticket)\/(\d+)\/?$/.exec(address.pathname) ?? [];
    if (base !== undefined && number !== undefined) return { api: `${address.origin}${base}/REST/2.0`, path: `/ticket/${number}` };
    const page = /^(.*?)\/(?:Ticket|SelfService)\/\w+\.html$/.exec(address.pathname) ?? /^(.*)\/m\/ticket\/\w+$/.exec(address.pathname);
    const id = address.searchParams.get('id') ?? '';
    return page !== null && /^\d+$/.test(id) ? { api: `${address.origin}${page[1]}/REST/2.0`, path: `/ticket/${id}` } : null;
  },
  authorize: (token) => ['authorization', `token ${token}`],
  attach,
  meanings: {
    400: 'it does not take the comment; the ticket may be gone, or the owner of the token may not comment on it (right CommentOnTicket)',
    403: 'the owner of the token may not see the ticket (right ShowTicket)',
  },
};

function* attach(ticket: Ticket, attachment: Attachment): Exchange<Outcome> {
  // The list of attachments is empty, not missing, where there is no such ticket: so the ticket itself is asked for.
  yield {
    method: 'GET',
    url: `${ticket.api}${ticket.path}`,
    headers: {},
    purpose: 'see the ticket',
    repeatable: true,
    imagined: {},
  };
  const state = yield* once(
    () => areThere(ticket, attachment),
    () => comment(ticket, attachment),
  );
  if (state === 'there') return { state, notes: [] };
  // A queue may hide comments from who writes them, and RT may be set to drop or cut long attachments without an error.
  if (yield* areThere(ticket, attachment)) return { state, notes: [] };
  const rights = 'either the owner of the token may not read comments (right ShowTicketComments), or Request Tracker cut or dropped files';
  return { state, notes: [`The comment was taken, but its files cannot be read back whole: ${rights}. A second run would attach again.`] };
}

/** Whether the ticket has every file, whole. Their names hold the id. */
function* areThere(ticket: Ticket, { files }: Attachment): Exchange<boolean> {
  const missing = new Map(files.map(({ name, bytes }) => [name, bytes.length]));
  return yield* anyPage(
    (page) => ({
      method: 'GET',
      // The newest first.
      url: `${ticket.api}${ticket.path}/attachments?fields=Filename,ContentLength&orderby=id&order=DESC&per_page=100&page=${page}`,
      headers: {},
      purpose: 'look for an earlier comment',
      repeatable: true,
      imagined: { items: [], pages: 0 },
    }),
    ({ json }, page) => {
      const { items, pages } = isRecord(json) ? json : {};
      for (const { Filename, ContentLength } of listOf(items)) {
        if (typeof Filename === 'string' && missing.get(Filename) === Number(ContentLength)) missing.delete(Filename);
      }
      // `pages` is null for users who may not see all that the list might hold; then an empty page is the last.
      return { found: missing.size === 0, more: typeof pages === 'number' ? page < pages : listOf(items).length > 0 };
    },
  );
}

function* comment(ticket: Ticket, attachment: Attachment): Exchange<void> {
  const text = `${fitting(attachment.text, ROOM)}\n${mark(attachment)}`;
  const escaped = text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]!);
  const body = {
    Subject: 'lvs-doctor',
    // Plain text is shown in a proportional font, and its tables fall apart.
    Content: `<pre>${escaped}</pre>`,
    ContentType: 'text/html',
    Attachments: attachment.files.map(({ name, type, bytes }) => ({
      FileName: name,
      FileType: type,
      FileContent: Buffer.from(bytes).toString('base64'),
    })),
  };
  yield {
    method: 'POST',
    url: `${ticket.api}${ticket.path}/comment`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
    purpose: 'add the comment',
    carries: [
      `comment: ${thousands(text.length)} characters`,
      ...attachment.files.map(({ name, bytes }) => `${name}: ${thousands(bytes.length)} bytes`),
    ],
    repeatable: false,
    imagined: [],
  };
}
