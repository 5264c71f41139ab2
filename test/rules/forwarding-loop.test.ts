import { describe, expect, test } from 'vitest';
import { forwardingLoop as rule } from '../../src/rules/forwarding-loop.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, firstFrames, given, judgeAll, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('forwarding-loop (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, client, remote } = lan(version);
  const twoDirectors = { ...MIRROR, given: given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] }) };

  test('a real server that routes requests back to the director is found', () => {
    const story = healthy({ version });
    const before = story.frame;
    for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director, rs1, director, rs1, director, rs1);
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS203',
      severity: 'critical',
      confidence: 'confirmed',
      vip,
      culprits: [{ role: 'realServer', ip: rs1.ip, mac: rs1.mac }],
      count: 3,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${rs1.mac} sends requests for ${vip} back to where they came from, and the same datagram comes again with a lower TTL: 3 flows; the first begins in frame ${before + 1} and closes the circle in frame ${before + 4}.`,
    );
    expect(finding.evidence.slice(0, 4).map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'cause'],
      [3, 'fault'],
      [4, 'fault'],
    ]);
    expect(judged.headlines[0]).toBe(`real server ${rs1.ip} sends requests for ${vip} back, and they go in circles`);
  });

  test('a circle whose closing is not remembered is told without it, and without the way back not at all', () => {
    const told = (frames: number) => {
      const story = healthy({ version });
      story.tcp(remote, vip).syn(gateway, director, rs1, director, rs1);
      return judge(story, { ...MIRROR, remembered: firstFrames(frames) }).findings.map((f) => f.message);
    };
    expect(told(3)).toEqual([expect.stringMatching(/: 1 flow; the first begins in frame \d+\.$/)]);
    expect(told(2)).toEqual([]);
  });

  test('the remedy gives the real server the VIP and stops it routing', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director, rs1, director, rs1);
    const [server, onTheDirector] = onlyFinding(judge(story), rule).remedy.steps;
    expect(server!.on).toBe(rs1.ip);
    expect(server!.commands[0]).toBe(`ip addr replace ${vip}/${version === 4 ? 32 : 128} dev lo`);
    expect(server!.commands[1]).toContain('ip_forward=0');
    expect(onTheDirector!.on).toBe('the director');
  });

  test('of two directors that play ping-pong the second is the culprit, which balances what it should serve', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director, backup, director, backup);
    const judged = judge(story, twoDirectors);
    expect(culpritsOf(judged, rule)).toEqual([backup.mac]);
    const [step] = onlyFinding(judged, rule).remedy.steps;
    expect(step!.on).toBe('both directors');
    expect(step!.commands.join('\n')).toContain('net.ipv4.vs.backup_only=1');
  });

  test('a real server between two directors is the culprit, not they', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director, backup, rs1, director, backup);
    expect(culpritsOf(judge(story, twoDirectors), rule)).toEqual([rs1.mac]);
  });

  test('a real server that sends requests back is not told as mute as well', () => {
    const story = healthy({ version });
    for (let i = 0; i < 3; i++) story.wait(200).tcp(remote, vip).syn(gateway, director, rs1, director, rs1);
    expect(judgeAll(story, MIRROR).findings.map((f) => f.rule)).toEqual(['forwarding-loop']);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, vip)).toBe('passed');
    });

    test('for a one-arm router: client, router, director, real server is no circle', () => {
      const story = healthy({ version });
      story.tcp(client, vip).syn(client, gateway, director, rs1);
      expect(judge(story).findings).toEqual([]);
    });

    test('for every frame twice, as a mirror shows it', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).syn(gateway, director);
      story.again();
      flow.syn(director, rs1);
      story.again(2);
      expect(judge(story).findings).toEqual([]);
    });

    test('for directors in two tiers', () => {
      const story = healthy({ version });
      for (const rs of [rs1, rs2]) story.tcp(remote, vip).syn(gateway, director, backup, rs);
      expect(judge(story, twoDirectors).findings).toEqual([]);
    });

    test('for a SYN sent again after a second over another route', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).syn(gateway, director, rs1);
      story.wait(1000).fromTtl(60);
      flow.syn(gateway, director, rs1);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a circle that no director is on', () => {
      const story = healthy({ version });
      story.tcp(client, vip).syn(client, gateway, client, gateway, director, rs1);
      expect(judge(story).findings).toEqual([]);
    });
  });

  describe('is not judged', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });

    test('on a real server', () => {
      const story = new Story().whoHas(director, rs1.ip).isAt(rs1, rs1.ip, director);
      story.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway);
      expect(judge(story, { point: 'real-server', given: roles }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: 'what reaches and leaves the director does not pass this capture point' },
      ]);
    });

    test('on a mirror port that shows only one direction of the director’s link', () => {
      const reason = 'what reaches and leaves the director does not pass this capture point';
      const other = () => new Story().resolves(client, rs2.ip, rs2);
      const egress = other();
      egress.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway);
      const ingress = other();
      ingress.tcp(remote, vip).syn(gateway, director).synAck(rs1, gateway);
      for (const story of [egress, ingress])
        expect(judge(story, { given: roles }).verdicts).toMatchObject([{ verdict: 'not judged', reason }]);
    });

    test('without a new request', () => {
      const story = new Story().resolves(gateway, vip, director);
      story.tcp(remote, vip).data(gateway, director, rs1);
      expect(judge(story, { ...MIRROR, given: roles }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: `no new request to ${vip} is in this capture` },
      ]);
    });

    test('from frames without destination MAC (-i any)', () => {
      expect(judge(healthy({ version }).onAny(), { ...MIRROR, given: roles }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: expect.stringContaining('-i any') },
      ]);
    });
  });

  test('a capture on the director shows the circle, and its absence', () => {
    const story = atDirector([rs1, rs2], version);
    expect(verdictOn(judge(story, onDirector(version)), rule, vip)).toBe('passed');
    story.tcp(remote, vip).syn(gateway, director, rs1, director, rs1);
    expect(culpritsOf(judge(story, onDirector(version)), rule)).toEqual([rs1.mac]);
  });
});
