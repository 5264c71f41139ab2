import { describe, expect, test } from 'vitest';
import { handshakeNeverCompletes as rule } from '../../src/rules/handshake-never-completes.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

describe.each([4, 6] as const satisfies Version[])('handshake-never-completes (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, rs3, client, remote } = lan(version);
  const judge = (story: Story, beside = onDirector(version)) => judgeBy([rule], story, beside);

  /** A connection whose SYN the client sends so many times, seen on the director. */
  const stuck = (syns = 3, story = atDirector([rs1, rs2], version), there: readonly Host[] = [gateway, director, rs3]) => {
    const flow = story.tcp(remote, vip).syn(...there);
    for (let i = 1; i < syns; i++) {
      story.wait(1000);
      flow.syn(...there);
    }
    return story;
  };

  test('SYNs to one real server that are repeated, while connections to others go on, are found', () => {
    const before = atDirector([rs1, rs2], version).frame;
    const judged = judge(stuck());
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS308',
      severity: 'warning',
      confidence: 'probable',
      culprits: [{ role: 'realServer', ip: rs3.ip, mac: rs3.mac }],
      count: 3,
      unit: 'requests',
    });
    expect(finding.message).toBe(
      `Clients of ${vip} whose requests go to ${rs3.mac} repeat their SYNs and never go on (3 SYNs, first in frame ${before + 1}), while those of other real servers do: its reply is missing or goes astray.`,
    );
    expect(finding.evidence.map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'fault'],
      [2, 'fault'],
      [3, 'fault'],
      [5, 'fault'],
    ]);
    expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed', 'found']);
    expect(finding.remedy.steps[0]).toMatchObject({ on: rs3.ip });
    expect(finding.remedy.steps[0]!.commands[0]).toMatch(
      new RegExp(`host ${vip} or host ${rs3.ip}' .*lvs-doctor diagnose real-server=rs.pcap`),
    );
  });

  test('connections that it hands on are not its own', () => {
    const story = atDirector([rs1, rs2], version);
    story.tcp(remote, vip).syn(gateway, director, rs3, director, rs1).ack(gateway, director, rs3, director, rs1);
    expect(verdictOn(judge(story), rule, rs3.ip)).toBe('not judged');
    expect(judge(stuck(3, story)).findings).toHaveLength(1);
    const only = new Story();
    only.tcp(remote, vip).syn(gateway, director, rs1, director).ack(gateway, director, rs1, director);
    expect(judge(stuck(3, only)).findings).toEqual([]);
  });

  test('a service that nobody’s connections are established of is another matter', () => {
    const at443 = (others: boolean) => {
      const story = atDirector([rs1, rs2], version);
      const flow = story.tcp(remote, vip, { port: 443 });
      for (let i = 0; i < 3; i++) {
        flow.syn(gateway, director, rs3);
        story.wait(1000);
      }
      if (others) story.tcp(remote, vip, { port: 443 }).syn(gateway, director, rs2).ack(gateway, director, rs2);
      return judge(story).findings;
    };
    expect(at443(false)).toEqual([]);
    expect(at443(true)).toHaveLength(1);
  });

  test('another machine that asks with its address is not it', () => {
    const story = stuck()
      .whoHas({ ...rs2, ip: rs3.ip }, gateway.ip)
      .resolves(director, rs3.ip, rs3);
    expect(judge(story).findings).toHaveLength(1);
  });

  test('two SYNs may be chance, and are no handshake either', () => {
    const judged = judge(stuck(2));
    expect(judged.findings).toEqual([]);
    expect(verdictOn(judged, rule, rs3.ip)).toBe('not judged');
  });

  describe('stays clean', () => {
    test('on a mirror, where replies would be seen: another rule tells that there are none', () => {
      expect(judge(stuck(3), { ...onDirector(version), point: 'mirror' }).findings).toEqual([]);
    });

    test('when connections to it are established as well', () => {
      expect(judge(stuck(3, atDirector([rs1, rs2, rs3], version))).findings).toEqual([]);
    });

    test('when those of no other real server are', () => {
      expect(judge(stuck(3, new Story().resolves(gateway, vip, director))).findings).toEqual([]);
    });

    test('when others are asked, but do not complete either', () => {
      const story = new Story().resolves(gateway, vip, director);
      for (const rs of [rs1, rs2]) story.tcp(remote, vip).syn(gateway, director, rs);
      expect(judge(stuck(3, story)).findings).toEqual([]);
    });

    test('for connections that are tried once each: a scan, or a short capture', () => {
      const story = atDirector([rs1, rs2], version);
      for (let i = 0; i < 5; i++) stuck(1, story);
      expect(judge(story).findings).toEqual([]);
    });

    test('when it resolves a neighbour after the request: it does answer', () => {
      expect(judge(stuck().whoHas(rs3, gateway.ip)).findings).toEqual([]);
    });

    test('what it had resolved before says nothing', () => {
      const story = atDirector([rs1, rs2], version).whoHas(rs3, gateway.ip).wait(100);
      expect(judge(stuck(3, story)).findings).toHaveLength(1);
    });

    test('for requests that it hands back', () => {
      expect(judge(stuck(3, atDirector([rs1, rs2], version), [gateway, director, rs3, director])).findings).toEqual([]);
    });

    test('for UDP, where every request looks alike', () => {
      const story = atDirector([rs1, rs2], version);
      const flow = story.udp(remote, vip);
      for (let i = 0; i < 4; i++) {
        flow.asks(gateway, director, rs3);
        story.wait(1000);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('where replies are in sight: other rules tell what becomes of them', () => {
      const judged = judge(stuck(3, healthy({ version, connections: 2 })), MIRROR);
      expect(judged.findings).toEqual([]);
      expect(new Set(judged.verdicts.map((v) => v.verdict))).toEqual(new Set(['passed']));
    });

    test('where some replies come past the director', () => {
      const story = atDirector([rs1, rs2], version);
      story.tcp(remote, vip).syn(gateway, director, rs1).synAck(rs1, director).ack(gateway, director, rs1);
      expect(judge(stuck(3, story)).findings).toEqual([]);
    });
  });

  test('a real server that no connection is seen to begin with is not judged', () => {
    expect(judge(atDirector([rs1, rs2], version)).verdicts.at(-1)).toMatchObject({
      subject: rs3.ip,
      verdict: 'not judged',
      reason: 'no connection to it is seen to begin here',
      capture: expect.stringMatching(new RegExp(`^on ${rs3.ip}: tcpdump`)),
    });
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director, rs).ack(client, director, rs);
    const judged = judge(stuck(3, story, [client, director, rs3]), { point: 'director', given: given({}) });
    expect(onlyFinding(judged, rule).confidence).toBe('possible');
  });
});
