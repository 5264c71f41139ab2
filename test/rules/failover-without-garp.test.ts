import { describe, expect, test } from 'vitest';
import { failoverWithoutGarp as rule } from '../../src/rules/failover-without-garp.ts';
import { adverts, handOver, serve } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('failover-without-garp (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2 } = lan(version);
  const directed = () => adverts(healthy({ version }), director, 4, { version });
  const takenOver = (story: Story) => adverts(story, backup, 5, { version });

  test('a new master is not judged where more machines claimed the VIP before than are remembered, unless it is one of these', () => {
    const claimed = (story: Story) => {
      for (let i = 0; i < 70; i++) story.announces(host('rs', 300 + i, version), vip);
      return story.wait(5000);
    };
    expect(verdictOn(judge(takenOver(claimed(directed()).announces(backup, vip))), rule, vip)).toBe('not judged');
    expect(verdictOn(judge(takenOver(claimed(directed().announces(backup, vip)))), rule, vip)).toBe('found');
  });

  test('a new VRRP master that does not announce the VIP is found, with when a neighbour learned of it', () => {
    const story = directed();
    const frame = story.frame + 1;
    takenOver(story).resolves(gateway, vip, backup);
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS402',
      severity: 'warning',
      confidence: 'confirmed',
      culprits: [{ role: 'director', mac: backup.mac }],
    });
    expect(finding.message).toContain(
      `${backup.mac} becomes VRRP master of ${vip} in place of ${director.mac} in frame ${frame} and sends no`,
    );
    expect(finding.message).toContain(`A neighbour learns of it by asking in frame ${story.frame}, 5.0 s later.`);
    expect(verdictOn(judged, rule, vip)).toBe('found');
  });

  test.each([
    [900, '900 ms'],
    [1500, '1.5 s'],
  ])('a neighbour that learns of it after %i ms is told as %s', (ms, words) => {
    const story = adverts(directed(), backup, 1, { version, every: ms }).resolves(gateway, vip, backup).wait(1000);
    expect(onlyFinding(judge(takenOver(story)), rule).message).toContain(`, ${words} later.`);
  });

  test('the old master is cited, not who spoke in between', () => {
    const story = directed();
    adverts(story.wait(-500), rs1, 1, { version, every: 200 });
    const finding = onlyFinding(judge(takenOver(story)), rule);
    expect(finding.message).toContain(`in place of ${director.mac}`);
    expect(finding.evidence[0]!.says).toContain(director.mac);
    expect(finding.evidence[0]!.sourceMac).toBe(director.mac);
  });

  test('one that announces it within two seconds passes, later it is found', () => {
    const announced = (ms: number) => {
      const story = adverts(directed(), backup, 1, { version, every: 1000 })
        .wait(ms - 1000)
        .announces(backup, vip)
        .wait(Math.max(0, 1000 - ms));
      return verdictOn(judge(takenOver(story)), rule, vip);
    };
    expect(announced(100)).toBe('passed');
    expect(announced(1990)).toBe('passed');
    expect(announced(2010)).toBe('found');
  });

  test('an announcement ahead of the first advert counts', () => {
    expect(verdictOn(judge(takenOver(directed().announces(backup, vip).wait(100))), rule, vip)).toBe('passed');
  });

  test('the virtual MAC stays where it is: nothing needs announcing', () => {
    const mac = '00:00:5e:00:01:33';
    const story = adverts(adverts(healthy({ version }), director, 4, { version, mac }), backup, 5, { version, mac });
    expect(judge(story).findings).toEqual([]);
  });

  test('one who resigned just before was master, even if nothing more is heard of it', () => {
    const story = healthy({ version })
      .advert(director, { vrid: 51, priority: 0, vips: [vip] })
      .wait(600);
    expect(culpritsOf(judge(takenOver(story)), rule)).toEqual([backup.mac]);
  });

  test('an advert that crosses with the old master’s resignation takes nothing over yet', () => {
    const story = adverts(directed().wait(-500), backup, 1, { version, every: 500 });
    story.advert(director, { vrid: 51, priority: 0, vips: [vip] }).wait(600);
    const frame = story.frame + 1;
    expect(onlyFinding(judge(takenOver(story)), rule).message).toContain(`in frame ${frame} and sends no`);
  });

  test('the first master of a capture took nothing over', () => {
    const story = adverts(healthy({ version }), director, 1, { version, every: 300 });
    expect(judge(takenOver(story)).findings).toEqual([]);
  });

  test('who speaks for other addresses of the group takes over what it lists, and nothing else', () => {
    const other = version === 4 ? '203.0.113.150' : '2001:db8::150';
    const lists = (vips: string[]) => verdictOn(judge(adverts(directed(), backup, 5, { version, vips })), rule, vip);
    expect(lists([other])).toBe('not judged');
    expect(lists([other, vip])).toBe('found');
  });

  test('an old master that lists the VIP only later is cited from there on', () => {
    const other = version === 4 ? '203.0.113.150' : '2001:db8::150';
    const story = adverts(healthy({ version }), director, 2, { version, vips: [other] });
    const frame = story.frame + 1;
    adverts(story, director, 3, { version, vips: [other, vip] });
    expect(onlyFinding(judge(takenOver(story)), rule).evidence[0]!.frame).toBe(frame);
  });

  test('a short contest leaves the master what it was', () => {
    const story = directed();
    for (let i = 0; i < 3; i++) adverts(adverts(story, backup, 1, { version, every: 10 }), director, 1, { version });
    expect(judge(adverts(story, director, 4, { version })).findings).toEqual([]);
  });

  test('where a capture ends too early, or nobody of its LAN knows the VIP, nothing is judged', () => {
    expect(verdictOn(judge(adverts(directed(), backup, 2, { version, every: 900 })), rule, vip)).toBe('not judged');
    const elsewhere = takenOver(adverts(new Story(), director, 4, { version })).resolves(gateway, rs1.ip, rs1);
    const roles = given({ vips: [vip], directors: [director, backup] });
    expect(verdictOn(judge(elsewhere, { ...MIRROR, given: roles }), rule, vip)).toBe('not judged');
  });

  test('without VRRP, a second director that only answers is found', () => {
    const finding = onlyFinding(judge(handOver(new Story(), director, backup, version).wait(2000).whoHas(rs1, gateway.ip)), rule);
    expect(finding).toMatchObject({ confidence: 'probable', culprits: [{ mac: backup.mac }] });
    expect(finding.message).toContain(`answers for ${vip} in place of ${director.mac}`);
  });

  test('without VRRP, one that had announced the VIP passes', () => {
    const story = new Story().resolves(gateway, vip, director);
    serve(story, director, rs1, version).wait(3000).announces(backup, vip).wait(500).resolves(gateway, vip, backup);
    expect(
      judge(
        serve(serve(story, backup, rs1, version), backup, rs2, version)
          .wait(3000)
          .whoHas(rs1, gateway.ip),
      ).findings,
    ).toEqual([]);
  });

  test('without VRRP, half a second must pass after the first answer', () => {
    const ends = (ms: number) => {
      const story = new Story().resolves(gateway, vip, director);
      serve(serve(story, director, rs1, version), director, rs2, version)
        .wait(5000)
        .resolves(gateway, vip, backup);
      const roles = given({ vips: [vip], directors: [director, backup] });
      return judge(story.wait(ms).whoHas(rs1, gateway.ip), { ...MIRROR, given: roles }).findings.length;
    };
    expect(ends(490)).toBe(0);
    expect(ends(510)).toBe(1);
  });

  test('two directors that both go on are no takeover', () => {
    const story = handOver(new Story(), director, backup, version).resolves(gateway, vip, director);
    expect(judge(story.wait(3000).whoHas(rs1, gateway.ip)).findings).toEqual([]);
  });

  test('an old director that sends requests on is no old one yet', () => {
    const story = serve(handOver(new Story(), director, backup, version), director, rs1, version);
    expect(judge(story.wait(3000).whoHas(rs1, gateway.ip)).findings).toEqual([]);
  });

  test('a neighbour learns of it from the new master’s answer alone', () => {
    const story = takenOver(directed()).resolves(gateway, vip, rs1).announces(backup, vip).resolves(gateway, vip, backup);
    expect(onlyFinding(judge(story), rule).message).toContain(`A neighbour learns of it by asking in frame ${story.frame},`);
  });

  test('an announcement of the old master, or one long before, is none of the new one', () => {
    const late = adverts(directed(), backup, 1, { version }).announces(director, vip);
    expect(judge(takenOver(late)).findings).toHaveLength(1);
    const early = adverts(directed().announces(backup, vip), director, 3, { version });
    expect(judge(takenOver(early)).findings).toHaveLength(1);
  });

  test('an announcement of another card counts, but not a real server’s', () => {
    const card = host('backup1', 60, version);
    expect(judge(takenOver(directed().announces(card, vip))).findings).toEqual([]);
    expect(judge(takenOver(directed().announces(rs1, vip))).findings).toHaveLength(1);
  });

  test('an announcement of the virtual MAC counts', () => {
    const virtual = { ...backup, mac: '00:00:5e:00:01:33' };
    expect(judge(takenOver(adverts(directed(), backup, 1, { version }).announces(virtual, vip))).findings).toEqual([]);
  });

  test('who resigns and is master again took nothing over', () => {
    const story = healthy({ version }).advert(director, { vrid: 51, priority: 0, vips: [vip] });
    adverts(story.wait(600), director, 4, { version });
    expect(judge(takenOver(story.announces(backup, vip))).findings).toEqual([]);
  });

  test('a VIP that somebody asks for, or claims, is at home on this LAN', () => {
    const roles = given({ vips: [vip], directors: [director, backup] });
    for (const story of [new Story().whoHas(gateway, vip), new Story().announces(director, vip)]) {
      expect(judge(takenOver(adverts(story, director, 4, { version })), { ...MIRROR, given: roles }).findings).toHaveLength(1);
    }
    const silent = new Story().resolves(gateway, rs1.ip, rs1);
    expect(verdictOn(judge(silent, { ...MIRROR, given: roles }), rule, vip)).toBe('not judged');
  });

  test('a second master that was not given as a director is found too', () => {
    const roles = given({ vips: [vip], directors: [director] });
    expect(culpritsOf(judge(takenOver(directed()), { ...MIRROR, given: roles }), rule)).toEqual([backup.mac]);
  });

  test('adverts of one director alone are no claims that a neighbour hears', () => {
    const story = new Story().resolves(gateway, vip, director);
    adverts(serve(serve(story, director, rs1, version), director, rs2, version), director, 3, { version });
    serve(serve(story.resolves(gateway, vip, backup), backup, rs1, version), backup, rs2, version);
    const [old] = onlyFinding(judge(story.wait(3000).whoHas(rs1, gateway.ip)), rule).evidence;
    expect(old!.says).toMatch(/^(ARP reply|neighbour advertisement): /);
  });

  test('a VIP that moves to a virtual MAC has no new owner yet', () => {
    const virtual = { ...backup, mac: '00:00:5e:00:01:33' };
    const roles = given({ vips: [vip], directors: [director, virtual] });
    const story = handOver(new Story(), director, virtual, version).wait(3000).whoHas(rs1, gateway.ip);
    expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
  });

  test('an answer that nobody asked for shows no takeover', () => {
    const story = new Story().resolves(gateway, vip, director);
    serve(serve(story, director, rs1, version), director, rs2, version)
      .wait(3000)
      .isAt(backup, vip, gateway);
    serve(serve(story, backup, rs1, version), backup, rs2, version);
    expect(judge(story.wait(3000).whoHas(rs1, gateway.ip)).findings).toEqual([]);
  });

  test('on the new director, where the old one’s answers do not pass, its silence proves nothing', () => {
    const story = new Story().announces(director, vip).wait(5000).resolves(gateway, vip, backup);
    serve(serve(story, backup, rs1, version), backup, rs2, version);
    const roles = given({ vips: [vip], directors: [director, backup] });
    const whole = story.wait(3000).whoHas(rs1, gateway.ip);
    expect(judge(whole, { point: 'director', given: roles }).findings).toEqual([]);
    expect(judge(whole, { ...MIRROR, given: roles }).findings).toHaveLength(1);
  });

  test('takeovers before and after the time of which claims were forgotten are judged', () => {
    const story = takenOver(directed());
    for (let i = 0; i < 80; i++) story.announces(backup, vip);
    adverts(adverts(story, backup, 3, { version }), director, 5, { version });
    expect(culpritsOf(judge(story), rule).sort()).toEqual([director.mac, backup.mac].sort());
  });

  test('where claims were too many to keep at the time, nothing is judged', () => {
    const story = directed();
    for (let i = 0; i < 40; i++) story.announces(director, vip);
    takenOver(story);
    for (let i = 0; i < 40; i++) story.announces(backup, vip);
    expect(verdictOn(judge(story), rule, vip)).toBe('not judged');
  });
});
