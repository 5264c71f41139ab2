import { describe, expect, test } from 'vitest';
import type { Diff } from '../../src/diff.ts';
import { diffDiagnoses } from '../../src/diff-diagnoses.ts';
import { renderDiffMarkdown } from '../../src/reports/diff-markdown.ts';
import { renderDiffText } from '../../src/reports/diff-text.ts';
import { ANSI } from './ansi.ts';
import { answersArp, bypassed, culprit, diagnosis } from './diagnoses.ts';
import { HOSTILE_TEXTS, hostileDiagnosis } from './hostile.ts';
import { html, tagsOf, withoutCode } from './rendered.ts';

const lists: Pick<Diff, 'new' | 'remains' | 'healed' | 'notJudged' | 'notes'> = {
  remains: [
    {
      finding: answersArp(1, { count: 9 }),
      before: { severity: 'critical', confidence: 'probable', count: 5 },
      trend: 'same',
      hidden: false,
    },
    {
      finding: answersArp(2, { severity: 'warning' }),
      before: { severity: 'critical', confidence: 'confirmed', count: 5 },
      trend: 'better',
      hidden: false,
    },
    { finding: answersArp(3), before: { severity: 'critical', confidence: 'confirmed', count: 5 }, trend: 'same', hidden: true },
  ],
  new: [{ finding: bypassed(1), before: 'not judged' }],
  notJudged: [{ finding: bypassed(2), reason: 'no request reaches it', capture: "on 192.168.1.1: tcpdump -i eth0 -w gateway.pcap 'arp'" }],
  healed: [{ finding: bypassed(3), passed: ['192.168.1.12'] }],
  notes: ['Clocks differ.'],
};
const DIFF: Diff = { ...diffDiagnoses(diagnosis(), diagnosis(), '0.1.0'), verdict: 'not cured', summary: '3 remain.', ...lists };
const plain = (diff: Diff) => renderDiffText(diff, { color: false, width: 80 });

describe('the diff as text', () => {
  test('begins with the verdict, and tells what is to do before what is done', () => {
    const text = plain(DIFF);
    expect(text).toMatch(/^NOT CURED: 3 remain\.\n\nbefore {2}mirror\.pcap: 115 frames.*\n(.*\n)?after {3}mirror\.pcap: 115 frames/);
    expect(Array.from(text.matchAll(/^[A-Z]\w.*$/gm), ([line]) => line).slice(1)).toEqual([
      'Mind',
      'Remains',
      'New',
      'Not judged any more',
      'Healed',
    ]);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('tells what changed of what remains', () => {
    const text = plain(DIFF).replaceAll(/\s+/g, ' ');
    expect(text).toContain('Still critical, confirmed, before probable; 9 frames, before 5. 192.168.1.10 (52:54:00:b0:61:3f) answers ARP');
    expect(text).toContain('Better: warning, before critical, confirmed; 5 frames, as before.');
    expect(text).toContain('Still found, now told as a part of another finding.');
    expect(text).toContain('critical, probable; 9 requests; not judged before, so it may be older.');
    expect(text).toContain('Found by 9 requests before; passed now for 192.168.1.12.');
  });

  test('gives the capture that decides what is not judged', () => {
    expect(plain(DIFF)).toContain(
      "  no request reaches it.\n  Decided by a capture on 192.168.1.1:\n    tcpdump -i eth0 -w gateway.pcap 'arp'\n",
    );
  });

  test('in colour says the same', () => {
    const colored = renderDiffText(DIFF, { color: true, width: 80 });
    expect(colored).toMatch(ANSI);
    expect(colored.replaceAll(new RegExp(ANSI, 'g'), '')).toBe(plain(DIFF));
  });
});

describe('the diff of a fault of very many VIPs', () => {
  const VIPS = Array.from({ length: 100 }, (_, i) => `192.168.2.${i}`);
  const leaks = VIPS.map((vip) => answersArp(1, { id: vip, vip }));
  const listed = (part: Partial<typeof lists>) => ({ ...DIFF, new: [], remains: [], healed: [], notJudged: [], notes: [], ...part });
  const flat = (diff: Diff) => plain(diff).replaceAll(/\s+/g, ' ');
  const before = { severity: 'critical', confidence: 'confirmed', count: 3 } as const;

  test('tells what remains once, with all counts', () => {
    const diff = listed({ remains: leaks.map((finding) => ({ finding, before, trend: 'same' as const, hidden: false })) });
    expect(flat(diff)).toContain('- rs-answers-arp (LVS101), VIPs 192.168.2.0, 192.168.2.1, 192.168.2.2 and 97 more: real server');
    expect(flat(diff)).toContain('Still critical, confirmed; 500 frames, before 300.');
    expect(flat(diff)).toContain('5 times. And 99 messages more like it.');
    expect(renderDiffText(diff, { color: false, width: 80, verbose: true }).match(/^- rs-answers-arp/gm)).toHaveLength(100);
    expect(renderDiffMarkdown(diff).match(/^\| \*\*remains/gm)).toHaveLength(1);
  });

  test.each([
    ['graver', { trend: 'worse' }, {}],
    ['hidden', { hidden: true }, {}],
    ['graver before', { before: { ...before, severity: 'warning' } }, {}],
    ['less sure', {}, { confidence: 'possible' }],
  ] as const)('tells apart what is %s', (_, part, finding) => {
    const remains = leaks.map((one, i) => ({
      finding: { ...one, ...(i === 9 ? finding : {}) },
      before,
      trend: 'same' as const,
      hidden: false,
      ...(i === 9 ? part : {}),
    }));
    expect(plain(listed({ remains })).match(/^- rs-answers-arp/gm)).toHaveLength(2);
  });

  test('tells what is healed once, also where the rule judges the VIP itself', () => {
    const byMachine = listed({ healed: leaks.map((finding) => ({ finding, passed: ['192.168.1.10'] })) });
    expect(flat(byMachine)).toContain('Found by 500 frames before; passed now for 192.168.1.10.');
    const byVip = listed({ healed: leaks.map((finding) => ({ finding, passed: [finding.vip ?? ''] })) });
    expect(flat(byVip)).toContain(
      'passed now for 192.168.2.0, 192.168.2.1, 192.168.2.2, 192.168.2.3, 192.168.2.4, 192.168.2.5, 192.168.2.6, 192.168.2.7 and 92 more.',
    );
    expect(plain(byVip).match(/^- rs-answers-arp/gm)).toHaveLength(1);
  });

  test('tells what is new once, where it was judged right before, and once, where it was not', () => {
    const diff = listed({ new: leaks.map((finding, i) => ({ finding, before: i < 60 ? ('passed' as const) : ('not judged' as const) })) });
    expect(flat(diff)).toContain('critical, confirmed; 300 frames; judged right before.');
    expect(flat(diff)).toContain('critical, confirmed; 200 frames; not judged before');
  });

  test('gives one capture for all that is not judged', () => {
    const notJudged = leaks.map((finding) => ({
      finding,
      reason: `no request for ${finding.vip} reaches it`,
      capture: `on rs1: tcpdump -i eth0 -w rs.pcap 'arp or host ${finding.vip}'`,
    }));
    const text = flat(listed({ notJudged }));
    expect(text).toContain('no request for the VIP reaches it. Decided by a capture on rs1: tcpdump -i eth0 -w rs.pcap');
    expect(text).toContain('arp or net 192.168.2.0/26 or net 192.168.2.64/27 or net 192.168.2.96/30');
    expect(text.match(/tcpdump/g)).toHaveLength(1);
  });

  test('of very many machines is counted', () => {
    const healed = Array.from({ length: 40 }, (_, i) => ({ finding: answersArp(i + 1), passed: ['x'] }));
    expect(plain(listed({ healed }))).toContain('- and 24 more; -v shows all.\n');
    expect(renderDiffText(listed({ healed }), { color: false, width: 80, verbose: true })).not.toContain('-v shows');
  });
});

describe('the diff as Markdown', () => {
  test('is a line a finding, and below it what is still to do', () => {
    const markdown = renderDiffMarkdown(DIFF);
    expect(markdown).toMatch(/^## NOT CURED: 3 remain\.\n\n- Before: mirror\.pcap: 115 frames/);
    expect(Array.from(markdown.matchAll(/^\| (\S+|not judged) \| (\S+) /gm), (row) => row.slice(1).join(' '))).toEqual([
      '**remains** rs-answers-arp',
      '**remains** rs-answers-arp',
      '**remains** rs-answers-arp',
      '**new** director-bypassed',
      'not judged director-bypassed',
      'healed director-bypassed',
    ]);
    expect(markdown).toMatch(/^### Still to do\n\n- \*\*rs-answers-arp\*\*: `192\.168\.1\.10`/m);
    expect(markdown).toContain("Decided by a capture on `192.168.1.1`:\n\n```sh\ntcpdump -i eth0 -w gateway.pcap 'arp'\n```");
  });

  test('of many findings is not longer than a comment may be', () => {
    const many = Array.from({ length: 500 }, (_, i) => ({
      ...lists.remains[0]!,
      finding: answersArp(i, { message: 'word '.repeat(300) }),
    }));
    expect(renderDiffMarkdown({ ...DIFF, remains: many }).length).toBeLessThan(65_536);
    const worse = many.map((one) => ({
      ...one,
      finding: answersArp(1, { message: '` '.repeat(300), culprits: Array(9).fill({ ...culprit(1), name: '` '.repeat(40) }) }),
    }));
    expect(renderDiffMarkdown({ ...DIFF, remains: worse }).length).toBeLessThan(65_536);
  });
});

test.each(Object.entries(HOSTILE_TEXTS))('foreign text with %s stays text in every form', (_, text) => {
  const { findings, captures } = hostileDiagnosis(text);
  const hostile: Diff = {
    ...DIFF,
    summary: text,
    before: { ...DIFF.before, captures },
    after: { ...DIFF.after, captures },
    remains: findings.map((finding) => ({ ...lists.remains[0]!, finding })),
    new: findings.map((finding) => ({ finding, before: 'passed' })),
    notJudged: findings.map((finding) => ({ finding, reason: text, capture: `on ${text}: ${text}` })),
    healed: findings.map((finding) => ({ finding, passed: [text] })),
    notes: [text],
  };
  const [shown, markdown] = [plain(hostile), renderDiffMarkdown(hostile)];
  for (const report of [shown, markdown]) expect(report.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  expect(shown.length).toBeLessThan(200_000);
  expect(markdown.length).toBeLessThan(65_536);
  const rendered = html(markdown);
  const harmless = /^<(h2|h3|p|ul|li|strong|code|pre|code class="language-sh"|table|thead|tbody|tr|th|td)>$/;
  expect(tagsOf(rendered).filter((tag) => !harmless.test(tag))).toEqual([]);
  expect(withoutCode(rendered).replaceAll(/\d\d:\d\d:\d\d UTC/g, '')).not.toMatch(/[@#`|[\]{}$~]|:\w+:|https?:|www\.|javascript/);
});
