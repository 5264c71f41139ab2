/** What each ticket system is sent, request by request. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ATTACHMENT, attachTo, ID } from './attaching.ts';
import { FAKES, TOKEN } from './fakes.ts';
import { type Asked, fileOf, serve } from './loopback-server.ts';

const [REPORT, EVIDENCE] = ATTACHMENT.files;

/** Method and path of what was asked, `GET …` of what only looks left out on request. */
const lines = (asked: readonly Asked[]) => asked.map(({ method, path }) => `${method} ${path}`);
const sent = (asked: readonly Asked[]) => asked.filter(({ method }) => method !== 'GET');

async function attachToFake(name: string) {
  const fake = FAKES[name]!();
  const server = await serve(fake.answer);
  const address = server.origin + fake.path;
  return { fake, server, address, ...(await attachTo(address)) };
}

describe('Request Tracker', () => {
  test('gets comment, report and evidence in one request, after the ticket and an earlier comment were looked for', async () => {
    const { server, outcome } = await attachToFake('Request Tracker');
    const look = 'GET /REST/2.0/ticket/7/attachments?fields=Filename,ContentLength&orderby=id&order=DESC&per_page=100&page=1';
    expect(lines(server.asked)).toEqual(['GET /REST/2.0/ticket/7', look, 'POST /REST/2.0/ticket/7/comment', look]);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill(`token ${TOKEN}`));
    expect(JSON.parse(server.asked[2]!.body.toString())).toEqual({
      Subject: 'lvs-doctor',
      Content: `<pre>FAULT: &lt;b&gt;two &amp; three&lt;/b&gt; {noformat} answer ARP — für 203.0.113.100.\n\nAttached by lvs-doctor 1.2.3 as ${ID}.</pre>`,
      ContentType: 'text/html',
      Attachments: [
        { FileName: REPORT!.name, FileType: 'text/html', FileContent: Buffer.from(REPORT!.bytes).toString('base64') },
        { FileName: EVIDENCE!.name, FileType: 'application/octet-stream', FileContent: Buffer.from(EVIDENCE!.bytes).toString('base64') },
      ],
    });
    expect(outcome).toEqual({ state: 'sent', notes: [] });
  });

  test('that hides comments from their author is told of', async () => {
    const fake = FAKES['Request Tracker']!();
    const { origin } = await serve((asked) =>
      asked.path.includes('/attachments') ? { status: 200, body: { items: [], pages: null } } : fake.answer(asked),
    );
    const { outcome } = await attachTo(origin + fake.path);
    expect(outcome.notes).toEqual([
      expect.stringMatching(/may not read it \(right ShowTicketComments\): a second run would attach it again/),
    ]);
    expect(fake.comments).toHaveLength(1);
  });

  test('that cut a file is told of', async () => {
    const fake = FAKES['Request Tracker']!();
    const { origin } = await serve((asked) => {
      const reply = fake.answer(asked);
      if (fake.isComment(asked)) fake.files.set(EVIDENCE!.name, Buffer.from(EVIDENCE!.bytes.subarray(0, 1000)));
      return reply;
    });
    const { notes } = (await attachTo(origin + fake.path)).outcome;
    expect(notes).toEqual([expect.stringContaining(`did not keep all of ${EVIDENCE!.name}:`)]);
  });

  test('is asked for every page of files when it does not say how many there are', async () => {
    const fake = FAKES['Request Tracker']!();
    const there = ATTACHMENT.files.map(({ name, bytes }) => ({ Filename: name, ContentLength: bytes.length }));
    const { origin, asked } = await serve((it) => {
      const [, page] = /attachments\?.*&page=(\d+)/.exec(it.path) ?? [];
      return page === undefined
        ? fake.answer(it)
        : { status: 200, body: { items: there.slice(Number(page) - 1, Number(page)), pages: null } };
    });
    expect((await attachTo(origin + fake.path)).outcome.state).toBe('there');
    expect(asked).toHaveLength(3);
  });
});

describe('Jira', () => {
  test('gets report and evidence as files, then a comment in wiki text that links them', async () => {
    const { fake, server } = await attachToFake('Jira');
    const comments = 'GET /rest/api/2/issue/OPS-7/comment?startAt=0&maxResults=100&orderBy=-created';
    const files = 'GET /rest/api/2/issue/OPS-7?fields=attachment';
    const attach = 'POST /rest/api/2/issue/OPS-7/attachments';
    expect(lines(server.asked)).toEqual([comments, files, attach, files, attach, comments, 'POST /rest/api/2/issue/OPS-7/comment']);
    expect(sent(server.asked).slice(0, 2).map(fileOf)).toEqual([
      { field: 'file', name: REPORT!.name, bytes: REPORT!.bytes },
      { field: 'file', name: EVIDENCE!.name, bytes: EVIDENCE!.bytes },
    ]);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(Array(7).fill(`Bearer ${TOKEN}`));
    expect(fake.comments).toEqual([
      [
        '{noformat}',
        'FAULT: <b>two & three</b> { noformat} answer ARP — für 203.0.113.100.',
        '',
        '{noformat}',
        `[^${REPORT!.name}] [^${EVIDENCE!.name}]`,
        `Attached by lvs-doctor 1.2.3 as ${ID}.`,
      ].join('\n'),
    ]);
  });

  test('in the cloud gets mail address and token as Basic', async () => {
    const fake = FAKES.Jira!();
    const server = await serve((asked) => fake.answer({ ...asked, headers: { ...asked.headers, authorization: `Bearer ${TOKEN}` } }));
    await attachTo(server.origin + fake.path, { token: `ann@example.com:${TOKEN}` });
    const basic = `Basic ${Buffer.from(`ann@example.com:${TOKEN}`).toString('base64')}`;
    expect(new Set(server.asked.map(({ headers }) => headers.authorization))).toEqual(new Set([basic]));
  });

  test.each([
    ['the longest comment that fits is whole', 'x'.repeat(32_000), /^\{noformat\}\nx{32000}\n/],
    ['a longer report gives way to the short one', 'x'.repeat(33_000), /^\{noformat\}\nFAULT: short\n/],
  ])('%s', async (_, text, expected) => {
    const fake = FAKES.Jira!();
    const { origin } = await serve(fake.answer);
    await attachTo(origin + fake.path, { attachment: { ...ATTACHMENT, text: [text, 'FAULT: short\n'] } });
    expect(fake.comments[0]).toMatch(expected);
  });

  test('a report of which even the short version is too long is cut, and keeps its end', async () => {
    const fake = FAKES.Jira!();
    const { origin } = await serve(fake.answer);
    await attachTo(origin + fake.path, { attachment: { ...ATTACHMENT, text: ['x'.repeat(40_000)] } });
    expect(fake.comments[0]).toHaveLength(32_767);
    expect(fake.comments[0]).toMatch(/x…\n\{noformat\}\n\[\^.*\nAttached by lvs-doctor 1\.2\.3 as 0123456789abcdef\.$/);
  });

  test('attaches only the file that an interrupted run did not', async () => {
    const fake = FAKES.Jira!();
    fake.files.set(REPORT!.name, Buffer.from(REPORT!.bytes));
    const { origin, asked } = await serve(fake.answer);
    await attachTo(origin + fake.path);
    expect(sent(asked)).toHaveLength(2);
    expect([...fake.files.keys()]).toEqual([REPORT!.name, EVIDENCE!.name]);
  });

  test('gets a file again of which it has a part', async () => {
    const fake = FAKES.Jira!();
    fake.files.set(EVIDENCE!.name, Buffer.from(EVIDENCE!.bytes.subarray(0, 1000)));
    const { origin } = await serve(fake.answer);
    await attachTo(origin + fake.path);
    expect(fake.files.get(EVIDENCE!.name)).toEqual(EVIDENCE!.bytes);
  });
});

describe('GitLab', () => {
  test('gets report and evidence as uploads of the project, then a note that links them', async () => {
    const { fake, server } = await attachToFake('GitLab');
    const project = '/api/v4/projects/group%2Fsub%2Fproject';
    const look = `GET ${project}/issues/7/notes?sort=desc&order_by=created_at&per_page=100&page=1`;
    const upload = `POST ${project}/uploads`;
    expect(lines(server.asked)).toEqual([look, upload, upload, look, `POST ${project}/issues/7/notes`]);
    expect(server.asked.map(({ headers }) => headers['private-token'])).toEqual(Array(5).fill(TOKEN));
    expect(server.asked.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
    expect([...fake.files]).toEqual(ATTACHMENT.files.map(({ name, bytes }) => [name, bytes]));
    const link = (name: string) => `[${name}](/uploads/66dbcd21ec5d24ed6ea225176098d52b/${name})`;
    expect(fake.comments).toEqual([
      `## FAULT\n\ntwo machines\n\n${link(REPORT!.name)} · ${link(EVIDENCE!.name)}\n\nAttached by lvs-doctor 1.2.3 as ${ID}.`,
    ]);
  });

  test('that says the upload lies somewhere else is not believed', async () => {
    const fake = FAKES.GitLab!();
    const { origin } = await serve((asked) =>
      asked.path.endsWith('/uploads') ? { status: 201, body: { url: 'javascript:alert(1)' } } : fake.answer(asked),
    );
    await expect(attachTo(origin + fake.path)).rejects.toThrow(/^cannot upload report-.*does not say where the file is/);
    expect(fake.comments).toEqual([]);
  });

  test('finds an earlier note on a later page', async () => {
    const fake = FAKES.GitLab!();
    fake.comments.push(`as ${ID}`, 'two', 'three', 'four', 'five');
    const { origin, asked } = await serve(fake.answer);
    expect((await attachTo(origin + fake.path)).outcome.state).toBe('there');
    expect(asked).toHaveLength(3);
  });
});

describe('GitHub', () => {
  test('gets a comment that names the files and their checksums, as it takes none', async () => {
    const { fake, server, outcome } = await attachToFake('GitHub');
    const comments = '/api/v3/repos/owner/repository/issues/7/comments';
    expect(lines(server.asked)).toEqual([`GET ${comments}?per_page=100&page=1`, `POST ${comments}`]);
    for (const { headers } of server.asked) {
      expect(headers).toMatchObject({
        authorization: `Bearer ${TOKEN}`,
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        'user-agent': 'lvs-doctor/1.2.3',
      });
    }
    const sum = createHash('sha256').update(EVIDENCE!.bytes).digest('hex');
    expect(fake.comments[0]).toContain('## FAULT\n\ntwo machines\n\n- `report-');
    expect(fake.comments[0]).toContain(`- \`${EVIDENCE!.name}\`: 1,024 bytes, SHA-256 \`${sum}\``);
    expect(outcome.notes[0]).toContain(`drag ${REPORT!.name} and ${EVIDENCE!.name} into the ticket`);
  });

  test('finds an earlier comment on the second page', async () => {
    const fake = FAKES.GitHub!();
    fake.comments.push(...Array(100).fill('other'), `as ${ID}`);
    const { origin, asked } = await serve(fake.answer);
    expect((await attachTo(origin + fake.path)).outcome.state).toBe('there');
    expect(lines(asked).at(-1)).toMatch(/page=2$/);
  });
});

describe('a webhook', () => {
  test('gets everything as one JSON, under a key that is the same whenever the same is sent', async () => {
    const { origin, asked } = await serve(() => ({ status: 204 }));
    for (const _ of [1, 2]) await attachTo(`${origin}/hook?to=ops`, { isWebhook: true });
    expect(lines(asked)).toEqual(['POST /hook?to=ops', 'POST /hook?to=ops']);
    expect(asked.map(({ headers }) => headers['idempotency-key'])).toEqual([`"${ID}"`, `"${ID}"`]);
    expect(asked[0]!.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' });
    const body = JSON.parse(asked[0]!.body.toString());
    expect(body).toMatchObject({ schema: 'lvs-doctor/attachment@1', id: ID, diagnosis: { verdict: 'fault' }, text: ATTACHMENT.text[0] });
    expect(body.files[1]).toEqual({
      name: EVIDENCE!.name,
      type: 'application/octet-stream',
      size: 1024,
      sha256: createHash('sha256').update(EVIDENCE!.bytes).digest('hex'),
      content: Buffer.from(EVIDENCE!.bytes).toString('base64'),
    });
  });

  test('needs no token', async () => {
    const { origin, asked } = await serve(() => ({ status: 200, body: 'ok' }));
    const { outcome } = await attachTo(origin, { isWebhook: true, token: null });
    expect(outcome.state).toBe('sent');
    expect(asked[0]!.headers.authorization).toBeUndefined();
  });
});

describe.each(Object.keys(FAKES))('%s', (name) => {
  test('is not sent again what it has', async () => {
    const { fake, server, address } = await attachToFake(name);
    const before = sent(server.asked).length;
    expect((await attachTo(address)).outcome).toEqual({ state: 'there', notes: [] });
    expect(sent(server.asked)).toHaveLength(before);
    expect(fake.comments).toHaveLength(1);
  });

  test('is not sent again what another version of the reports put there', async () => {
    const { fake, address } = await attachToFake(name);
    const [report, ...rest] = ATTACHMENT.files;
    const newer = { ...report!, name: report!.name.replace('.html', '.xhtml'), bytes: Buffer.from('newer') };
    const attachment = { ...ATTACHMENT, tool: 'lvs-doctor 2.0.0', text: ['newer'], markdown: ['newer'], files: [newer, ...rest] } as const;
    expect((await attachTo(address, { attachment })).outcome.state).toBe('there');
    expect(fake.comments).toHaveLength(1);
  });

  test('gets another comment for another diagnosis', async () => {
    const { fake, address } = await attachToFake(name);
    const renamed = (text: string) => text.replace(ID, 'fedcba9876543210');
    const attachment = { ...ATTACHMENT, id: renamed(ID), files: ATTACHMENT.files.map((file) => ({ ...file, name: renamed(file.name) })) };
    expect((await attachTo(address, { attachment })).outcome.state).toBe('sent');
    expect(fake.comments).toHaveLength(2);
  });
});
