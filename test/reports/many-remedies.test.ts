/** What mends a fault of very many VIPs or machines, and how to see that it is cured: little to read, and all to paste. */
import { describe, expect, test } from 'vitest';
import type { Diagnosis, Finding } from '../../src/diagnosis.ts';
import { renderHtml } from '../../src/reports/html.ts';
import { renderMarkdown } from '../../src/reports/markdown.ts';
import { groupsOf, whysOf } from '../../src/reports/text/remedies.ts';
import { storiesOf } from '../../src/reports/text/stories.ts';
import { renderText } from '../../src/reports/text.ts';
import { checksOf } from '../../src/reports/verification.ts';
import { answersArp, culprit, diagnosis } from './diagnoses.ts';

const vip = (n: number) => `192.168.1.${100 + n}`;
/** Real server `number` answers for VIP `n`, with the remedy that the rule gives. */
function leak(n: number, number = 1, part: Partial<Finding> = {}): Finding {
  const on = culprit(number).ip ?? '';
  return answersArp(number, {
    id: `rs-answers-arp/${vip(n)}/${number}`,
    vip: vip(n),
    remedy: {
      why: `A real server must hold ${vip(n)} without answering for it.`,
      steps: [
        { on, commands: ['sysctl -w net.ipv4.conf.all.arp_ignore=1', `ip addr replace ${vip(n)}/32 dev lo`] },
        { on: 'the director', commands: [`arping -U -c 3 -I eth0 ${vip(n)}`] },
      ],
    },
    ...part,
  });
}

const leaks = (vips: number, servers = 1) =>
  Array.from({ length: vips * servers }, (_, i) => leak(Math.floor(i / servers), (i % servers) + 1));
const of = (findings: readonly Finding[]): Diagnosis => diagnosis({ verdict: 'fault', findings });
const plain = (findings: readonly Finding[], more: object = {}) => renderText(of(findings), { color: false, width: 80, ...more });

describe('the reason', () => {
  const whys = (findings: readonly Finding[]) => whysOf(storiesOf(of(findings)), 4);

  test('is told of the first VIP, and that it holds for the others', () => {
    expect(whys(leaks(100))).toEqual([
      { numbers: [1], why: `A real server must hold ${vip(0)} without answering for it. The same holds for 99 more VIPs.` },
    ]);
    expect(whys(leaks(2))[0]?.why).toBe(`A real server must hold ${vip(0)} without answering for it. The same holds for ${vip(1)}.`);
  });

  test('is told once for more than a few stories', () => {
    const apart = (stories: number) => Array.from({ length: stories }, (_, i) => leak(i, i + 1));
    expect(whys(apart(3)).map(({ numbers }) => numbers)).toEqual([[1], [2], [3]]);
    expect(whys(apart(4))).toEqual([
      { numbers: [1, 2, 3, 4], why: `A real server must hold ${vip(0)} without answering for it. The same holds for 3 more VIPs.` },
    ]);
  });
});

describe('the commands', () => {
  test('of many VIPs are one loop a host', () => {
    const [server, director] = groupsOf(storiesOf(of(leaks(100))));
    expect(server?.hosts).toEqual(['192.168.1.10']);
    expect(server?.commands).toEqual([
      'sysctl -w net.ipv4.conf.all.arp_ignore=1',
      { variable: 'vip', values: Array.from({ length: 100 }, (_, i) => vip(i)), comments: [], body: ['ip addr replace $vip/32 dev lo'] },
    ]);
    expect(director?.commands).toHaveLength(1);
  });

  test('of two VIPs stand one by one', () => {
    expect(groupsOf(storiesOf(of(leaks(2))))[0]?.commands).toHaveLength(3);
  });

  test('of many hosts that need the same stand once, and the hosts are counted', () => {
    const text = plain(leaks(1, 50)).replaceAll(/\s+/g, ' ');
    expect(text).toContain('192.168.1.20 and 39 more (mends 1): sysctl');
    expect(text.match(/arp_ignore=1 ip addr replace/g)).toHaveLength(1);
    expect(plain(leaks(1, 50), { verbose: true }).replaceAll(/\s+/g, ' ')).toContain('192.168.1.58 and 192.168.1.59 (mends 1):');
  });

  test('of very many hosts that need each its own are counted', () => {
    const findings = Array.from({ length: 40 }, (_, i) => leak(i, i + 1));
    const text = plain(findings);
    expect(text.match(/^On /gm)).toHaveLength(12);
    expect(text).toContain('\n\nCommands for 29 more hosts: -v shows all.\n');
    expect(plain(findings, { verbose: true }).match(/^On /gm)).toHaveLength(41);
  });
});

describe('the cure', () => {
  const checks = (findings: readonly Finding[]) => checksOf(storiesOf(of(findings)));

  test('is looked at for each of a few VIPs', () => {
    expect(checks(leaks(2))).toMatchObject([{ sample: null, commands: [0, 1].map((n) => `arping -b -c 3 -I eth0 ${vip(n)}`) }]);
  });

  test('is looked at for some of very many VIPs, and the report says so', async () => {
    expect(checks(leaks(100))).toMatchObject([
      { sample: 'the first 8 of 100 VIPs', commands: [{ values: Array.from({ length: 8 }, (_, i) => vip(i)) }] },
    ]);
    expect(renderMarkdown(of(leaks(100)))).toContain('must be seen, here for the first 8 of 100 VIPs: every reply');
    expect(await renderHtml(of(leaks(100)))).toContain(', here for the first 8 of 100 VIPs: every reply');
  });

  test('names each culprit once', () => {
    const findings = leaks(3, 2).map((finding) => ({ ...finding, rule: 'rs-no-reply' }));
    expect(checks(findings)[0]?.on).toEqual([culprit(1), culprit(2)]);
  });
});

describe('the ticket', () => {
  const markdown = renderMarkdown(of(leaks(100, 2)));

  test('has a row for each machine, with the sum of what was seen', () => {
    expect(markdown).toContain('| real server `192.168.1.10` `52:54:00:b0:61:3f` | 1. rs-answers-arp (500 frames) |');
  });

  test('tells one story, with its first VIPs', () => {
    expect(markdown).toContain('critical, confirmed) for VIPs `192.168.1.100`, `192.168.1.101`, `192.168.1.102` and 97 more:');
    expect(markdown).toContain('And 199 more like it.');
  });

  test('shows the fault itself, not only its causes', () => {
    expect(markdown).toMatch(/^\| 2 \| \+\S+ \| 1 \| ARP reply/m);
  });
});

describe('the page', async () => {
  const page = await renderHtml(of(leaks(100, 2)));

  test('has one story, and what is beyond its examples opens on demand', () => {
    expect(page.match(/<section class="story/g)).toHaveLength(1);
    expect(page).toContain('for VIPs 192.168.1.100, 192.168.1.101, 192.168.1.102 and 97 more</span>');
    expect(page).toContain('<details><summary>All 100 VIPs</summary>');
    expect(page).toContain('<details><summary>198 messages more like these</summary>');
    expect(page).toContain('for 100 VIPs</span>');
  });

  test('has each VIP by name', () => {
    for (let n = 0; n < 100; n++) expect(page).toMatch(new RegExp(`\\b${vip(n).replaceAll('.', '\\.')}\\b`));
  });

  test('counts machines and stories beyond its bounds', async () => {
    const many = await renderHtml(of(Array.from({ length: 90 }, (_, i) => leak(i, i + 1))));
    expect(many.match(/<section class="story/g)).toHaveLength(60);
    expect(many).toContain('And 30 findings more, in the diagnosis as JSON.');
    expect(many).toContain('And 50 machines more, in the diagnosis as JSON.');
    expect(many).toContain('<li class="muted">and 66 more</li>');
  });
});
