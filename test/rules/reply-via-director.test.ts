import { describe, expect, test } from 'vitest';
import { replyViaDirector as rule } from '../../src/rules/reply-via-director.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeAll, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('reply-via-director (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, rs3, client, remote } = lan(version);
  const astray = (...back: Host[]) => {
    const story = healthy({ version });
    for (let i = 0; i < 2; i++)
      story
        .tcp(remote, vip)
        .syn(gateway, director, rs2)
        .synAck(...back);
    return story;
  };

  test('a real server whose replies go to the director, which drops them, is found', () => {
    const before = healthy({ version }).frame;
    const judged = judge(astray(rs2, director));
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS304',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', ip: rs2.ip, mac: rs2.mac }],
      count: 2,
      unit: 'flows',
    });
    expect(finding.message).toContain(
      `${rs2.mac} sends replies from ${vip} to the director ${director.mac}: 2 flows, first in frame ${before + 3}. The director sends none of them on`,
    );
    expect(finding.evidence.slice(0, 3).map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'cause'],
      [3, 'fault'],
    ]);
    expect(finding.evidence.filter((e) => e.shows === 'fault').map((e) => e.frame - before)).toEqual([3, 6]);
    expect([rs1, rs2].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'found']);
    expect(finding.remedy.steps[0]).toMatchObject({ on: rs2.ip });
    expect(finding.remedy.steps[0]!.commands.join('\n')).toContain('ip route show default');
  });

  test('where the director sends them on it is only a warning', () => {
    const before = healthy({ version }).frame;
    const finding = onlyFinding(judge(astray(rs2, director, gateway)), rule);
    expect(finding.severity).toBe('warning');
    expect(finding.message).toContain(`The director sends them on, as in frame ${before + 4}, and carries what it should not.`);
    expect(finding.evidence.find((e) => e.frame === before + 4)!.shows).toBe('effect');
  });

  test('who got the request is innocent when another one answers it by way of the director', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director, rs1).synAck(rs2, director);
    expect(culpritsOf(judge(story), rule)).toEqual([rs2.mac]);
  });

  test('the first reply that goes to the director is cited, no request that was sent back there and no reply past it', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director, rs2, director, rs2).synAck(rs2, gateway).reply(rs2, director);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.message).toContain(`first in frame ${story.frame}.`);
    expect(finding.first).toBe(finding.last);
  });

  test('what the real server sends past the director later, or the director sends by itself before, is not sent on', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director, rs2).synAck(rs2, director).reply(rs2, gateway);
    story.tcp(remote, vip).syn(gateway, director, rs2).synAck(rs2, gateway).reset(director, gateway).reply(rs2, director);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({ severity: 'critical', count: 2 });
    expect(finding.message).toContain('The director sends none of them on');
  });

  test('a director that also brings packets to another VIP is no gateway by design', () => {
    const other = version === 4 ? '203.0.113.101' : '2001:db8::101';
    const story = healthy({ version }).resolves(gateway, other, backup);
    for (const rs of [rs1, rs2]) story.tcp(remote, other).syn(gateway, backup, rs).synAck(rs, backup);
    story.tcp(remote, vip).opens([backup, director, rs1], [rs1, gateway]);
    const roles = { vips: [vip, other] };
    expect(culpritsOf(judge(story, { ...MIRROR, given: given(roles) }), rule).sort()).toEqual([rs1.mac, rs2.mac]);
  });

  test('that only some are sent on shows in a frame of those, however late', () => {
    const story = astray(rs2, director);
    for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director, rs2).synAck(rs2, director);
    story.tcp(remote, vip).syn(gateway, director, rs2).synAck(rs2, director, gateway);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({ severity: 'warning', count: 6 });
    expect(finding.evidence.map((e) => e.frame)).toContain(story.frame);
  });

  test('that its connections hang then needs no finding of its own', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).syn(gateway, director, rs2).synAck(rs2, director);
    for (const ms of [1000, 2000]) {
      story.wait(ms);
      flow.syn(gateway, director, rs2).synAck(rs2, director);
    }
    expect(judgeAll(story, MIRROR).findings.map((f) => f.rule)).toEqual(['reply-via-director']);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed', 'passed']);
    });

    test('where the director is the router by design', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2], gateways: [director] });
      expect(judge(astray(rs2, director, gateway), { ...MIRROR, given: roles }).verdicts).toEqual([]);
      const other = given({ vips: [vip], directors: [director], realServers: [rs1, rs2], gateways: [gateway] });
      expect(judge(astray(rs2, director, gateway), { ...MIRROR, given: other }).findings).toHaveLength(1);
    });

    test('for health checks of the director to the VIP', () => {
      const story = healthy({ version });
      story.tcp(director, vip).opens([director, rs2], [rs2, director]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for answers of its own address to the director', () => {
      const story = healthy({ version });
      story.tcp(director, rs2.ip).opens([director, rs2], [rs2, director]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for NAT, where replies must take that way', () => {
      const story = new Story().resolves(gateway, vip, director);
      story.tcp(remote, vip).syn(gateway, director).translated(rs1.ip, director, rs1).synAck(rs1, director, gateway);
      expect(judge(story).verdicts).toEqual([]);
    });

    test('for a director that serves itself (localnode)', () => {
      const story = healthy({ version });
      story.tcp(client, vip).opens([client, director], [director, client]);
      expect(judge(story).findings).toEqual([]);
    });
  });

  describe('is not judged', () => {
    test('where its replies do not pass', () => {
      const judged = judge(atDirector([rs1, rs2], version), onDirector(version));
      expect(judged.findings).toEqual([]);
      expect(judged.verdicts[0]!.reason).toBe('its replies do not pass this capture point');
    });

    test('when it answers nothing', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
      const story = new Story();
      story.tcp(remote, vip).syn(gateway, director, rs1);
      expect(judge(story, { ...MIRROR, given: roles }).verdicts[0]!.reason).toBe('it answers nothing in this capture');
    });

    test('from frames without destination MAC (-i any)', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
      expect(judge(astray(rs2, director).onAny(), { ...MIRROR, given: roles }).verdicts[0]!.reason).toContain('-i any');
    });
  });

  test('on the director such replies do pass, and that is the fault', () => {
    const story = atDirector([rs1], version);
    story.tcp(remote, vip).syn(gateway, director, rs2).synAck(rs2, director);
    expect(onlyFinding(judge(story, onDirector(version)), rule).culprits[0]!.ip).toBe(rs2.ip);
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    for (const rs of [rs1, rs2]) {
      const flow = story.fromTtl(64).tcp(client, vip).syn(client, director, rs);
      story.fromTtl(50);
      flow.synAck(rs, director);
    }
    for (const finding of judge(story).findings) expect(finding.confidence).toBe('possible');
    expect(judge(story).findings).toHaveLength(2);
  });
});
