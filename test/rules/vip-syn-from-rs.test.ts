import { describe, expect, test } from 'vitest';
import { vipSynFromRs as rule } from '../../src/rules/vip-syn-from-rs.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeAll, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('vip-syn-from-rs (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, rs3, client, remote } = lan(version);

  test('a real server that asks for the VIP on the wire, from its own address, is found', () => {
    const story = healthy({ version });
    const before = story.frame;
    for (let i = 0; i < 2; i++) story.tcp(rs2, vip).opens([rs2, director, rs1], [rs1, rs2]);
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS306',
      severity: 'warning',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', ip: rs2.ip, mac: rs2.mac }],
      count: 2,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${rs2.mac} sends 2 requests for ${vip} onto the wire from its own address, first in frame ${before + 1}: it does not hold ${vip}.`,
    );
    expect(finding.evidence.slice(0, 2).map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'fault'],
      [2, 'effect'],
    ]);
    expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'found', 'passed']);
    expect(finding.remedy.steps[0]!.commands.at(-1)).toBe(`ip addr replace ${vip}/${version === 4 ? 32 : 128} dev lo`);
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story().resolves(rs1, gateway.ip, gateway);
    story.tcp(remote, vip).syn(gateway, director).synAck(rs1, gateway);
    story.tcp(rs1, vip).syn(rs1, director);
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });

  test('UDP counts as well', () => {
    const story = healthy({ version });
    story.udp(rs2, vip).asks(rs2, director);
    expect(onlyFinding(judge(story), rule).count).toBe(1);
  });

  test('requests of others that it routes on the same way are not counted with its own', () => {
    const story = healthy({ version });
    for (const from of [rs2, client, client]) story.tcp(from, vip).syn(rs2, director, rs1);
    expect(onlyFinding(judge(story), rule).count).toBe(1);
  });

  test('a request in its name that another machine brings is not its own', () => {
    const story = healthy({ version });
    story.tcp(rs2, vip).syn(gateway, director, rs2);
    expect(judge(story).findings).toEqual([]);
  });

  test('that it answers nothing is its effect', () => {
    const story = healthy({ version });
    story.tcp(rs3, vip).syn(rs3, director, rs1).synAck(rs1, rs3);
    for (let i = 0; i < 3; i++) story.wait(200).tcp(remote, vip).syn(gateway, director, rs3);
    const findings = judgeAll(story, MIRROR).findings;
    const mute = findings.find((f) => f.rule === 'rs-no-reply');
    expect(mute!.causedBy).toEqual([findings.find((f) => f.rule === rule.name)!.id]);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed', 'passed']);
    });

    test('for requests of others that it hands back', () => {
      const story = healthy({ version });
      story.tcp(remote, vip).syn(gateway, director, rs2, director, rs2);
      story.tcp(remote, vip).syn(rs2, director, rs1);
      expect(judge(story).findings).toEqual([]);
    });

    test('for what it asks of other addresses', () => {
      const story = healthy({ version });
      story.tcp(rs2, rs1.ip).opens([rs2, rs1], [rs1, rs2]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a second VIP that it does not serve', () => {
      const other = version === 4 ? '203.0.113.101' : '2001:db8::101';
      const story = healthy({ version }).resolves(client, other, director);
      story.tcp(client, other).opens([client, director, rs1], [rs1, client]);
      story.tcp(rs2, other).opens([rs2, director, rs1], [rs1, rs2]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a two-box cluster: the backup director is a real server too, and needs no VIP', () => {
      const roles = given({ vips: [vip], directors: [director, backup], realServers: [director, backup] });
      const story = healthy({ version });
      story.tcp(backup, vip).opens([backup, director], [director, backup]);
      expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for connections seen in mid-flow only', () => {
      const story = healthy({ version });
      story.tcp(rs2, vip).data(rs2, director, rs1);
      expect(judge(story).findings).toEqual([]);
    });
  });

  test('it is not judged where what it sends does not pass', () => {
    const judged = judge(atDirector([rs1, rs2], version), onDirector(version));
    expect(judged.verdicts.map((v) => v.reason)).toEqual(Array(3).fill('what it sends by itself does not pass this capture point'));
  });

  test('on the director its request shows, for it comes there', () => {
    const story = atDirector([rs1, rs2], version);
    story.tcp(rs2, vip).syn(rs2, director, rs1);
    expect(onlyFinding(judge(story, onDirector(version)), rule).culprits[0]!.ip).toBe(rs2.ip);
  });

  test('in a capture on the real server it passes', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    const story = new Story();
    story.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway);
    expect(verdictOn(judge(story, { point: 'real-server', given: roles }), rule, rs1.ip)).toBe('passed');
  });
});
