import { describe, expect, test } from 'vitest';
import { duplicateDirector as rule } from '../../src/rules/duplicate-director.ts';
import { adverts, handOver } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('duplicate-director (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, client } = lan(version);
  const roles = given({ vips: [vip], directors: [director, backup] });
  const two = { ...MIRROR, given: roles };
  const race = (story: Story) => story.whoHas(gateway, vip).isAt(backup, vip, gateway).isAt(director, vip, gateway).wait(500);

  test('two directors that answer the same question are found, both', () => {
    const judged = judge(race(healthy({ version })), two);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({ code: 'LVS405', severity: 'critical', confidence: 'confirmed' });
    expect(culpritsOf(judged, rule).sort()).toEqual([director.mac, backup.mac].sort());
    expect(finding.message).toContain(`The directors ${backup.mac} and ${director.mac} answer the same question for ${vip} (1 time)`);
    expect(verdictOn(judged, rule, vip)).toBe('found');
  });

  test('two directors that announce the VIP in turn are found', () => {
    const story = healthy({ version });
    for (const owner of [backup, director, backup, director]) story.announces(owner, vip).wait(2000);
    expect(onlyFinding(judge(story, two), rule)).toMatchObject({ confidence: 'probable' });
  });

  test('a question that a director and another machine answer is no race of directors', () => {
    const story = healthy({ version }).whoHas(gateway, vip).isAt(director, vip, gateway).isAt(client, vip, gateway).wait(500);
    for (const owner of [backup, director, backup, director]) story.announces(owner, vip).wait(2000);
    const finding = onlyFinding(judge(story, two), rule);
    expect(finding).toMatchObject({ confidence: 'probable', count: 5 });
    expect(finding.message).not.toContain('the same question');
  });

  test('of machines that announce the VIP in turn directors alone are told', () => {
    const story = healthy({ version });
    for (const owner of [backup, client, director, backup, client, director]) story.announces(owner, vip).wait(2000);
    expect(culpritsOf(judge(story, two), rule).sort()).toEqual([director.mac, backup.mac].sort());
  });

  test('one director that announces the VIP in turn with another machine is told by other rules', () => {
    const story = healthy({ version });
    for (const owner of [client, director, client, director]) story.announces(owner, vip).wait(2000);
    expect(verdictOn(judge(story, two), rule, vip)).toBe('passed');
  });

  test('a MAC is named only with a frame of its', () => {
    const card = { ...director, mac: '52:54:00:00:02:02' };
    const cards = { ...roles, directors: roles.directors.map((d, i) => (i === 0 ? { ...d, macs: [...d.macs, card.mac] } : d)) };
    const story = healthy({ version });
    for (const owner of [backup, director, backup, director, backup, card]) story.announces(owner, vip).wait(2000);
    const { message } = onlyFinding(judge(story, { ...MIRROR, given: cards }), rule);
    expect(message).toMatch(new RegExp(`^The directors ${director.mac} and ${backup.mac} claim`));
  });

  test('one that takes over from the other passes', () => {
    expect(verdictOn(judge(handOver(new Story(), director, backup, version), two), rule, vip)).toBe('passed');
  });

  test('a failover and its way back pass', () => {
    const story = handOver(new Story(), director, backup, version).wait(5000).announces(director, vip);
    expect(verdictOn(judge(story, two), rule, vip)).toBe('passed');
  });

  test('VRRP between them explains it', () => {
    const story = adverts(adverts(race(healthy({ version })), director, 3, { version }), backup, 3, { version });
    expect(verdictOn(judge(story, two), rule, vip)).toBe('passed');
  });

  test('VRRP of one of them alone does not', () => {
    expect(verdictOn(judge(adverts(race(healthy({ version })), director, 3, { version }), two), rule, vip)).toBe('found');
  });

  test('another machine that answers beside a director is told by other rules', () => {
    const story = healthy({ version }).whoHas(gateway, vip).isAt(director, vip, gateway).isAt(client, vip, gateway);
    expect(verdictOn(judge(story, two), rule, vip)).toBe('passed');
  });

  test('directors behind a router that shares out (ECMP) claim no VIP', () => {
    const story = new Story().resolves(gateway, director.ip, director).resolves(gateway, backup.ip, backup);
    for (const d of [director, backup]) story.tcp('198.51.100.9', vip).opens([gateway, d, rs1], [rs1, gateway]);
    expect(judge(story, two).findings).toEqual([]);
  });

  test('two cards of one director are one', () => {
    const judged = judge(race(healthy({ version }).announces(backup, director.ip)), two);
    expect(verdictOn(judged, rule, vip)).toBe('passed');
  });

  test('where only one director is asked, by unicast, nothing is judged', () => {
    const story = new Story().checks(gateway, vip, director).isAt(director, vip, gateway);
    expect(verdictOn(judge(story, two), rule, vip)).toBe('not judged');
    expect(verdictOn(judge(story.whoHas(client, vip), two), rule, vip)).toBe('passed');
  });

  test('where the answers of both do not pass, nothing is judged', () => {
    expect(
      verdictOn(
        judge(healthy({ version }), {
          point: 'real-server',
          given: given({ vips: [vip], directors: [director, backup], realServers: [rs1] }),
        }),
        rule,
        vip,
      ),
    ).toBe('not judged');
  });
});
