import { describe, expect, test } from 'vitest';
import { midFlowRsSwitch as rule } from '../../src/rules/mid-flow-rs-switch.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, firstFrames, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('mid-flow-rs-switch (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, client, remote } = lan(version);
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
  const begun = (story: Story) => story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);

  test('an established connection whose packets go to another real server is found', () => {
    const story = healthy({ version });
    const before = story.frame;
    for (let i = 0; i < 2; i++) begun(story).data(gateway, director, rs2).reset(rs2, gateway);
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS209',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'director', mac: director.mac }],
      count: 2,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${director.mac} sends packets of 2 established connections to ${vip} to a second real server: first to ${rs1.mac}, from frame ${before + 7} on to ${rs2.mac}.`,
    );
    // SYN, copy, SYN-ACK, ACK; the copy that went elsewhere; the reset that it drew.
    expect(finding.evidence.slice(0, 6).map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'cause'],
      [3, 'cause'],
      [4, 'cause'],
      [7, 'fault'],
      [8, 'effect'],
    ]);
    expect(finding.remedy.steps[0]!.commands.join('\n')).toMatch(/sloppy_tcp[\s\S]*--timeout[\s\S]*jhash/);
  });

  test('after a failover the new director is the culprit', () => {
    const story = healthy({ version });
    begun(story).data(gateway, backup, rs2);
    const both = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] });
    expect(culpritsOf(judge(story, { ...MIRROR, given: both }), rule)).toEqual([backup.mac]);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, director.ip)).toBe('passed');
    });

    test('for a SYN that is scheduled anew: the first real server had not answered', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).syn(gateway, director, rs1);
      story.wait(1000);
      flow.syn(gateway, director, rs2).synAck(rs2, gateway).ack(gateway, director, rs2);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a new connection from the same port', () => {
      const story = healthy({ version });
      story.tcp(remote, vip, { clientPort: 5000 }).opens([gateway, director, rs1], [rs1, gateway]);
      story.wait(1000);
      story.tcp(remote, vip, { clientPort: 5000, isn: 77 }).opens([gateway, director, rs2], [rs2, gateway]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a new connection from the same port whose SYN the capture lost, with its copy', () => {
      const story = healthy({ version });
      story.tcp(remote, vip, { clientPort: 5000 }).opens([gateway, director, rs1], [rs1, gateway]);
      story.wait(1000);
      const flow = story.tcp(remote, vip, { clientPort: 5000, isn: 77 }).synAck(rs2, gateway);
      flow.ack(gateway, director, rs2).data(gateway, director, rs2);
      expect(judge(story).findings).toEqual([]);
    });

    test('for directors in two tiers, where the capture lost a frame between them', () => {
      const story = healthy({ version });
      for (let i = 0; i < 2; i++) story.tcp(remote, vip).opens([gateway, director, backup, rs1], [rs1, gateway]);
      const flow = story.tcp(remote, vip).syn(gateway, director).syn(backup, rs1).synAck(rs1, gateway);
      flow.ack(gateway, director, backup, rs1);
      expect(judge(story).findings).toEqual([]);
    });

    test('for UDP, where each packet may be scheduled for itself', () => {
      const story = healthy({ version });
      const flow = story.udp(remote, vip);
      for (const rs of [rs1, rs2]) flow.asks(gateway, director, rs).answers(rs, gateway);
      expect(judge(story).findings).toEqual([]);
    });

    test('for the second card of a bonded real server', () => {
      const card = { ...host('rs1b', 40, version), ip: rs1.ip };
      const story = healthy({ version });
      begun(story).data(gateway, director, card);
      const bonded = { ...roles, realServers: [{ ...roles.realServers[0]!, macs: [rs1.mac, card.mac] }, roles.realServers[1]!] };
      expect(judge(story, { ...MIRROR, given: bonded }).findings).toEqual([]);
      expect(judge(story, { ...MIRROR, given: roles }).findings).toHaveLength(1);
    });

    test('for a real server’s address that another MAC claims: its bond fails over, or the machine is replaced', () => {
      const moves = (address: string) => {
        const card = { ...host('rs1b', 40, version), ip: address };
        const story = healthy({ version });
        const flow = begun(story);
        story.announces(rs1, address).announces(card, address);
        flow.data(gateway, director, card);
        return judge(story, { ...MIRROR, given: roles }).findings;
      };
      expect(moves(rs1.ip)).toEqual([]);
      expect(moves(vip)).toHaveLength(1);
    });

    test('for a real server of which nothing is seen, and that gets packets from both cards of a director', () => {
      const card = { ...director, mac: '52:54:00:00:02:02' };
      const story = new Story().resolves(gateway, vip, director);
      story.tcp(remote, vip).syn(gateway, director, rs1).ack(gateway, director, rs1).data(gateway, card, rs1);
      const cards = given({ vips: [vip], directors: [director, card], realServers: [] });
      expect(judge(story, { ...MIRROR, given: cards }).findings).toEqual([]);
    });

    test('for what moves between the two cards of a director', () => {
      const inner = host('inner', 41, version);
      const cards = { ...roles, directors: [{ ...roles.directors[0]!, macs: [director.mac, inner.mac] }] };
      const story = healthy({ version });
      begun(story).data(gateway, director, inner);
      expect(judge(story, { ...MIRROR, given: cards }).findings).toEqual([]);
    });

    test('where the frame that went elsewhere is not remembered', () => {
      const story = healthy({ version });
      begun(story).data(gateway, director, rs2);
      expect(judge(story, { ...MIRROR, remembered: firstFrames(4) }).findings).toEqual([]);
    });

    test('for a connection that another machine than a director sent to its first real server', () => {
      const story = healthy({ version });
      story.tcp(client, vip).opens([client, gateway, rs1], [rs1, client]).data(client, director, rs2).fin(client, director, rs1);
      expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for what a director hands over to its peer on the way', () => {
      const both = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] });
      const story = healthy({ version });
      begun(story).data(gateway, backup, director, rs1);
      const judged = judge(story, { ...MIRROR, given: both });
      expect(judged.findings.flatMap((f) => f.culprits.map((c) => c.mac))).not.toContain(director.mac);
    });
  });

  describe('is not judged', () => {
    test('on a real server', () => {
      const story = new Story();
      story.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway);
      expect(judge(story, { point: 'real-server', given: roles }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: 'what the director sends to real servers does not pass this capture point' },
      ]);
    });

    test('when it sends nothing on', () => {
      const story = new Story();
      story.tcp(remote, vip).syn(gateway, director);
      expect(judge(story, { ...MIRROR, given: roles }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: `it sends no request for ${vip} on in this capture` },
      ]);
    });

    test('from frames without destination MAC (-i any)', () => {
      expect(judge(healthy({ version }).onAny(), { ...MIRROR, given: roles }).verdicts[0]!.reason).toContain('-i any');
    });
  });

  test('a capture on the director decides it', () => {
    const story = atDirector([rs1, rs2], version);
    expect(verdictOn(judge(story, onDirector(version)), rule, director.ip)).toBe('passed');
    const there = [gateway, director, rs1];
    story
      .tcp(remote, vip)
      .syn(...there)
      .ack(...there)
      .data(gateway, director, rs2);
    expect(culpritsOf(judge(story, onDirector(version)), rule)).toEqual([director.mac]);
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    story.tcp(client, vip).syn(client, director, rs1).ack(client, director, rs1).data(client, director, rs2);
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
