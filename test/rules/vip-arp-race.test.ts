import { describe, expect, test } from 'vitest';
import { vipArpRace as rule } from '../../src/rules/vip-arp-race.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { host, lan, Story } from '../support/story.ts';

const { vip, gateway, director, backup, rs1, rs2, client } = lan();
const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);
const raced = (...owners: (typeof rs1)[]) => {
  const story = new Story().whoHas(client, vip);
  for (const owner of owners) story.isAt(owner, vip, client);
  return story;
};

describe('vip-arp-race', () => {
  test('two machines that answer one request are found, both as culprits, where nobody knows which is right', () => {
    const story = raced(rs1, director);
    story.tcp(client, vip).opens([client, rs1], [rs1, client]);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({ code: 'LVS105', severity: 'critical', confidence: 'confirmed', vip, count: 1, unit: 'requests' });
    expect(finding.culprits.map((c) => [c.role, c.mac])).toEqual([
      ['other', rs1.mac],
      ['other', director.mac],
    ]);
    expect(finding.message).toBe(
      `${rs1.mac}, ${director.mac} answer the same ARP request for ${vip}: 1 request with several answers, the first in frame 1. If ${vip} is a VIP, all but the director must be silent about it.`,
    );
    expect(finding.evidence.map((e) => [e.frame, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'fault'],
      [3, 'fault'],
    ]);
    expect(finding.remedy.why).toContain(`--vip ${vip} and --director`);
  });

  test('where no flow goes to the address it is probable only', () => {
    expect(onlyFinding(judge(raced(rs1, director)), rule).confidence).toBe('probable');
  });

  test('in a known cluster the machine without a role is the culprit', () => {
    const story = healthy().whoHas(gateway, vip).isAt(director, vip, gateway).isAt(backup, vip, gateway);
    expect(culpritsOf(judge(story), rule)).toEqual([backup.mac]);
  });

  test('of many races two are shown, and all are counted', () => {
    const story = new Story();
    for (let i = 0; i < 5; i++) story.whoHas(client, vip).isAt(rs1, vip, client).isAt(rs2, vip, client).wait(1000);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.count).toBe(5);
    expect(finding.evidence.map((e) => e.frame)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('of thirty machines that answer as many are named as can be cited, and all are counted', () => {
    const owners = Array.from({ length: 30 }, (_, i) => host('owner', 300 + i));
    const story = raced(...owners)
      .wait(1000)
      .whoHas(client, vip);
    for (const owner of owners.toReversed()) story.isAt(owner, vip, client);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.culprits).toHaveLength(30);
    expect(finding.evidence).toHaveLength(24);
    expect(finding.message).toContain(`${owners[29]!.mac}, `);
    expect(finding.message).toContain(' and 8 more machines answer the same ARP request');
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy());
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, vip)).toBe('passed');
    });

    test('between director and real server of a known cluster: that is told by rs-answers-arp', () => {
      expect(judge(healthy().whoHas(gateway, vip).isAt(director, vip, gateway).isAt(rs1, vip, gateway)).findings).toEqual([]);
    });

    test('for a mirror that shows one answer twice', () => {
      expect(judge(new Story().whoHas(client, vip).again().isAt(director, vip, client).again()).findings).toEqual([]);
    });

    test.each(['00:07:b4:00:01:01', '00:00:5e:00:01:05', '02:bf:0a:00:00:01'])('for the virtual MAC %s beside a real one', (mac) => {
      expect(judge(raced(director, { ...backup, mac })).findings).toEqual([]);
    });

    test('for one machine with two cards', () => {
      const roles = given({ vips: [vip], directors: [director] });
      const both = { ...roles, directors: [{ ...roles.directors[0]!, macs: [director.mac, backup.mac] }] };
      expect(judge(raced(director, backup), { ...MIRROR, given: both }).findings).toEqual([]);
    });

    test.each([
      [6, 2],
      [7, 0],
    ])('for proxy ARP: one that answers for this address and %i more leaves %i racers', (more, racers) => {
      const story = new Story();
      for (let n = 50; n < 50 + more; n++) story.resolves(client, host('behind', n).ip, gateway);
      story.wait(100).whoHas(client, vip).isAt(rs1, vip, client).isAt(gateway, vip, client);
      expect(culpritsOf(judge(story), rule)).toHaveLength(racers);
    });

    test('for another address of a known cluster: two owners of it are a duplicate IP', () => {
      expect(judge(healthy().whoHas(gateway, client.ip).isAt(rs1, client.ip, gateway).isAt(client, client.ip, gateway)).findings).toEqual(
        [],
      );
    });
  });

  test('where a service is raced for, two owners of an address that serves nothing are a duplicate IP', () => {
    const story = raced(rs1, director).wait(1000).whoHas(client, rs2.ip).isAt(rs2, rs2.ip, client).isAt(rs1, rs2.ip, client);
    expect(judge(story).findings.map((f) => f.vip)).toEqual([vip, rs2.ip]);
    story.tcp(client, vip).opens([client, rs1], [rs1, client]);
    expect(judge(story).findings.map((f) => f.vip)).toEqual([vip]);
  });

  test('a service that one machine owns does not make another address a duplicate IP', () => {
    const story = raced(rs1, director).wait(1000).resolves(client, rs2.ip, rs2);
    story.tcp(client, rs2.ip).opens([client, rs2], [rs2, client]);
    expect(judge(story).findings.map((f) => f.vip)).toEqual([vip]);
  });

  test('where it is not known who captured, one answer is no proof of silence', () => {
    const story = new Story().resolves(client, vip, director);
    expect(judge(story, {}).verdicts).toMatchObject([{ subject: vip, verdict: 'not judged' }]);
  });

  test('two machines race over neighbour discovery too', () => {
    const six = lan(6);
    const story = new Story().whoHas(six.client, six.vip).isAt(six.rs1, six.vip, six.client).isAt(six.rs2, six.vip, six.client);
    expect(culpritsOf(judge(story), rule)).toEqual([six.rs1.mac, six.rs2.mac]);
    const commands = onlyFinding(judge(story), rule).remedy.steps.flatMap((step) => step.commands);
    expect(commands).toContain(`ip -6 addr replace ${six.vip}/128 dev lo preferred_lft 0`);
    expect(commands.join()).not.toContain('/32');
  });

  test('one machine beside those with a role is told as one', () => {
    const story = healthy().whoHas(gateway, vip).isAt(director, vip, gateway).isAt(backup, vip, gateway);
    expect(judge(story).headlines).toEqual([`machine ${backup.mac} answers ARP for ${vip} beside another machine`]);
    expect(judge(raced(rs1, rs2)).headlines).toEqual([`2 machines answer ARP for ${vip} at the same time`]);
  });
});
