import { describe, expect, test } from 'vitest';
import { tunnelMtuBlackhole as rule } from '../../src/rules/tunnel-mtu-blackhole.ts';
import { configured } from '../support/configured.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeBy, MIRROR, onlyFinding } from '../support/judged.ts';
import { lan, Story, type TcpFlow, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('tunnel-mtu-blackhole (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, remote } = lan(version);

  /** A connection through the tunnel. */
  const opened = (story = new Story().resolves(gateway, vip, director)): { story: Story; flow: TcpFlow } => {
    const flow = story.tcp(remote, vip).syn(gateway, director).inTunnel(director, rs1).synAck(rs1, gateway).ack(gateway, director);
    return { story, flow };
  };
  /** The client's full-size segment so many times, the pauses in milliseconds. */
  const repeats = ({ story, flow }: ReturnType<typeof opened>, ...pauses: number[]) => {
    flow.fullRequest(gateway, director);
    for (const ms of pauses) {
      story.wait(ms);
      flow.fullRequest(gateway, director);
    }
    return story;
  };

  test('a full-size segment that is sent a third time is found', () => {
    const begun = opened();
    const before = begun.story.frame;
    const finding = onlyFinding(judge(repeats(begun, 300, 600)), rule);
    expect(finding).toMatchObject({
      code: 'LVS501',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [],
      count: 1,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `The same full-size segment to ${vip} is sent a third time in frame ${before + 3} (1 flow): it does not fit into the tunnel. No ICMP message tells the sender.`,
    );
    expect(finding.evidence.map((e) => [e.frame, e.shows])).toEqual([
      [3, 'cause'],
      [4, 'cause'],
      [before + 3, 'fault'],
    ]);
    expect(finding.remedy.steps[0]!.commands[0]).toContain('advmss 1440');
    expect(finding.remedy.steps[1]!.commands.join('\n')).toContain('type 3 code 4');
  });

  test('an answer that is sent a third time before is none of it', () => {
    const begun = opened();
    for (let i = 0; i < 3; i++) {
      begun.flow.fullSegment(rs1, gateway);
      begun.story.wait(300);
    }
    const { message } = onlyFinding(judge(repeats(begun, 300, 600)), rule);
    expect(message).toContain(`is sent a third time in frame ${begun.story.frame} `);
  });

  test('an ICMP message that changes nothing is told', () => {
    const begun = opened();
    begun.flow.fullRequest(gateway, director);
    begun.story.tooBig([director, gateway], vip, remote.ip, begun.flow.quoted).wait(300);
    const icmp = begun.story.frame;
    const finding = onlyFinding(judge(repeats(begun, 600)), rule);
    expect(finding.message).toContain(`The ICMP message in frame ${icmp} does not change what the sender does.`);
    expect(finding.evidence.find((e) => e.frame === icmp)!.shows).toBe('cause');
  });

  test('every connection that hangs counts', () => {
    const story = repeats(opened(), 300, 600);
    expect(onlyFinding(judge(repeats(opened(story), 300, 600)), rule).count).toBe(2);
  });

  test('on the gateway, where no tunnel is seen, the configuration tells that there is one', () => {
    const at = (ip: string) => (version === 4 ? `${ip}:80` : `[${ip}]:80`);
    const story = new Story().resolves(gateway, vip, director);
    const flow = story.tcp(remote, vip).syn(gateway, director).synAck(rs1, gateway).ack(gateway, director);
    repeats({ story, flow }, 300, 600);
    const roles = { vips: [vip], directors: [director], realServers: [rs1], gateways: [gateway] };
    const saved = (flag: string) => configured(roles, `-A -t ${at(vip)} -s rr`, `-a -t ${at(vip)} -r ${at(rs1.ip)} ${flag} -w 1`);
    expect(judge(story, { point: 'gateway', given: saved('-i') }).findings).toHaveLength(1);
    expect(judge(story, { point: 'gateway', given: saved('-g') }).verdicts).toEqual([]);
  });

  describe('stays clean', () => {
    test('for connections through the tunnel that go on', () => {
      const { story, flow } = opened();
      flow.fullRequest(gateway, director).reply(rs1, gateway);
      const judged = judge(story);
      expect(judged.findings).toEqual([]);
      expect(judged.verdicts).toMatchObject([{ verdict: 'passed', subject: vip }]);
    });

    test('for a segment that is sent a second time, and where the ICMP message works', () => {
      const begun = opened();
      const story = repeats(begun, 300);
      story.tooBig([director, gateway], vip, remote.ip, begun.flow.quoted).wait(300);
      begun.flow.data(gateway, director);
      expect(judge(story).findings).toEqual([]);
    });

    test('for every frame three times, as a mirror may show it', () => {
      const { story, flow } = opened();
      flow.fullRequest(gateway, director).story.again().again();
      expect(judge(story).findings).toEqual([]);
    });

    test('for small segments', () => {
      const { story, flow } = opened();
      for (let i = 0; i < 4; i++) {
        flow.data(gateway, director);
        story.wait(500);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('for the real server’s segments: they take no tunnel', () => {
      const { story, flow } = opened();
      for (let i = 0; i < 4; i++) {
        flow.fullSegment(rs1, gateway);
        story.wait(500);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('for direct routing, where nothing is added', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
      expect(judge(repeats({ story, flow }, 300, 600)).verdicts).toEqual([]);
    });

    test('for the flows of a VIP that are routed directly beside tunnelled ones', () => {
      const story = healthy({ version });
      opened(story);
      const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
      repeats({ story, flow }, 300, 600);
      expect(judge(story).findings).toEqual([]);
      expect(judge(repeats(opened(story), 300, 600)).findings).toHaveLength(1);
    });
  });

  test('without an established connection it is not judged', () => {
    const story = new Story().resolves(gateway, vip, director);
    story.tcp(remote, vip).syn(gateway, director).inTunnel(director, rs1);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
    expect(judge(story, { ...MIRROR, given: roles }).verdicts).toMatchObject([
      {
        verdict: 'not judged',
        reason: `no established connection to ${vip} is in this capture`,
        capture: expect.stringContaining('mirror'),
      },
    ]);
  });
});
