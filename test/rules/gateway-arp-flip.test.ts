import { describe, expect, test } from 'vitest';
import { gatewayArpFlip as rule } from '../../src/rules/gateway-arp-flip.ts';
import { adverts } from '../support/failover.ts';
import { connect, healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('gateway-arp-flip (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, client, remote } = lan(version);
  const direct = (story: Story, rs = rs1, sender = gateway) =>
    story.tcp(sender === gateway ? remote : client, vip).opens([sender, rs], [rs, sender]);

  /** rs1 asks for the gateway as the VIP, and the gateway's frames go to it from then on. */
  const flipped = () => {
    const story = healthy({ version }).whoHas(rs1, gateway.ip, vip);
    direct(story);
    return story;
  };

  test('a gateway whose frames to the VIP move from the director to a real server is found, with what told it so', () => {
    const before = healthy({ version }).frame;
    const judged = judge(flipped());
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS103',
      severity: 'critical',
      confidence: 'confirmed',
      vip,
      culprits: [{ role: 'realServer', mac: rs1.mac }],
      count: 1,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `The ${version === 4 ? 'ARP' : 'neighbour'} entry of ${gateway.mac} for ${vip} moved from the director ${director.mac} to ${rs1.mac} in frame ${before + 2} after the ${version === 4 ? 'ARP request' : 'neighbour solicitation'} in frame ${before + 1}. 1 flow then bypassed the director. It did not move back within the capture.`,
    );
    expect(finding.evidence.map((e) => e.shows)).toEqual(['effect', 'cause', 'fault']);
    expect(verdictOn(judged, rule, gateway.ip)).toBe('found');
  });

  test('a flip from another real server, before anything went to the director, is told as that', () => {
    const story = new Story();
    direct(story, rs1);
    direct(story, rs2);
    const frame = story.frame - 2;
    connect(story, rs1, { version });
    direct(story, rs2);
    const finding = judge(story).findings.find((f) => f.culprits[0]!.mac === rs2.mac)!;
    expect(finding.message).toContain(` for ${vip} moved to ${rs2.mac} in frame ${frame}`);
    expect(finding.evidence.map((e) => e.shows)).not.toContain('effect');
  });

  test('of a real server with two cards the one is named that the entry moved to', () => {
    const card = { ...rs1, mac: '52:54:00:00:10:02' };
    const story = new Story();
    direct(story, card);
    connect(story, rs2, { version });
    direct(story, rs1);
    const frame = story.frame - 2;
    direct(story, card);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, card, rs2] });
    const { message } = onlyFinding(judge(story, { ...MIRROR, given: roles }), rule);
    expect(message).toContain(`moved from the director ${director.mac} to ${rs1.mac} in frame ${frame}`);
  });

  test('what healed it is told', () => {
    const story = flipped().wait(1000).announces(director, vip);
    const announced = story.frame;
    connect(story, rs2, { version });
    const finding = onlyFinding(judge(story), rule);
    expect(finding.message).toContain(`It moved back to a director in frame ${announced + 1}.`);
    expect(finding.evidence.filter((e) => e.shows === 'cure').map((e) => e.frame)).toEqual([announced, announced + 1]);
  });

  test('a VRRP advert heals no neighbour’s entry, and spoils none', () => {
    const story = flipped().wait(1000).announces(director, vip);
    const announced = story.frame;
    adverts(story, director, 1, { version });
    connect(story, rs2, { version });
    const { evidence } = onlyFinding(judge(story), rule);
    expect(evidence.filter((e) => e.shows === 'cure').map((e) => e.frame)).toEqual([announced, announced + 2]);
  });

  test('without the frame that told it so, the flip is told all the same', () => {
    const story = healthy({ version });
    direct(story);
    expect(onlyFinding(judge(story), rule).message).toContain('; what told it so is not in this capture.');
  });

  test('a reply to another asker is no cause: the gateway could not hear it', () => {
    const story = healthy({ version }).resolves(client, vip, rs1);
    direct(story);
    expect(onlyFinding(judge(story), rule).message).toContain('what told it so is not in this capture');
  });

  test('a connection that moves in its midst is a flow astray', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
    flow.data(gateway, rs1);
    expect(onlyFinding(judge(story), rule).count).toBe(1);
  });

  test('the flip is the move from a director to this real server, the cure the next move back to one', () => {
    const story = new Story();
    direct(story, rs1);
    connect(story, rs2, { version });
    direct(story, rs2);
    connect(story, rs2, { version });
    story.whoHas(rs1, gateway.ip, vip);
    const cause = story.frame;
    direct(story, rs1);
    direct(story, rs2);
    story.whoHas(rs1, gateway.ip, vip).wait(100);
    const healed = story.frame + 1;
    connect(story, rs2, { version });
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    const finding = judge(story, { ...MIRROR, given: roles }).findings.find((f) => f.culprits[0]!.mac === rs1.mac)!;
    expect(finding.message).toContain(
      `in frame ${cause + 1} after the ${version === 4 ? 'ARP request' : 'neighbour solicitation'} in frame ${cause}.`,
    );
    expect(finding.message).toContain(`It moved back to a director in frame ${healed}.`);
  });

  test('what a director claimed before the flip does not heal it', () => {
    const story = flipped().wait(1000);
    const before = story.frame;
    connect(story, rs2, { version });
    expect(
      onlyFinding(judge(story), rule)
        .evidence.filter((e) => e.shows === 'cure')
        .map((e) => e.frame),
    ).toEqual([before + 1]);
  });

  test('a unicast question is a sign of the asker’s own cache, and of an answer that was not seen', () => {
    const forwarded = () => {
      const story = new Story();
      for (const rs of [rs1, rs2]) connect(story, rs, { version });
      return story;
    };
    expect(judge(forwarded().checks(client, vip, rs1)).findings).toEqual([]);
    expect(judge(forwarded().isAt(rs1, vip, client).checks(gateway, vip, rs1)).findings).toHaveLength(1);
    expect(judge(forwarded().checks(gateway, vip, rs1).isAt(rs1, vip, gateway)).findings).toHaveLength(1);
  });

  test('a client of the LAN has a cache too', () => {
    const story = healthy({ version, by: 'client' });
    direct(story, rs2, client);
    expect(culpritsOf(judge(story), rule)).toEqual([rs2.mac]);
  });

  test('two senders that flip to the same real server are one finding', () => {
    const story = healthy({ version });
    connect(story, rs2, { version, by: 'client' });
    direct(story, rs1, gateway);
    direct(story, rs1, client);
    expect(onlyFinding(judge(story), rule)).toMatchObject({ count: 2, culprits: [{ mac: rs1.mac }] });
  });

  test('a unicast question to a real server shows the asker’s cache, even when nothing else does', () => {
    const story = new Story();
    for (const rs of [rs1, rs2]) connect(story, rs, { version });
    const finding = onlyFinding(judge(story.checks(gateway, vip, rs1)), rule);
    expect(finding).toMatchObject({ confidence: 'probable', culprits: [{ mac: rs1.mac }] });
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, gateway.ip)).toBe('passed');
    });

    test('for a monitor that uses the service and checks each real server, too, by the VIP', () => {
      const story = healthy({ version });
      story.tcp(client, vip).opens([client, director, rs1], [rs1, client]);
      for (const rs of [rs1, rs2, rs1]) story.tcp(client, vip).opens([client, rs], [rs, client]);
      expect(judge(story).findings).toEqual([]);
    });

    test('when the entry moves to another director after a failover', () => {
      const story = healthy({ version }).wait(1000).announces(backup, vip);
      for (const rs of [rs1, rs2]) story.tcp(remote, vip).opens([gateway, backup, rs], [rs, gateway]);
      expect(judge(story).findings).toEqual([]);
    });

    test('when the gateway brings the VIP’s answers to a real server, which is a client of its own', () => {
      const story = healthy({ version });
      story.tcp(rs1, vip).opens([rs1, gateway, director, rs2], [rs2, gateway, rs1]);
      expect(judge(story).findings).toEqual([]);
    });

    test('when the real server is promoted to director', () => {
      const roles = given({ vips: [vip], directors: [director, rs1], realServers: [rs1, rs2] });
      expect(judge(flipped(), { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('when the sender always used a real server: that is no flip', () => {
      const story = healthy({ version });
      direct(story, rs1, client);
      connect(story, rs2, { version });
      expect(judge(story).findings).toEqual([]);
    });

    test('when it went to the director only later: then it healed, and nothing flipped', () => {
      const story = new Story();
      direct(story);
      for (const rs of [rs1, rs2]) connect(story, rs, { version });
      expect(judge(story).findings).toEqual([]);
    });

    test('for a unicast question whose answer the asker got in this capture', () => {
      expect(judge(healthy({ version }).resolves(gateway, vip, rs1).checks(gateway, vip, rs1)).findings).toEqual([]);
    });

    test('for what directors send to real servers', () => {
      expect(judge(healthy({ version })).verdicts.map((v) => v.subject)).not.toContain(director.ip);
    });
  });

  test('without any real server it is not judged', () => {
    const story = new Story().resolves(gateway, vip, director);
    story.tcp(remote, vip).syn(gateway, director);
    const roles = given({ vips: [vip], directors: [director] });
    expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, gateway.ip)).toBe('not judged');
  });

  test('from frames without destination MAC (-i any) it is not judged', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    expect(judge(healthy({ version }).onAny(), { ...MIRROR, given: roles }).verdicts[0]!.reason).toContain('-i any');
  });

  test('at the director it is not judged: the gateway’s frames to real servers do not pass there', () => {
    const story = new Story().resolves(gateway, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(remote, vip).syn(gateway, director, rs);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    expect(judge(story, { point: 'director', given: roles }).verdicts).toMatchObject([
      { verdict: 'not judged', reason: 'its frames to real servers would not pass this capture point' },
    ]);
  });

  test('the remedy mends the real server first, then the sender’s entry, then announces the director', () => {
    const { remedy } = onlyFinding(judge(flipped()), rule);
    const [server, sender, announce] = remedy.steps.map((step) => step.commands.join('\n'));
    expect(remedy.steps[1]!.on).toBe(gateway.ip);
    if (version === 4) {
      expect(server).toContain('arp_announce=2');
      expect(sender).toMatch(/^ip neigh flush to /);
      expect(announce).toMatch(/^arping -U /);
    } else {
      expect(server).toContain('/128 dev lo');
      expect(sender).toMatch(/^ip -6 neigh flush to /);
      expect(announce).toMatch(/^ndsend /);
    }
  });
});
