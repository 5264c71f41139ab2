import { describe, expect, test } from 'vitest';
import { rsAnswersArp as rule } from '../../src/rules/rs-answers-arp.ts';
import { connect, healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, host, lan, Story } from '../support/story.ts';

const { vip, gateway, director, backup, rs1, rs2, rs3, client, remote } = lan();
const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe('rs-answers-arp', () => {
  test('of very many real servers that answer all that are remembered are found, and none is passed', () => {
    const servers = Array.from({ length: 70 }, (_, i) => ({ ...host(`rs${i}`, 300 + i), ip: `203.0.114.${i + 1}` }));
    const story = healthy().whoHas(gateway, vip);
    for (const rs of servers) story.isAt(rs, vip, gateway);
    const judged = judge(story, { ...MIRROR, given: given({ vips: [vip], directors: [director], realServers: servers }) });
    expect(culpritsOf(judged, rule).sort()).toEqual(servers.slice(0, 63).map((rs) => rs.mac));
    expect(servers.slice(63).map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(Array(7).fill('not judged'));
  });

  test('a real server that answers ARP for the VIP is found', () => {
    const story = healthy().whoHas(gateway, vip).isAt(rs2, vip, gateway).isAt(director, vip, gateway);
    const asked = story.frame - 2;
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS101',
      severity: 'critical',
      confidence: 'confirmed',
      vip,
      culprits: [{ role: 'realServer', ip: rs2.ip, mac: rs2.mac }],
      count: 1,
      unit: 'frames',
    });
    expect(finding.message).toBe(
      `${rs2.mac} answers ARP for ${vip}: 1 reply, the first in frame ${asked + 1}, 0.1 ms after the request in frame ${asked} and before the director's own reply in frame ${asked + 2}.`,
    );
    expect(finding.evidence.map((e) => [e.frame, e.shows, e.says])).toEqual([
      [asked, 'cause', `ARP request: who has ${vip}, asked by ${gateway.mac}`],
      [asked + 1, 'fault', `ARP reply: ${vip} is at ${rs2.mac}`],
      [asked + 2, 'effect', `ARP reply: ${vip} is at ${director.mac}`],
    ]);
    expect([rs1, rs2].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'found']);
  });

  test('each real server that answers is a finding of its own, with all its replies counted', () => {
    const story = healthy();
    for (let i = 0; i < 5; i++) story.wait(1000).whoHas(gateway, vip).isAt(rs1, vip, gateway).isAt(rs2, vip, gateway);
    const judged = judge(story);
    expect(culpritsOf(judged, rule)).toEqual([rs1.mac, rs2.mac]);
    expect(judged.findings.map((f) => f.count)).toEqual([5, 5]);
    // Three replies prove it; more prove no more.
    expect(judged.findings[0]!.evidence.filter((e) => e.says.endsWith(rs1.mac))).toHaveLength(3);
  });

  test('a reply after the director’s own is as wrong', () => {
    const story = healthy().whoHas(gateway, vip).isAt(director, vip, gateway).isAt(rs1, vip, gateway);
    expect(onlyFinding(judge(story), rule).message).toContain(`and after the director's own reply in frame ${story.frame - 1}`);
  });

  test('a redirect to it tells why the gateway asked for the VIP; one to another machine does not', () => {
    const redirectedTo = (better: Host) => {
      const story = healthy().resolves(gateway, vip, rs1);
      const { quotedAnswer } = story.tcp(client, vip);
      return onlyFinding(judge(story.redirect({ ...gateway, ip: vip }, better, client.ip, quotedAnswer)), rule).message;
    };
    expect(redirectedTo(rs1)).toContain(`sends an ICMP redirect to ${rs1.mac} in frame`);
    expect(redirectedTo(rs2)).not.toContain('redirect');
  });

  test('a redirect tells nothing of answers to others, unasked or later ones', () => {
    const redirect = (story: Story) => story.redirect({ ...gateway, ip: vip }, rs1, client.ip, story.tcp(client, vip).quotedAnswer);
    for (const story of [
      redirect(healthy().resolves(client, vip, rs1)),
      redirect(healthy().isAt(rs1, vip, gateway)),
      redirect(healthy()).resolves(gateway, vip, rs1),
    ]) {
      expect(onlyFinding(judge(story), rule).message).not.toContain('redirect');
    }
  });

  test('a real server that answers for each of many VIPs is found for all of them', () => {
    const vips = Array.from({ length: 70 }, (_, i) => host('vip', 100 + i).ip);
    const story = new Story();
    for (const one of vips) {
      story.whoHas(gateway, one).isAt(director, one, gateway).isAt(rs2, one, gateway);
      for (const rs of [rs1, rs2]) story.tcp(remote, one).opens([gateway, director, rs], [rs, gateway]);
    }
    const { findings } = judge(story);
    expect(findings.map((f) => [f.rule, f.vip, f.confidence])).toEqual(vips.map((one) => [rule.name, one, 'confirmed']));
    expect(new Set(findings.flatMap((f) => f.culprits.map((c) => c.mac)))).toEqual(new Set([rs2.mac]));
  });

  test('an answer that nobody asked for is told by itself', () => {
    const story = healthy().announces(director, vip).isAt(rs1, vip, gateway);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.message).toBe(`${rs1.mac} answers ARP for ${vip}: 1 reply, the first in frame ${story.frame}.`);
    expect(finding.evidence.map((e) => e.frame)).toEqual([story.frame]);
  });

  test('an answer for the VIP is none for another machine, whatever addresses were given to the director', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    const withVip = { ...roles, directors: roles.directors.map((d) => ({ ...d, ips: [...d.ips, vip] })) };
    const story = healthy().resolves(gateway, vip, rs1);
    expect(onlyFinding(judge(story, { ...MIRROR, given: withVip }), rule).message).not.toContain('too, the address of another machine');
  });

  test('the remedy silences the real server, flushes the neighbours and announces the director', () => {
    const { remedy } = onlyFinding(judge(healthy().whoHas(gateway, vip).isAt(rs1, vip, gateway)), rule);
    expect(remedy.steps.map((step) => step.on)).toEqual([rs1.ip, 'the gateway and on-link clients', 'the director']);
    expect(remedy.steps.map((step) => step.commands.join('\n'))).toEqual([
      expect.stringMatching(
        /sysctl -w net\.ipv4\.conf\.all\.arp_ignore=1 net\.ipv4\.conf\.all\.arp_announce=2[\s\S]*ip addr replace 203\.0\.113\.100\/32 dev lo/,
      ),
      expect.stringContaining(`ip neigh flush to ${vip}`),
      `arping -U -c 3 -I eth0 ${vip}`,
    ]);
    expect(remedy.steps[0]!.commands.join('\n')).not.toContain('arp_ignore=8');
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy());
      expect(judged.findings).toEqual([]);
      expect([rs1, rs2].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed']);
    });

    test('for a director that is also a real server (localnode)', () => {
      const story = healthy();
      story.tcp(client, vip).opens([client, director], [director, client]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a backup director that answers after a failover', () => {
      const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1] });
      expect(judge(healthy().resolves(gateway, vip, backup), { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for a virtual MAC that the director hands requests to', () => {
      const virtual = { ...rs1, mac: '00:00:5e:00:01:0a' };
      const story = healthy();
      connect(story, virtual);
      const judged = judge(story.resolves(gateway, vip, virtual));
      expect(judged.verdicts.map((v) => v.subject)).toContain(virtual.mac);
      expect(judged.findings).toEqual([]);
    });

    test.each([
      [7, [rs1.mac]],
      [8, []],
    ])('for proxy ARP: a machine that answers for the VIP and %i more', (more, culprits) => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
      const story = new Story().resolves(gateway, vip, director);
      for (let n = 50; n < 50 + more; n++) story.resolves(gateway, host('behind', n).ip, rs1);
      story.wait(100).resolves(gateway, vip, rs1);
      expect(culpritsOf(judge(story, { ...MIRROR, given: roles }), rule)).toEqual(culprits);
    });

    test('for one that is only guessed to be a real server, and answers for many as their owners do', () => {
      const story = new Story().resolves(client, vip, rs1);
      for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director, rs);
      for (let n = 50; n < 60; n++) {
        const owner = host('neighbour', n);
        story.whoHas(gateway, owner.ip).isAt(owner, owner.ip, gateway).isAt(rs1, owner.ip, gateway);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('but not a real server that answers for all its neighbours as they do, as with a whole network on lo', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
      const story = new Story().resolves(gateway, vip, director);
      for (let n = 50; n < 60; n++) {
        const owner = host('neighbour', n);
        story.whoHas(gateway, owner.ip).isAt(owner, owner.ip, gateway).isAt(rs1, owner.ip, gateway);
      }
      story.wait(100).resolves(gateway, vip, rs1);
      expect(culpritsOf(judge(story, { ...MIRROR, given: roles }), rule)).toEqual([rs1.mac]);
      // Of a machine that serves nothing here it is not known what it is: two proxies answer alike too.
      expect(culpritsOf(judge(story, { ...MIRROR, given: given({ vips: [vip], directors: [director] }) }), rule)).toEqual([]);
    });

    test('but not a real server with many addresses of its own: it serves the VIP itself', () => {
      const hosts = (story: Story, beside = MIRROR) => {
        for (let n = 50; n < 60; n++) story.resolves(gateway, host('site', n).ip, rs1);
        return culpritsOf(judge(story.wait(100).resolves(gateway, vip, rs1), beside), rule);
      };
      expect(hosts(healthy())).toEqual([rs1.mac]);
      // Who routes, too, but not to the VIP: what it gets for that goes on.
      const story = new Story().resolves(gateway, vip, director);
      for (const rs of [rs2, rs3]) story.tcp(remote, vip).opens([gateway, director, rs1, rs], [rs, rs1, gateway]);
      expect(hosts(story)).toEqual([]);
      // Nor is it seen to serve where the next one's answer to it is not in the capture, or another one answers, or nobody.
      for (const tell of [
        (routes: Story) => routes.tcp(remote, vip).syn(gateway, director, rs1, rs2).synAck(rs1, gateway),
        (routes: Story) => routes.tcp(remote, vip).syn(gateway, director, rs1).synAck(rs2, gateway),
        (routes: Story) => routes.tcp(remote, vip).syn(gateway, director, rs1),
      ]) {
        const routes = new Story().resolves(gateway, vip, director);
        for (const rs of [rs2, rs3]) routes.tcp(remote, vip).opens([gateway, director, rs], [rs, gateway]);
        tell(routes);
        expect(hosts(routes, { ...MIRROR, given: given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] }) })).toEqual(
          [],
        );
      }
    });

    test('but not one that only announces many addresses, which others answer for', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
      const story = new Story().resolves(gateway, vip, director);
      for (let n = 50; n < 60; n++) story.announces(rs1, host('far', n).ip).resolves(gateway, host('far', n).ip, host('far', n));
      story.wait(100).resolves(gateway, vip, rs1);
      expect(culpritsOf(judge(story, { ...MIRROR, given: roles }), rule)).toEqual([rs1.mac]);
    });

    test('for a NAT service, where real servers do not hold the VIP', () => {
      const story = new Story().resolves(client, vip, director);
      for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director).translated(rs.ip, director, rs);
      story.resolves(client, vip, rs1);
      expect(judge(story).findings).toEqual([]);
    });
  });

  describe('is not judged', () => {
    test('when nobody asks for the VIP by broadcast', () => {
      const story = new Story();
      for (const rs of [rs1, rs2]) story.tcp(client, vip).opens([client, director, rs], [rs, client]);
      const [verdict] = judge(story).verdicts;
      expect(verdict).toMatchObject({ verdict: 'not judged', reason: `nobody asks for ${vip} by broadcast in this capture` });
    });

    test('when only it asks itself, or somebody checks the director’s entry', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
      for (const story of [new Story().whoHas(rs1, vip), new Story().checks(gateway, vip, director)]) {
        const [verdict] = judge(story, { ...MIRROR, given: roles }).verdicts;
        expect(verdict).toMatchObject({ subject: rs1.ip, reason: `nobody asks for ${vip} by broadcast in this capture` });
      }
    });

    test('at the director, where unicast replies of others do not pass', () => {
      const story = new Story().whoHas(gateway, vip).isAt(director, vip, gateway);
      for (const rs of [rs1, rs2]) story.tcp(lan().remote, vip).syn(gateway, director, rs);
      const [verdict] = judge(story, { point: 'director' }).verdicts;
      expect(verdict).toMatchObject({ verdict: 'not judged', reason: 'its unicast ARP replies do not pass this capture point' });
      expect(verdict!.capture).toMatch(/^on .*: tcpdump -i eth0 /);
    });

    test('of a real server whose MAC is not known', () => {
      const roles = {
        ...given({ vips: [vip], directors: [director] }),
        realServers: [{ name: 'web9', ips: [], macs: [], active: 'by-vrrp' as const }],
      };
      const [verdict] = judge(healthy(), { ...MIRROR, given: roles }).verdicts;
      expect(verdict).toMatchObject({ subject: 'web9', verdict: 'not judged', reason: expect.stringContaining('its MAC is not known') });
    });
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story().resolves(client, vip, rs1);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director, rs);
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
