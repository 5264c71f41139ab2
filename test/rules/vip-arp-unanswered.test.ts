import { describe, expect, test } from 'vitest';
import { vipArpUnanswered as rule } from '../../src/rules/vip-arp-unanswered.ts';
import { adverts, serve } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

function inVain(story: Story, asker: Host, ip: string, times: number, every = 1001): Story {
  for (let i = 0; i < times; i++) story.whoHas(asker, ip).wait(every);
  return story;
}

describe.each([4, 6] as const satisfies Version[])('vip-arp-unanswered (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, client } = lan(version);
  const start = () => healthy({ version });

  test('three questions in two seconds without an answer are found, with who owned the VIP before', () => {
    const story = start();
    const before = story.frame;
    const judged = judge(inVain(story, gateway, vip, 3));
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS107',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'director', mac: director.mac }],
    });
    expect(finding.message).toContain(
      `${vip} 3 times in 2 seconds, first in frame ${before + 1}, and nobody answers. ${director.mac} claimed it until frame 2.`,
    );
    expect(verdictOn(judged, rule, vip)).toBe('found');
  });

  test('questions before the asker has learned where to send are found all the same', () => {
    const story = inVain(start(), gateway, vip, 3);
    serve(story.wait(10_000), director, rs1, version);
    expect(judge(story).findings).toHaveLength(1);
  });

  test('who was master then is named, not who became it later', () => {
    const story = inVain(adverts(start(), director, 3, { version }), gateway, vip, 3).wait(8000);
    adverts(story, backup, 3, { version });
    expect(culpritsOf(judge(story), rule)).toEqual([director.mac]);
  });

  test('a VRRP advert in the midst of it answers nobody', () => {
    const story = inVain(adverts(start(), backup, 1, { version }), gateway, vip, 2);
    inVain(adverts(story, director, 1, { version }), gateway, vip, 2);
    expect(onlyFinding(judge(story), rule).count).toBe(4);
  });

  test('where only an old owner is asked, by unicast, nothing is judged', () => {
    const story = new Story().resolves(client, rs1.ip, rs1);
    for (let i = 0; i < 3; i++) story.checks(gateway, vip, director).wait(1001);
    const roles = given({ vips: [vip], directors: [director] });
    expect(judge(story, { ...MIRROR, given: roles }).verdicts).toMatchObject([
      { verdict: 'not judged', reason: `nobody asks for ${vip} by broadcast in this capture` },
    ]);
  });

  test('an answered question passes', () => {
    expect(verdictOn(judge(start()), rule, vip)).toBe('passed');
  });

  test('two questions without an answer are none', () => {
    expect(verdictOn(judge(inVain(start(), gateway, vip, 2, 5000)), rule, vip)).toBe('passed');
  });

  test('three questions within less than two seconds are none', () => {
    expect(verdictOn(judge(inVain(start(), gateway, vip, 3, 990)), rule, vip)).toBe('passed');
  });

  test('unicast questions to an old owner are none: they probe a stale entry', () => {
    const story = start();
    for (let i = 0; i < 5; i++) story.checks(gateway, vip, director).wait(1001);
    expect(verdictOn(judge(story), rule, vip)).toBe('passed');
  });

  test('probes without sender address want no answer', () => {
    const story = start();
    for (let i = 0; i < 5; i++) story.probes(backup, vip).wait(1001);
    expect(verdictOn(judge(story), rule, vip)).toBe('passed');
  });

  test('a failover within ten seconds is waited for, not longer', () => {
    expect(verdictOn(judge(inVain(start(), gateway, vip, 3).wait(6900).announces(backup, vip)), rule, vip)).toBe('passed');
    const late = judge(inVain(start(), gateway, vip, 3).wait(7100).announces(backup, vip));
    expect(onlyFinding(late, rule).message).toContain('It is claimed again in frame');
  });

  test('who asks anew for each connection, and opens it, is answered where the capture does not see it', () => {
    const story = start();
    for (let i = 0; i < 3; i++) {
      story.wait(2000).whoHas(gateway, vip);
      if (i > 0) story.tcp(client, vip).syn(gateway, director);
    }
    expect(judge(story).findings).toEqual([]);
  });

  test('packets to an entry that was still good before the questions are no answer', () => {
    const story = start();
    story.tcp(client, vip).syn(gateway, director);
    expect(judge(inVain(story, gateway, vip, 3)).findings).toHaveLength(1);
  });

  test('a claim in the midst of the questions answers all of them', () => {
    const story = inVain(start(), gateway, vip, 2).wait(20_000).announces(director, vip).wait(20_000);
    expect(verdictOn(judge(inVain(story, gateway, vip, 2)), rule, vip)).toBe('passed');
  });

  test('of several directors the master is named', () => {
    const roles = given({ vips: [vip], directors: [director, backup] });
    const story = adverts(start(), backup, 4, { version });
    expect(culpritsOf(judge(inVain(story, gateway, vip, 4), { ...MIRROR, given: roles }), rule)).toEqual([backup.mac]);
  });

  test('the VRRP master is named, whoever else claimed the VIP last by ARP', () => {
    const roles = given({ vips: [vip], directors: [director, backup] });
    const story = adverts(start().announces(backup, vip), director, 4, { version });
    const judged = judge(inVain(story, gateway, vip, 4), { ...MIRROR, given: roles });
    expect(culpritsOf(judged, rule)).toEqual([director.mac]);
    expect(onlyFinding(judged, rule).message).toContain(`${backup.mac} claimed it until frame`);
  });

  test('the VRRP master is named, though another one announced the VIP since', () => {
    const roles = given({ vips: [vip], directors: [director, backup] });
    const story = adverts(start(), backup, 4, { version }).announces(director, vip);
    expect(culpritsOf(judge(inVain(story, gateway, vip, 4), { ...MIRROR, given: roles }), rule)).toEqual([backup.mac]);
  });

  test('a VRRP master that is no director is not named, nor one that claims the VIP only later', () => {
    const roles = given({ vips: [vip], directors: [director, backup] });
    const story = adverts(start().announces(rs1, vip), rs2, 4, { version });
    inVain(story, gateway, vip, 4).wait(8000).announces(backup, vip);
    adverts(story, backup, 2, { version });
    const judged = judge(story, { ...MIRROR, given: roles });
    expect(culpritsOf(judged, rule)).toEqual([director.mac]);
    expect(onlyFinding(judged, rule).message).toContain(`${rs1.mac} claimed it until frame`);
  });

  test('adverts after the questions are no answer that anybody hears', () => {
    const story = inVain(start(), gateway, vip, 4).wait(8000);
    expect(onlyFinding(judge(adverts(story, director, 2, { version })), rule).message).not.toContain('It is claimed again');
  });

  test('two questions in sight of the answers, and none comes: that is judged', () => {
    const roles = given({ vips: [vip], directors: [director] });
    expect(verdictOn(judge(inVain(new Story(), gateway, vip, 2), { ...MIRROR, given: roles }), rule, vip)).toBe('passed');
  });

  test('of several directors without VRRP the last owner is named', () => {
    const roles = given({ vips: [vip], directors: [director, backup] });
    const story = start().announces(backup, vip);
    expect(culpritsOf(judge(inVain(story, gateway, vip, 4), { ...MIRROR, given: roles }), rule)).toEqual([backup.mac]);
  });

  test('a real server that hears questions only does not judge whether they are answered', () => {
    const story = new Story();
    for (let i = 0; i < 5; i++) story.whoHas(gateway, vip).wait(1001).resolves(director, rs1.ip, rs1);
    const judged = judge(story, { point: 'real-server', given: given({ vips: [vip], directors: [director], realServers: [rs1] }) });
    expect(verdictOn(judged, rule, vip)).toBe('not judged');
  });

  test('a mirror that passes no answers to the asker does not judge, unless somebody says that it is one', () => {
    const story = serve(serve(new Story(), director, rs1, version), director, rs2, version);
    inVain(story, client, vip, 5);
    expect(verdictOn(judge(story, { point: null }), rule, vip)).toBe('not judged');
    expect(verdictOn(judge(story), rule, vip)).toBe('found');
  });

  test('where one of two machines captured, or only others are answered, nobody knows what passes', () => {
    const roles = given({ vips: [vip], directors: [director] });
    const between = new Story();
    between.tcp(lan(version).remote, vip).syn(gateway, director);
    expect(verdictOn(judge(inVain(between, gateway, vip, 4), { point: null, given: roles }), rule, vip)).toBe('not judged');
    const others = serve(serve(new Story(), director, rs1, version), director, rs2, version).resolves(client, rs1.ip, rs1);
    expect(verdictOn(judge(inVain(others, gateway, vip, 4), { point: null }), rule, vip)).toBe('not judged');
  });

  test('a VIP that nobody speaks of is not judged', () => {
    const roles = given({ vips: [vip], directors: [director] });
    const [verdict] = judge(new Story().resolves(gateway, rs1.ip, rs1), { ...MIRROR, given: roles }).verdicts;
    expect(verdict).toMatchObject({ verdict: 'not judged', reason: `nobody asks for ${vip} by broadcast in this capture` });
  });

  test('where nobody asks, nothing is judged', () => {
    const roles = given({ vips: [vip], directors: [director] });
    expect(verdictOn(judge(new Story().announces(director, vip), { ...MIRROR, given: roles }), rule, vip)).toBe('not judged');
  });
});
