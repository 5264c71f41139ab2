/** What goes wrong on the way to a ticket system: what is said, what is tried again, and that nothing is there twice. */
import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { attachTo } from './attaching.ts';
import { FAKES, type Fake, TOKEN } from './fakes.ts';
import { type Asked, type Reply, serve } from './loopback-server.ts';

/** Answers to single requests instead of those of the system; null leaves it to the system. */
type Disturb = (asked: Asked, fake: Fake, response: ServerResponse) => Reply | 'no answer' | null;

async function disturbed(name: string, disturb: Disturb) {
  const fake = FAKES[name]!();
  const server = await serve((asked, response) => {
    const reply = disturb(asked, fake, response);
    return reply === 'no answer' ? null : (reply ?? fake.answer(asked));
  });
  return { fake, server, address: server.origin + fake.path };
}

/** The first `count` requests that `isMeant` are answered with `reply`. */
function first(count: number, isMeant: (asked: Asked, fake: Fake) => boolean, reply: Disturb): Disturb {
  let left = count;
  return (asked, fake, response) => (isMeant(asked, fake) && left-- > 0 ? reply(asked, fake, response) : null);
}

const any = () => true;
const isComment = (asked: Asked, fake: Fake) => fake.isComment(asked);
const closing: Disturb = (_asked, _fake, response) => {
  response.destroy();
  return 'no answer';
};
/** The work is done, but the answer is another. */
const afterwards =
  (disturb: Disturb): Disturb =>
  (asked, fake, response) => {
    fake.answer(asked);
    return disturb(asked, fake, response);
  };

describe.each(Object.keys(FAKES))('%s', (name) => {
  test.each([
    [401, /answers 401: the token is not accepted/],
    [403, /answers 403: .*(may not|right)/],
    [404, /answers 404: there is no such ticket/],
    [413, /answers 413: it takes no files of this size; attach less evidence/],
    [501, /answers 501/],
  ])('that answers %i is not asked again', async (status, sentence) => {
    const { server, address } = await disturbed(name, () => ({ status, body: { message: 'No: \u001b[31mred' } }));
    await expect(attachTo(address)).rejects.toThrow(sentence);
    await expect(attachTo(address)).rejects.toThrow(/\(it says: No: \[31mred\)$/);
    expect(server.asked).toHaveLength(2);
  });

  test('that takes no more files of this size says so when the comment is sent', async () => {
    const { fake, address } = await disturbed(
      name,
      first(1, isComment, () => ({ status: 413, body: 'Request Entity Too Large' })),
    );
    await expect(attachTo(address)).rejects.toThrow(
      /^cannot add the comment: 127\.0\.0\.1:\d+ answers 413: it takes no files of this size/,
    );
    expect(fake.comments).toEqual([]);
  });

  test('that asks to wait is given the time it asks for, in seconds or as a date', async () => {
    const isLate = first(1, isComment, () => ({ status: 429, headers: { 'retry-after': 'Fri, 20 Nov 2026 09:00:42 GMT' } }));
    const isEarly = first(1, any, () => ({ status: 429, headers: { 'retry-after': '17' } }));
    const { fake, address } = await disturbed(name, (...at) => isEarly(...at) ?? isLate(...at));
    const { outcome, waits } = await attachTo(address);
    // 42 s after the clock of the test began, of which 17 s had gone.
    expect(waits).toEqual([17, 25]);
    expect(outcome.state).toBe('sent');
    expect(fake.comments).toHaveLength(1);
  });

  test('that asks to wait for an hour is left, with the time told', async () => {
    const { server, address } = await disturbed(name, () => ({ status: 429, headers: { 'retry-after': '3600' } }));
    await expect(attachTo(address)).rejects.toThrow(
      /answers 429: too many requests, and asks to wait 3,600 s, which is longer than is waited here/,
    );
    expect(server.asked).toHaveLength(1);
  });

  test('that fails for a moment is asked again, later each time', async () => {
    const { fake, address } = await disturbed(
      name,
      first(3, any, () => ({ status: 503 })),
    );
    const { waits } = await attachTo(address);
    expect(waits).toEqual([1, 2, 4]);
    expect(fake.comments).toHaveLength(1);
  });

  test('that keeps failing is given up after four tries', async () => {
    const { server, address } = await disturbed(name, () => ({ status: 502, body: '<h1>Bad Gateway</h1>' }));
    await expect(attachTo(address)).rejects.toThrow(/answers 502: it fails at the moment, also after 4 tries$/);
    expect(server.asked).toHaveLength(4);
  });

  test.each([
    ['fails with 500', () => ({ status: 500 })],
    ['closes the connection', closing],
    ['answers with a login page', () => ({ status: 200, body: '<html>' })],
  ] satisfies [string, Disturb][])('that %s though it took the comment gets it once', async (_, fault) => {
    const { fake, server, address } = await disturbed(name, first(1, isComment, afterwards(fault)));
    expect((await attachTo(address)).outcome.state).toBe('sent');
    expect(fake.comments).toHaveLength(1);
    expect(server.asked.filter(fake.isComment)).toHaveLength(1);
  });

  test('that closes the connection before it took the comment gets it again', async () => {
    const { fake, address } = await disturbed(name, first(2, isComment, closing));
    expect((await attachTo(address)).outcome.state).toBe('sent');
    expect(fake.comments).toHaveLength(1);
  });

  test('that never takes the comment is given up, after it was looked for each time', async () => {
    const { fake, server, address } = await disturbed(name, first(Number.POSITIVE_INFINITY, isComment, closing));
    await expect(attachTo(address)).rejects.toThrow(
      /^cannot add the comment: 127\.0\.0\.1:\d+ closes the connection before it has answered$/,
    );
    expect(server.asked.filter(fake.isComment)).toHaveLength(3);
    expect(fake.isComment(server.asked.at(-1)!)).toBe(false);
  });

  test('that answers a byte at a time is given up after a while', async () => {
    const { address } = await disturbed(name, (_asked, _fake, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const dripping = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(dripping));
      return 'no answer';
    });
    await expect(attachTo(address, { wholeMs: 100 })).rejects.toThrow(/does not answer in time, also after 4 tries$/);
  });

  test('that answers without end is given up', async () => {
    const { server, address } = await disturbed(name, () => ({ status: 200, body: Buffer.alloc(3 << 20, ' ') }));
    await expect(attachTo(address, { largestAnswer: 2 << 20 })).rejects.toThrow(/answers with more than 2 MiB$/);
    expect(server.asked).toHaveLength(1);
  });

  test.each([
    ['a login page', '<html><form>', /answers 200, but with no JSON \(text\/html\); is it a login page\?$/],
    ['half of a JSON', '{"items": [', /answers 200, but with no JSON/],
    ['JSON of something else', '{"hello": "world"}', /the answer is JSON of another shape than expected/],
    ['a list of something else', '[1, 2]', /the answer is JSON of another shape than expected/],
  ])('that shows %s gets nothing', async (_, body, sentence) => {
    const { server, address } = await disturbed(name, () => ({ status: 200, body }));
    await expect(attachTo(address)).rejects.toThrow(sentence);
    expect(server.asked.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('that sends on to another host never gives it the token', async () => {
    const other = await serve(() => ({ status: 200, body: {} }));
    for (const status of [301, 302, 307, 308]) {
      const { address } = await disturbed(name, ({ path }) => ({ status, headers: { location: `${other.origin}${path}` } }));
      await expect(attachTo(address)).rejects.toThrow(`sends on to ${other.origin} (${status}), where the token is not taken along`);
    }
    expect(other.asked).toEqual([]);
  });

  test('that sends the comment on to another host does not get it there either', async () => {
    const other = await serve(() => ({ status: 200, body: {} }));
    const { fake, address } = await disturbed(
      name,
      first(1, isComment, () => ({ status: 307, headers: { location: other.origin } })),
    );
    await expect(attachTo(address)).rejects.toThrow(/^cannot add the comment: .* sends on to/);
    expect(other.asked).toEqual([]);
    expect(fake.comments).toEqual([]);
  });

  test('that sends on to a place of its own is followed', async () => {
    const { fake, address } = await disturbed(name, (asked) => {
      if (!asked.path.startsWith('/moved')) return { status: 307, headers: { location: `/moved${asked.path}` } };
      return fake.answer({ ...asked, path: asked.path.slice('/moved'.length) });
    });
    expect((await attachTo(address)).outcome.state).toBe('sent');
    expect(fake.comments).toHaveLength(1);
  });

  test('that sends on in a circle is left', async () => {
    const { server, address } = await disturbed(name, ({ path }) => ({ status: 302, headers: { location: path } }));
    await expect(attachTo(address)).rejects.toThrow(/sends on to/);
    expect(server.asked).toHaveLength(6);
  });

  test('that repeats the token in its message is quoted without it', async () => {
    const { address } = await disturbed(name, () => ({ status: 400, body: { message: `token ${TOKEN} (Bearer ${TOKEN}) is odd` } }));
    const error = await attachTo(address).catch((caught: Error) => caught);
    expect(String(error)).toContain('is odd');
    expect(String(error)).not.toContain(TOKEN);
  });
});

test('a server that is not there is asked four times', async () => {
  const { origin } = await serve(() => ({ status: 200 }));
  const closed = new URL(origin);
  closed.port = '1';
  await expect(attachTo(`${closed.origin}/browse/OPS-7`)).rejects.toThrow('127.0.0.1:1 refuses the connection, also after 4 tries');
});

test('a server that never answers is asked four times', async () => {
  const { server, address } = await disturbed('Jira', () => 'no answer');
  await expect(attachTo(address, { silenceMs: 50 })).rejects.toThrow(/does not answer in time, also after 4 tries$/);
  expect(server.asked).toHaveLength(4);
});

test('a server that never answers to the comment gets it once when it was taken', async () => {
  const { fake, address } = await disturbed(
    'GitHub',
    first(
      1,
      isComment,
      afterwards(() => 'no answer'),
    ),
  );
  expect((await attachTo(address, { silenceMs: 50 })).outcome.state).toBe('sent');
  expect(fake.comments).toHaveLength(1);
});

test('GitHub that answers 403 because of its limit is waited for until the limit is lifted', async () => {
  const lifted = String(Date.parse('2026-11-20T09:00:30Z') / 1000);
  const limited = first(1, any, () => ({ status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': lifted } }));
  const { fake, address } = await disturbed('GitHub', limited);
  expect((await attachTo(address)).waits).toEqual([30]);
  expect(fake.comments).toHaveLength(1);
});

test('Jira that took a file but closed the connection has it once', async () => {
  const isFile = ({ method, path }: Asked) => method === 'POST' && path.endsWith('/attachments');
  const { fake, server, address } = await disturbed('Jira', first(1, isFile, afterwards(closing)));
  await attachTo(address);
  expect(fake.files.size).toBe(2);
  expect(server.asked.filter(isFile)).toHaveLength(2);
});

test('Request Tracker that does not take the comment says why', async () => {
  const { address } = await disturbed(
    'Request Tracker',
    first(1, isComment, () => ({ status: 400, body: { message: 'Message could not be recorded' } })),
  );
  await expect(attachTo(address)).rejects.toThrow(/answers 400: .*CommentOnTicket.* \(it says: Message could not be recorded\)$/);
});
