import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { code, fenced, prose, table } from '../../src/reports/markdown/inline.ts';
import { renderMarkdown } from '../../src/reports/markdown.ts';
import { printable, printableUpTo } from '../../src/reports/printable.ts';
import { casesIn, diagnoseCase } from '../support/fixtures.ts';
import { answersArp, CANNOT_TELL, culprit, diagnosis, HEALTHY, IPV6, MANY, ONE_FAULT, VIP } from './diagnoses.ts';
import { HOSTILE_TEXTS, hostileDiagnosis } from './hostile.ts';
import { html, tagsOf, textOf, withoutCode } from './rendered.ts';

/** The lines below a heading, without it. */
function section(text: string, heading: string): string {
  return new RegExp(`^### ${heading}\\n\\n(.*?)(?=^### |$(?![\\s\\S]))`, 'ms').exec(text)?.[1] ?? '';
}

describe('the ticket', () => {
  test('begins with the verdict', () => {
    expect(renderMarkdown(ONE_FAULT)).toMatch(
      /^## FAULT: Real server `192\.168\.1\.10` answers ARP for `192\.168\.1\.100`\.\n\n`mirror\.pcap`: 115 frames/,
    );
    expect(renderMarkdown(HEALTHY)).toMatch(/^## CLEAN: /);
    expect(renderMarkdown(CANNOT_TELL)).toMatch(/^## CANNOT TELL: /);
  });

  test('names each culprit once, with all that is wrong with it', () => {
    const rows = section(renderMarkdown(MANY), 'Who is to be mended').split('\n');
    expect(rows).toContain(
      '| real server `192.168.1.12` `52:54:00:b0:61:41` | 1. rs-answers-arp (5 frames) and 2. director-bypassed (9 requests) |',
    );
    for (const number of [1, 2, 3]) expect(rows.filter((row) => row.includes(culprit(number).mac ?? '?'))).toHaveLength(1);
  });

  test('tells the findings from cause to effect, and their frames in the order of time', () => {
    const story = section(renderMarkdown(MANY), 'What happens');
    expect(story).toMatch(/^1\. \*\*rs-answers-arp\*\* \(LVS101, critical, confirmed\): .* And 2 more like it\.$/m);
    expect(story).toMatch(/^2\. \*\*director-bypassed\*\* \(LVS104, critical, probable\), because of 1: /m);
    expect(Array.from(story.matchAll(/^\| (\d+) \| (\S+) \| (\S+)/gm), (row) => row.slice(1).join(' '))).toEqual([
      '1 +0.001234 1',
      '2 +0.002468 1',
      '3 +0.003702 1',
      '4 +0.004936 1',
      '6 +0.007404 2',
      '15 +0.018510 2',
      '24 +0.029616 2',
    ]);
    expect(story).toContain("tshark -r mirror.pcap -Y 'frame.number in {1, 2, 3, 4, 6, 15, 24}'");
  });

  test('has commands by host in fences, each once', () => {
    const mends = section(renderMarkdown(MANY), 'What mends it');
    expect(mends).toContain('On `192.168.1.10`, `192.168.1.11` and `192.168.1.12` (for 1):\n\n```sh\nsysctl -w');
    expect(mends.match(/arping/g)).toHaveLength(1);
  });

  test('tells how to see that each fault is gone, with addresses in place, and to compare', () => {
    const cure = section(renderMarkdown(MANY), 'How to verify the cure');
    expect(cure).toMatch(/^For 1, on the gateway, .* must be seen: .*\n\n```sh\narping -b -c 3 -I eth0 192\.168\.1\.100\n```$/m);
    expect(cure).toMatch(/^For 2, on each real server must be seen/m);
    expect(cure).toContain('lvs-doctor diagnose mirror=after.pcap -f json -o after.json\nlvs-doctor diff before.json after.json\n');
    expect(section(renderMarkdown(IPV6), 'How to verify the cure')).toContain('ndisc6 -m 2001:db8:8::100 eth0');
  });

  test('names the one machine that a cure is seen on', () => {
    const finding = answersArp(2, { rule: 'reply-wrong-source' });
    expect(section(renderMarkdown(diagnosis({ findings: [finding] })), 'How to verify the cure')).toMatch(
      /^For 1, on `192\.168\.1\.11` must be seen: .*\n\n```sh\ntcpdump -n -e -i eth0 'host 192\.168\.1\.100 or host 192\.168\.1\.11'\n/,
    );
  });

  test('gives the capture that would decide what was not judged', () => {
    const text = section(renderMarkdown(MANY), 'Not judged');
    expect(text).toMatch(
      /^Decided by a capture on `192\.168\.1\.10` and `192\.168\.1\.11`: rs-no-reply and rs-refuses\.\n\n```sh\ntcpdump /,
    );
    expect(text).toContain('Nothing in these frames decides: director-not-forwarding.');
  });

  test('of a healthy cluster asks nobody for anything', () => {
    const text = renderMarkdown(HEALTHY);
    expect(text).not.toMatch(/mend|cure|What happens/);
    expect(section(text, 'What became of requests')).toContain('| `192.168.1.10` `52:54:00:b0:61:3f` | 3 | 3 | 0 | 0 | 0 |');
  });

  test('of what is information alone asks nobody to mend it', () => {
    const text = renderMarkdown(diagnosis({ findings: [answersArp(1, { severity: 'info' })] }));
    expect(text).toContain('rs-answers-arp');
    expect(text).not.toMatch(/### (Who is to be mended|What mends it|How to verify)/);
  });

  test('shows a question mark where answers are out of sight', () => {
    expect(renderMarkdown(IPV6)).toContain('| **web1** `2001:db8:8::11` `fa:16:3e:8c:13:fa` | 3 | ? | ? | ? | 0 |');
  });

  test('is not longer than a comment may be, and says what it leaves out', () => {
    const findings = Array.from({ length: 300 }, (_, i) =>
      answersArp(i + 1, { rule: `rs-answers-arp-${i % 20}`, culprits: [{ ...culprit(1), ip: `10.0.${i >> 8}.${i & 255}` }] }),
    );
    const text = renderMarkdown(diagnosis({ verdict: 'fault', findings }));
    expect(text).toContain('And 12 findings more, in the full report.');
    expect(text).toContain('And 108 machines more, in the full report.');
  });

  test('counts the commands that it leaves out', () => {
    const remedy = { why: '', steps: [{ on: 'rs1', commands: Array.from({ length: 60 }, (_, i) => `echo ${i}`) }] };
    expect(renderMarkdown(diagnosis({ findings: [answersArp(1, { remedy })] }))).toContain(
      'echo 7\n# and 52 commands more, in the full report\n```',
    );
  });

  test.each(['long '.repeat(100), 'a|b '.repeat(120), '` '.repeat(250), 'x'.repeat(495)])(
    'is not longer than a comment may be where all is long: %j',
    (text) => {
      const [finding] = hostileDiagnosis(text).findings;
      const of = hostileDiagnosis(text);
      const many = <T>(one: T, length = 60) => Array.from({ length }, () => one);
      const findings = many(finding!).map((one, i) => ({
        ...one,
        id: String(i),
        rule: i % 2 === 0 ? 'rs-no-reply' : `rule-${i}`,
        culprits: one.culprits.map((who) => ({ ...who, ip: `10.0.0.${i}` })),
        evidence: many(one.evidence[0]!).map((item, frame) => ({ ...item, frame: i * 100 + frame + 1 })),
        remedy: {
          why: text,
          steps: many(i, 15).map((_, step) => ({ on: `${text}${i}${step}`, commands: many(text, 15).map((command, n) => command + n) })),
        },
      }));
      const { cluster, verdicts, notices, captures } = of;
      const large = {
        ...of,
        findings,
        verdicts: many(verdicts.find(({ verdict }) => verdict === 'not judged')!),
        notices: many(notices[0]!),
        captures: many(captures[0]!),
      };
      const markdown = renderMarkdown({ ...large, cluster: { ...cluster, realServers: many(cluster.realServers[0]!) } });
      expect(markdown.length).toBeLessThan(65_536);
      for (const section of ['Who is to be mended', 'What happens', 'What mends it', 'Not judged'])
        expect(markdown).toContain(`### ${section}\n\n`);
    },
  );

  test.each(casesIn())('of %s renders as tables, lists and fences, and its addresses as code', async (name) => {
    const rendered = html(renderMarkdown(await diagnoseCase(name, 'inferred')));
    expect(tagsOf(rendered).filter((tag) => !HARMLESS.includes(tag))).toEqual([]);
    expect(withoutCode(rendered)).not.toMatch(/\d\.\d+\.\d+\.\d|[0-9a-f]{2}(:[0-9a-f]{2}){5}|[|`]/);
  });
});

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^(`{3,})\w*\n[\s\S]*?\n\1$/gm, '');
}

const HARMLESS = [
  ...['h2', 'h3', 'p', 'ol', 'ol start="2"', 'ul', 'li', 'strong', 'code', 'pre', 'code class="language-sh"'],
  ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
].map((tag) => `<${tag}>`);

describe('foreign text in a ticket', () => {
  test.each(Object.entries(HOSTILE_TEXTS))('with %s stays text', (_, text) => {
    const markdown = renderMarkdown(hostileDiagnosis(text));
    const rendered = html(markdown);
    expect(tagsOf(rendered).filter((tag) => !HARMLESS.includes(tag))).toEqual([]);
    expect(withoutCode(rendered).replaceAll(/\d\d:\d\d:\d\d UTC/g, '')).not.toMatch(/[@#`|[\]{}$~]|:\w+:|https?:|www\.|javascript/);
    expect(markdown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    expect(withoutFences(markdown)).not.toMatch(/^\/|^<|^ {4}/m);
    expect(markdown.length).toBeLessThan(65_536);
    expect(rendered.match(/<h[1-6]>/g)).toHaveLength(8);
    expect(rendered.match(/<tr>/g)).toHaveLength(renderMarkdown(hostileDiagnosis('name')).match(/^\|(?!-)/gm)?.length ?? 0);
  });

  const markup = fc.string({ unit: fc.constantFrom(...'ab1 `|\\<>[](){}*_~#@!&;:./-+="\'$%^\n\t→é א\u202e\u{1f427}') });
  const any = fc.oneof(markup, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
  const shown = (text: string) => printableUpTo(600, text);
  const single = (text: string) => shown(text).replace(/ +/g, ' ').trim();

  test('is read as it was written, whatever it is', () => {
    fc.assert(
      fc.property(any, (text) => {
        const rendered = html(`Says ${prose(text)} here ${code(text)}.`);
        expect(textOf(rendered)).toBe(single(`Says ${shown(text)} here ${shown(text)}.`));
        expect(tagsOf(rendered).filter((tag) => !['<p>', '<code>'].includes(tag))).toEqual([]);
      }),
      { numRuns: 500, examples: [['\u00a0'], ['\u2003'], ['\u3000\u3000']] },
    );
  });

  test('fills one cell of a table, whatever it is', () => {
    fc.assert(
      fc.property(any, any, (left, right) => {
        const rendered = html(
          table(
            ['a', 'b'],
            [
              [prose(left), code(right)],
              ['last', 'row'],
            ],
          ).join('\n'),
        );
        const cells = Array.from(rendered.matchAll(/<td>(.*?)<\/td>/gs), ([, cell]) => textOf(cell ?? '').replaceAll(/(\\) (?=\|)/g, '$1'));
        expect(cells).toEqual([single(left), single(right), 'last', 'row'].map((text) => text.replaceAll(/(\\) (?=\|)/g, '$1')));
      }),
      { numRuns: 500 },
    );
  });

  test('in a fence does not end it, whatever it is', () => {
    fc.assert(
      fc.property(any, (text) => {
        const rendered = html([...fenced([printable(text)], 'sh'), 'end'].join('\n'));
        expect(rendered).toMatch(/^<pre><code class="language-sh">[\s\S]*<\/code><\/pre>\n<p>end<\/p>$/);
      }),
    );
  });
});

test('a plain word stays plain, and an address does not', () => {
  expect(prose(`SYN-ACK of 80/tcp, 1,234 frames (5 %), rs1's reply to ${VIP}: +0.5 ms…`)).toBe(
    "SYN-ACK of 80/tcp, 1,234 frames (5 `%`), rs1's reply to `192.168.1.100`: +0.5 ms…",
  );
});
