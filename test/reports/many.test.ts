/** Reports of clusters with very many VIPs and real servers: what is alike stands together, what has trouble comes first, the rest is counted. */
import { describe, expect, test } from 'vitest';
import type { Diagnosis, RealServerSummary, Verdict } from '../../src/diagnosis.ts';
import { renderHtml } from '../../src/reports/html.ts';
import { renderMarkdown } from '../../src/reports/markdown.ts';
import { serversTold, vipsAlike } from '../../src/reports/text/many.ts';
import { notJudgedGroups } from '../../src/reports/text/verdicts.ts';
import { renderText } from '../../src/reports/text.ts';
import { answersArp, diagnosis, realServer } from './diagnoses.ts';

const { cluster: CLUSTER } = diagnosis();
const vip = (n: number) => `192.168.1.${100 + n}`;
const VIPS = (count: number) => Array.from({ length: count }, (_, i) => ({ ...CLUSTER.vips[0]!, ip: vip(i) }));
const server = (n: number, part: Partial<RealServerSummary> = {}) =>
  realServer({ ips: [`10.0.0.${n}`], macs: [`52:54:00:00:00:${n.toString(16).padStart(2, '0')}`], ...part });
const SERVERS = (count: number) => Array.from({ length: count }, (_, i) => server(i + 1));
/** One director serves all of them. */
const withVips = (count: number, part: Partial<Diagnosis['cluster']> = {}) => {
  const vips = VIPS(count);
  return { ...CLUSTER, vips, directors: CLUSTER.directors.map((director) => ({ ...director, vips: vips.map(({ ip }) => ip) })), ...part };
};

const plain = (of: Diagnosis, more: object = {}) => renderText(of, { color: false, width: 80, ...more });
const flat = (text: string) => text.replaceAll(/\s+/g, ' ');

describe('VIPs', () => {
  test('that are alike stand in one line, from four on', () => {
    expect(vipsAlike(withVips(3))).toHaveLength(3);
    expect(vipsAlike(withVips(4)).map((group) => group.length)).toEqual([4]);
    expect(plain(diagnosis({ cluster: withVips(30) }))).toContain(
      'VIPs      192.168.1.100, 192.168.1.101, 192.168.1.102 and 27 more (80/tcp,\n          direct routing), observed\n',
    );
  });

  test.each([
    ['services', { services: ['443/tcp'] }],
    ['modes', { mode: 'nat' }],
    ['sources', { source: 'guessed' }],
  ] as const)('with other %s stand apart, in their order', (_, part) => {
    const vips = VIPS(9).map((one, i) => (i === 4 ? { ...one, ...part } : one));
    expect(vipsAlike(withVips(9, { vips })).map((group) => group.map(({ ip }) => ip))).toEqual([
      [0, 1, 2, 3, 5, 6, 7, 8].map(vip),
      [vip(4)],
    ]);
  });

  test('of other directors stand apart', () => {
    const [director] = CLUSTER.directors;
    const directors = [0, 1].map((odd) => ({ ...director!, vips: [0, 1, 2, 3, 4, 5, 6, 7].filter((n) => n % 2 === odd).map(vip) }));
    expect(vipsAlike({ ...CLUSTER, vips: VIPS(8), directors })).toHaveLength(2);
  });

  test('of very many kinds are counted, and with -v each stands by itself', () => {
    const vips = VIPS(20).map((one, i) => ({ ...one, services: [`${i}/tcp`] }));
    const of = diagnosis({ cluster: { ...CLUSTER, vips } });
    expect(plain(of)).toContain('VIP       and 12 more; -v shows all\n');
    expect(plain(of, { verbose: true }).match(/^VIP {7}192/gm)).toHaveLength(20);
    expect(plain(diagnosis({ cluster: withVips(20) }), { verbose: true }).match(/^VIP {7}192/gm)).toHaveLength(20);
  });

  test('that are all of one director are not listed once more', () => {
    expect(plain(diagnosis({ cluster: withVips(30) }))).toContain(', for all 30 VIPs, observed');
  });
});

describe('real servers', () => {
  test('all stand one by one, where they are few', () => {
    expect(serversTold(diagnosis({ cluster: { ...CLUSTER, realServers: SERVERS(20) } }), 20)).toEqual({ told: SERVERS(20), others: null });
  });

  test('of many those with trouble stand first, some others beside them, and the rest is summed up', () => {
    const realServers = SERVERS(200).map((one, i) => (i === 150 ? { ...one, refused: 1, answered: 2 } : one));
    const of = diagnosis({ cluster: { ...CLUSTER, realServers }, findings: [answersArp(1, { culprits: [culpritOf(server(101))] })] });
    const { told, others } = serversTold(of, 20);
    expect(told.map(({ ips }) => ips[0])).toEqual([101, 151, 1, 2, 3, 4, 5, 6].map((n) => `10.0.0.${n}`));
    expect(others).toEqual({ count: 192, troubled: 0, requests: 576, answered: 576, refused: 0, silent: 0, bypassed: 0 });
    const text = plain(of);
    expect(text).toMatch(/^and 192 more +576 +576 +0 +0 +0$/m);
    expect(text).toContain('-v shows all 200 real servers.\n');
    expect(plain(of, { verbose: true }).match(/^10\.0\.0\.\d+ /gm)).toHaveLength(200);
  });

  test.each([
    ['silent', { silent: 2, answered: 1 }],
    ['bypassed', { bypassed: 1 }],
  ] as const)('that are %s have trouble', (_, part) => {
    const realServers = [...SERVERS(30), server(99, part)];
    expect(serversTold(diagnosis({ cluster: { ...CLUSTER, realServers } }), 20).told[0]).toEqual(realServers[30]);
  });

  test('with trouble beyond the bound are counted as such', () => {
    const realServers = SERVERS(50).map((one) => ({ ...one, silent: 1, answered: 2 }));
    const of = diagnosis({ cluster: { ...CLUSTER, realServers: [...realServers, server(60, { silent: null, answered: 0 })] } });
    expect(serversTold(of, 20).others).toMatchObject({ count: 31, troubled: 30, silent: null });
    expect(plain(of)).toMatch(/^and 31 more, 30 with trouble +93 +60 +\? +\? +0$/m);
    expect(plain(of)).toContain('? : cannot be told from this capture');
    expect(renderMarkdown(of)).toContain('| and 39 more, 38 with trouble | 117 | 76 | ? | ? | 0 |');
  });

  test('of many have a row in HTML as far as there is room', async () => {
    const page = await renderHtml(diagnosis({ cluster: { ...CLUSTER, realServers: SERVERS(200) } }));
    expect(page).toContain('<span class="muted">and 192 more</span></th><td class="n">576</td>');
    expect(page).toContain('and 192 more, in the diagnosis as JSON');
    expect(page).not.toContain('10.0.0.42');
  });
});

function culpritOf({ name, ips, macs }: RealServerSummary) {
  return { role: 'realServer' as const, name, ip: ips[0] ?? null, mac: macs[0] ?? null };
}

describe('what was judged', () => {
  const passed = (subject: string, of: string): Verdict => {
    return { rule: 'rs-answers-arp', code: 'LVS101', vip: of, subject, verdict: 'passed', reason: null, capture: null };
  };
  const told = (vips: number, verdicts: readonly Verdict[], more: object = {}) =>
    flat(plain(diagnosis({ cluster: withVips(vips), verdicts }), more))
      .split('Judged clean ')[1]
      ?.trim();
  const pairs = (subjects: readonly string[], vips: number) =>
    VIPS(vips).flatMap(({ ip }) => subjects.map((subject) => passed(subject, ip)));

  test('each machine for each VIP is told as that', () => {
    expect(told(2, pairs(['10.0.0.1', '10.0.0.2'], 2))).toBe(
      'rs-answers-arp: passed for 10.0.0.1 and 10.0.0.2 (VIPs 192.168.1.100 and 192.168.1.101).',
    );
    expect(told(100, pairs(['10.0.0.1', '10.0.0.2'], 100))).toBe('rs-answers-arp: passed for 10.0.0.1 and 10.0.0.2 (all 100 VIPs).');
    expect(told(100, pairs(['10.0.0.1'], 99))).toBe(
      'rs-answers-arp: passed for 10.0.0.1 (VIPs 192.168.1.100, 192.168.1.101, 192.168.1.102 and 96 more).',
    );
  });

  test('not each machine for each VIP is told as that', () => {
    const [first, ...rest] = pairs(['10.0.0.1', '10.0.0.2'], 100);
    expect(first).toBeDefined();
    expect(told(100, rest)).toBe('rs-answers-arp: passed for 10.0.0.2 and 10.0.0.1 (each for some of the 100 VIPs).');
    expect(told(2, pairs(['10.0.0.1', '10.0.0.2'], 2).slice(1))).toBe(
      'rs-answers-arp: passed for 10.0.0.2 (VIP 192.168.1.100), 10.0.0.1 (VIP 192.168.1.101) and 10.0.0.2 (VIP 192.168.1.101).',
    );
  });

  test('VIPs themselves are counted where it is all of them', () => {
    const own = (count: number) => VIPS(count).map(({ ip }) => passed(ip, ip));
    expect(told(100, own(100))).toBe('rs-answers-arp: passed for all 100 VIPs.');
    expect(told(100, own(99))).toMatch(/passed for 192\.168\.1\.100, .* and 94 more\.$/);
  });

  test('with -v each of them is named', () => {
    const text = told(100, pairs(['10.0.0.1'], 100), { verbose: true }) ?? '';
    for (const { ip } of VIPS(100)) expect(text).toContain(`10.0.0.1 (VIP ${ip})`);
  });
});

describe('what was not judged', () => {
  const FILTER = 'arp or icmp or icmp6 or proto 112';
  const blind = (of: string, subject: string, part: Partial<Verdict> = {}): Verdict => ({
    rule: 'rs-no-reply',
    code: 'LVS302',
    vip: of,
    subject,
    verdict: 'not judged',
    reason: 'no request reaches it',
    capture: `on ${subject}: tcpdump -i eth0 -s 128 -w real-server.pcap '${FILTER} or host ${of} or host ${subject}'`,
    ...part,
  });
  const groups = (vips: number, servers: number, verbose = false, named = false) => {
    const realServers = SERVERS(servers).map((one, i) => (named ? { ...one, name: `web${i + 1}` } : one));
    const verdicts = VIPS(vips).flatMap(({ ip }) =>
      realServers.map(({ name, ips: [own = ''] }) =>
        blind(
          ip,
          own,
          name === null ? {} : { capture: `on ${name}: tcpdump -i eth0 -s 128 -w ${name}.pcap '${FILTER} or host ${ip} or host ${own}'` },
        ),
      ),
    );
    const of = diagnosis({ cluster: withVips(vips, { realServers }), verdicts });
    return { of, groups: notJudgedGroups(of, verbose) };
  };
  const commands = (of: ReturnType<typeof groups>) => of.groups.map(({ command }) => command);

  test('of one VIP and few machines is decided by a capture on each', () => {
    const of = groups(1, 6);
    expect(commands(of)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `tcpdump -i eth0 -s 128 -w real-server.pcap '${FILTER} or host ${vip(0)} or host 10.0.0.${n}'`),
    );
  });

  test('of several VIPs is decided by one capture for all of them', () => {
    const of = groups(3, 1);
    expect(commands(of)).toEqual([
      `tcpdump -i eth0 -s 128 -w real-server.pcap '${FILTER} or host ${vip(0)} or host ${vip(1)} or host ${vip(2)} or host 10.0.0.1'`,
    ]);
    expect(of.groups[0]?.verdicts).toHaveLength(3);
  });

  test('of very many VIPs is decided by blocks of them', () => {
    const [command] = commands(groups(100, 1));
    expect(command).toContain('or net 192.168.1.100/30 or net 192.168.1.104/29 or');
    expect(command).toContain("or host 10.0.0.1'");
    const text = plain(groups(100, 1).of);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('of VIPs that no filter names is decided without one', () => {
    const cluster = {
      ...CLUSTER,
      realServers: SERVERS(1),
      vips: Array.from({ length: 80 }, (_, i) => ({ ...VIPS(1)[0]!, ip: `172.16.${i}.1` })),
    };
    const of = diagnosis({ cluster, verdicts: cluster.vips.map(({ ip }) => blind(ip, '10.0.0.1')) });
    expect(notJudgedGroups(of).map(({ command }) => command)).toEqual(['tcpdump -i eth0 -s 128 -w real-server.pcap']);
  });

  test('on more than a few machines is one command with blanks', () => {
    const of = groups(2, 60);
    expect(of.groups).toHaveLength(1);
    expect(of.groups[0]).toMatchObject({
      command: `tcpdump -i eth0 -s 128 -w real-server.pcap '${FILTER} or host ${vip(0)} or host ${vip(1)} or host ITS-IP'`,
      blanks: 'its own address for ITS-IP',
    });
    expect(of.groups[0]?.hosts).toHaveLength(60);
    expect(flat(plain(of.of))).toContain('10.0.0.7 and 53 more, each with its own address for ITS-IP: tcpdump');
    expect(renderMarkdown(of.of)).toContain('and 57 more, each with its own address for ITS-IP: rs-no-reply.');
  });

  test('on more than a few machines with names has a blank for these too', () => {
    const of = groups(1, 7, false, true);
    expect(of.groups[0]).toMatchObject({
      command: `tcpdump -i eth0 -s 128 -w ITS-NAME.pcap '${FILTER} or host ${vip(0)} or host ITS-IP'`,
      blanks: 'its own address for ITS-IP and its name for ITS-NAME',
    });
  });

  test('on machines of another role has a command of its own', () => {
    const { of } = groups(1, 10, false, true);
    const directors = of.cluster.directors.map((director) => ({ ...director, name: 'lvs1' }));
    const on = blind(vip(0), '192.168.1.2', {
      capture: `on lvs1: tcpdump -i eth0 -s 128 -w lvs1.pcap '${FILTER} or host ${vip(0)} or host 192.168.1.2'`,
    });
    const told = notJudgedGroups({ ...of, cluster: { ...of.cluster, directors }, verdicts: [...of.verdicts, on] });
    expect(told.map(({ hosts, blanks }) => [hosts.length, blanks === null])).toEqual([
      [10, false],
      [1, true],
    ]);
  });

  test('on each machine has its own command with -v', () => {
    expect(commands(groups(2, 10, true))).toHaveLength(20);
    expect(commands(groups(2, 10, true)).join()).not.toContain('ITS-IP');
  });

  test('for reasons that are alike is told once, and with -v each by itself', () => {
    const because = (reasonOf: (n: number) => string) => {
      const verdicts = VIPS(9).map(({ ip }, n) => blind(ip, '192.168.1.2', { capture: null, reason: reasonOf(n) }));
      return diagnosis({ cluster: withVips(9), verdicts });
    };
    const vipAlone = because((n) => `nobody asks for ${vip(n)} in this capture`);
    expect(flat(plain(vipAlone))).toContain('rs-no-reply for 192.168.1.2 (all 9 VIPs): nobody asks for the VIP in this capture.');
    expect(plain(vipAlone, { verbose: true }).match(/nobody asks/g)).toHaveLength(9);
    const numbers = because((n) => `${n + 2} requests reach it, too few`);
    expect(flat(plain(numbers))).toContain('(all 9 VIPs): such as: 2 requests reach it, too few.');
    const words = because((n) => `the reason ${'abcdefghi'.charAt(n)} is another one`);
    expect(plain(words).match(/the reason/g)).toHaveLength(9);
  });

  test('by very many captures is counted', () => {
    const verdicts = Array.from({ length: 20 }, (_, n) =>
      blind(vip(0), `10.9.0.${n}`, { capture: `on 10.9.0.${n}: tcpdump -i eth${n} -w a.pcap` }),
    );
    expect(plain(diagnosis({ verdicts }))).toContain('  And 8 captures more would decide other rules; -v shows all.\n');
    expect(plain(diagnosis({ verdicts }), { verbose: true })).toContain('tcpdump -i eth19 -w a.pcap');
  });
});
