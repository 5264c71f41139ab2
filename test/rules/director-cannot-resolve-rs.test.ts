import { describe, expect, test } from 'vitest';
import { directorCannotResolveRs as rule } from '../../src/rules/director-cannot-resolve-rs.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { firstFrames, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('director-cannot-resolve-rs (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, rs3, client, remote } = lan(version);
  const rs4 = host('rs4', 20, version);

  /** The director's questions, each so many milliseconds after the one before. */
  const asks = (story: Story, target: Host | string, ...gaps: number[]) => {
    const ip = typeof target === 'string' ? target : target.ip;
    story.whoHas(director, ip);
    for (const ms of gaps) story.wait(ms - 0.1).whoHas(director, ip);
    return story;
  };

  /** A healthy cluster, and then a request that the director has not handed on. */
  const waiting = () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director);
    return story;
  };

  test('a real server that the director asks for in vain is found, with the request that waits for it', () => {
    const story = healthy({ version });
    const request = story.frame + 1;
    story.tcp(remote, vip).syn(gateway, director);
    const judged = judge(asks(story, rs3, 1000, 1000, 1000));
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS204',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', ip: rs3.ip, mac: rs3.mac }],
      count: 4,
      unit: 'frames',
    });
    expect(finding.message).toBe(
      `The director ${director.mac} asks for ${rs3.ip} 4 times within 3 seconds (frames ${request + 1} to ${request + 4}) and gets no answer.`,
    );
    expect(finding.evidence[0]!.says).toMatch(/^SYN /);
    expect(finding.evidence.map((e) => [e.frame, e.shows])).toEqual([
      [request, 'effect'],
      [request + 1, 'fault'],
      [request + 4, 'fault'],
    ]);
    expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed', 'found']);
  });

  test('a machine that never showed itself is only probably a real server', () => {
    const finding = onlyFinding(judge(asks(waiting(), rs4, 1000, 1000)), rule);
    expect(finding).toMatchObject({ confidence: 'probable', culprits: [{ ip: rs4.ip, mac: null }] });
    expect(finding.evidence.map((e) => e.shows)).toEqual(['effect', 'fault', 'fault']);
  });

  test('a given real server is found without a request that waits; one that went elsewhere shows what the director is asked for', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs4] });
    const finding = onlyFinding(judge(asks(healthy({ version }), rs4, 1000, 1000), { ...MIRROR, given: roles }), rule);
    expect(finding.evidence.map((e) => e.shows)).toEqual(['effect', 'effect', 'fault', 'fault']);
  });

  test.each([
    ['waits', [gateway, director], [0]],
    ['went elsewhere', [gateway, director, rs1], [0, 1]],
  ])('a health check of the director is not cited, but the request that %s', (_, hops, cited) => {
    const story = new Story().resolves(gateway, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(director, vip).syn(director, rs);
    const request = story.frame + 1;
    story.tcp(remote, vip).syn(...hops);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] });
    const finding = onlyFinding(judge(asks(story, rs3, 1000, 1000), { ...MIRROR, given: roles }), rule);
    expect(finding.evidence.filter((e) => e.shows === 'effect').map((e) => e.frame - request)).toEqual(cited);
  });

  test('a given real server is the culprit for sure, and by its name', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs4] });
    expect(onlyFinding(judge(asks(healthy({ version }), rs4, 1000, 1000), { ...MIRROR, given: roles }), rule).confidence).toBe('confirmed');
  });

  test('a given real server whose MAC nobody knows is one for sure, though another service names it', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
    const service = { protocol: 'tcp', port: 80, mode: null, persistentSeconds: null, onePacket: false } as const;
    const target = { name: null, ip: rs1.ip, port: null, weight: null, mode: null };
    const named = {
      ...roles,
      vips: [{ ip: vip, services: [{ ...service, realServers: [target] }] }],
      realServers: [...roles.realServers, { name: 'web4', ips: [rs4.ip], macs: [], active: 'by-vrrp' as const }],
    };
    expect(onlyFinding(judge(asks(healthy({ version }), rs4, 1000, 1000), { ...MIRROR, given: named }), rule).confidence).toBe('confirmed');
  });

  test('a machine that is none of the real servers given may be one that nobody named: probably', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    expect(onlyFinding(judge(asks(waiting(), rs4, 1000, 1000), { ...MIRROR, given: roles }), rule).confidence).toBe('probable');
  });

  test('a given real server that is a client of the VIP as well is one all the same', () => {
    const story = healthy({ version });
    story.tcp(rs3, vip).syn(rs3, director, rs1);
    asks(story, rs3, 1000, 1000);
    expect(judge(story).findings).toEqual([]);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs3] });
    expect(judge(story, { ...MIRROR, given: roles }).findings).toHaveLength(1);
  });

  test('a real server is found though another director sends it requests meanwhile', () => {
    const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2, rs3] });
    const story = healthy({ version }).wait(3000).whoHas(director, rs3.ip).wait(1000);
    story.tcp(remote, vip).syn(gateway, backup, rs3);
    story.whoHas(director, rs3.ip).wait(1000).whoHas(director, rs3.ip);
    expect(judge(story, { ...MIRROR, given: roles }).findings).toHaveLength(1);
  });

  test('a given real server is found though the director hands its own requests to others meanwhile', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs3] });
    const story = healthy({ version }).wait(3000).whoHas(director, rs3.ip).wait(1000);
    story.tcp(rs3, vip).syn(rs3, director, rs1);
    story.whoHas(director, rs3.ip).wait(1000).whoHas(director, rs3.ip);
    expect(judge(story, { ...MIRROR, given: roles }).findings).toHaveLength(1);
  });

  test('the remedy checks address, arp_ignore and the director’s entry', () => {
    const [server, onTheDirector] = onlyFinding(judge(asks(healthy({ version }), rs3, 1000, 1000)), rule).remedy.steps;
    expect(server!.on).toBe(rs3.ip);
    expect(server!.commands.join('\n').includes('arp_ignore')).toBe(version === 4);
    expect(onTheDirector!.commands[0]).toBe(`ip neigh show ${rs3.ip}`);
  });

  test('whether requests wait that are not remembered is not known', () => {
    expect(judge(asks(waiting(), rs4, 1000, 1000), { ...MIRROR, remembered: firstFrames(0) }).findings).toEqual([]);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs4] });
    expect(
      judge(asks(waiting(), rs4, 1000, 1000), { ...MIRROR, given: roles, remembered: firstFrames(0) }).findings[0]!.evidence.map(
        (e) => e.shows,
      ),
    ).toEqual(['fault', 'fault']);
  });

  test('a request waits for the answer from two seconds before the first question on', () => {
    expect(judge(asks(waiting().wait(1900), rs4, 1000, 1000)).findings).toHaveLength(1);
  });

  describe('three questions over two seconds are needed', () => {
    test.each([
      ['two, two seconds apart', [2000], 0],
      ['three within 1.89 seconds', [945, 945], 0],
      ['three over 1.9 seconds: a kernel’s timers may be a tick early', [950, 950], 1],
      ['three over a second each', [1000, 1000], 1],
    ] as const)('%s', (_words, gaps, findings) => {
      expect(judge(asks(waiting(), rs4, ...gaps)).findings).toHaveLength(findings);
    });
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
    });

    test('for a real server that answers the third question: the row begins anew', () => {
      const story = asks(healthy({ version }), rs3, 1000, 1000).isAt(rs3, rs3.ip, director);
      expect(judge(asks(story.wait(1000), rs3, 1000)).findings).toEqual([]);
    });

    test('for the gateway, a client, or the VIP that does not answer, whatever request waits', () => {
      for (const [target, sender, by] of [
        [gateway.ip, remote, 'gateway'],
        [client.ip, client, 'client'],
        [vip, remote, 'gateway'],
      ] as const) {
        const story = healthy({ version, by });
        story.tcp(sender, vip).syn(sender, director);
        expect(judge(asks(story, target, 1000, 1000)).findings, target).toEqual([]);
      }
    });

    describe('for a real server that health checks took out', () => {
      const down = (...during: ((story: Story) => void)[]) => {
        const story = healthy({ version });
        for (const rs of [rs1, rs2]) story.tcp(director, rs.ip).opens([director, rs], [rs, director]);
        story.wait(3000).whoHas(director, rs3.ip).wait(1000);
        for (const tell of during) tell(story);
        return story.whoHas(director, rs3.ip).wait(1000).whoHas(director, rs3.ip);
      };
      const served = (story: Story) => story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
      const waits = (story: Story) => story.tcp(remote, vip).syn(gateway, director);

      test('while requests are handed on to others and none waits', () => {
        expect(judge(down(served)).findings).toEqual([]);
      });

      test('but not while one waits, or none comes', () => {
        expect(judge(down(served, waits)).findings).toHaveLength(1);
        expect(judge(down()).findings).toHaveLength(1);
      });

      test('while the director answers some of them itself (localnode)', () => {
        const byItself = (story: Story) => story.tcp(remote, vip).opens([gateway, director], [director, gateway]);
        expect(judge(down(served, byItself)).findings).toEqual([]);
      });

      test('but not where requests are handed on only before it asks, or long after', () => {
        const before = healthy({ version });
        for (const rs of [rs1, rs2]) before.tcp(director, rs.ip).opens([director, rs], [rs, director]);
        served(before);
        expect(judge(asks(before.wait(3000), rs3, 1000, 1000)).findings).toHaveLength(1);
        const after = down().wait(3000);
        served(after);
        expect(judge(after).findings).toHaveLength(1);
      });

      test('nor for one that comes back, and gets what waited', () => {
        const story = healthy({ version });
        story.tcp(director, rs1.ip).opens([director, rs1], [rs1, director]);
        const flow = story.wait(3000).tcp(remote, vip).syn(gateway, director);
        served(asks(story, rs3, 1000));
        story.wait(1000).whoHas(director, rs3.ip);
        expect(judge(story).findings).toHaveLength(1);
        flow.syn(gateway, director);
        story.wait(1000).whoHas(director, rs3.ip).isAt(rs3, rs3.ip, director);
        flow.syn(director, rs3).synAck(rs3, gateway);
        expect(judge(story).findings).toHaveLength(1);
      });

      test('nor where the director checks nobody: then it asks for the sake of requests', () => {
        const story = asks(healthy({ version }).wait(3000), rs3, 1000);
        served(story);
        expect(judge(story.whoHas(director, rs3.ip).wait(1000).whoHas(director, rs3.ip)).findings).toHaveLength(1);
      });

      test('though a request that waits may be for another VIP', () => {
        const other = version === 4 ? '203.0.113.101' : '2001:db8::101';
        const story = healthy({ version }).resolves(gateway, other, director);
        for (const rs of [rs1, rs2]) story.tcp(remote, other).opens([gateway, director, rs], [rs, gateway]);
        story.tcp(director, rs1.ip).opens([director, rs1], [rs1, director]);
        asks(story.wait(3000), rs3, 1000);
        served(story);
        story.tcp(remote, other).syn(gateway, director);
        expect(judge(story.whoHas(director, rs3.ip).wait(1000).whoHas(director, rs3.ip)).findings).toHaveLength(1);
      });
    });

    test('for another host, while all that is seen of a request is that the director hands it on', () => {
      const story = healthy({ version }).wait(3000);
      story.tcp(remote, vip).syn(director, rs1);
      expect(judge(asks(story, rs4, 1000, 1000)).findings).toEqual([]);
    });

    test('for another host that the director misses, while no request waits', () => {
      expect(judge(asks(healthy({ version }).wait(3000), rs4, 1000, 1000)).findings).toEqual([]);
      const served = waiting().wait(2100);
      expect(judge(asks(served, rs4, 1000, 1000)).findings).toEqual([]);
    });

    test('for another host, while requests are handed on, answered, or come long after', () => {
      for (const tell of [
        (story: Story) => asks(story.tcp(remote, vip).syn(gateway, director, rs1).story, rs4, 1000, 1000),
        (story: Story) => asks(story.tcp(remote, vip).syn(gateway, director).synAck(rs1, gateway).story, rs4, 1000, 1000),
        (story: Story) => asks(story, rs4, 1000, 1000).wait(2100).tcp(remote, vip).syn(gateway, director).story,
      ]) {
        expect(judge(tell(healthy({ version }).wait(3000))).findings).toEqual([]);
      }
    });

    test('for another host, while the director answers requests itself (localnode)', () => {
      const story = healthy({ version }).wait(3000);
      story.tcp(remote, vip).opens([gateway, director], [director, gateway]);
      expect(judge(asks(story, rs4, 1000, 1000)).findings).toEqual([]);
    });

    test('for another host, while the director answers a request that is not seen', () => {
      const story = healthy({ version }).wait(3000);
      story.tcp(remote, vip).synAck(director, gateway);
      expect(judge(asks(story, rs4, 1000, 1000)).findings).toEqual([]);
    });

    test('for questions of others', () => {
      const story = healthy({ version });
      for (let i = 0; i < 4; i++) story.whoHas(gateway, rs4.ip).wait(1000);
      expect(judge(story).findings).toEqual([]);
    });

    test('for one that it sends requests to between its questions: a mirror may lack what that one sends', () => {
      const sends = (to: Host) => {
        const story = healthy({ version }).wait(3000).whoHas(director, rs3.ip).wait(1000);
        story.tcp(remote, vip).syn(gateway, director, to);
        return judge(story.whoHas(director, rs3.ip).wait(1000).whoHas(director, rs3.ip)).findings;
      };
      expect(sends(rs3)).toEqual([]);
      expect(sends(rs2)).toHaveLength(1);
    });

    test('for an address without a MAC, while the director sends requests to a MAC without an address, of which no frame passes', () => {
      const silent = (kept: boolean) => {
        const story = healthy({ version });
        for (let i = 0; i < 3; i++) {
          story.whoHas(director, rs4.ip).wait(1000);
          if (kept) story.tcp(remote, vip, { clientPort: 7000 + i }).syn(gateway, director, rs4);
        }
        story.tcp(remote, vip).syn(gateway, director);
        return judge(story.whoHas(director, rs4.ip), {});
      };
      expect(silent(true).findings).toEqual([]);
      expect(onlyFinding(silent(false), rule).confidence).toBe('probable');
    });

    test('for one that got the first try past the director or from another one, and the next one from it', () => {
      const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2, rs3] });
      for (const first of [
        [gateway, rs3],
        [gateway, backup, rs3],
      ]) {
        const story = healthy({ version }).wait(3000).whoHas(director, rs3.ip).wait(1000);
        const flow = story.tcp(remote, vip).syn(...first);
        flow.syn(gateway, director, rs3);
        story.whoHas(director, rs3.ip).wait(1000).whoHas(director, rs3.ip);
        expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
      }
    });

    test('for unicast questions that check an entry', () => {
      const story = healthy({ version });
      for (let i = 0; i < 4; i++) story.checks(director, rs3.ip, rs3).wait(1000);
      expect(judge(story).findings).toEqual([]);
    });
  });

  test('it is not judged on another real server, where answers to the director do not pass', () => {
    const story = new Story();
    story.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    expect(judge(asks(story, rs2, 1000, 1000), { point: 'real-server', given: roles }).verdicts).toMatchObject([
      { subject: rs2.ip, verdict: 'not judged', reason: "answers to the director's questions do not pass this capture point" },
    ]);
  });

  test('a capture on the director decides it', () => {
    const story = asks(atDirector([rs1, rs2], version), rs3, 1000, 1000);
    expect(onlyFinding(judge(story, onDirector(version)), rule).culprits[0]!.ip).toBe(rs3.ip);
  });
});
