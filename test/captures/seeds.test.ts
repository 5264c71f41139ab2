/** What the authors of well-known tutorials saw in tcpdump and could not explain, each on a capture of their network. */
import { describe, expect, test } from 'vitest';
import type { Diagnosis, Finding } from '../../src/diagnosis.ts';
import { diagnoseCase, MODES } from '../support/fixtures.ts';

describe('ping-t2-puzzle: after a ping the router has a real server’s MAC for the VIP', () => {
  test('the real server answers before the director, and the router had to ask, for its redirect to the VIP', async () => {
    const { message, evidence } = of(await diagnoseCase('ping-t2-puzzle', 'given'), 'rs-answers-arp', 'rs2');
    expect(message).toContain("before the director's own reply in frame 4");
    expect(message).toContain('00:0c:29:d5:28:d1, through which replies from 172.16.10.100 pass');
    expect(message).toContain('sends an ICMP redirect to 00:0c:29:97:78:82 in frame 15');
    expect(evidence.map((e) => [e.frame, e.shows])).toContainEqual([15, 'effect']);
  });

  test('the client’s requests then go past the director', async () => {
    const diagnosis = await diagnoseCase('ping-t2-puzzle', 'given');
    const { message, causedBy } = of(diagnosis, 'director-bypassed', 'rs2');
    expect(message).toContain('6 new requests of 6');
    expect(causedBy).toEqual([of(diagnosis, 'rs-answers-arp', 'rs2').id]);
  });

  test('the router’s redirects themselves are no fault', async () => {
    for (const mode of MODES) expect(rules(await diagnoseCase('ping-t2-puzzle', mode))).not.toContain('icmp-redirect');
  });
});

describe('rs-vip-mask24: the request reaches the real server, which does not answer', () => {
  test.each(MODES)('roles %s: it never asks for the way back, and its mask is to be looked at', async (mode) => {
    const { message, remedy, culprits } = of(await diagnoseCase('rs-vip-mask24', mode), 'rs-no-reply');
    expect(culprits.map((c) => c.ip)).toEqual(['172.16.20.31']);
    expect(message).toContain(
      'It does send other frames, so it is up. It never asks for the way back, as 00:0c:29:eb:f4:ec does in frame 13',
    );
    expect(remedy.why).toContain('with /24 on lo all addresses of that subnet are local');
    expect(remedy.steps[0]!.commands).toContain('ip addr replace 172.16.10.100/32 dev lo');
  });
});

test('rs-vip-mask24-arp: a real server with the VIP/24 answers for its neighbours too', async () => {
  const diagnosis = await diagnoseCase('rs-vip-mask24-arp', 'given');
  const { message } = of(diagnosis, 'rs-answers-arp', 'rs2');
  expect(message).toContain('In frame 15 it answers for 192.168.1.12 too, the address of another machine');
  expect(message).toContain('a mask wider than that of a single host');
  expect(of(diagnosis, 'rs-no-reply', 'rs2').culprits).toHaveLength(1);
});

describe('rs-vip-on-eth0: sometimes requests are balanced, sometimes not', () => {
  test('whoever asks gets three answers and keeps the first, which is not the director’s', async () => {
    const diagnosis = await diagnoseCase('rs-vip-on-eth0', 'given');
    const { message, evidence, remedy } = of(diagnosis, 'rs-answers-arp', 'rs2');
    expect(message).toContain("before the director's own reply in frame 4");
    expect(evidence.slice(0, 4).map((e) => e.shows)).toEqual(['cause', 'fault', 'effect', 'effect']);
    expect(remedy.steps[0]!.commands.join('\n')).toContain('remove it from every interface but lo');
    expect(of(diagnosis, 'director-bypassed', 'rs2').message).toContain('9 new requests of 9');
  });

  test('setting lo alone, as tutorials do, is said to have no effect', async () => {
    const { remedy } = of(await diagnoseCase('rs-vip-on-eth0', 'given'), 'rs-answers-arp', 'rs1');
    expect(remedy.why).toContain('setting lo alone has no effect');
    expect(JSON.stringify(remedy)).not.toContain('arp_ignore=8');
  });
});

describe('rs-announces-vip-t1: the next request goes straight to the real server that answered the last one', () => {
  test.each(MODES)(
    'roles %s: its question for the client bears the VIP, and the client’s entry flips inside the first connection',
    async (mode) => {
      const diagnosis = await diagnoseCase('rs-announces-vip-t1', mode);
      const announces = of(diagnosis, 'rs-announces-vip');
      const flip = of(diagnosis, 'gateway-arp-flip');
      expect(announces.message).toContain('asks for 192.168.1.13 with 192.168.1.100 as its own address');
      expect(announces.remedy.why).toContain('arp_announce=0');
      expect(flip.message).toMatch(/moved from the director \S+ to .* in frame 10 after the ARP request in frame 7/);
      expect(flip.causedBy).toEqual([announces.id]);
    },
  );
});

test.each(MODES)('healthy-arptables-t4, roles %s: the VIP on eth0 behind arptables is sound', async (mode) => {
  const diagnosis = await diagnoseCase('healthy-arptables-t4', mode);
  expect(diagnosis.verdict).toBe('clean');
  expect(diagnosis.verdicts.filter((v) => v.rule === 'rs-answers-arp').map((v) => v.verdict)).toEqual(['passed', 'passed']);
});

describe('port-mapping: the director says port 8081, and real servers refuse', () => {
  test('with its configuration: direct routing keeps port 80, which is why', async () => {
    const diagnosis = await diagnoseCase('port-mapping', 'given');
    const mapping = of(diagnosis, 'port-mapping');
    expect(mapping.message).toContain(
      'maps port 80 of 192.168.1.100 to port 8081 of real servers; in direct routing requests keep port 80',
    );
    const refusals = diagnosis.findings.filter((f) => f.rule === 'rs-refuses');
    expect(refusals.map((f) => f.causedBy)).toEqual([[mapping.id], [mapping.id], [mapping.id]]);
  });

  test('without it: the port asked for is that of the service', async () => {
    expect(of(await diagnoseCase('port-mapping', 'inferred'), 'rs-refuses').remedy.why).toContain('the port is always that of the service');
  });

  test('where something listens on port 80 only the configuration tells', async () => {
    expect(rules(await diagnoseCase('port-mapping-served', 'given'))).toEqual(['port-mapping']);
    expect(rules(await diagnoseCase('port-mapping-served', 'inferred'))).toEqual([]);
  });
});

describe('reply-via-director: the real servers’ gateway is the director', () => {
  test.each(MODES)('roles %s: it drops the replies, whose source is its own address', async (mode) => {
    const { message, remedy } = of(await diagnoseCase('reply-via-director', mode), 'reply-via-director');
    expect(message).toContain('The director sends none of them on: their source is an address of its own');
    expect(remedy.steps[0]!.commands.join('\n')).toContain('ip route replace default via');
  });

  test.each(MODES)('roles %s: with accept_local it works, and is a warning', async (mode) => {
    const finding = of(await diagnoseCase('reply-via-director-acceptlocal', mode), 'reply-via-director');
    expect(finding.severity).toBe('warning');
    expect(finding.message).toContain('The director sends them on');
  });
});

describe('rs-not-adjacent: a real server in another subnet', () => {
  test('the copies go to a router, which sends them back', async () => {
    const diagnosis = await diagnoseCase('rs-not-adjacent', 'given');
    const { id, message, remedy } = of(diagnosis, 'rs-not-adjacent');
    expect(message).toContain('which is none of the real servers given, and never asks for the address of rs4');
    expect(remedy.why).toContain('a real server must be on a LAN of the director');
    expect(of(diagnosis, 'forwarding-loop').causedBy).toEqual([id]);
  });

  test('without roles the circle is told', async () => {
    const { message } = of(await diagnoseCase('rs-not-adjacent', 'inferred'), 'forwarding-loop');
    expect(message).toContain('the same datagram comes again with a lower TTL');
  });
});

/** The first finding of a rule, about a machine where one is named. */
function of(diagnosis: Diagnosis, rule: string, culprit?: string): Finding {
  const finding = diagnosis.findings.find((f) => f.rule === rule && (culprit === undefined || f.culprits.some((c) => c.name === culprit)));
  if (finding === undefined)
    throw new Error(`${rule} of ${culprit ?? 'anybody'} is not told, but ${rules(diagnosis).join(', ') || 'nothing'}`);
  return finding;
}

function rules(diagnosis: Diagnosis): string[] {
  return [...new Set(diagnosis.findings.map((f) => f.rule))];
}
