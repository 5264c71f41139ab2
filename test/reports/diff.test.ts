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
