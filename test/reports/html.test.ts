/** The HTML report as text: what is in it, and that nothing else can be. How it looks and works in a browser: html-in-browser.test.ts. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { renderHtml } from '../../src/reports/html.ts';
import { casesIn, diagnoseCase } from '../support/fixtures.ts';
import { htmlReport } from '../support/html-report.ts';
import { diagnosis, HEALTHY, IPV6, MANY, ONE_FAULT } from './diagnoses.ts';
import { HOSTILE_TEXTS, hostileDiagnosis } from './hostile.ts';

/** What a reader sees: no tags, entities read. */
function textOf(page: string): string {
  return page
    .replace(/<(style|script)>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, entity: string) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[entity] ?? '')
    .replace(/\s+/g, ' ');
}

/** Tags with the names of their attributes: the shape of the page, without any text or value. */
function shapeOf(page: string): Set<string> {
  const tags = page
    .replace(/<(style|script)>.*?<\/\1>/gs, '<$1></$1>')
    .matchAll(/<(\/?[a-z0-9!]+)((?:\s+[a-z:-]+(?:="[^"]*")?)*)\s*\/?>/gi);
  return new Set(Array.from(tags, ([, tag, attributes = '']) => `${tag} ${attributes.replace(/="[^"]*"/g, '').trim()}`));
}

describe('the content', () => {
  test.each(casesIn())('%s: everything that the diagnosis says is in the report', async (name) => {
    const { diagnosis: of, page } = await htmlReport(name);
    const text = textOf(page);
    expect(text).toContain(`${of.verdict.toUpperCase()} ${of.summary}`);
    for (const { message, evidence, culprits, remedy, severity } of of.findings) {
      expect(text).toContain(message);
      for (const { frame, says } of evidence) {
        expect(text).toMatch(new RegExp(`\\b${frame} [+]\\S+ s`));
        expect(text).toContain(says);
      }
      for (const { ip, mac } of culprits) for (const address of [ip, mac]) if (address !== null) expect(text).toContain(address);
      const lines = severity === 'info' ? [] : remedy.steps.flatMap((step) => step.commands).flatMap((command) => command.split(' '));
      for (const word of lines) expect(text).toContain(word);
    }
    for (const { reason } of of.verdicts) if (reason !== null) expect(text).toContain(reason);
    for (const { rule } of of.verdicts.filter((verdict) => verdict.verdict === 'passed')) expect(text).toContain(rule);
    for (const { message } of of.notices) expect(text).toContain(message);
    for (const server of of.cluster.realServers)
      for (const address of [...server.ips.slice(0, 1), ...server.macs.slice(0, 1)]) expect(text).toContain(address);
  });

  test.each(casesIn())('%s: the report has less than 300 kB', async (name) => {
    expect((await htmlReport(name)).page.length).toBeLessThan(300_000);
  });

  test('every evidence frame opens to its headers and bytes', async () => {
    const { diagnosis: of, frames, page } = await htmlReport('reply-wrong-source-tcp');
    const text = textOf(page).replaceAll(' ', '');
    const cited = new Set(of.findings.flatMap((finding) => finding.evidence).map((item) => item.frame));
    expect(page.match(/<details><summary><span class="frame">/g)).toHaveLength(cited.size);
    for (const [, { bytes }] of frames.get('mirror.pcap') ?? []) {
      for (let at = 0; at + 16 <= bytes.length; at += 16) {
        expect(text).toContain(`${at.toString(16).padStart(4, '0')}${Buffer.from(bytes.subarray(at, at + 16)).toString('hex')}`);
      }
    }
    expect(textOf(page)).toContain('flags SYN ACK');
    expect(textOf(page)).toContain('SYN ACK 192.168.1.11:80 → 192.168.1.13:49608, TTL 64');
  });

  test('a saved diagnosis without its capture shows the same, but for headers and bytes', async () => {
    const { diagnosis: of, page } = await htmlReport('reply-wrong-source-tcp');
    const saved = await renderHtml(JSON.parse(JSON.stringify(of)) as Diagnosis);
    expect(saved).not.toContain('class="bytes"');
    for (const { says } of of.findings.flatMap((finding) => finding.evidence)) expect(textOf(saved)).toContain(says);
    const arrows = (html: string) => html.match(/class="rung (cause|fault|effect|cure)"/g);
    expect(arrows(saved)).toEqual(arrows(page));
  });

  test('a diagnosis of an earlier version, without addresses and MACs of evidence, is reported too', async () => {
    for (const of of [HEALTHY, ONE_FAULT, MANY, IPV6]) expect(textOf(await renderHtml(of))).toContain(of.summary);
  });

  test('it is the same each time', async () => {
    const of = await diagnoseCase('mixed', 'inferred');
    expect(await renderHtml(of)).toBe(await renderHtml(of));
  });
});

describe('the pictures', () => {
  /** The words that a picture says on touch, by its id. */
  const titlesIn = (page: string, id: string) => {
    const picture = new RegExp(`<svg [^>]*aria-labelledby="${id}">.*?</svg>`, 's').exec(page)?.[0] ?? '';
    return Array.from(picture.matchAll(/<title(?: id="[^"]*")?>(.*?)<\/title>/gs), ([, title]) => title);
  };
  /** Ways that are drawn red. */
  const wrongIn = (page: string) => Array.from(page.matchAll(/<g class="way [a-z]+ wrong"><title>(.*?)<\/title>/g), ([, title]) => title);

  test('what goes past the director is red, and what passes it is not', async () => {
    const { page } = await htmlReport('rs-announces-vip-t5');
    expect(wrongIn(page)).toEqual(
      [1, 2, 3].map((number) => expect.stringMatching(new RegExp(`^requests of \\d flows?: gateway → real server ${number}$`))),
    );
  });

  test('answers that come back by way of the director are red', async () => {
    const { page } = await htmlReport('reply-via-director-one');
    expect(wrongIn(page)).toEqual([expect.stringMatching(/^answers of 2 flows: real server \d → director/)]);
  });

  test('nothing of a healthy cluster is red', async () => {
    const { page } = await htmlReport('healthy-t5');
    expect(wrongIn(page)).toEqual([]);
    expect(page).toContain('class="way request"');
  });

  test('the timeline shows how long the gateway believed the old director', async () => {
    const { page } = await htmlReport('failover-no-garp');
    expect(titlesIn(page, 'timeline-1').filter((title) => title?.includes('sends to'))).toEqual([
      'from frame 3 on gateway sends to director 1 (00:16:3e:86:ed:2e)',
      'from frame 88 on gateway sends to director 2 (00:16:3e:4c:01:32)',
    ]);
  });

  test('the ladder has an arrow for each evidence frame, in the order of time', async () => {
    const { diagnosis: of, page } = await htmlReport('reply-wrong-source-tcp');
    const frames = of.findings[0]!.evidence.map((item) => `frame ${item.frame}, ${item.shows}: ${item.says}`);
    const titles = titlesIn(page, 'ladder-1');
    expect(titles.filter((title) => title?.startsWith('frame '))).toEqual(frames.map((frame) => frame.replaceAll('>', '&gt;')));
  });

  test('twenty real servers that are alike are one box', async () => {
    const { page } = await htmlReport('heavy');
    expect(page.match(/class="machine realServer"/g)).toHaveLength(1);
    expect(textOf(page)).toContain('20 real servers alike');
  });
});

describe('what the page may do', () => {
  test('its policy allows its one script and its one style, and no request', async () => {
    const page = await renderHtml(MANY);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hash = (tag: string) => {
      const [only, ...more] = Array.from(page.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs')), ([, content]) => content);
      expect(more).toEqual([]);
      return `'sha256-${createHash('sha256').update(only!).digest('base64')}'`;
    };
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash('script')}`,
      `style-src ${hash('style')}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  test('it points to nothing but itself', async () => {
    const { page } = await htmlReport('mixed');
    const targets = Array.from(page.matchAll(/\b(?:href|src|action|data|poster|srcset)="([^"]*)"/g), ([, target]) => target!);
    expect(targets.length).toBeGreaterThan(10);
    expect(targets.filter((target) => !target.startsWith('#') && target !== 'data:,')).toEqual([]);
    const ids = new Set(Array.from(page.matchAll(/\bid="([^"]*)"/g), ([, id]) => id));
    expect(targets.filter((target) => target.startsWith('#') && !ids.has(target.slice(1)))).toEqual([]);
    expect(page.match(/\bid="([^"]*)"/g)?.length).toBe(ids.size);
    expect(page).not.toMatch(/\bstyle="|\bon[a-z]+="|@import|url\(/);
  });
});

describe('foreign text', async () => {
  const plain = shapeOf(await renderHtml(hostileDiagnosis('name')));

  test.each(Object.entries(HOSTILE_TEXTS))('with %s makes no markup', async (_, text) => {
    const page = await renderHtml(hostileDiagnosis(text));
    expect([...shapeOf(page)].filter((tag) => !plain.has(tag))).toEqual([]);
    expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    expect(page.length).toBeLessThan(1_500_000);
  });

  test('in the place of addresses, MACs and ids makes no markup either', async () => {
    const text = '"><script>alert(1)</script>';
    const [first] = ONE_FAULT.findings;
    const of = diagnosis({
      ...ONE_FAULT,
      findings: [
        {
          ...first!,
          id: text,
          rule: text,
          code: text,
          vip: text,
          severity: text as 'critical',
          confidence: text as 'confirmed',
          culprits: [{ role: text as 'other', name: null, ip: text, mac: text }],
          evidence: first!.evidence.map((item) => ({ ...item, time: text, shows: text as 'fault', sourceMac: text, destinationMac: text })),
        },
      ],
      addresses: [
        {
          ip: text,
          claims: [{ mac: text, reply: 1, request: 0, gratuitous: 0, vrrp: 0, first: text, last: text }],
          events: [{ capture: text, frame: 1, time: text, kind: 'reply', mac: text }],
          gap: { from: text, until: text },
          neighbours: [{ mac: text, frames: 1, uses: [{ mac: text, capture: text, frame: 1, time: text }], last: text }],
          hops: [{ source: text, destination: text, kind: text as 'request', tunnel: false, flows: 1, again: 1, faults: [text] }],
          leftOut: { neighbours: 0, hops: 0 },
        },
      ],
    });
    const page = await renderHtml(of);
    expect(page).not.toContain('<script>alert');
    expect(page.match(/<script/g)).toHaveLength(1);
  });

  test('a frame full of markup is shown as its bytes', async () => {
    const { diagnosis: of, frames } = await htmlReport('reply-wrong-source-tcp');
    const payload = new TextEncoder().encode('</pre><script>alert(1)</script>'.repeat(60));
    const changed = new Map(
      Array.from(frames, ([name, byNumber]) => [
        name,
        new Map(Array.from(byNumber, ([number, frame]) => [number, { ...frame, bytes: Uint8Array.from([...frame.bytes, ...payload]) }])),
      ]),
    );
    const page = await renderHtml(of, changed);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).toContain('bytes more in the capture');
  });

  test('frames of any bytes are shown', async () => {
    const { diagnosis: of, frames } = await htmlReport('mixed');
    for (const length of [0, 1, 13, 14, 20, 33, 34, 40, 53]) {
      const cut = new Map(
        Array.from(frames, ([name, byNumber]) => [
          name,
          new Map(Array.from(byNumber, ([number, frame]) => [number, { ...frame, bytes: frame.bytes.slice(0, length) }])),
        ]),
      );
      expect(textOf(await renderHtml(of, cut))).toContain(of.summary);
    }
  });
});
