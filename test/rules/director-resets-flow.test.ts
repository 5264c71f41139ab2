import { describe, expect, test } from 'vitest';
import { directorResetsFlow as rule } from '../../src/rules/director-resets-flow.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('director-resets-flow (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, client, remote } = lan(version);
  const there = [gateway, director, rs1];
  const back = [rs1, gateway];
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
  const bothGiven = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] });
  const both = { ...MIRROR, given: bothGiven };
  const begun = (story: Story) => story.tcp(remote, vip).opens(there, back);

  test('an established connection that the director resets is found', () => {
    const story = healthy({ version });
    const before = story.frame;
    for (let i = 0; i < 2; i++) begun(story).data(gateway, director).reset(director, gateway);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({
      code: 'LVS213',
      severity: 'warning',
      confidence: 'confirmed',
      culprits: [{ role: 'director', mac: director.mac }],
      count: 2,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${director.mac} answers packets of 2 connections to ${vip} with a reset of its own, first in frame ${before + 7}: it has no entry for them.`,
    );
    expect(finding.evidence.slice(0, 5).map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'cause'],
      [3, 'cause'],
      [4, 'cause'],
      [7, 'fault'],
    ]);
    expect(finding.remedy.steps[0]!.commands.join('\n')).toMatch(/--timeout[\s\S]*--daemon[\s\S]*keepalived/);
  });

  test('after a failover both directors have it: the one did not tell, the other does not know', () => {
    const story = healthy({ version });
    begun(story).data(gateway, backup).reset(backup, gateway);
    const { culprits, evidence } = onlyFinding(judge(story, both), rule);
    expect(culprits.map((c) => c.mac)).toEqual([backup.mac, director.mac]);
    expect(evidence.map((e) => e.says.split(' ')[0])).toEqual(['SYN', 'SYN', 'answer', 'the', 'packet', 'reset']);
  });

  describe('a connection that had begun before the capture', () => {
    test('was the director’s if it forwarded it: probably it lost its entry', () => {
      const story = healthy({ version });
      story
        .tcp(remote, vip)
        .data(...there)
        .data(gateway, director)
        .reset(director, gateway);
      const finding = onlyFinding(judge(story), rule);
      expect(finding).toMatchObject({ confidence: 'probable', count: 1 });
      expect(finding.evidence[0]!.says).toMatch(/^packet /);
    });

    test('was another’s if the director has just announced itself', () => {
      const story = healthy({ version }).announces(backup, vip);
      story.tcp(remote, vip).data(gateway, backup).reset(backup, gateway);
      expect(onlyFinding(judge(story, both), rule).confidence).toBe('probable');
    });

    test('or if VRRP has', () => {
      const story = healthy({ version }).advert(backup, { vrid: 1, priority: 100, vips: [vip] });
      story.tcp(remote, vip).data(gateway, backup).reset(backup, gateway);
      expect(judge(story, both).findings).toHaveLength(1);
    });

    test('was not another’s if only that one announced itself', () => {
      const story = healthy({ version }).announces(director, vip).resolves(gateway, vip, backup);
      story.tcp(remote, vip).data(gateway, backup).reset(backup, gateway);
      expect(judge(story, both).findings).toEqual([]);
    });

    test('may be nobody’s: a reset is then what any machine answers', () => {
      const story = healthy({ version });
      story.tcp(remote, vip).data(gateway, director).reset(director, gateway);
      expect(judge(story).findings).toEqual([]);
      story.announces(director, vip);
      expect(judge(story).findings).toEqual([]);
    });
  });

  test('of connections that began before the capture only those that are reset count', () => {
    const story = healthy({ version });
    story
      .tcp(remote, vip)
      .data(...there)
      .reply(...back);
    begun(story).data(gateway, director).reset(director, gateway);
    expect(onlyFinding(judge(story), rule).count).toBe(1);
  });

  test('a reset of the real server is none of the director’s', () => {
    const story = healthy({ version });
    begun(story).reset(...back);
    const before = story.frame;
    begun(story)
      .reset(...back)
      .data(gateway, director)
      .reset(director, gateway);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({ count: 1, message: expect.stringContaining(`first in frame ${before + 8}:`) });
  });

  test('a director that serves as well is found when it resets what another real server serves', () => {
    const localnode = given({ vips: [vip], directors: [director], realServers: [director, rs1] });
    const story = healthy({ version });
    begun(story).data(gateway, director).reset(director, gateway);
    expect(culpritsOf(judge(story, { ...MIRROR, given: localnode }), rule)).toEqual([director.mac]);
  });

  describe('stays clean', () => {
    test('for a reset ahead of the handshake’s end', () => {
      const story = healthy({ version });
      story
        .tcp(remote, vip)
        .syn(...there)
        .reset(director, gateway)
        .synAck(...back)
        .ack(...there);
      expect(judge(story).findings).toEqual([]);
    });

    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, director.ip)).toBe('passed');
    });

    test('for a reset in answer to a request: the director has no such service, which another rule tells', () => {
      const story = healthy({ version });
      story.tcp(remote, vip).syn(gateway, director).refuse(director, gateway);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a reset of a connection that was never established', () => {
      const story = healthy({ version });
      story
        .tcp(remote, vip)
        .syn(...there)
        .reset(director, gateway);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a reset of the real server or the client', () => {
      const story = healthy({ version });
      begun(story).reset(rs1, gateway);
      begun(story).clientReset(there);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a director that serves itself (localnode)', () => {
      const story = healthy({ version });
      story.tcp(remote, vip).opens([gateway, director], [director, gateway]);
      story.tcp(remote, vip).opens([gateway, director], [director, gateway]).reset(director, gateway);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a director that serves as well, of whose answers the capture has only the reset', () => {
      const localnode = given({ vips: [vip], directors: [director], realServers: [director, rs1] });
      const story = healthy({ version });
      story.tcp(remote, vip).syn(gateway, director).ack(gateway, director).reset(director, gateway);
      expect(judge(story, { ...MIRROR, given: localnode }).findings).toEqual([]);
    });

    test('for a program of its own, whoever else is said to serve', () => {
      const story = healthy({ version });
      story.tcp(remote, vip, { port: 22 }).opens([gateway, director], [director, gateway]).reset(director, gateway);
      expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for what a real server or a director opens itself', () => {
      const story = healthy({ version });
      story.tcp(rs2, vip).opens([rs2, director, rs1], [rs1, rs2]).reset(director, rs2);
      story.tcp(backup, vip).opens([backup, director, rs1], [rs1, backup]).reset(director, backup);
      expect(judge(story, both).findings).toEqual([]);
    });

    test('for connections that bypass the director', () => {
      const story = healthy({ version });
      story.tcp(remote, vip).opens([gateway, rs1], back).data(gateway, director).reset(director, gateway);
      expect(judge(story).findings).toEqual([]);
    });
  });

  describe('is not judged', () => {
    test('on a real server', () => {
      const story = new Story();
      story.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway).ack(director, rs1);
      expect(judge(story, { point: 'real-server', given: roles }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: 'what the director sends to clients does not pass this capture point' },
      ]);
    });

    test('on one of two directors, while the other may have taken over', () => {
      const judged = judge(atDirector([rs1, rs2], version), {
        ...onDirector(version, { directors: [director, backup] }),
        point: 'director',
      });
      expect(judged.verdicts[0]!.reason).toContain('resets of the other director');
    });

    test('on a mirror both directors show', () => {
      expect(verdictOn(judge(healthy({ version }), both), rule, director.ip)).toBe('passed');
    });

    test('without an established connection', () => {
      const story = new Story();
      story.tcp(remote, vip).syn(...there);
      expect(judge(story, { ...MIRROR, given: roles }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: `no established connection to ${vip} passes it in this capture` },
      ]);
    });

    test('from frames without destination MAC (-i any)', () => {
      expect(judge(healthy({ version }).onAny(), { ...MIRROR, given: roles }).verdicts[0]!.reason).toContain('-i any');
    });
  });

  test('a capture on the director decides it', () => {
    const story = atDirector([rs1, rs2], version);
    expect(verdictOn(judge(story, onDirector(version)), rule, director.ip)).toBe('passed');
    story
      .tcp(remote, vip)
      .syn(...there)
      .ack(...there)
      .data(gateway, director)
      .reset(director, gateway);
    expect(culpritsOf(judge(story, onDirector(version)), rule)).toEqual([director.mac]);
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director, rs).ack(client, director, rs).reset(director, client);
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
