import { describe, expect, test } from 'vitest';
import { ipvsSyncProblem as rule } from '../../src/rules/ipvs-sync-problem.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeAll, judgeBy, MIRROR, onlyFinding } from '../support/judged.ts';
import { lan, type Story } from '../support/story.ts';

const { vip, gateway, director, backup, rs1, rs2, remote, client } = lan();
const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] });
const beside = { ...MIRROR, given: roles };
const judge = (story: Story) => judgeBy([rule], story, beside);

describe('ipvs-sync-problem', () => {
  test('two directors that synchronise with different ids are found, both', () => {
    const story = healthy();
    const before = story.frame;
    story.syncs(director, 51).syncs(director, 51).syncs(backup, 52).syncs(director, 51).syncs(backup, 52);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({
      code: 'LVS212',
      severity: 'warning',
      confidence: 'confirmed',
      culprits: [
        { role: 'director', mac: director.mac },
        { role: 'director', mac: backup.mac },
      ],
      count: 2,
      unit: 'frames',
    });
    expect(finding.message).toBe(
      `${director.mac} sends IPVS sync messages with id 51 (frame ${before + 1}), ${backup.mac} sends IPVS sync messages with id 52 (frame ${before + 3}): each ignores the other.`,
    );
    expect(finding.evidence.map((e) => [e.frame - before, e.shows, e.says])).toEqual([
      [1, 'fault', `IPVS sync message from ${director.mac} with sync id 51`],
      [3, 'fault', `IPVS sync message from ${backup.mac} with sync id 52`],
    ]);
    expect(finding.remedy.steps.map((step) => step.on)).toEqual([director.ip, backup.ip]);
    expect(finding.remedy.steps[0]!.commands[0]).toContain('syncid');
  });

  test('one that was given the wrong id later is found as well', () => {
    const story = healthy().syncs(director, 51).syncs(backup, 51).syncs(director, 52);
    expect(onlyFinding(judge(story), rule).culprits).toHaveLength(2);
  });

  test('connections that the new director resets name it as their cause', () => {
    const story = healthy().syncs(director, 51).syncs(backup, 52);
    story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]).data(gateway, backup).reset(backup, gateway);
    const resets = judgeAll(story, beside).findings.find((f) => f.rule === 'director-resets-flow');
    expect(resets!.causedBy).toEqual([expect.stringContaining(rule.name)]);
  });

  test('of a director whose id was changed only the first one is cited', () => {
    const story = healthy();
    const before = story.frame;
    story.syncs(director, 51).syncs(backup, 52).syncs(director, 53);
    expect(onlyFinding(judge(story), rule).evidence.map((e) => e.frame - before)).toEqual([1, 2]);
  });

  test('the same id on both passes', () => {
    const judged = judge(healthy().syncs(director, 51).syncs(backup, 51));
    expect(judged.verdicts).toMatchObject([{ verdict: 'passed', subject: vip }]);
  });

  describe('stays clean', () => {
    test('for another cluster on the same LAN, which has its own id on purpose', () => {
      const story = healthy().syncs(director, 51).syncs(client, 99).syncs(backup, 51);
      expect(judge(story).verdicts).toMatchObject([{ verdict: 'passed' }]);
      expect(judge(healthy().syncs(director, 51).syncs(client, 99)).findings).toEqual([]);
    });

    test('for one director whose id was changed: with whom it disagrees is not seen', () => {
      expect(judge(healthy().syncs(director, 51).syncs(director, 52)).findings).toEqual([]);
    });
  });

  test('one director that synchronises alone is not judged', () => {
    expect(judge(healthy().syncs(director, 51)).verdicts).toMatchObject([
      {
        verdict: 'not judged',
        reason: 'only one director sends sync messages in this capture, so ids cannot be compared',
        capture: expect.stringContaining('224.0.0.81'),
      },
    ]);
  });

  test('without sync messages there is nothing to judge', () => {
    expect(judge(healthy()).verdicts).toEqual([]);
  });
});
