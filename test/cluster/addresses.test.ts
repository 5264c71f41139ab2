/** What a report draws of an address: who claimed it, whom its neighbours believed, and which ways its packets took. */
import { describe, expect, test } from 'vitest';
import { summarizeAddresses } from '../../src/cluster/addresses.ts';
import type { AddressSummary, Diagnosis } from '../../src/diagnosis.ts';
import { casesIn, diagnoseCase } from '../support/fixtures.ts';
import { caseOf, judgeAll, MIRROR } from '../support/judged.ts';
import { many, manyVips } from '../support/many.ts';

function address({ addresses }: Diagnosis, ip: string): AddressSummary {
  return addresses!.find((a) => a.ip === ip)!;
}

/** Each hop as 'kind: source > destination, flows'. */
function hopsOf({ hops }: AddressSummary): string[] {
  return hops.map((h) => `${h.kind}: ${h.source} > ${h.destination}, ${h.flows}${h.again > 0 ? `, again ${h.again}` : ''}`);
}

describe('a failover without an announcement', async () => {
  const old = '00:16:3e:86:ed:2e';
  const young = '00:16:3e:4c:01:32';
  const vip = address(await diagnoseCase('failover-no-garp', 'inferred'), '203.0.113.100');

  test('shows both directors as claimants, in order of time', () => {
    expect(vip.claims.map((c) => c.mac)).toEqual([old, young]);
    expect(vip.events.map((e) => [e.frame, e.mac, e.kind])).toEqual([
      [2, old, 'reply'],
      [87, young, 'reply'],
    ]);
    expect(vip.gap).toBeNull();
  });

  test('shows that the gateway sends to the old director long after it was gone', () => {
    expect(vip.neighbours.map((n) => [n.mac, n.uses.map((u) => [u.frame, u.mac])])).toEqual([
      [
        '00:16:3e:1b:a0:3a',
        [
          [3, old],
          [88, young],
        ],
      ],
    ]);
  });

  test('shows the ways of its packets', () => {
    expect(hopsOf(vip)).toEqual(
      expect.arrayContaining([
        'request: 00:16:3e:1b:a0:3a > 00:16:3e:86:ed:2e, 8',
        'request: 00:16:3e:1b:a0:3a > 00:16:3e:4c:01:32, 4',
        'answer: 00:16:3e:10:b3:dd > 00:16:3e:1b:a0:3a, 4',
      ]),
    );
  });
});

test('an address that is no VIP of a recognised cluster is told of when a finding speaks of it', async () => {
  const diagnosis = await diagnoseCase('rs-answers-arp-t5', 'inferred');
  expect(diagnosis.cluster.vips).toEqual([]);
  expect(address(diagnosis, '203.0.113.100').claims.map((c) => c.reply)).toEqual([5, 5, 5, 5]);
});

test('a datagram that leaves as it came marks its hop', async () => {
  const [vip] = (await diagnoseCase('director-no-rewrite', 'given')).addresses!;
  expect(vip!.hops.filter((hop) => hop.again > 0).map((hop) => hop.kind)).toEqual(['request']);
});

test('an answer from another address, NAT and tunnels are told apart', async () => {
  const kinds = async (name: string) => [
    ...new Set((await diagnoseCase(name, 'inferred')).addresses![0]!.hops.map((h) => `${h.kind}${h.tunnel ? ' in a tunnel' : ''}`)),
  ];
  expect(await kinds('reply-wrong-source-tcp')).toContain('answer from another address');
  expect(await kinds('nat-mode')).toContain('translated request');
  expect(await kinds('tun-mode')).toEqual(['request', 'request in a tunnel', 'answer']);
});

describe('the ways that findings blame', () => {
  const blamed = async (name: string, rule: string) =>
    (await diagnoseCase(name, 'inferred'))
      .addresses!.flatMap((a) => a.hops)
      .filter((hop) => hop.faults.some((id) => id.startsWith(`${rule}/`)))
      .map((hop) => `${hop.kind} ${hop.source} > ${hop.destination}`);

  test('past the director: from the gateway straight to the real server', async () => {
    expect(await blamed('mixed', 'director-bypassed')).toEqual(['request 00:16:3e:71:ed:d5 > 00:16:3e:c8:27:4b']);
  });

  test('no answer: from the director to the silent real server, and not how the request came to the director', async () => {
    expect(await blamed('mixed', 'rs-no-reply')).toEqual(['request 00:16:3e:10:1d:73 > 00:16:3e:0d:bb:cc']);
  });

  test('an old neighbour cache: to the director that is gone, though the new one is to be mended', async () => {
    expect(await blamed('failover-no-garp', 'stale-gateway-arp')).toEqual(['request 00:16:3e:1b:a0:3a > 00:16:3e:86:ed:2e']);
  });

  test('a healthy cluster has none', async () => {
    expect((await diagnoseCase('healthy-t5', 'inferred')).addresses!.flatMap((a) => a.hops).flatMap((hop) => hop.faults)).toEqual([]);
  });
});

test('directors are no neighbours of their VIPs', async () => {
  for (const name of casesIn()) {
    const { addresses, cluster } = await diagnoseCase(name, 'inferred');
    for (const { ip, neighbours } of addresses!) {
      const directors = cluster.directors.filter((d) => d.vips.includes(ip)).flatMap((d) => d.macs);
      expect(neighbours.filter((n) => directors.includes(n.mac))).toEqual([]);
      for (const { uses, mac } of neighbours) expect(uses.length, mac).toBeGreaterThan(0);
    }
  }
});

test('of very many VIPs those that findings speak of are shown, and one of each fault before the second one of any', () => {
  const story = many({
    vips: 60,
    leak: (place, servers) => (place === 59 ? servers.slice(0, 1) : place >= 30 && place < 50 ? servers.slice(1, 2) : []),
  });
  const { o, cluster } = caseOf(story, MIRROR);
  const { findings } = judgeAll(story, MIRROR);
  const shown = summarizeAddresses(o, cluster, findings, { captureOf: () => 'story.pcap', timeOf: String });
  const vips = manyVips(60);
  expect(shown.map(({ ip }) => ip)).toEqual([...vips.slice(30, 45), vips[59]]);
  expect(summarizeAddresses(o, cluster, [], { captureOf: () => 'story.pcap', timeOf: String }).map(({ ip }) => ip)).toEqual(
    vips.slice(0, 16),
  );
});
