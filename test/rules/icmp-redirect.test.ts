import { describe, expect, test } from 'vitest';
import { icmpRedirect as rule } from '../../src/rules/icmp-redirect.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('icmp-redirect (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, rs3, client, remote } = lan(version);

  const redirected = (by: Host, times = 1, story = healthy({ version }), better = gateway.ip) => {
    for (let i = 0; i < times; i++) {
      story.wait(1000);
      const flow = story.tcp(client, remote.ip).syn(client, by, gateway);
      story.redirect(by, client, better, flow.quoted);
    }
    return story;
  };

  test('a director that sends redirects is found: it routes for others', () => {
    const before = healthy({ version }).frame;
    const judged = judge(redirected(director, 5));
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS307',
      severity: 'warning',
      confidence: 'confirmed',
      culprits: [{ role: 'director', ip: director.ip, mac: director.mac }],
      count: 5,
      unit: 'frames',
    });
    expect(finding.message).toBe(
      `${director.mac} sends 5 ICMP redirects, first to ${client.mac} in frame ${before + 3}: packets that it got are routed out by the interface they came in on.`,
    );
    // Four of them prove it.
    expect(finding.evidence.map((e) => [e.frame - before, e.shows])).toEqual([
      [3, 'fault'],
      [6, 'fault'],
      [9, 'fault'],
      [12, 'fault'],
    ]);
    expect([director, rs1].map((m) => verdictOn(judged, rule, m.ip))).toEqual(['found', 'passed']);
  });

  test('so is a real server that does', () => {
    expect(culpritsOf(judge(redirected(rs2)), rule)).toEqual([rs2.mac]);
  });

  test('the remedy sets both values, and looks at the routes of those who got them', () => {
    const [sender, receivers] = onlyFinding(judge(redirected(rs2)), rule).remedy.steps;
    expect(sender!.on).toBe(rs2.ip);
    expect(sender!.commands[0]).toMatch(/all\.send_redirects=0 .*eth0\.send_redirects=0/);
    expect(receivers!.commands[0]).toContain('ip route show default');
  });

  test('a machine that serves two VIPs is told once', () => {
    const other = version === 4 ? '203.0.113.101' : '2001:db8::101';
    const story = healthy({ version }).resolves(client, other, director);
    story.tcp(client, other).opens([client, director, rs1], [rs1, client]);
    const judged = judge(redirected(director, 1, story));
    expect(judged.findings).toHaveLength(1);
    expect(judged.verdicts.filter((v) => v.subject === rs1.ip)).toHaveLength(1);
  });

  test('roles that are only guessed make it possible, not more: a client may have one router to the service, and another way back', () => {
    const story = new Story();
    const flow = story.tcp(client, vip).syn(client, gateway).synAck(rs1, client);
    story.redirect(gateway, client, rs1.ip, flow.quoted);
    expect(onlyFinding(judgeBy([rule], story), rule).confidence).toBe('possible');
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect([director, rs1, rs2, rs3].map((m) => verdictOn(judged, rule, m.ip))).toEqual(Array(4).fill('passed'));
    });

    test('for a one-arm gateway that redirects real servers to on-link clients', () => {
      const story = healthy({ version });
      const flow = story.tcp(client, vip).syn(client, director, rs1).synAck(rs1, gateway, client);
      story.redirect(gateway, rs1, client.ip, flow.quotedAnswer);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a director that is the gateway as well, as it was given', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2], gateways: [director] });
      expect(judge(redirected(director), { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for other errors of the same machines', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).syn(gateway, director, rs1);
      story.unreachable(rs1, { ...remote, mac: gateway.mac }, rs1.ip, flow.quoted);
      expect(judge(story).findings).toEqual([]);
    });
  });

  test('it is not judged of machines whose frames to others do not pass', () => {
    const judged = judge(atDirector([rs1, rs2], version), onDirector(version));
    expect(verdictOn(judged, rule, director.ip)).toBe('passed');
    expect(judged.verdicts.find((v) => v.subject === rs1.ip)).toMatchObject({
      verdict: 'not judged',
      reason: 'what it sends to others does not pass this capture point',
    });
  });

  test('in a capture on the director its own show', () => {
    const story = atDirector([rs1, rs2], version);
    expect(culpritsOf(judge(redirected(director, 1, story), onDirector(version)), rule)).toEqual([director.mac]);
  });

  test('without a cluster redirects are a router’s business', () => {
    expect(judge(redirected(gateway, 1, new Story())).verdicts).toEqual([]);
  });
});
