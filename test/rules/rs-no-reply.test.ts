import { describe, expect, test } from 'vitest';
import type { FlowPath } from '../../src/cluster/observations.ts';
import { PathEvent } from '../../src/correlation/paths.ts';
import { rsNoReply as rule } from '../../src/rules/rs-no-reply.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { connect, healthy } from '../support/healthy.ts';
import { firstFrames, given, judgeAll, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('rs-no-reply (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, rs3, client, remote } = lan(version);
  const rs4 = host('rs4', 20, version);
  const all = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] });
  const ask = (times: number, { story = healthy({ version }), rs = rs3, from = remote as Host, by = gateway } = {}) => {
    for (let i = 0; i < times; i++) story.wait(200).tcp(from, vip).syn(by, director, rs);
    return story;
  };

  test('a real server that answers none of three requests is found', () => {
    const before = healthy({ version }).frame;
    const judged = judge(ask(3));
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS302',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', ip: rs3.ip, mac: rs3.mac }],
      count: 3,
      unit: 'requests',
    });
    expect(finding.message).toContain(
      `3 requests for ${vip} went to ${rs3.mac} and nothing came back from any address, first in frame ${before + 1}. It does send other frames, so it is up.`,
    );
    expect(finding.evidence.map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'fault'],
      [2, 'fault'],
      [3, 'fault'],
      [4, 'fault'],
    ]);
    expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed', 'found']);
  });

  test('requests that came while one of several captures was not running are not judged', () => {
    expect(judge(ask(3, { story: healthy({ version }).watched(false) })).findings).toEqual([]);
    expect(judge(ask(3, { story: ask(2, { story: healthy({ version }).watched(false) }).watched(true) })).findings[0]!.count).toBe(3);
  });

  test('requests count though no frame of theirs is remembered, as long as one is to be cited', () => {
    const story = ask(1);
    const flow = story.tcp(remote, vip).syn(gateway, director, rs3);
    story.wait(1000);
    flow.syn(gateway, director, rs3);
    const isRepeated = (path: FlowPath) => path.steps.some((step) => step.event === PathEvent.retry);
    const finding = onlyFinding(judge(story, { ...MIRROR, remembered: (path) => (isRepeated(path) ? [] : path.examples) }), rule);
    expect(finding.count).toBe(3);
    expect(judge(story, { ...MIRROR, remembered: firstFrames(0) }).findings).toEqual([]);
  });

  test('a machine that only says something about requests got none of them', () => {
    const story = healthy({ version });
    for (let i = 0; i < 3; i++) {
      const flow = story.wait(200).tcp(remote, vip).syn(gateway, director, rs3);
      story.tooBig([rs1, gateway], rs1.ip, remote.ip, flow.quoted);
    }
    const judged = judge(story);
    expect(onlyFinding(judged, rule).culprits[0]!.mac).toBe(rs3.mac);
    expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
  });

  test('two requests may be lost', () => {
    expect(judge(ask(2)).findings).toEqual([]);
  });

  test('one connection whose SYN is sent three times is enough', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).syn(gateway, director, rs3);
    for (const ms of [1000, 2000]) {
      story.wait(ms);
      flow.syn(gateway, director, rs3);
    }
    expect(onlyFinding(judge(story), rule).count).toBe(3);
  });

  test('a real server without any frame of its own may be down', () => {
    expect(onlyFinding(judge(ask(3, { rs: rs4 })), rule).message).toContain('No frame of its own is in the capture.');
  });

  test('of very many connections one that is never answered is the client’s own affair', () => {
    const story = healthy({ version, connections: 90 });
    const flow = story.tcp(remote, vip).syn(gateway, director, rs3);
    for (const ms of [1000, 2000]) {
      story.wait(ms);
      flow.syn(gateway, director, rs3);
    }
    connect(story, rs3, { version });
    expect(judge(story).findings).toEqual([]);
  });

  test('what is answered of another service, or by another machine, is no reason to call it chance', () => {
    const busy = () => healthy({ version, connections: 120 });
    const story = busy();
    for (let i = 0; i < 3; i++) story.wait(200).tcp(remote, vip, { port: 443 }).syn(gateway, director, rs3);
    connect(story, rs3, { version });
    expect(onlyFinding(judge(story), rule).count).toBe(3);
    const other = ask(3, { story: busy(), rs: rs4 });
    connect(other, rs3, { version });
    expect(judge(other).findings.map((f) => f.culprits[0]!.mac)).toEqual([rs4.mac]);
  });

  test('a mirror that nobody vouches for makes it probable, and only of machines that show themselves there', () => {
    const own = { point: null };
    expect(onlyFinding(judge(ask(3), own), rule).confidence).toBe('probable');
    const judged = judge(ask(3, { rs: rs4 }), own);
    expect(judged.findings).toEqual([]);
    expect(verdictOn(judged, rule, rs4.mac)).toBe('not judged');
  });

  test('the remedy goes by likelihood: the VIP, its mask, filters', () => {
    const { remedy } = onlyFinding(judge(ask(3)), rule);
    const commands = remedy.steps[0]!.commands.join('\n');
    expect(remedy.steps[0]!.on).toBe(rs3.ip);
    expect(remedy.why).toMatch(/VIP is missing[\s\S]*mask[\s\S]*DAD[\s\S]*reverse path[\s\S]*firewall[\s\S]*down/);
    expect(commands).toContain(version === 4 ? `ip addr replace ${vip}/32 dev lo` : `ip -6 addr replace ${vip}/128 dev lo preferred_lft 0`);
    expect(commands.includes('rp_filter')).toBe(version === 4);
    expect(commands.includes('dadfailed')).toBe(version === 6);
  });

  describe('UDP', () => {
    const udp = (answered: boolean, port = 53) => {
      const story = healthy({ version });
      if (answered) story.udp(remote, vip).asks(gateway, director, rs1).answers(rs1, gateway);
      for (let i = 0; i < 3; i++) story.udp(remote, vip, { port }).asks(gateway, director, rs3);
      return judge(story).findings;
    };

    test('is found mute where others answer', () => {
      expect(udp(true)).toHaveLength(1);
    });

    test('TCP on the same port answers for itself only', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.udp(remote, vip, { port: 80 }).asks(gateway, director, rs3);
      expect(judge(story).findings).toEqual([]);
    });

    test('may be one-way where nobody answers on that port (syslog)', () => {
      expect(udp(false)).toEqual([]);
      expect(udp(true, 514)).toEqual([]);
    });

    /** So many requests of which `lost` stay without an answer, each with answered ones behind it. */
    const some = (total: number, lost: number, story = healthy({ version })) => {
      const every = Math.floor(total / (lost + 1));
      for (let i = 1; i <= total; i++) {
        const flow = story.udp(remote, vip).asks(gateway, director, rs3);
        if (i % every !== 0 || i / every > lost) flow.answers(rs3, gateway);
        story.wait(100);
      }
      return story;
    };

    test('may lose fewer than a tenth of its answers by chance', () => {
      expect(judge(some(40, 3)).findings).toEqual([]);
      expect(onlyFinding(judge(some(40, 4)), rule).count).toBe(4);
      expect(onlyFinding(judge(some(30, 3)), rule).count).toBe(3);
    });

    test('is found mute from a time on, however much it answered before', () => {
      const mute = (times: number) => {
        const story = some(200, 2);
        for (let i = 0; i < times; i++) story.wait(100).udp(remote, vip).asks(gateway, director, rs3);
        return story;
      };
      expect(judge(mute(2)).findings).toEqual([]);
      expect(judge(mute(3)).findings).toHaveLength(1);
      // It was silent for a while, and answers again.
      expect(judge(some(5, 0, mute(3))).findings).toEqual([]);
    });
  });

  describe('that it never asks for the way back, as others do, is told', () => {
    /** rs1 answers the gateway; rs3 is mute, and asks for nobody. */
    const told = (tell: (story: Story) => Story) => {
      const story = tell(new Story().resolves(gateway, vip, director));
      story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
      return onlyFinding(judge(ask(3, { story }), { ...MIRROR, given: all }), rule).message.includes('It never asks for the way back');
    };

    test('where another one asked for the next hop of its answers', () => {
      expect(told((story) => story.resolves(rs1, gateway.ip, gateway))).toBe(true);
    });

    test('but not where that one asked for somebody else, or only checked what it knew, or another one asked', () => {
      expect(told((story) => story.resolves(rs1, client.ip, client).isAt(gateway, gateway.ip, client))).toBe(false);
      expect(told((story) => story.checks(rs1, gateway.ip, gateway).isAt(gateway, gateway.ip, rs1))).toBe(false);
      expect(told((story) => story.resolves(rs2, gateway.ip, gateway))).toBe(false);
    });

    test('nor where it is the director that brings answers back', () => {
      const relays = (story: Story) => {
        story.resolves(director, gateway.ip, gateway);
        story.tcp(remote, vip).opens([gateway, director, rs2], [rs2, director, gateway]);
        return story;
      };
      expect(told(relays)).toBe(false);
      const handsOn = (story: Story) => {
        story.resolves(rs2, client.ip, client);
        story.tcp(remote, vip).syn(gateway, director, rs2, client);
        return story;
      };
      expect(told(handsOn)).toBe(false);
    });
  });

  test('one that only hands a request on is not judged', () => {
    const story = healthy({ version, connections: 2 });
    story.tcp(remote, vip).syn(gateway, director, rs3, director);
    expect(verdictOn(judge(story, { ...MIRROR, given: all }), rule, rs3.ip)).toBe('not judged');
  });

  describe('stays clean', () => {
    test('for requests that go in circles before they reach it', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.wait(200).tcp(remote, vip).syn(gateway, director, gateway, director, rs3);
      expect(judge(story).findings).toEqual([]);
    });

    test('in a healthy cluster', () => {
      expect(judge(healthy({ version })).findings).toEqual([]);
    });

    test('for a real server that answers from another address: another rule tells it', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director, rs3).synAckFrom(rs3.ip, rs3, gateway);
      expect(judge(story).findings).toEqual([]);
      expect(judgeAll(story, MIRROR).findings.map((f) => f.rule)).toEqual(['reply-wrong-source']);
    });

    test('for a real server that answers with ICMP unreachable', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) {
        const flow = story.tcp(remote, vip).syn(gateway, director, rs3);
        story.unreachable(rs3, { ...remote, mac: gateway.mac }, rs3.ip, flow.quoted);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('for requests that it sends back, and that go in circles', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director, rs3, director, rs3);
      expect(judge(story).findings).toEqual([]);
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director, rs3, director);
      expect(judge(story).findings).toEqual([]);
    });

    test('for requests that stay at the director', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director);
      expect(judge(story).findings).toEqual([]);
    });

    test('for health checks of the director to the VIP', () => {
      expect(judge(ask(3, { from: director, by: director })).findings).toEqual([]);
    });

    test('for connections seen in mid-flow only', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).data(gateway, director, rs3);
      expect(judge(story).findings).toEqual([]);
    });

    test('for connections that go on: the answer came, past this capture', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director, rs3).ack(gateway, director, rs3);
      expect(judge(story).findings).toEqual([]);
    });

    test('for NAT, where answers have another address', () => {
      const story = new Story().resolves(gateway, vip, director);
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director).translated(rs1.ip, director, rs1);
      expect(judge(story).verdicts).toEqual([]);
    });
  });

  describe('is not judged', () => {
    test('on the director: replies do not pass there', () => {
      const judged = judge(ask(3, { story: atDirector([rs1, rs2, rs3], version) }), onDirector(version));
      expect(judged.verdicts.map((v) => v.reason)).toEqual(Array(3).fill('its replies do not pass this capture point'));
      expect(judged.verdicts[2]!.capture).toMatch(new RegExp(`^on ${rs3.ip}: tcpdump .*host ${vip} or host ${rs3.ip}'$`));
    });

    test('when no reply of anybody is in sight: a filter may have let only requests and ARP in', () => {
      const story = new Story().resolves(gateway, vip, director).resolves(director, rs2.ip, rs2);
      story.resolves(director, rs3.ip, rs3).resolves(rs3, gateway.ip, gateway);
      const judged = judge(ask(1, { story: ask(3, { story }), rs: rs2 }), { point: null });
      expect(judged.findings).toEqual([]);
      expect(judged.verdicts.find((v) => v.subject === rs3.ip)).toMatchObject({
        verdict: 'not judged',
        reason: `no reply from ${vip} of any machine is in this capture`,
      });
      // Whoever says that it is the mirror's says that they would be there.
      expect(judge(story).findings).toHaveLength(1);
    });

    test('with too few requests, or none', () => {
      const story = new Story().resolves(gateway, vip, director);
      connect(story, rs1, { version });
      const judged = judge(ask(2, { story }), { ...MIRROR, given: all });
      expect(judged.verdicts.map((v) => v.reason)).toEqual([
        null,
        `no request for ${vip} reaches it in this capture`,
        'too few requests reach it in this capture to tell silence from loss',
      ]);
    });

    test('from frames without destination MAC (-i any)', () => {
      expect(judge(ask(3).onAny(), { ...MIRROR, given: all }).verdicts[0]!.reason).toContain('-i any');
    });
  });

  test('a capture on the real server itself shows what it does not answer', () => {
    const story = new Story().whoHas(director, rs3.ip).isAt(rs3, rs3.ip, director);
    story.whoHas(gateway, rs3.ip).isAt(rs3, rs3.ip, gateway);
    for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(director, rs3);
    expect(onlyFinding(judge(story, { point: 'real-server', given: all }), rule).culprits[0]!.ip).toBe(rs3.ip);
    // Whose capture it is shows in its frames.
    expect(onlyFinding(judge(story, { given: all }), rule).confidence).toBe('probable');
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    for (const rs of [rs1, rs2, rs1, rs1]) story.tcp(client, vip).syn(client, director, rs);
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
