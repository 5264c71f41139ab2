import { describe, expect, test } from 'vitest';
import { unevenDistribution as rule } from '../../src/rules/uneven-distribution.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('uneven-distribution (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, rs3, remote } = lan(version);
  const base = remote.ip.replace(/7$/, '');

  /** So many connections to rs1 and to rs2. */
  const shares = (first: number, second: number, { clients = 1, story = new Story().resolves(gateway, vip, director) } = {}) => {
    const connect = (rs: Host, i: number) => story.tcp(`${base}${7 + (i % clients)}`, vip).opens([gateway, director, rs], [rs, gateway]);
    for (let i = 0; i < first; i++) connect(rs1, i);
    for (let i = 0; i < second; i++) connect(rs2, i);
    return story;
  };

  test('a real server with more than four fifths of ten requests is told as a fact', () => {
    const judged = judge(shares(9, 1));
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS210',
      severity: 'info',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', mac: rs1.mac }],
      count: 9,
      unit: 'requests',
    });
    expect(finding.message).toBe(
      `${rs1.mac} gets 9 of 10 requests for ${vip}. All of them come from one client: source hashing and persistence give each client one real server.`,
    );
    expect(finding.evidence.map((e) => [e.frame, e.shows])).toEqual([
      [4, 'fault'],
      [9, 'fault'],
      [14, 'fault'],
    ]);
    expect(finding.remedy.steps[0]!.commands[0]).toContain('persistent');
    expect(verdictOn(judged, rule, rs2.mac)).toBe('passed');
  });

  test('how many clients there are is said: few explain it, many do not', () => {
    expect(onlyFinding(judge(shares(12, 0, { clients: 3 })), rule).message).toContain('They come from 3 clients:');
  });

  describe('stays clean', () => {
    test('at four fifths', () => {
      expect(judge(shares(81, 19)).findings).toHaveLength(1);
      const judged = judge(shares(80, 20));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, rs1.mac)).toBe('passed');
    });

    test('for shares as a scheduler makes them', () => {
      expect(judge(healthy({ version, connections: 12 })).findings).toEqual([]);
    });

    test('for connections that had begun before the capture', () => {
      const story = shares(6, 4);
      for (let i = 0; i < 30; i++) story.tcp(remote, vip).data(gateway, director, rs1);
      expect(judge(story).findings).toEqual([]);
    });

    test('for requests that a machine hands on: they are those of the next one', () => {
      const story = shares(5, 5);
      for (let i = 0; i < 30; i++) story.tcp(remote, vip).syn(gateway, director, rs1, director);
      expect(judge(story).findings).toEqual([]);
    });

    test('for answers to requests that are not seen to reach it', () => {
      const story = shares(6, 4);
      for (let i = 0; i < 30; i++) story.tcp(remote, vip).syn(gateway, director).synAck(rs1, gateway);
      expect(judge(story).findings).toEqual([]);
    });

    test('for NAT services', () => {
      const story = new Story().resolves(gateway, vip, director);
      for (let i = 0; i < 10; i++) story.tcp(remote, vip).syn(gateway, director).translated(rs1.ip, director, rs1);
      expect(judge(story).verdicts).toEqual([]);
    });
  });

  test('nine requests are too few to compare', () => {
    const judged = judge(shares(9, 0));
    expect(judged.findings).toEqual([]);
    expect(judged.verdicts[0]).toMatchObject({
      verdict: 'not judged',
      reason: '9 requests reach real servers in this capture, too few to compare',
      capture: expect.stringContaining(`host ${vip}`),
    });
  });

  test('a capture on the director shows the shares too', () => {
    expect(verdictOn(judge(atDirector(Array(4).fill([rs1, rs2, rs3]).flat(), version), onDirector(version)), rule, rs1.ip)).toBe('passed');
    expect(judge(atDirector([...Array(11).fill(rs1), rs2], version), onDirector(version)).findings).toHaveLength(1);
  });

  test('what real servers get past the director counts too', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    const story = shares(1, 1);
    for (let i = 0; i < 10; i++) story.tcp(remote, vip).opens([gateway, rs2], [rs2, gateway]);
    expect(onlyFinding(judge(story, { ...MIRROR, given: roles }), rule)).toMatchObject({ count: 11, culprits: [{ mac: rs2.mac }] });
  });
});
