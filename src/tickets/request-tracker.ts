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
    function* () {
      return (yield* lengthsOf(ticket, attachment)).size > 0;
    },
    () => comment(ticket, attachment),
  );
  return { state, notes: state === 'sent' ? yield* readBack(ticket, attachment) : [] };
}

/** A queue may hide comments from who writes them, and Request Tracker may be set to cut or drop long files without an error. */
function* readBack(ticket: Ticket, attachment: Attachment): Exchange<string[]> {
  const lengths = yield* lengthsOf(ticket, attachment);
  if (lengths.size === 0) {
    return [
      'The comment was taken, but the owner of the token may not read it (right ShowTicketComments): a second run would attach it again.',
    ];
  }
  const cut = attachment.files.filter(({ name, bytes }) => lengths.get(name) !== bytes.length).map(({ name }) => name);
  return cut.length === 0 ? [] : [`Request Tracker did not keep all of ${cut.join(' and ')}: is it set to cut or drop files of this size?`];
}

/** The files of an attachment that the ticket has, with their lengths in bytes. Their names hold the id; what a newer version calls them may differ. */
function* lengthsOf(ticket: Ticket, { id, files }: Attachment): Exchange<Map<string, number>> {
  const lengths = new Map<string, number>();
  yield* anyPage(
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
        if (typeof Filename === 'string' && Filename.includes(id)) lengths.set(Filename, Number(ContentLength));
      }
      // `pages` is null for users who may not see all that the list might hold; then an empty page is the last.
      return { found: lengths.size >= files.length, more: typeof pages === 'number' ? page < pages : listOf(items).length > 0 };
    },
  );
  return lengths;
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
