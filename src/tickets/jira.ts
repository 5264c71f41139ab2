/**
 * Jira, Data Center and Cloud, by version 2 of its REST interface, which takes comments as wiki text and is there in both (version 3, Cloud alone, takes a tree of
 * nodes): https://developer.atlassian.com/cloud/jira/platform/rest/v2/. Files are attached one by one, then the comment that links them.
 */
import { thousands } from '../thousands.ts';
import { anyPage, type Exchange, once } from './exchange.ts';
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

/** Characters a text field may have, in Cloud and by default in Data Center (https://jira.atlassian.com/browse/JRASERVER-64351). */
const LONGEST_COMMENT = 32_767;

export const jira: TicketSystem = {
  name: 'Jira',
  example: 'https://jira.example/browse/OPS-123',
  recognise(address) {
    const [path, selected] = [address.pathname, address.searchParams.get('selectedIssue') ?? ''];
    const [, base, key] =
      /^(.*)\/(?:browse|rest\/api\/\d\/issue)\/([A-Z]\w*-\d+)\/?$/i.exec(path) ??
      /^(.*?)(?:\/jira\/\w+)?\/projects\/[^/]+\/(?:issues|queues)\/(?:.*\/)?([A-Z]\w*-\d+)\/?$/i.exec(path) ??
      // A board beside which one ticket is open.
      /^(.*?)\/(?:jira|secure)\/.*\?([A-Z]\w*-\d+)$/i.exec(`${path}?${selected}`) ??
      [];
    return base === undefined || key === undefined
      ? null
      : { api: `${address.origin}${base}/rest/api/2`, path: `/issue/${key.toUpperCase()}` };
  },
  // Data Center takes a personal access token as Bearer; Cloud takes mail address and API token as Basic.
  // https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
  authorize: (token) => [
    'authorization',
    /^[^:\s]+@[^:\s]+:/.test(token) ? `Basic ${Buffer.from(token).toString('base64')}` : `Bearer ${token}`,
  ],
  attach,
  meanings: {
    401: 'the token is not accepted; Jira Cloud expects you@example.com:token in the token file, Jira Data Center a personal access token alone',
    403: 'the owner of the token may not comment or attach here, or attachments are turned off',
    404: 'there is no such ticket, or the owner of the token may not see it',
  },
};

function* attach(ticket: Ticket, attachment: Attachment): Exchange<Outcome> {
  if (yield* isCommentThere(ticket, attachment)) return { state: 'there', notes: [] };
  for (const file of attachment.files) {
    yield* once(
      () => isFileThere(ticket, file),
      () => attachFile(ticket, file, attachment.id),
    );
  }
  const state = yield* once(
    () => isCommentThere(ticket, attachment),
    () => comment(ticket, attachment),
  );
  return { state, notes: [] };
}

function* isCommentThere(ticket: Ticket, { id }: Attachment): Exchange<boolean> {
  let read = 0;
  return yield* anyPage(
    () => ({
      method: 'GET',
      url: `${ticket.api}${ticket.path}/comment?startAt=${read}&maxResults=100&orderBy=-created`,
      headers: { accept: 'application/json' },
      purpose: 'look for an earlier comment',
      repeatable: true,
      imagined: { comments: [], total: 0 },
    }),
    ({ json }) => {
      const { comments, total } = isRecord(json) ? json : {};
      const page = listOf(comments);
      read += page.length;
      const found = page.some(({ body }) => typeof body === 'string' && body.includes(id));
      return { found, more: page.length > 0 && typeof total === 'number' && read < total };
    },
  );
}

function* isFileThere(ticket: Ticket, { name, bytes }: FileToAttach): Exchange<boolean> {
  const { json } = yield {
    method: 'GET',
    url: `${ticket.api}${ticket.path}?fields=attachment`,
    headers: { accept: 'application/json' },
    purpose: 'look for files attached earlier',
    repeatable: true,
    imagined: { fields: { attachment: [] } },
  };
  const fields = isRecord(json) ? json.fields : null;
  return listOf(isRecord(fields) ? (fields.attachment ?? []) : null).some(
    ({ filename, size }) => filename === name && size === bytes.length,
  );
}

function* attachFile(ticket: Ticket, file: FileToAttach, id: string): Exchange<void> {
  const { type, body } = multipart('file', file, id);
  yield {
    method: 'POST',
    url: `${ticket.api}${ticket.path}/attachments`,
    // Without this header Jira takes the request for one that a foreign page makes.
    headers: { accept: 'application/json', 'content-type': type, 'x-atlassian-token': 'no-check' },
    body,
    purpose: `attach ${file.name}`,
    carries: [`${file.name}: ${thousands(file.bytes.length)} bytes`],
    repeatable: false,
    imagined: [],
  };
}

function* comment(ticket: Ticket, attachment: Attachment): Exchange<void> {
  const links = attachment.files.map(({ name }) => `[^${name}]`).join(' ');
  const end = `\n${links}\n${mark(attachment)}`;
  const room = LONGEST_COMMENT - end.length - '{noformat}\n\n{noformat}'.length;
  // Nothing else is markup inside noformat; a name that would end it is broken up, which may lengthen it.
  const text = attachment.text.map((version) => version.replaceAll('{noformat', '{ noformat'));
  const body = `{noformat}\n${fitting([text[0]!, ...text.slice(1)], room)}\n{noformat}${end}`;
  yield {
    method: 'POST',
    url: `${ticket.api}${ticket.path}/comment`,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ body })),
    purpose: 'add the comment',
    carries: [`comment: ${thousands(body.length)} characters`],
    repeatable: false,
    imagined: {},
  };
}
