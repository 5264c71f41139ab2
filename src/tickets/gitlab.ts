/**
 * GitLab, issues and merge requests, by version 4 of its REST interface: https://docs.gitlab.com/api/notes/ and
 * https://docs.gitlab.com/api/project_markdown_uploads/. Files are uploaded to the project, and the comment links them.
 */
import { printable } from '../reports/printable.ts';
import { thousands } from '../thousands.ts';
import { anyPage, type Exchange, NotAttached, once } from './exchange.ts';
import { multipart } from './multipart.ts';
import {
  type Attachment,
  type FileToAttach,
  fitting,
  isRecord,
  listOf,
  mark,
  type Outcome,
  type Ticket,
  type TicketSystem,
} from './ticket-system.ts';

/** Characters a note may have (https://docs.gitlab.com/administration/instance_limits/). */
const LONGEST_NOTE = 1_000_000;

interface GitlabTicket extends Ticket {
  /** Where files of the project are uploaded to. */
  readonly project: string;
}

export const gitlab: TicketSystem = {
  name: 'GitLab',
  example: 'https://gitlab.example/group/project/-/issues/123',
  recognise(address): GitlabTicket | null {
    const pattern = /^\/([\w./-]+?)\/-\/(issues|work_items|merge_requests)\/(?:incident\/)?(\d+)(?:\/.*)?$/;
    const [, project, kind, number] = pattern.exec(address.pathname) ?? [];
    if (project === undefined || kind === undefined || number === undefined) return null;
    const below = `/projects/${encodeURIComponent(project)}`;
    // A work item that is an issue has the number of that issue.
    const path = `${below}/${kind === 'work_items' ? 'issues' : kind}/${number}`;
    return { api: `${address.origin}/api/v4`, path, project: below };
  },
  authorize: (token) => ['private-token', token],
  attach,
  meanings: {
    403: 'the token may not comment here; it needs the scope api, and its owner must be allowed to comment',
    404: 'there is no such ticket, or the owner of the token may not see it',
  },
};

function* attach(ticket: Ticket, attachment: Attachment): Exchange<Outcome> {
  if (yield* isThere(ticket, attachment)) return { state: 'there', notes: [] };
  const links: string[] = [];
  for (const file of attachment.files) links.push(yield* upload(ticket as GitlabTicket, file, attachment.id));
  const state = yield* once(
    () => isThere(ticket, attachment),
    () => comment(ticket, attachment, links),
  );
  return { state, notes: [] };
}

function* isThere(ticket: Ticket, { id }: Attachment): Exchange<boolean> {
  return yield* anyPage(
    (page) => ({
      method: 'GET',
      url: `${ticket.api}${ticket.path}/notes?sort=desc&order_by=created_at&per_page=100&page=${page}`,
      headers: {},
      purpose: 'look for an earlier comment',
      repeatable: true,
      imagined: [],
    }),
    ({ json, headers }) => ({
      found: listOf(json).some(({ body }) => typeof body === 'string' && body.includes(id)),
      more: (headers['x-next-page'] ?? '') !== '',
    }),
  );
}

/** @returns Markdown that links the file. An upload that nothing links is seen by nobody, so it may be repeated. */
function* upload(ticket: GitlabTicket, file: FileToAttach, id: string): Exchange<string> {
  const { type, body } = multipart('file', file, id);
  const { json } = yield {
    method: 'POST',
    url: `${ticket.api}${ticket.project}/uploads`,
    headers: { 'content-type': type },
    body,
    purpose: `upload ${file.name}`,
    carries: [`${file.name}: ${thousands(file.bytes.length)} bytes`],
    repeatable: true,
    imagined: { url: `/uploads/00000000000000000000000000000000/${file.name}` },
  };
  const url = isRecord(json) ? json.url : null;
  if (typeof url === 'string' && /^\/uploads\/[\w.-]+\/[\w.%-]+$/.test(url)) return `[${file.name}](${url})`;
  throw new NotAttached(`cannot upload ${file.name}: the answer of GitLab does not say where the file is (${printable(String(url))})`);
}

function* comment(ticket: Ticket, attachment: Attachment, links: readonly string[]): Exchange<void> {
  const end = `\n\n${links.join(' · ')}\n\n${mark(attachment)}`;
  const body = fitting(attachment.markdown, LONGEST_NOTE - end.length) + end;
  yield {
    method: 'POST',
    url: `${ticket.api}${ticket.path}/notes`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ body })),
    purpose: 'add the comment',
    carries: [`comment: ${thousands(body.length)} characters`],
    repeatable: false,
    imagined: {},
  };
}
