import { describe, expect, test } from 'vitest';
import { synackUnacknowledged as rule } from '../../src/rules/synack-unacknowledged.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { connect, healthy } from '../support/healthy.ts';
import { given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type TcpFlow, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('synack-unacknowledged (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, client, remote } = lan(version);
  const there = [gateway, director, rs2];
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });

  /** A connection whose SYN is sent so many times, and answered each time. */
  const stuck = (syns = 3, { story = healthy({ version }), back = [rs2, gateway] as Host[], end = (_: TcpFlow): unknown => null } = {}) => {
    const flow = story
      .tcp(remote, vip)
      .syn(...there)
      .synAck(...back);
    for (let i = 1; i < syns; i++) {
      story.wait(1000);
      flow.syn(...there).synAck(...back);
    }
    end(flow);
    return story;
  };

  test('a SYN-ACK that leaves as it should, again and again, and is never acknowledged, is found', () => {
    const before = healthy({ version }).frame;
    const judged = judge(stuck());
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS309',
      severity: 'warning',
      confidence: 'probable',
      culprits: [{ role: 'realServer', ip: rs2.ip, mac: rs2.mac }],
      count: 3,
      unit: 'requests',
    });
    expect(finding.message).toBe(
      `${rs2.mac} sends SYN-ACKs from ${vip} to ${gateway.mac}, as in frame ${before + 3}, and the client never acknowledges them but repeats its SYN (3 SYNs): they are lost beyond the real server.`,
    );
    expect(finding.evidence.map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'cause'],
      [3, 'fault'],
      [4, 'effect'],
      [7, 'effect'],
    ]);
    expect([rs1, rs2].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'found']);
    const [beyond, server] = finding.remedy.steps;
    expect(beyond!.on).toBe('the switch and the gateway behind it');
    expect(beyond!.commands.join('\n')).toMatch(/port security[\s\S]*rp_filter/);
    expect(server!.commands[0]).toContain(`'src host ${vip} and ${version === 4 ? 'tcp[13]' : 'ip6[6] == 6 and ip6[53]'} & 18 == 18'`);
  });

  test('two SYNs may be one lost SYN-ACK', () => {
    expect(judge(stuck(2)).findings).toEqual([]);
  });

  test('of many connections fewer than a tenth that are never acknowledged are their clients’ own affair', () => {
    const among = (connections: number) => {
      const story = new Story().resolves(gateway, vip, director);
      for (let i = 0; i < connections; i++) connect(story, rs2, { version });
      stuck(3, { story });
      connect(story, rs2, { version });
      return judge(story, { ...MIRROR, given: roles }).findings;
    };
    expect(among(27)).toEqual([]);
    expect(among(26)).toHaveLength(1);
  });

  test('connections of which no answer of its own is seen do not count among those that it answered', () => {
    const story = stuck();
    for (let i = 0; i < 40; i++)
      story
        .tcp(remote, vip)
        .syn(...there)
        .ack(...there);
    expect(judge(story).findings).toHaveLength(1);
  });

  test('SYN-ACKs to forged clients, which nobody acknowledges or asks for again, say nothing of the others', () => {
    const story = healthy({ version });
    for (let i = 0; i < 40; i++)
      story
        .tcp(remote, vip)
        .syn(...there)
        .synAck(rs2, gateway);
    expect(judge(stuck(3, { story })).findings).toHaveLength(1);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, rs2.ip)).toBe('passed');
    });

    test('for a capture that ends before the client can acknowledge', () => {
      const story = new Story();
      story
        .tcp(remote, vip)
        .syn(...there)
        .synAck(rs2, gateway);
      expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, rs2.ip)).toBe('passed');
    });

    test.each([
      ['acknowledges at last', (flow: TcpFlow) => flow.ack(...there)],
      ['resets: the SYN-ACK arrived', (flow: TcpFlow) => flow.clientReset(there)],
    ])('when the client %s', (_words, end) => {
      expect(judge(stuck(3, { end })).findings).toEqual([]);
    });

    test('when the real server resets in the end', () => {
      expect(judge(stuck(3, { end: (flow) => flow.refuse(rs2, gateway) })).findings).toEqual([]);
    });

    test('for replies that go to the director: another rule tells it', () => {
      expect(judge(stuck(3, { back: [rs2, director] })).findings).toEqual([]);
    });

    test('for a connection whose first SYN was not captured: whether it is acknowledged does not show', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).synAck(rs2, gateway);
      for (let i = 0; i < 3; i++) {
        story.wait(1000);
        flow.syn(...there).synAck(rs2, gateway);
      }
      flow.ack(...there);
      expect(judge(story).findings).toEqual([]);
    });

    test('for scans: SYNs that are not repeated', () => {
      const story = healthy({ version });
      for (let i = 0; i < 5; i++) stuck(1, { story });
      expect(judge(story).findings).toEqual([]);
    });

    test('for UDP', () => {
      const story = healthy({ version });
      const flow = story.udp(remote, vip);
      for (let i = 0; i < 4; i++) {
        flow.asks(...there).answers(rs2, gateway);
        story.wait(1000);
      }
      expect(judge(story).findings).toEqual([]);
    });
  });

  describe('is not judged', () => {
    test('where SYN-ACKs do not pass', () => {
      const judged = judge(atDirector([rs1, rs2], version), onDirector(version));
      expect(judged.verdicts.map((v) => v.reason)).toEqual(Array(3).fill('its SYN-ACKs do not pass this capture point'));
      expect(judged.verdicts[0]!.capture).toContain('gateway');
    });

    test('where the clients’ packets do not', () => {
      const story = new Story();
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).synAck(rs1, gateway);
      expect(judge(story, { ...MIRROR, given: roles }).verdicts[0]).toMatchObject({
        subject: rs1.ip,
        verdict: 'not judged',
        reason: "the clients' packets do not pass this capture point",
      });
    });
  });

  test('a capture on the real server shows it', () => {
    const story = new Story();
    const flow = story.tcp(remote, vip);
    for (let i = 0; i < 3; i++) {
      flow.syn(director, rs1).synAck(rs1, gateway);
      story.wait(1000);
    }
    expect(onlyFinding(judge(story, { point: 'real-server', given: roles }), rule).culprits[0]!.ip).toBe(rs1.ip);
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    story.tcp(client, vip).syn(client, director, rs1);
    const flow = story.tcp(client, vip);
    for (let i = 0; i < 3; i++) {
      story.fromTtl(64);
      flow.syn(client, director, rs2);
      story.fromTtl(50);
      flow.synAck(rs2, client);
      story.wait(1000);
    }
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
