import { describe, expect, test } from 'vitest';
import { directorReceiveOffload as rule } from '../../src/rules/director-receive-offload.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { configured } from '../support/configured.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('director-receive-offload (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, client, remote } = lan(version);
  const there = [gateway, director, rs1];

  /** The director says of a client's packet that it is too large. */
  const complains = (story = healthy({ version }), to: Host = gateway) => {
    const flow = story.tcp(remote, vip).opens(there, [rs1, gateway]);
    flow.fullRequest(gateway, director);
    return story.tooBig([director, to], vip, remote.ip, flow.quoted, 1500);
  };

  test('a director of direct routing that finds packets too large for its own link is found', () => {
    const before = healthy({ version }).frame;
    const finding = onlyFinding(judge(complains(complains())), rule);
    expect(finding).toMatchObject({
      code: 'LVS503',
      // No real capture shows it yet.
      severity: 'warning',
      confidence: 'probable',
      culprits: [{ role: 'director', ip: director.ip, mac: director.mac }],
      count: 2,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${director.mac} tells clients of ${vip} by ICMP that their packets are too large (2 flows, first in frame ${before + 7}), though direct routing adds nothing to them: receive offload on the director joins packets.`,
    );
    expect(finding.evidence.slice(0, 5).map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'cause'],
      [3, 'cause'],
      [4, 'cause'],
      [7, 'fault'],
    ]);
    expect(finding.remedy.steps[0]!.commands[0]).toBe('ethtool -K eth0 lro off gro off');
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, director.ip)).toBe('passed');
    });

    test('for a message of a router that the director hands to the real server, or back', () => {
      for (const onward of [rs1, gateway]) {
        const story = healthy({ version });
        const flow = story.tcp(remote, vip).opens(there, [rs1, gateway]);
        story.tooBig([gateway, director, onward], remote.ip, vip, flow.quotedAnswer);
        expect(judge(story).findings, onward.name).toEqual([]);
      }
    });

    test('for a message of its own to a real server', () => {
      expect(judge(complains(healthy({ version }), rs1)).findings).toEqual([]);
    });

    test('for messages of the gateway', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).opens(there, [rs1, gateway]);
      story.tooBig([gateway, rs1], gateway.ip, vip, flow.quotedAnswer);
      story.tooBig([gateway, client], gateway.ip, remote.ip, flow.quoted);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a tunnel, which needs room', () => {
      const story = new Story().resolves(gateway, vip, director);
      const flow = story.tcp(remote, vip).syn(gateway, director).inTunnel(director, rs1).synAck(rs1, gateway).ack(gateway, director);
      flow.fullRequest(gateway, director);
      story.tooBig([director, gateway], vip, remote.ip, flow.quoted);
      expect(judge(story).verdicts).toEqual([]);
    });

    test('for the tunnelled flows of a VIP whose other flows are routed directly', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).syn(gateway, director).inTunnel(director, rs1).synAck(rs1, gateway).ack(gateway, director);
      story.tooBig([director, gateway], vip, remote.ip, flow.quoted);
      expect(judge(story).findings).toEqual([]);
    });

    test('for large frames that go through: offload as it should be', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).opens(there, [rs1, gateway]);
      flow.fullRequest(...there).reply(rs1, gateway);
      expect(judge(story).findings).toEqual([]);
    });
  });

  test('neither other machines’ messages nor what the director hands on to another one are counted', () => {
    const story = healthy({ version });
    const before = story.frame;
    const flow = story.tcp(remote, vip).opens(there, [rs1, gateway]);
    story.tooBig([gateway, client], gateway.ip, remote.ip, flow.quoted);
    story.tcp(remote, vip).opens([gateway, director, client], [client, gateway]);
    complains(story);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    const finding = onlyFinding(judge(story, { ...MIRROR, given: roles }), rule);
    expect(finding.count).toBe(1);
    expect(finding.evidence.map((e) => e.frame - before)).not.toContain(1);
  });

  test('of two messages about one flow the director’s is the fault', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).opens(there, [rs1, gateway]);
    story.tooBig([gateway, client], gateway.ip, remote.ip, flow.quoted);
    story.tooBig([director, gateway], vip, remote.ip, flow.quoted);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.message).toContain(`first in frame ${story.frame})`);
    expect(finding.evidence.filter((e) => e.shows === 'fault').map((e) => e.frame)).toEqual([story.frame]);
  });

  test('it was its own message, though another came later', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).opens(there, [rs1, gateway]);
    story.tooBig([director, gateway], vip, remote.ip, flow.quoted);
    story.tooBig([gateway, director, rs1], remote.ip, vip, flow.quotedAnswer);
    expect(culpritsOf(judge(story), rule)).toEqual([director.mac]);
  });

  test('it is not judged where the director’s frames to clients do not pass', () => {
    const at = (ip: string) => (version === 4 ? `${ip}:80` : `[${ip}]:80`);
    const all = { vips: [vip], directors: [director], realServers: [rs1, rs2] };
    const roles = configured(all, `-A -t ${at(vip)} -s rr`, `-a -t ${at(vip)} -r ${at(rs1.ip)} -g -w 1`);
    const story = new Story();
    story.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway);
    expect(judge(story, { point: 'real-server', given: roles }).verdicts).toMatchObject([
      { verdict: 'not judged', reason: 'what the director sends to clients does not pass this capture point' },
    ]);
  });

  test('a capture on the director decides it', () => {
    const story = atDirector([rs1, rs2], version);
    expect(verdictOn(judge(story, onDirector(version)), rule, director.ip)).toBe('passed');
    const flow = story
      .tcp(remote, vip)
      .syn(...there)
      .ack(...there);
    story.tooBig([director, gateway], vip, remote.ip, flow.quoted);
    expect(culpritsOf(judge(story, onDirector(version)), rule)).toEqual([director.mac]);
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    for (const rs of [rs1, rs2]) {
      const flow = story.tcp(client, vip).syn(client, director, rs).ack(client, director, rs);
      story.tooBig([director, client], vip, client.ip, flow.quoted);
    }
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
