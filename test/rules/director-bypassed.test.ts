import { describe, expect, test } from 'vitest';
import { directorBypassed as rule } from '../../src/rules/director-bypassed.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, firstFrames, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('director-bypassed (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, rs3, client, remote } = lan(version);
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3], gateways: [gateway] });

  test('new requests that go straight to a real server are found, with how many of all', () => {
    const story = healthy({ version });
    const before = story.frame;
    for (let i = 0; i < 2; i++) story.tcp(remote, vip, { clientPort: 6000 + i }).opens([gateway, rs2], [rs2, gateway]);
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS104',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', ip: rs2.ip, mac: rs2.mac }],
      count: 2,
      unit: 'requests',
    });
    expect(finding.message).toBe(
      `2 new requests of 5 to ${vip} went from ${gateway.mac} straight to ${rs2.mac}, not through a director; the first in frame ${before + 1}.`,
    );
    expect(finding.evidence.map((e) => e.frame)).toEqual([before + 1, before + 4]);
    expect(finding.evidence[0]!.says).toContain(`from ${gateway.mac} to ${rs2.mac}`);
    expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'found', 'passed']);
  });

  test('a request without an answer counts as one', () => {
    const story = healthy({ version });
    story.tcp(client, vip).syn(client, rs1);
    expect(culpritsOf(judge(story), rule)).toEqual([rs1.mac]);
  });

  test('the first datagram of a UDP flow is a new request too', () => {
    const story = healthy({ version });
    story.udp(client, vip).asks(client, rs1).answers(rs1, client);
    expect(onlyFinding(judge(story), rule).evidence[0]!.says).toMatch(/^first datagram /);
  });

  test('what is seen from its midst on is no new request of all', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).data(gateway, director, rs1);
    story.tcp(client, vip).syn(client, rs1);
    expect(onlyFinding(judge(story), rule).message).toMatch(/^1 new request of 4 /);
  });

  test('a request whose frames are not remembered cannot be told', () => {
    const story = healthy({ version });
    story.tcp(client, vip).syn(client, rs1);
    expect(judge(story, { ...MIRROR, remembered: firstFrames(0) }).findings).toEqual([]);
  });

  test('three requests prove it; more prove no more', () => {
    const story = healthy({ version });
    for (let i = 0; i < 8; i++) story.tcp(client, vip).opens([client, rs1], [rs1, client]).story.wait(100);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.count).toBe(8);
    expect(finding.evidence).toHaveLength(3);
  });

  test('the remedy silences the real server, then lets the sender learn anew', () => {
    const story = healthy({ version });
    story.tcp(client, vip).syn(client, rs1);
    const { remedy } = onlyFinding(judge(story), rule);
    expect(remedy.steps.map((step) => step.on)).toEqual([rs1.ip, expect.stringContaining(client.mac), 'the director']);
    expect(remedy.steps.flatMap((step) => step.commands).join('\n')).toMatch(
      version === 4 ? /arp_ignore=1[\s\S]*ip neigh flush to [\s\S]*arping -U/ : /\/128 dev lo[\s\S]*ip -6 neigh flush to [\s\S]*ndsend/,
    );
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
    });

    test('for health checks to the VIP whose client is the director', () => {
      const story = healthy({ version });
      for (const rs of [rs1, rs2]) story.tcp(director, vip).opens([director, rs], [rs, director]);
      expect(judge(story).findings).toEqual([]);
    });

    test.each([
      [4.9, 1, 0],
      [6, 1, 1],
      [4, 2, 1],
    ])(
      'for a copy %i ms after the capture begins, whose request may lie before it: of %i flows from there %i findings',
      (ms, flows, findings) => {
        const story = new Story().announces(client, client.ip).wait(ms - 0.2);
        for (let i = 0; i < flows; i++) story.tcp(remote, vip).syn(backup, rs1).synAck(rs1, gateway).story.wait(500);
        for (const rs of [rs1, rs2]) story.tcp(remote, vip).opens([gateway, director, rs], [rs, gateway]);
        expect(judge(story).findings).toHaveLength(findings);
      },
    );

    test('but not where one that is no example came later: the newest example is the one answered last', () => {
      const story = new Story();
      const sent = () => story.tcp(remote, vip).syn(backup, rs1);
      for (let i = 0; i < 3; i++) sent().synAck(rs1, gateway);
      const slow = sent();
      story.wait(500);
      sent().synAck(rs1, gateway);
      slow.synAck(rs1, gateway);
      for (const rs of [rs1, rs2]) story.tcp(remote, vip).opens([gateway, director, rs], [rs, gateway]);
      expect(culpritsOf(judge(story), rule)).toEqual([rs1.mac]);
    });

    describe('for health checks of a machine that nobody knows as a director', () => {
      const check = (story: Story, ...servers: (typeof rs1)[]) => {
        for (const rs of servers) story.tcp(backup, vip).opens([backup, rs], [rs, backup]);
        return story;
      };

      test('that goes from one real server to the next, and comes back', () => {
        expect(judge(check(healthy({ version }), rs1, rs2, rs3, rs1)).findings).toEqual([]);
        expect(judge(check(healthy({ version }), rs1, rs2, rs1)).findings).toEqual([]);
      });

      test('but not before it comes back: it may have learned anew, unseen', () => {
        expect(culpritsOf(judge(check(healthy({ version }), rs1, rs2, rs3)), rule)).toEqual([rs1.mac, rs2.mac, rs3.mac]);
      });

      test('nor where one of them claims the VIP, or nobody is seen to', () => {
        expect(culpritsOf(judge(check(healthy({ version }).announces(rs1, vip), rs1, rs2, rs1)), rule)).toEqual([rs1.mac, rs2.mac]);
        const story = check(new Story().resolves(backup, rs1.ip, rs1).wait(10), rs1, rs2, rs1);
        expect(culpritsOf(judge(story, { ...MIRROR, given: roles }), rule)).toEqual([rs1.mac, rs2.mac]);
      });
    });

    test('but not for a sender that leaves for a real server and comes back to another machine, or to a director that serves too', () => {
      const leaves = (story: Story, asked: typeof backup) => {
        for (const machine of [asked, rs1, asked]) story.tcp(client, vip).syn(client, machine);
        return story;
      };
      expect(culpritsOf(judge(leaves(healthy({ version }), backup), { ...MIRROR, given: roles }), rule)).toEqual([rs1.mac]);
      const localnode = given({ vips: [vip], directors: [director, backup], realServers: [director, rs1] });
      const story = leaves(new Story().announces(backup, vip).wait(10), director);
      expect(culpritsOf(judge(story, { ...MIRROR, given: localnode }), rule)).toEqual([rs1.mac]);
    });

    test('for health checks that leave a second card of the director, known by its address', () => {
      const card = { ...director, mac: '52:54:00:00:02:02' };
      const story = healthy({ version });
      story.tcp(director, vip).opens([card, rs1], [rs1, card]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a connection that moves to the real server in its midst', () => {
      const story = healthy({ version });
      story.tcp(client, vip).opens([client, director, rs1], [rs1, client]).data(client, rs1);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a director that nobody gave, or its second card, that claims the VIP and is asked', () => {
      const bonded = { ...director, mac: '52:54:00:00:02:02' };
      const owner = version === 4 ? '00:00:5e:00:01:33' : '00:00:5e:00:02:33';
      for (const [asked, sends] of [
        [bonded, bonded],
        [backup, backup],
        [{ ...backup, mac: owner }, backup],
      ] as const) {
        const story = healthy({ version }).announces(asked, vip);
        for (const rs of [rs1, rs2]) story.tcp(remote, vip).syn(gateway, asked).syn(sends, rs).synAck(rs, gateway);
        expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
        // A machine that does not claim it has no business with it.
        story.tcp(client, vip).syn(client, rs3);
        expect(culpritsOf(judge(story, { ...MIRROR, given: roles }), rule)).toEqual([rs3.mac]);
      }
    });

    test('but not for a request whose later packets go to the owner of the VIP', () => {
      const story = healthy({ version }).announces(rs2, vip);
      story.tcp(client, vip).syn(client, rs2).synAck(rs2, client).data(client, director);
      expect(culpritsOf(judge(story), rule)).toEqual([rs2.mac]);
    });

    test('for a connection of which only the middle is seen', () => {
      const story = healthy({ version });
      story.tcp(client, vip).data(client, rs1).reply(rs1, client);
      expect(judge(story).findings).toEqual([]);
    });

    test('for clients that use a real server’s own address', () => {
      const story = healthy({ version });
      story.tcp(client, rs1.ip).opens([client, rs1], [rs1, client]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a request that comes to a director by way of the real server', () => {
      const story = healthy({ version });
      story.tcp(client, vip).syn(client, rs1, director, rs2);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a request that one real server hands to another', () => {
      const story = healthy({ version });
      story.tcp(client, vip).syn(rs2, rs1);
      expect(judge(story).findings).toEqual([]);
    });

    test('at the gateway, where requests go to the director and the real server answers', () => {
      const story = new Story().resolves(gateway, vip, director);
      for (const rs of [rs1, rs2]) story.tcp(remote, vip).syn(gateway, director).synAck(rs, gateway);
      expect(judge(story, { point: 'gateway', given: roles }).findings).toEqual([]);
    });

    test('behind the director, where each request comes from it', () => {
      const story = new Story().whoHas(rs1, gateway.ip);
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).opens([director, rs1], [rs1, gateway]);
      expect(judge(story, { point: 'real-server', given: roles }).findings).toEqual([]);
    });
  });

  test('on the real server itself it is seen: the request comes from the gateway instead of the director', () => {
    const story = new Story().whoHas(rs1, gateway.ip).isAt(gateway, gateway.ip, rs1).wait(10);
    story.tcp(remote, vip).opens([director, rs1], [rs1, gateway]);
    story.tcp(remote, vip).opens([gateway, rs1], [rs1, gateway]);
    const judged = judge(story, { point: 'real-server', given: roles });
    expect(culpritsOf(judged, rule)).toEqual([rs1.mac]);
    expect(verdictOn(judged, rule, rs2.ip)).toBe('not judged');
  });

  describe('is not judged', () => {
    test('at the director: what goes past it does not pass there', () => {
      const story = new Story().resolves(gateway, vip, director);
      for (const rs of [rs1, rs2]) story.tcp(remote, vip).syn(gateway, director, rs);
      const [verdict] = judge(story, { point: 'director', given: roles }).verdicts;
      expect(verdict).toMatchObject({
        verdict: 'not judged',
        reason: 'requests that went straight to it would not pass this capture point',
      });
      expect(verdict!.capture).toContain(`on ${gateway.ip}: tcpdump`);
    });

    test('from frames without destination MAC (-i any)', () => {
      const [verdict] = judge(healthy({ version }).onAny(), { ...MIRROR, given: roles }).verdicts;
      expect(verdict).toMatchObject({ verdict: 'not judged', reason: expect.stringContaining('-i any') });
    });

    test('of a real server whose MAC is not known', () => {
      const unknown = { ...roles, realServers: [{ name: 'web9', ips: [], macs: [], active: 'by-vrrp' as const }] };
      const [verdict] = judge(healthy({ version }), { ...MIRROR, given: unknown }).verdicts;
      expect(verdict).toMatchObject({ subject: 'web9', verdict: 'not judged', reason: expect.stringContaining('its MAC is not known') });
    });

    test('without any new request', () => {
      const story = healthy({ version, connections: 0 });
      expect(judge(story, { ...MIRROR, given: roles }).verdicts[0]).toMatchObject({
        verdict: 'not judged',
        reason: `no new request to ${vip} is in this capture`,
      });
    });
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director, rs);
    story.wait(10).tcp(client, vip).syn(client, rs1);
    expect(judge(story).findings.map((f) => f.confidence)).toEqual(['possible']);
  });
});
