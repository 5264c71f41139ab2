import { describe, expect, test } from 'vitest';
import { staleGatewayArp as rule } from '../../src/rules/stale-gateway-arp.ts';
import { adverts, serve, vain } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, type Story, type Version } from '../support/story.ts';

describe.each([4, 6] as const satisfies Version[])('stale-gateway-arp (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, rs3, client, remote } = lan(version);
  const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2, rs3] });
  const two = { ...MIRROR, given: roles };
  const judge = (story: Story, beside: Parameters<typeof judgeBy>[2] = two) => judgeBy([rule], story, beside);
  const lost = (story: Story, times: number) => {
    for (let i = 0; i < times; i++) vain(story, director, version);
    return story;
  };
  const tookOver = () => adverts(adverts(healthy({ version }), director, 3, { version }), backup, 3, { version });

  test('requests to the old director while another one is VRRP master are found', () => {
    const story = tookOver();
    const first = story.frame + 1;
    adverts(lost(story, 4), backup, 2, { version });
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS403',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'director', mac: backup.mac }],
      count: 8,
      unit: 'requests',
    });
    expect(finding.message).toContain(
      `${gateway.mac} sends 8 requests for ${vip} to ${director.mac} for 7 seconds, the first in frame ${first}`,
    );
    expect(verdictOn(judged, rule, gateway.ip)).toBe('found');
  });

  test('an old director that still claims the VIP is the one to mend', () => {
    const story = adverts(lost(tookOver().announces(director, vip), 4), backup, 2, { version });
    expect(onlyFinding(judge(story), rule).culprits.map((c) => c.mac)).toEqual([director.mac]);
  });

  test('a request that a mirror shows twice counts once', () => {
    const story = tookOver();
    for (let i = 0; i < 3; i++) {
      story.tcp(remote, vip).syn(gateway, director);
      story.again().wait(3000);
    }
    expect(onlyFinding(judge(adverts(story, backup, 2, { version })), rule).count).toBe(3);
  });

  test('of a connection that is tried by way of another sender, or to the new director, only the sender’s tries to the old one count', () => {
    const story = tookOver();
    for (let i = 0; i < 4; i++) {
      const flow = story.tcp(remote, vip).syn(gateway, director);
      story.wait(1000);
      flow.syn(client, director).syn(gateway, backup);
      story.wait(1000);
    }
    expect(onlyFinding(judge(adverts(story, backup, 2, { version })), rule).count).toBe(4);
  });

  test('of an old director with two cards the one is named that the requests went to', () => {
    const card = { ...director, mac: '52:54:00:00:00:22' };
    const cards = { ...MIRROR, given: given({ vips: [vip], directors: [director, card, backup], realServers: [rs1, rs2, rs3] }) };
    const story = tookOver();
    for (let i = 0; i < 4; i++) vain(story, card, version);
    expect(onlyFinding(judge(adverts(story, backup, 2, { version }), cards), rule).message).toContain(`for ${vip} to ${card.mac} for`);
  });

  test('requests for five seconds are none yet', () => {
    const lasting = (ms: number) => {
      const story = lost(tookOver(), 2).wait(ms - 4000);
      story.tcp(remote, vip).syn(gateway, director);
      return verdictOn(judge(adverts(story, backup, 2, { version })), rule, gateway.ip);
    };
    expect(lasting(4990)).toBe('passed');
    expect(lasting(5010)).toBe('found');
  });

  test('two requests are none yet, three are', () => {
    const spread = (n: number) => {
      const story = tookOver();
      for (let i = 0; i < n; i++) {
        story.tcp(remote, vip).syn(gateway, director);
        story.wait(5100);
      }
      return verdictOn(judge(adverts(story, backup, 2, { version })), rule, gateway.ip);
    };
    expect(spread(2)).toBe('passed');
    expect(spread(3)).toBe('found');
  });

  test('a gateway that follows the announcement passes', () => {
    const story = tookOver().announces(backup, vip);
    for (const rs of [rs1, rs2, rs3]) serve(story, backup, rs, version).wait(3000);
    expect(verdictOn(judge(story), rule, gateway.ip)).toBe('passed');
  });

  test('requests that the old director still sends on are not lost', () => {
    const story = tookOver();
    for (const rs of [rs1, rs2, rs3, rs1]) serve(story, director, rs, version).wait(2000);
    expect(verdictOn(judge(adverts(story, backup, 2, { version })), rule, gateway.ip)).toBe('passed');
  });

  test('requests that are answered are not lost, though their copies are out of sight', () => {
    const story = tookOver();
    for (const rs of [rs1, rs2, rs3, rs1]) {
      story.tcp(remote, vip).syn(gateway, director).synAck(rs, gateway);
      story.wait(2000);
    }
    expect(verdictOn(judge(adverts(story, backup, 2, { version }), { ...two, point: 'gateway' }), rule, gateway.ip)).not.toBe('found');
  });

  test('without VRRP: who has answered, but got nothing yet, may own the VIP since now only', () => {
    const story = lost(healthy({ version }), 4).resolves(gateway, vip, backup);
    expect(verdictOn(judge(story), rule, gateway.ip)).toBe('passed');
  });

  test('requests lost while the old one is master itself are told by another rule', () => {
    const story = adverts(lost(adverts(healthy({ version }), director, 3, { version }), 4), director, 2, { version });
    expect(verdictOn(judge(story), rule, gateway.ip)).toBe('passed');
  });

  test('without VRRP: who answers alone in the end owned the VIP all the time', () => {
    const story = lost(healthy({ version }), 2);
    for (let i = 0; i < 3; i++) story.checks(gateway, vip, director).wait(1000);
    lost(story, 1).resolves(gateway, vip, backup);
    const answer = story.frame;
    serve(story, backup, rs1, version);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.culprits.map((c) => c.mac)).toEqual([backup.mac]);
    expect(finding.message).toContain(
      `It also asks ${director.mac} itself 3 times, without an answer. From frame ${answer + 1} on it sends to ${backup.mac}.`,
    );
  });

  test('without VRRP: requests after the announcement of another one are found, those before are not', () => {
    const found = (before: number, after: number) => {
      const story = lost(lost(healthy({ version }), before).announces(backup, vip).wait(100), after);
      return verdictOn(judge(serve(story, backup, rs1, version)), rule, gateway.ip);
    };
    expect(found(0, 4)).toBe('found');
    expect(found(4, 0)).toBe('passed');
  });

  test('without VRRP: an old director that answers on is not stale, but broken', () => {
    const story = lost(healthy({ version }), 4).whoHas(gateway, vip).isAt(backup, vip, gateway).isAt(director, vip, gateway);
    expect(verdictOn(judge(serve(story, backup, rs1, version)), rule, gateway.ip)).toBe('passed');
  });

  test('requests are lost while another one is master, not after', () => {
    const story = lost(adverts(healthy({ version }), director, 3, { version }), 1);
    adverts(lost(adverts(story, backup, 1, { version }), 1), backup, 1, { version });
    adverts(lost(adverts(story, director, 3, { version }), 4), director, 2, { version });
    expect(verdictOn(judge(story), rule, gateway.ip)).toBe('passed');
  });

  test('an announcement beside the VRRP master makes nobody the owner', () => {
    const story = adverts(healthy({ version }), director, 3, { version }).announces(backup, vip);
    for (let i = 0; i < 4; i++) adverts(lost(story, 1), director, 1, { version });
    expect(verdictOn(judge(story), rule, gateway.ip)).toBe('passed');
  });

  test('one advert that crosses the new master’s is no claim', () => {
    const story = adverts(adverts(tookOver(), director, 1, { version, every: 100 }), backup, 1, { version });
    expect(onlyFinding(judge(adverts(lost(story, 4), backup, 2, { version })), rule).culprits.map((c) => c.mac)).toEqual([backup.mac]);
  });

  test('only the sender’s own questions to the old director count, while it is believed', () => {
    const story = healthy({ version }).checks(gateway, vip, director).wait(1000).announces(backup, vip).wait(100);
    lost(story, 2).checks(gateway, vip, director).checks(client, vip, director).checks(gateway, vip, backup);
    lost(story, 2);
    serve(story, backup, rs1, version).checks(gateway, vip, director);
    expect(onlyFinding(judge(story), rule).message).toContain(`It also asks ${director.mac} itself 1 time, without`);
  });

  test('it is healed when the sender’s packets go to the owner, after all that was lost', () => {
    const story = serve(tookOver(), backup, rs1, version);
    lost(story, 4).tcp(remote, vip).syn(gateway, rs2);
    const healed = story.frame + 1;
    serve(story, backup, rs1, version);
    const { message } = onlyFinding(judge(adverts(story, backup, 2, { version })), rule);
    expect(message).toContain(`From frame ${healed} on it sends to ${backup.mac}.`);
  });

  describe('without VRRP, nobody else owns the VIP', () => {
    const isPassed = (story: Story) => expect(verdictOn(judge(story), rule, gateway.ip)).toBe('passed');

    test('when the old director announced it last', () => {
      isPassed(lost(healthy({ version }).announces(backup, vip).wait(1000).announces(director, vip), 4));
    });

    test('when the other one only asks with the VIP as its address', () => {
      isPassed(serve(lost(healthy({ version }), 4).whoHas(backup, gateway.ip, vip), backup, rs1, version));
    });

    test('when the other one answers somebody else, and the sender went to it before, or goes elsewhere', () => {
      const before = lost(serve(healthy({ version }), backup, rs1, version), 4).resolves(client, vip, backup);
      isPassed(before);
      const elsewhere = lost(healthy({ version }), 4).resolves(client, vip, backup);
      elsewhere.tcp(remote, vip).opens([gateway, rs1], [rs1, gateway]);
      isPassed(elsewhere);
    });
  });

  describe('lost are no requests', () => {
    const isPassed = (each: (story: Story) => unknown) => {
      const story = tookOver();
      for (let i = 0; i < 4; i++) {
        each(story);
        story.wait(2000);
      }
      expect(verdictOn(judge(adverts(story, backup, 2, { version })), rule, gateway.ip)).toBe('passed');
    };

    test('of connections that began before the capture', () => {
      isPassed((story) => story.tcp(remote, vip).data(gateway, director));
    });

    test('of another sender', () => {
      isPassed((story) => story.tcp(client, vip).syn(client, director));
    });

    test('that go to the new director, who hands them to the old one', () => {
      isPassed((story) => story.tcp(remote, vip).syn(gateway, backup, director));
    });

    test('that are repeated to the old director after the new one got them', () => {
      isPassed((story) => {
        const flow = story.tcp(remote, vip).syn(gateway, backup, rs1);
        story.wait(1000);
        flow.syn(gateway, director);
      });
    });

    test('that the old director sends on, answered or not', () => {
      isPassed((story) => story.tcp(remote, vip).syn(gateway, director, rs1));
    });
  });

  test('what directors and real servers send to the VIP is not judged', () => {
    const story = tookOver();
    for (const from of [backup, rs1]) story.tcp(from, vip).syn(from, director);
    const subjects = judge(story).verdicts.map((v) => v.subject);
    expect(subjects).toEqual([gateway.ip]);
  });

  test('from frames without destination MAC (-i any) nothing is judged', () => {
    const [verdict] = judge(tookOver().onAny()).verdicts;
    expect(verdict).toMatchObject({ verdict: 'not judged', reason: expect.stringContaining('-i any') });
  });

  test('where requests to the other director do not pass, nothing is judged', () => {
    const story = healthy({ version });
    const judged = judge(story, { point: 'director', given: given({ vips: [vip], directors: [director, backup] }) });
    expect(verdictOn(judged, rule, gateway.ip)).toBe('not judged');
  });
});
