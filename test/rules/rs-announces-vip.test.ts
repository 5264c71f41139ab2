import { describe, expect, test } from 'vitest';
import { rsAnnouncesVip as rule } from '../../src/rules/rs-announces-vip.ts';
import { connect, healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story } from '../support/story.ts';

const { vip, gateway, director, backup, rs1, rs2, rs3, remote, client } = lan();
const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);
const commands = (story: Story) => onlyFinding(judge(story), rule).remedy.steps[0]!.commands.join('\n');

describe('rs-announces-vip', () => {
  test('a real server that asks for the gateway with the VIP as its own address is found', () => {
    const story = healthy().whoHas(rs1, gateway.ip, vip);
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS102',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', ip: rs1.ip, mac: rs1.mac }],
      count: 1,
      unit: 'frames',
    });
    expect(finding.message).toBe(
      `${rs1.mac} asks for ${gateway.ip} with ${vip} as its own address (1 ARP request), first in frame ${story.frame}. Neighbours that hold an entry for ${vip} overwrite it with this MAC.`,
    );
    expect(finding.evidence).toMatchObject([
      { frame: story.frame, shows: 'fault', says: `ARP request: who has ${gateway.ip}, tell ${vip} at ${rs1.mac}` },
    ]);
    expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['found', 'passed', 'passed']);
  });

  test.each(['request', 'reply'] as const)('a gratuitous ARP %s of a real server for the VIP is found, and told as that', (operation) => {
    const finding = onlyFinding(judge(healthy().announces(rs2, vip, operation)), rule);
    expect(finding.culprits.map((c) => c.mac)).toEqual([rs2.mac]);
    expect(finding.message).toContain(`announces ${vip} unasked (1 gratuitous ARP frame)`);
  });

  test('who does both is told both, with a frame of each', () => {
    const story = healthy();
    for (let i = 0; i < 6; i++) story.wait(1000).whoHas(rs1, gateway.ip, vip);
    story.announces(rs1, vip);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.message).toContain('(6 ARP requests) and announces');
    expect(finding.count).toBe(7);
    expect(finding.evidence.some((e) => e.says.startsWith('gratuitous ARP'))).toBe(true);
  });

  test('of many announcements the first four and the newest are shown', () => {
    const story = healthy();
    const before = story.frame;
    for (let i = 0; i < 5; i++) story.wait(1000).announces(rs1, vip).whoHas(rs1, gateway.ip, vip);
    const frames = onlyFinding(judge(story), rule).evidence.map((e) => e.frame - before);
    expect(frames).toEqual([1, 2, 3, 4, 10]);
  });

  test('the remedy for requests is arp_announce, for gratuitous ARP what sends it', () => {
    expect(commands(healthy().whoHas(rs1, gateway.ip, vip))).toMatch(/arp_announce=2/);
    expect(commands(healthy().whoHas(rs1, gateway.ip, vip))).not.toMatch(/grep/);
    expect(commands(healthy().announces(rs1, vip))).toMatch(/grep -rn '203\.0\.113\.100'/);
    expect(commands(healthy().announces(rs1, vip))).not.toMatch(/arp_announce/);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy());
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
    });

    test('for the director’s own announcements', () => {
      const story = healthy().announces(director, vip).announces(director, vip, 'reply').whoHas(director, gateway.ip, vip);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a virtual MAC that the director hands requests to', () => {
      const virtual = { ...rs1, mac: '00:00:5e:00:01:0a' };
      const story = healthy();
      connect(story, virtual);
      expect(judge(story.announces(virtual, vip)).findings).toEqual([]);
    });

    test('for probes without sender address', () => {
      expect(judge(healthy().probes(rs1, vip)).findings).toEqual([]);
    });

    test('for a real server that announces its own address', () => {
      expect(judge(healthy().announces(rs1, rs1.ip)).findings).toEqual([]);
    });

    test('for a real server that VRRP has made master', () => {
      const story = healthy()
        .advert(director, { vrid: 1, priority: 150, vips: [vip] })
        .wait(20_000);
      story.advert(rs1, { vrid: 1, priority: 100, vips: [vip] }).announces(rs1, vip);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a backup director given as such', () => {
      const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1] });
      expect(judge(healthy().announces(backup, vip), { ...MIRROR, given: roles }).findings).toEqual([]);
    });
  });

  test('a real server that resolves no neighbour has no chance to do wrong, and is not judged', () => {
    const story = new Story().resolves(gateway, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(remote, vip).opens([gateway, director, rs], [rs, gateway]);
    expect(judge(story).verdicts[0]).toMatchObject({
      verdict: 'not judged',
      reason: 'it resolves no neighbour in this capture, so its choice of sender address does not show',
    });
  });

  test('its answers, and questions of another machine that uses its address, give it no such chance', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
    const story = new Story().resolves(director, rs1.ip, rs1).whoHas({ ...rs2, ip: rs1.ip }, gateway.ip);
    expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, rs1.ip)).toBe('not judged');
  });

  test('a broadcast shows wherever the capture was taken', () => {
    const story = new Story().whoHas(gateway, vip).isAt(director, vip, gateway);
    for (const rs of [rs1, rs2]) story.tcp(remote, vip).syn(gateway, director, rs);
    story.whoHas(rs2, gateway.ip, vip).whoHas(rs1, gateway.ip);
    const judged = judge(story, { point: 'director', given: given({ vips: [vip], directors: [director], realServers: [rs1, rs2] }) });
    expect(culpritsOf(judged, rule)).toEqual([rs2.mac]);
    expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story().whoHas(rs1, client.ip, vip);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director, rs);
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
