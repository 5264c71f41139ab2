/** Clusters with very many VIPs and real servers: all of it is in the JSON, and a person can read the reports at night. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { renderHtml } from '../../src/reports/html.ts';
import { renderMarkdown } from '../../src/reports/markdown.ts';
import { renderText } from '../../src/reports/text.ts';
import { renderTopology } from '../../src/reports/topology.ts';
import { type ManyOptions, many, manyVips } from '../support/many.ts';

const folder = mkdtempSync(join(tmpdir(), 'many-'));
afterAll(() => rmSync(folder, { recursive: true }));

const diagnoses = new Map<string, Promise<Diagnosis>>();

function diagnosed(name: string, options: ManyOptions): Promise<Diagnosis> {
  const file = join(folder, `${name}.pcap`);
  const known = diagnoses.get(name);
  if (known !== undefined) return known;
  writeFileSync(file, many(options).pcap());
  const made = diagnose([{ name: file, point: 'mirror' }], NOTHING_GIVEN);
  diagnoses.set(name, made);
  return made;
}

const plain = (of: Diagnosis, more: object = {}) => renderText(of, { color: false, width: 80, ...more });
const linesOf = (text: string) => text.split('\n');
/** The first paragraph. */
const headOf = (text: string) => linesOf(text.split('\n\n')[0] ?? '');

const SECOND = { leak: (_: number, servers: ReturnType<NonNullable<ManyOptions['leak']>>) => servers.slice(1, 2) };
const CASES: readonly (readonly [name: string, options: ManyOptions])[] = [
  ['clean-100', { vips: 100 }],
  ['clean-60-servers', { vips: 20, servers: 60 }],
  ['leak-100', { vips: 100, ...SECOND }],
  ['leak-100-ipv6', { vips: 100, version: 6, ...SECOND }],
  ['leak-all', { vips: 1, servers: 60, leak: (_, servers) => servers }],
  ['leak-each', { vips: 40, servers: 40, leak: (place, servers) => servers.slice(place, place + 1) }],
  ['leak-mixed', { vips: 60, servers: 6, leak: (place, servers) => servers.filter((_, i) => (place * 7 + i * i) % 3 === 0) }],
];

describe.each(CASES)('%s', (name, options) => {
  test('the first line is three lines of 80 columns at most', async () => {
    const head = headOf(plain(await diagnosed(name, options)));
    expect(head.length).toBeLessThanOrEqual(3);
    expect(head.filter((line) => line.length > 80)).toEqual([]);
  });

  test('the report is short, and fits into 80 columns', async () => {
    const of = await diagnosed(name, options);
    const lines = linesOf(plain(of));
    expect(lines.length).toBeLessThan(of.verdict === 'clean' ? 80 : 420);
    // A filter with few addresses is easier to read on one line.
    expect(lines.filter((line) => line.length > 80 && !/^ +'arp or [^']*'$/.test(line))).toEqual([]);
    expect(linesOf(plain(of, { quiet: true })).length).toBeLessThan(60);
    expect(linesOf(renderTopology(of.cluster, { color: false, width: 80 })).length).toBeLessThan(200);
  });

  test('with -v each finding, each frame and each real server is there', async () => {
    const of = await diagnosed(name, options);
    const text = plain(of, { verbose: true }).replaceAll(/\s+/g, ' ');
    for (const { message, evidence } of of.findings) {
      expect(text).toContain(message);
      for (const { frame } of evidence) expect(text).toMatch(new RegExp(` ${frame} \\+\\d`));
    }
    for (const { macs } of of.cluster.realServers) for (const mac of macs) expect(text).toContain(mac);
    for (const { ip } of of.cluster.vips) expect(text).toContain(`VIP ${ip} (`);
  });

  test('Markdown fits a ticket, and HTML is small', async () => {
    const of = await diagnosed(name, options);
    expect(renderMarkdown(of).length).toBeLessThan(20_000);
    expect(renderMarkdown(of)).not.toContain('Too long for a ticket');
    expect((await renderHtml(of)).length).toBeLessThan(500_000);
  });
});

describe('a real server that answers for each of 100 VIPs', () => {
  const leak = () => diagnosed('leak-100', { vips: 100, ...SECOND });
  const vips = manyVips(100);

  test('is 100 findings, and one story', async () => {
    const of = await leak();
    expect(of.findings.map((f) => [f.rule, f.vip])).toEqual(vips.map((vip) => ['rs-answers-arp', vip]));
    const text = plain(of);
    expect(text).toContain(`1. rs-answers-arp (LVS101): critical, confirmed, VIPs ${vips[0]},\n   ${vips[1]}, ${vips[2]} and 97 more\n`);
    expect(text).toContain('and 98 messages more like these; -v shows all.');
    expect(text).toMatch(/Seen: 100 frames from \+\S+ to \+\S+ s\./);
    expect(text).not.toMatch(/^2\. /m);
  });

  test('is one sentence', async () => {
    const { summary } = await leak();
    expect(summary).toBe(`Real server 203.0.113.21 answers ARP for ${vips[0]}, ${vips[1]} and 98 more VIPs.`);
  });

  test('is mended by one loop on each host, over all VIPs', async () => {
    const text = plain(await leak());
    const loops = text.replaceAll('\\\n', ' ').match(/^ +for n in [\s\S]*?done$/gm) ?? [];
    expect(loops).toHaveLength(3);
    for (const loop of loops) expect(loop.match(/for n in ([^;]*);/)?.[1]?.split(/ +/)).toHaveLength(100);
    expect(loops[0]).toContain('ip addr replace $vip/32 dev lo');
  });
});

describe('the pictures', () => {
  const drawn = async (name: string) => {
    const page = await renderHtml(await diagnosed(name, CASES.find(([other]) => other === name)![1]));
    const blamed = Array.from(
      page.matchAll(/<g class="machine [^"]*blamed"><title>[^<]*<\/title>.*?<text class="title"[^>]*>([^<]*)</g),
      ([, title]) => title,
    );
    return { page, blamed, addresses: page.match(/<title id="cluster-\d+">/g)?.length };
  };

  test('of VIPs of which the same is told are two', async () => {
    const { page, addresses, blamed } = await drawn('leak-100');
    expect(addresses).toBe(2);
    expect(page).toContain('Of all addresses, 2 are drawn');
    expect(blamed).toEqual(['real server 2', 'real server 2']);
  });

  test('of VIPs of which different things are told are one of each, as far as there is room', async () => {
    expect((await drawn('leak-each')).addresses).toBe(8);
  });

  test('fold culprits that are alike, where they are very many', async () => {
    const { blamed } = await drawn('leak-all');
    // 64 ways are listed: one to the director, two of each of 31 real servers, one of the next and none of the others.
    expect(blamed).toEqual(['31 real servers', 'real server 32', '28 real servers']);
  });
});

test('a clean cluster of 100 VIPs is told in two lines', async () => {
  const of = await diagnosed('clean-100', { vips: 100 });
  const [first, second] = manyVips(2);
  expect(of.summary).toMatch(new RegExp(`^No fault for ${first}, ${second} and 98 more VIPs: \\d+ of \\d+ rules could be judged`));
  expect(plain(of)).toContain(
    `VIPs      ${first}, ${second}, ${manyVips(3)[2]} and 97 more (80/tcp, direct\n          routing), observed\n`,
  );
});
