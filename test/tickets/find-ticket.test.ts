/** Which ticket an address means. */
import { describe, expect, test } from 'vitest';
import { findTicket, findWebhook } from '../../src/tickets/find-ticket.ts';
import { UsageError } from '../../src/usage-error.ts';

test.each([
  ['https://rt.example/Ticket/Display.html?id=123', 'Request Tracker', 'https://rt.example/REST/2.0/ticket/123'],
  ['https://rt.example/Ticket/Display.html?id=123#txn-77', 'Request Tracker', 'https://rt.example/REST/2.0/ticket/123'],
  ['https://rt.example:8443/rt/Ticket/History.html?x=1&id=123', 'Request Tracker', 'https://rt.example:8443/rt/REST/2.0/ticket/123'],
  ['https://rt.example/SelfService/Display.html?id=5', 'Request Tracker', 'https://rt.example/REST/2.0/ticket/5'],
  ['https://rt.example/m/ticket/show?id=5', 'Request Tracker', 'https://rt.example/REST/2.0/ticket/5'],
  ['https://rt.example/REST/2.0/ticket/5', 'Request Tracker', 'https://rt.example/REST/2.0/ticket/5'],
  ['https://jira.example/browse/OPS-123', 'Jira', 'https://jira.example/rest/api/2/issue/OPS-123'],
  ['https://example.com/jira/browse/ops-123?focusedId=1', 'Jira', 'https://example.com/jira/rest/api/2/issue/OPS-123'],
  ['https://jira.example/projects/OPS/issues/OPS-123', 'Jira', 'https://jira.example/rest/api/2/issue/OPS-123'],
  ['https://x.atlassian.net/jira/software/projects/OPS/issues/OPS-1', 'Jira', 'https://x.atlassian.net/rest/api/2/issue/OPS-1'],
  ['https://x.atlassian.net/jira/servicedesk/projects/OPS/queues/custom/7/OPS-1', 'Jira', 'https://x.atlassian.net/rest/api/2/issue/OPS-1'],
  [
    'https://x.atlassian.net/jira/software/c/projects/OPS/boards/7?selectedIssue=OPS-1',
    'Jira',
    'https://x.atlassian.net/rest/api/2/issue/OPS-1',
  ],
  [
    'https://jira.example/x/secure/RapidBoard.jspa?rapidView=1&selectedIssue=OPS-1',
    'Jira',
    'https://jira.example/x/rest/api/2/issue/OPS-1',
  ],
  ['https://gitlab.example/group/project/-/issues/12', 'GitLab', 'https://gitlab.example/api/v4/projects/group%2Fproject/issues/12'],
  ['https://gitlab.example/a/b.c/d/-/work_items/12', 'GitLab', 'https://gitlab.example/api/v4/projects/a%2Fb.c%2Fd/issues/12'],
  ['https://gitlab.example/a/b/-/issues/incident/12', 'GitLab', 'https://gitlab.example/api/v4/projects/a%2Fb/issues/12'],
  ['https://gitlab.example/a/b/-/merge_requests/3/diffs', 'GitLab', 'https://gitlab.example/api/v4/projects/a%2Fb/merge_requests/3'],
  ['https://github.com/owner/re.po/issues/12#issuecomment-1', 'GitHub', 'https://api.github.com/repos/owner/re.po/issues/12'],
  ['https://github.com/owner/repo/pull/12/files', 'GitHub', 'https://api.github.com/repos/owner/repo/issues/12'],
  ['https://github.example/owner/repo/issues/12', 'GitHub', 'https://github.example/api/v3/repos/owner/repo/issues/12'],
])('%s is a ticket of %s', (typed, name, api) => {
  const { system, ticket } = findTicket(typed);
  expect([system.name, ticket.api + ticket.path]).toEqual([name, api]);
});

test('each example of a system is an address of that system', () => {
  const message = refusalOf(() => findTicket('https://example.com/'));
  const examples = [...message.matchAll(/(https:\S+) \(([^)]+)\)/g)];
  expect(examples.map(([, address]) => findTicket(address!).system.name)).toEqual(examples.map(([, , name]) => name));
  expect(examples).toHaveLength(4);
});

function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof UsageError) return error.message;
  }
  throw new Error('not refused');
}

describe('refused is', () => {
  test.each([
    ['https://rt.example/Ticket/Display.html', /is no address of a ticket that is known here/],
    ['https://rt.example/Ticket/Display.html?id=1/../../x', /is no address of a ticket/],
    ['https://jira.example/browse/OPS', /is no address of a ticket/],
    ['https://jira.example/secure/RapidBoard.jspa?rapidView=1', /is no address of a ticket/],
    ['https://gitlab.example/a%zz/b/-/issues/1', /is no address of a ticket/],
    ['https://github.com/owner/repo', /is no address of a ticket/],
    ['OPS-123', /is no web address; give it whole/],
    ['ftp://jira.example/browse/OPS-1', /is no web address/],
    ['file:///etc/passwd', /is no web address/],
    ['http://jira.example/browse/OPS-1', /is not encrypted.*give the address with https/],
    ['http://127.0.0.1.example/browse/OPS-1', /is not encrypted/],
    ['https://example.com/\u001b[31m\u202e', /^https:\/\/example\.com\/\[31m is no address/],
  ])('%j', (typed, sentence) => {
    expect(refusalOf(() => findTicket(typed))).toMatch(sentence);
  });

  test('an address that holds a password, without repeating it', () => {
    for (const find of [findTicket, findWebhook]) {
      const message = refusalOf(() => find('https://ann:hunter2@jira.example/browse/OPS-1'));
      expect(message).toMatch(/holds a name or password/);
      expect(message).not.toContain('hunter2');
    }
  });
});

test.each(['http://localhost:8080/browse/OPS-1', 'http://127.0.0.1/browse/OPS-1', 'http://[::1]:80/browse/OPS-1'])(
  '%s stays on this machine and needs no encryption',
  (typed) => {
    expect(findTicket(typed).system.name).toBe('Jira');
  },
);
