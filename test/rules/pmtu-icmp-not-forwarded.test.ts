import { describe, expect, test } from 'vitest';
import { pmtuIcmpNotForwarded as rule } from '../../src/rules/pmtu-icmp-not-forwarded.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('pmtu-icmp-not-forwarded (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, client, remote } = lan(version);
  const router = version === 4 ? '198.51.100.1' : '2001:db8:f::1';
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });

  interface Options {
    readonly story?: Story;
    /** Over which machines the ICMP message goes. */
    readonly icmp?: readonly Host[];
    /** How often the segment is sent before the message, and after. */
    readonly segments?: readonly [number, number];
  }

  /** A full-size segment of rs1 that does not fit somewhere beyond the gateway. */
  const tooLarge = ({ story = healthy({ version }), icmp = [gateway, director], segments = [1, 2] }: Options = {}) => {
    const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
    const send = (times: number) => {
      for (let i = 0; i < times; i++) {
        flow.fullSegment(rs1, gateway);
        story.wait(300);
      }
    };
    send(segments[0]);
    story.tooBig(icmp, router, vip, flow.quotedAnswer);
    send(segments[1]);
    return story;
  };

  test('a flow that hangs without any message is not one of them', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
    for (let i = 0; i < 3; i++) {
      flow.fullSegment(rs1, gateway);
      story.wait(300);
    }
    expect(onlyFinding(judge(tooLarge({ story })), rule).count).toBe(1);
  });

  test('a client that sends a segment a third time is not the real server that does', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
    const thrice = (send: () => unknown) => {
      for (let i = 0; i < 3; i++) {
        send();
        story.wait(300);
      }
    };
    thrice(() => flow.fullRequest(gateway, director));
    story.tooBig([gateway, director], router, vip, flow.quotedAnswer);
    thrice(() => flow.fullSegment(rs1, gateway));
    expect(onlyFinding(judge(story), rule).message).toContain(`in frame ${story.frame} the real server sends`);
  });

  test('a message that stays at the director, while the real server goes on, is found', () => {
    const before = healthy({ version }).frame;
    const judged = judge(tooLarge());
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS502',
      severity: 'warning',
      confidence: 'confirmed',
      culprits: [{ role: 'director', mac: director.mac }],
      count: 1,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `The ICMP "fragmentation needed" in frame ${before + 7} about a connection to ${vip} reaches ${director.mac} and is not handed on (1 flow); in frame ${before + 9} the real server sends the same full-size segment a third time.`,
    );
    expect(finding.evidence.map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'cause'],
      [7, 'fault'],
      [9, 'effect'],
    ]);
    const [onTheDirector, servers] = finding.remedy.steps;
    expect(onTheDirector!.commands.join('\n')).toMatch(/type 3 code 4[\s\S]*icmp_ratelimit/);
    expect(servers!.commands[0]).toContain('tcp_mtu_probing=1');
  });

  describe('stays clean', () => {
    test('when the director hands the message on', () => {
      const judged = judge(tooLarge({ icmp: [gateway, director, rs1] }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, director.ip)).toBe('passed');
    });

    test('when the real server sends no more of them, by whatever way it learned', () => {
      expect(judge(tooLarge({ segments: [1, 1] })).findings).toEqual([]);
    });

    test('when the connection hung before the message came', () => {
      expect(judge(tooLarge({ segments: [3, 0] })).findings).toEqual([]);
    });

    test('when the message goes to the real server past the director', () => {
      expect(judge(tooLarge({ icmp: [gateway, rs1] })).findings).toEqual([]);
    });

    test('when it is the client’s segments that hang', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
      story.tooBig([gateway, director], router, vip, flow.quotedAnswer);
      for (let i = 0; i < 3; i++) {
        flow.fullRequest(gateway, director);
        story.wait(300);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('for another ICMP error', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
      story.unreachable(gateway, director, router, flow.quotedAnswer, 1);
      for (let i = 0; i < 3; i++) {
        flow.fullSegment(rs1, gateway);
        story.wait(300);
      }
      expect(judge(story).findings).toEqual([]);
    });
  });

  describe('is not judged', () => {
    test('when no such message comes', () => {
      expect(judge(healthy({ version })).verdicts).toMatchObject([
        { verdict: 'not judged', reason: 'no ICMP "fragmentation needed" reaches it in this capture' },
      ]);
    });

    test('where the director’s frames to real servers do not pass', () => {
      const story = new Story();
      const flow = story.tcp(remote, vip).syn(gateway, director).synAck(rs1, gateway).ack(gateway, director);
      for (let i = 0; i < 2; i++) flow.fullSegment(rs1, gateway).story.wait(300);
      story.tooBig([gateway, director], router, vip, flow.quotedAnswer);
      for (let i = 0; i < 2; i++) flow.fullSegment(rs1, gateway).story.wait(300);
      const judged = judge(story, { point: 'gateway', given: roles });
      expect(judged.findings).toEqual([]);
      expect(judged.verdicts).toMatchObject([
        { verdict: 'not judged', reason: 'what the director sends to real servers does not pass this capture point' },
      ]);
    });

    test('on the director, where what the real server then sends does not pass', () => {
      const story = atDirector([rs1, rs2], version);
      const flow = story.tcp(remote, vip).syn(gateway, director, rs1).ack(gateway, director, rs1);
      story.tooBig([gateway, director], router, vip, flow.quotedAnswer);
      expect(judge(story, onDirector(version)).verdicts).toMatchObject([
        { verdict: 'not judged', reason: 'whether the real server goes on sending too large does not pass this capture point' },
      ]);
    });
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    story.tcp(client, vip).syn(client, director, rs2);
    const flow = story.tcp(client, vip).syn(client, director, rs1);
    story.fromTtl(50);
    flow.synAck(rs1, client).ack(client, director, rs1).fullSegment(rs1, client);
    story.tooBig([gateway, director], router, vip, flow.quotedAnswer);
    for (let i = 0; i < 2; i++) {
      story.wait(300);
      flow.fullSegment(rs1, client);
    }
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
