/** Each ticket system, as far as attaching goes: one ticket that remembers its comments and files, and refuses what the real system refuses. */
import { Buffer } from 'node:buffer';
import { type Asked, fileOf, type Reply } from './loopback-server.ts';

export interface Fake {
  /** Of the ticket, below the origin, as a browser shows it. */
  readonly path: string;
  readonly answer: (asked: Asked) => Reply;
  readonly comments: string[];
  readonly files: Map<string, Buffer>;
  /** The request that adds the comment. */
  readonly isComment: (asked: Asked) => boolean;
}

export const TOKEN = 'k7-0123456789abcdef';

type Steps = (asked: Asked, comments: string[], files: Map<string, Buffer>) => Reply | null;

function fake(path: string, authorization: readonly [string, string], isComment: (asked: Asked) => boolean, steps: Steps): Fake {
  const comments: string[] = [];
  const files = new Map<string, Buffer>();
  return {
    path,
    comments,
    files,
    isComment,
    answer: (asked) => {
      if (asked.headers[authorization[0]] !== authorization[1]) return { status: 401, body: { message: 'Unauthorized' } };
      return steps(asked, comments, files) ?? { status: 404, body: { message: 'Not Found' } };
    },
  };
}

const json = (asked: Asked) => (asked.headers['content-type'] === 'application/json' ? JSON.parse(asked.body.toString()) : {});

export const FAKES: Readonly<Record<string, () => Fake>> = {
  'Request Tracker': () =>
    fake(
      '/Ticket/Display.html?id=7',
      ['authorization', `token ${TOKEN}`],
      ({ method, path }) => method === 'POST' && path === '/REST/2.0/ticket/7/comment',
      (asked, comments, files) => {
        const [path, query] = asked.path.split('?');
        if (asked.method === 'GET' && path === '/REST/2.0/ticket/7') return { status: 200, body: { id: 7 } };
        if (asked.method === 'GET' && path === '/REST/2.0/ticket/7/attachments') {
          const wanted = new URLSearchParams(query);
          const all = [...files].map(([Filename, bytes]) => ({ Filename, ContentLength: String(bytes.length) })).reverse();
          const items = Number(wanted.get('page')) === 1 ? all : [];
          const hasFields = wanted.get('fields') === 'Filename,ContentLength';
          return { status: 200, body: { items: hasFields ? items : items.map(() => ({ type: 'attachment' })), pages: 1, page: 1 } };
        }
        if (asked.method === 'POST' && path === '/REST/2.0/ticket/7/comment') {
          const { Content, ContentType, Attachments } = json(asked);
          if (Content === undefined || ContentType !== 'text/html')
            return { status: 400, body: { message: 'ContentType is a required field' } };
          comments.push(Content);
          for (const { FileName, FileContent } of Attachments) files.set(FileName, Buffer.from(FileContent, 'base64'));
          return { status: 201, body: ['Comments added'] };
        }
        return null;
      },
    ),

  Jira: () =>
    fake(
      '/browse/OPS-7',
      ['authorization', `Bearer ${TOKEN}`],
      ({ method, path }) => method === 'POST' && path === '/rest/api/2/issue/OPS-7/comment',
      (asked, comments, files) => {
        const [path, query] = asked.path.split('?');
        if (asked.method === 'GET' && path === '/rest/api/2/issue/OPS-7' && query === 'fields=attachment') {
          return {
            status: 200,
            body: { fields: { attachment: [...files].map(([filename, bytes]) => ({ filename, size: bytes.length })) } },
          };
        }
        if (asked.method === 'GET' && path === '/rest/api/2/issue/OPS-7/comment') {
          const start = Number(new URLSearchParams(query).get('startAt'));
          // Jira may give fewer than are asked for.
          const page = comments.toReversed().slice(start, start + 2);
          return { status: 200, body: { comments: page.map((body) => ({ body })), total: comments.length, startAt: start } };
        }
        if (asked.method === 'POST' && path === '/rest/api/2/issue/OPS-7/attachments') {
          if (asked.headers['x-atlassian-token'] !== 'no-check') return { status: 403, body: 'XSRF check failed' };
          const { field, name, bytes } = fileOf(asked);
          if (field !== 'file') return { status: 500, body: { errorMessages: ['no file'] } };
          if (files.get(name)?.length === bytes.length) throw new Error(`${name} is attached twice`);
          files.set(name, bytes);
          return { status: 200, body: [{ filename: name }] };
        }
        if (asked.method === 'POST' && path === '/rest/api/2/issue/OPS-7/comment') {
          const { body } = json(asked);
          if (body.length > 32_767) return { status: 400, body: { errors: { comment: 'The entered text is too long.' } } };
          comments.push(body);
          return { status: 201, body: { id: '1' } };
        }
        return null;
      },
    ),

  GitLab: () =>
    fake(
      '/group/sub/project/-/issues/7',
      ['private-token', TOKEN],
      ({ method, path }) => method === 'POST' && path === '/api/v4/projects/group%2Fsub%2Fproject/issues/7/notes',
      (asked, comments, files) => {
        const project = '/api/v4/projects/group%2Fsub%2Fproject';
        const [path, query] = asked.path.split('?');
        if (asked.method === 'GET' && path === `${project}/issues/7/notes`) {
          const page = Number(new URLSearchParams(query).get('page'));
          const all = comments.toReversed();
          const next = all.length > page * 2 ? String(page + 1) : '';
          return { status: 200, headers: { 'x-next-page': next }, body: all.slice(page * 2 - 2, page * 2).map((body) => ({ body })) };
        }
        if (asked.method === 'POST' && path === `${project}/uploads`) {
          const { field, name, bytes } = fileOf(asked);
          if (field !== 'file') return { status: 400, body: { error: 'file is missing' } };
          files.set(name, bytes);
          return { status: 201, body: { url: `/uploads/66dbcd21ec5d24ed6ea225176098d52b/${name}`, markdown: `[${name}](…)` } };
        }
        if (asked.method === 'POST' && path === `${project}/issues/7/notes`) {
          comments.push(json(asked).body);
          return { status: 201, body: { id: 1 } };
        }
        return null;
      },
    ),

  GitHub: () =>
    fake(
      '/owner/repository/issues/7',
      ['authorization', `Bearer ${TOKEN}`],
      ({ method, path }) => method === 'POST' && path === '/api/v3/repos/owner/repository/issues/7/comments',
      (asked, comments) => {
        const [path, query] = asked.path.split('?');
        if (path !== '/api/v3/repos/owner/repository/issues/7/comments') return null;
        if (asked.headers['user-agent'] === undefined) return { status: 403, body: 'Request forbidden by administrative rules.' };
        if (asked.method === 'GET') {
          const wanted = new URLSearchParams(query);
          const [page, size] = [Number(wanted.get('page')), Number(wanted.get('per_page'))];
          return { status: 200, body: comments.slice((page - 1) * size, page * size).map((body) => ({ body })) };
        }
        const { body } = json(asked);
        if (body.length > 65_536) return { status: 422, body: { message: 'Validation Failed', errors: [{ message: 'body is too long' }] } };
        comments.push(body);
        return { status: 201, body: { id: 1 } };
      },
    ),
};
