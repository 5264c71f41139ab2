/**
 * GitHub, issues and pull requests, on github.com and on an own server: https://docs.github.com/rest/issues/comments. Its interface for programs takes
 * comments and no files, so the comment says which files there are, and their checksums.
 */
import { createHash } from 'node:crypto';
import { thousands } from '../thousands.ts';
import { anyPage, type Exchange, once } from './exchange.ts';
import { type Attachment, fitting, listOf, mark, type Outcome, type Ticket, type TicketSystem } from './ticket-system.ts';

/** Characters that a comment may have; GitHub refuses more with 422 "body is too long (maximum is 65536 characters)". */
const LONGEST_COMMENT = 65_536;
const PER_PAGE = 100;
// https://docs.github.com/rest/about-the-rest-api/api-versions
const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

export const github: TicketSystem = {
  name: 'GitHub',
  example: 'https://github.com/owner/repository/issues/123',
  recognise(address) {
    const [, owner, repository, number] = /^\/([\w.-]+)\/([\w.-]+)\/(?:issues|pull)\/(\d+)(?:\/.*)?$/.exec(address.pathname) ?? [];
    if (number === undefined) return null;
    const isPublic = address.hostname === 'github.com' || address.hostname === 'www.github.com';
    const api = isPublic ? 'https://api.github.com' : `${address.origin}/api/v3`;
    // A pull request is an issue too, and has the comments of one.
    return { api, path: `/repos/${owner}/${repository}/issues/${number}` };
  },
  authorize: (token) => ['authorization', `Bearer ${token}`],
  attach,
  meanings: {
    403: 'the token may not comment here; it needs write access to issues',
    404: 'there is no such ticket, or the token may not see it',
  },
};

function* attach(ticket: Ticket, attachment: Attachment): Exchange<Outcome> {
  const state = yield* once(
    () => isThere(ticket, attachment),
    () => comment(ticket, attachment),
  );
  const names = attachment.files.map(({ name }) => name).join(' and ');
  return {
    state,
    notes: state === 'sent' ? [`GitHub takes no files from programs: drag ${names} into the ticket where others need them.`] : [],
  };
}

function* isThere(ticket: Ticket, { id }: Attachment): Exchange<boolean> {
  return yield* anyPage(
    (page) => ({
      method: 'GET',
      url: `${ticket.api}${ticket.path}/comments?per_page=${PER_PAGE}&page=${page}`,
      headers: HEADERS,
      purpose: 'look for an earlier comment',
      repeatable: true,
      imagined: [],
    }),
    ({ json }) => ({
      found: listOf(json).some(({ body }) => typeof body === 'string' && body.includes(id)),
      more: listOf(json).length === PER_PAGE,
    }),
  );
}

function* comment(ticket: Ticket, attachment: Attachment): Exchange<void> {
  const files = attachment.files.map(
    ({ name, bytes }) => `- \`${name}\`: ${thousands(bytes.length)} bytes, SHA-256 \`${createHash('sha256').update(bytes).digest('hex')}\``,
  );
  const end = `\n\n${files.join('\n')}\n\n${mark(attachment)}`;
  const body = fitting(attachment.markdown, LONGEST_COMMENT - end.length) + end;
  yield {
    method: 'POST',
    url: `${ticket.api}${ticket.path}/comments`,
    headers: { ...HEADERS, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ body })),
    purpose: 'add the comment',
    carries: [`comment: ${thousands(body.length)} characters`],
    repeatable: false,
    imagined: {},
  };
}
