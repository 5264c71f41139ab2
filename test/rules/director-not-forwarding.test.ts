import { describe, expect, test } from 'vitest';
import { directorNotForwarding as rule } from '../../src/rules/director-not-forwarding.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { configured } from '../support/configured.ts';
import { adverts, serve } from '../support/failover.ts';
import { connect, healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeAll, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('director-not-forwarding (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, remote, client } = lan(version);
  const ask = (story: Story, times = 1, sender: Host = gateway, to: Host = director, from: Host = remote) => {
    for (let i = 0; i < times; i++) story.wait(200).tcp(from, vip).syn(sender, to);
    return story;
  };

  /** Both speak as masters in turn. */
  const quarrel = (story: Story) => {
    for (let i = 0; i < 80; i++) adverts(story, i % 2 === 0 ? backup : director, 1, { version, every: 100 });
    return story;
  };

  describe('requests that go in and never come out', () => {
    test('three of them are found, with the director as culprit', () => {
      const story = healthy({ version });
      const before = story.frame;
      const finding = onlyFinding(judge(ask(story, 3)), rule);
      expect(finding).toMatchObject({
        code: 'LVS202',
        severity: 'critical',
        confidence: 'probable',
        vip,
        culprits: [{ role: 'director', ip: director.ip, mac: director.mac }],
        count: 3,
        unit: 'requests',
      });
      expect(finding.message).toBe(
        `${director.mac} does not forward requests for ${vip} (80/tcp): 3 requests, the first in frame ${before + 1}; nothing of them leaves it again, and it does not answer.`,
      );
      expect(finding.evidence.map((e) => [e.frame, e.shows])).toEqual([
        [before + 1, 'fault'],
        [before + 2, 'fault'],
      ]);
    });

    test('two of them may be lost copies', () => {
      expect(judge(ask(healthy({ version }), 2)).findings).toEqual([]);
    });

    test('of many, fewer than a tenth may be lost by chance, unless they are the last ones', () => {
      const among = (connections: number) => {
        const story = ask(healthy({ version, connections }), 3);
        connect(story, rs1, { version });
        return judge(story).findings;
      };
      expect(among(26)).toHaveLength(1);
      expect(among(27)).toEqual([]);
      expect(judge(ask(healthy({ version, connections: 60 }), 3)).findings).toHaveLength(1);
    });

    test('of a port that is no service they may be dropped, as a scan is', () => {
      const scan = (story: Story) => {
        for (let i = 0; i < 4; i++)
          story
            .wait(200)
            .tcp(remote, vip, { port: 8000 + i })
            .syn(gateway, director);
        return story;
      };
      expect(judge(scan(healthy({ version }))).findings).toEqual([]);
      // Where nothing is handed on at all, nothing tells which ports are services.
      const roles = given({ vips: [vip], directors: [director] });
      expect(judge(scan(new Story().resolves(gateway, vip, director)), { ...MIRROR, given: roles }).findings).toHaveLength(1);
    });

    test('the SYNs of one connection count each for itself', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).syn(gateway, director);
      for (const ms of [1000, 2000]) {
        story.wait(ms);
        flow.syn(gateway, director);
      }
      expect(onlyFinding(judge(story), rule).count).toBe(3);
    });

    test('the remedy looks for the service, the health check, and a rule that drops', () => {
      const commands = onlyFinding(judge(ask(healthy({ version }), 3)), rule).remedy.steps[0]!.commands.join('\n');
      expect(commands).toContain('ipvsadm -Ln');
      expect(commands).toContain('nft list ruleset');
    });
  });

  test('one request that the director resets itself is enough', () => {
    const story = healthy({ version });
    const before = story.frame;
    story.tcp(remote, vip).syn(gateway, director).refuse(director, gateway);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({ confidence: 'confirmed', count: 1 });
    expect(finding.message).toContain(`with a reset, first in frame ${before + 2}: it has the address, but no such service`);
    expect(finding.evidence.map((e) => [e.frame, e.shows])).toEqual(
      [
        [before + 1, 'fault'],
        [before + 2, 'effect'],
        [before + 2, 'effect'],
      ].slice(0, 2),
    );
    expect(finding.remedy.steps[0]!.commands.join('\n')).not.toContain('nft');
  });

  test('of a request that a real server resets too, the director’s own reset is told', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).syn(gateway, director).refuse(rs1, gateway);
    flow.syn(gateway, director).refuse(director, gateway);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.message).toContain(`it answers them itself with a reset, first in frame ${story.frame}:`);
    expect(finding.evidence.filter((e) => e.shows === 'effect').map((e) => [e.frame, e.says])).toEqual([
      [story.frame, expect.stringMatching(/^reset in answer to the SYN/)],
    ]);
  });

  test('one request that the director answers with ICMP unreachable is enough: no real server is left', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).syn(gateway, director);
    story.unreachable(director, { ...remote, mac: gateway.mac }, vip, flow.quoted);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({ confidence: 'confirmed', count: 1 });
    expect(finding.message).toContain(`ICMP unreachable, first in frame ${story.frame}: the service has no real server`);
  });

  test('a director that is its own real server may reset, but an unreachable of its own is no service', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).opens([gateway, director], [director, gateway]);
    story.tcp(remote, vip).syn(gateway, director).refuse(director, gateway);
    expect(judge(story).findings).toEqual([]);
    const flow = story.tcp(remote, vip).syn(gateway, director);
    story.unreachable(director, { ...remote, mac: gateway.mac }, vip, flow.quoted);
    expect(onlyFinding(judge(story), rule).count).toBe(1);
  });

  test('UDP requests that stay at the director are found too', () => {
    const story = healthy({ version });
    story.udp(remote, vip).asks(gateway, director, rs1).answers(rs1, gateway);
    for (let i = 0; i < 3; i++) story.udp(remote, vip).asks(gateway, director);
    expect(onlyFinding(judge(story), rule).message).toContain('(53/udp)');
  });

  describe('stays clean', () => {
    test('for a director that answers SYNs for its real servers (SYNPROXY)', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director).synAck(director, gateway);
      expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for a relieved director that resets what it had forwarded before', () => {
      const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] });
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
      ask(story.announces(backup, vip), 3);
      flow.data(gateway, director).reset(director, gateway);
      expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for a request that went to a real server, of which the director reports that it is unreachable', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) {
        const flow = story.tcp(client, vip).syn(client, rs1);
        story.unreachable(director, client, vip, flow.quoted);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('for a request whose copy was lost, of which the client closes the port before the answer: its error is handed on', () => {
      const story = healthy({ version });
      story.udp(remote, vip).asks(gateway, director, rs1).answers(rs1, gateway);
      const flow = story.udp(remote, vip).asks(gateway, director).answers(rs1, gateway);
      for (const [from, to] of [
        [gateway, director],
        [director, rs1],
      ] as const) {
        story.unreachable(from, { ...to, ip: vip }, remote.ip, flow.quotedAnswer);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, director.ip)).toBe('passed');
    });

    test('for requests that the director answers itself (localnode, SYN proxy)', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).opens([gateway, director], [director, gateway]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for NAT and tunnels, which are copies of another kind', () => {
      for (const kind of ['nat', 'tunnel'] as const) {
        const story = new Story().resolves(gateway, vip, director);
        for (const rs of [rs1, rs2, rs1]) {
          const flow = story.tcp(remote, vip).syn(gateway, director);
          if (kind === 'nat') flow.translated(rs.ip, director, rs);
          else flow.inTunnel(director, rs);
        }
        expect(judge(story).findings, kind).toEqual([]);
      }
    });

    test('for a reset of a port that is no service', () => {
      const story = healthy({ version });
      story.tcp(remote, vip, { port: 8443 }).syn(gateway, director).refuse(director, gateway);
      story.tcp(client, vip, { port: 8444 }).syn(client, gateway, director).refuse(director, client);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a reset of a port that only the director asks real servers for', () => {
      const story = healthy({ version });
      story.tcp(director, vip, { port: 8445 }).opens([director, rs1], [rs1, director]);
      story.tcp(remote, vip, { port: 8445 }).syn(gateway, director).refuse(director, gateway);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a scan of more ports than are told apart, though one of them is a service', () => {
      const story = healthy({ version });
      const refused = (port: number) => story.tcp(remote, vip, { port }).syn(gateway, director).refuse(director, gateway);
      for (let i = 0; i < 70; i++) refused(8000 + i);
      story.tcp(remote, vip, { port: 9000 }).opens([gateway, director, rs1], [rs1, gateway]);
      refused(9001);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a reset of a port that is no service where services go through tunnels, or by NAT', () => {
      for (const kind of ['nat', 'tunnel'] as const) {
        const story = new Story().resolves(gateway, vip, director);
        const flow = story.tcp(remote, vip).syn(gateway, director);
        if (kind === 'nat') flow.translated(rs1.ip, director, rs1);
        else flow.inTunnel(director, rs1);
        const roles = { ...MIRROR, given: given({ vips: [vip], directors: [director] }) };
        story.tcp(remote, vip, { port: 8443 }).syn(gateway, director).refuse(director, gateway);
        expect(judge(story, roles).findings, kind).toEqual([]);
        story.tcp(remote, vip).syn(gateway, director).refuse(director, gateway);
        expect(judge(story, roles).findings, kind).toHaveLength(1);
      }
    });

    test('for a traceroute to a service, whose packets die at the director', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) {
        const flow = story.wait(200).tcp(remote, vip).syn(gateway, director);
        story.timeExceeded(director, gateway, vip, flow.quoted);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('for what real servers hand back, and what a director asks', () => {
      const story = healthy({ version });
      ask(story, 3, rs1);
      expect(judge(story).findings).toEqual([]);
      const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] });
      const own = ask(healthy({ version }), 3, backup, director, backup);
      // Still in office, so that it is not spared as relieved.
      connect(own, rs1, { version });
      expect(judge(own, { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for what another machine answers to a request whose copy was lost', () => {
      const reset = healthy({ version });
      for (let i = 0; i < 3; i++) reset.tcp(remote, vip).syn(gateway, director).refuse(rs1, gateway);
      expect(judge(reset).findings).toEqual([]);
      const unreachable = healthy({ version });
      for (let i = 0; i < 3; i++) {
        const flow = unreachable.tcp(remote, vip).syn(gateway, director);
        unreachable.unreachable(rs1, { ...remote, mac: gateway.mac }, rs1.ip, flow.quoted);
      }
      expect(judge(unreachable).findings).toEqual([]);
    });

    test('for connections that go on: their copies are only not in this capture', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director).ack(gateway, director);
      expect(judge(story).findings).toEqual([]);
    });

    test('for connections that had begun before the capture', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).data(gateway, director);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a director that was relieved: who still asks it has a stale entry', () => {
      const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] });
      const both = { ...MIRROR, given: roles };
      expect(judge(ask(healthy({ version }).announces(backup, vip), 3), both).findings).toEqual([]);
      expect(
        judge(ask(adverts(adverts(healthy({ version }), director, 3, { version }), backup, 3, { version }), 3), both).findings,
      ).toEqual([]);
      const served = ask(healthy({ version }), 3);
      serve(served, backup, rs1, version);
      expect(judge(served, both).findings).toEqual([]);
      const refused = healthy({ version }).announces(backup, vip);
      refused.tcp(remote, vip).syn(gateway, director).refuse(director, gateway);
      expect(judge(refused, both).findings).toEqual([]);
      // As long as it still forwards others it is in office, and drops these.
      const story = ask(healthy({ version }).announces(backup, vip), 3);
      connect(story, rs1, { version });
      expect(judge(story, both).findings).toHaveLength(1);
    });

    test('for one that VRRP relieved, though it still claims the VIP', () => {
      const both = { ...MIRROR, given: given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] }) };
      const story = adverts(adverts(healthy({ version }), director, 3, { version }), backup, 3, { version });
      adverts(ask(story, 3), backup, 2, { version }).resolves(gateway, vip, director);
      expect(judge(story, both).findings).toEqual([]);
    });

    test('for one that VRRP relieved, though it goes on with the connections that it has', () => {
      const both = { ...MIRROR, given: given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] }) };
      const story = adverts(healthy({ version }), director, 3, { version });
      const flow = story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
      ask(adverts(story, backup, 2, { version }), 2);
      flow.data(gateway, director, rs1);
      adverts(ask(story, 2), backup, 2, { version });
      expect(judge(story, both).findings).toEqual([]);
    });

    test.each([
      ['before', (story: Story, relieve: () => void) => [relieve(), quarrel(story)]],
      ['behind', (story: Story, relieve: () => void) => [quarrel(story), relieve()]],
    ])('for one that VRRP relieved %s so many changes of master that not all are remembered', (_, tell) => {
      const both = { ...MIRROR, given: given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] }) };
      const story = healthy({ version });
      tell(story, () => {
        adverts(adverts(story, director, 3, { version }), backup, 2, { version });
        adverts(adverts(ask(story, 3), backup, 2, { version }), director, 1, { version });
      });
      expect(judge(story, both).findings).toEqual([]);
    });

    test('for one that VRRP relieves soon after, though it claims the VIP once more', () => {
      const both = { ...MIRROR, given: given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] }) };
      const story = ask(adverts(healthy({ version }), director, 3, { version }), 3).wait(1000);
      adverts(story, backup, 3, { version }).resolves(gateway, vip, director);
      expect(judge(story, both).findings).toEqual([]);
    });

    test('for one that stands by, and is in office only later', () => {
      const both = { ...MIRROR, given: given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] }) };
      const early = (story: Story, times: number) => {
        for (let i = 0; i < times; i++) {
          ask(story, 1, client, backup, client);
          connect(story, rs1, { version });
        }
        return story;
      };
      const byVrrp = adverts(early(adverts(healthy({ version }), director, 1, { version, every: 100 }), 3), director, 3, { version });
      serve(adverts(byVrrp, backup, 3, { version }), backup, rs1, version);
      expect(judge(byVrrp, both).findings).toEqual([]);
      // While it is master it owes them.
      expect(culpritsOf(judge(adverts(ask(byVrrp, 3, client, backup, client), backup, 3, { version }), both), rule)).toEqual([backup.mac]);

      const without = early(healthy({ version }), 3);
      serve(without.wait(20_000), backup, rs1, version);
      expect(judge(without, both).findings).toEqual([]);
    });

    test('for a director that died: another one takes over within ten seconds', () => {
      const both = { ...MIRROR, given: given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] }) };
      const after = (ms: number) => ask(adverts(healthy({ version }), director, 3, { version }), 3).wait(ms);
      const found = (story: Story) => judge(story, both).findings.length;
      expect(found(adverts(after(9900), backup, 3, { version }))).toBe(0);
      expect(found(adverts(after(10_100), backup, 3, { version }))).toBe(1);
      expect(found(after(9900).announces(backup, vip))).toBe(0);
      expect(found(after(10_100).announces(backup, vip))).toBe(1);
      expect(found(after(1000).announces(backup, vip).announces(director, vip))).toBe(1);
    });
  });

  test('a director is not relieved by another one that owned the VIP before, or only says something as the VIP', () => {
    const both = { ...MIRROR, given: given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] }) };
    const before = adverts(adverts(healthy({ version }), backup, 3, { version }), director, 3, { version });
    expect(culpritsOf(judge(ask(before, 3), both), rule)).toEqual([director.mac]);
    const served = new Story().resolves(gateway, vip, backup);
    serve(served, backup, rs1, version);
    expect(culpritsOf(judge(ask(served.announces(director, vip), 3), both), rule)).toEqual([director.mac]);
    const resets = ask(healthy({ version }), 3);
    resets.tcp(remote, vip).data(gateway, backup).reset(backup, gateway);
    expect(culpritsOf(judge(resets, both), rule)).toEqual([director.mac]);
  });

  test('a director of two that is in office and forwards nothing is found', () => {
    const both = { ...MIRROR, given: given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] }) };
    expect(culpritsOf(judge(ask(healthy({ version }), 3), both), rule)).toEqual([director.mac]);
    // That it forwards later, and another one after that, excuses nothing.
    const late = ask(new Story().resolves(gateway, vip, director), 3);
    serve(late.wait(1000), director, rs1, version);
    serve(late.wait(20_000), backup, rs2, version);
    expect(culpritsOf(judge(late, both), rule)).toEqual([director.mac]);
    const master = ask(adverts(healthy({ version }), director, 3, { version }), 3);
    expect(culpritsOf(judge(adverts(master, director, 3, { version }), both), rule)).toEqual([director.mac]);
  });

  test('a director that serves too, and neither answers nor hands on, is found', () => {
    const both = { ...MIRROR, given: given({ vips: [vip], directors: [director], realServers: [rs1, rs2, director] }) };
    expect(culpritsOf(judge(ask(healthy({ version }), 3), both), rule)).toEqual([director.mac]);
    const refused = healthy({ version });
    for (let i = 0; i < 3; i++) refused.tcp(remote, vip).syn(gateway, director).refuse(director, gateway);
    expect(judge(refused, both).findings).toEqual([]);
  });

  describe('the service is known by', () => {
    const refused = () => {
      const story = new Story().resolves(gateway, vip, director);
      story.tcp(remote, vip).syn(gateway, director).refuse(director, gateway);
      return story;
    };

    test('the configuration', () => {
      const at = version === 4 ? vip : `[${vip}]`;
      const roles = (port: number) => configured({ vips: [vip], directors: [director], realServers: [rs1] }, `-A -t ${at}:${port} -s rr`);
      expect(judge(refused(), { ...MIRROR, given: roles(80) }).findings).toHaveLength(1);
      expect(judge(refused(), { ...MIRROR, given: roles(0) }).findings).toHaveLength(1);
      expect(judge(refused(), { ...MIRROR, given: roles(443) }).findings).toEqual([]);
    });

    test('the configuration tells its protocol too', () => {
      const at = version === 4 ? vip : `[${vip}]`;
      const roles = configured({ vips: [vip], directors: [director], realServers: [rs1] }, `-A -u ${at}:80 -s rr`);
      expect(judge(refused(), { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('requests that are forwarded, by NAT as well', () => {
      const story = refused();
      story.tcp(remote, vip).syn(gateway, director).translated(rs1.ip, director, rs1);
      expect(judge(story).findings).toHaveLength(1);
      const other = new Story().resolves(gateway, vip, director);
      other.tcp(remote, vip, { port: 443 }).syn(gateway, director).refuse(director, gateway);
      other.tcp(remote, vip).syn(gateway, director).translated(rs1.ip, director, rs1);
      expect(judge(other).findings).toEqual([]);
      const datagrams = new Story().resolves(gateway, vip, director);
      datagrams.tcp(remote, vip, { port: 53 }).syn(gateway, director).refuse(director, gateway);
      datagrams.udp(remote, vip, { port: 53 }).asks(gateway, director, rs1);
      expect(judge(datagrams).findings).toEqual([]);
    });

    test('the VIP as given, where nothing is forwarded at all', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
      expect(judge(refused(), { ...MIRROR, given: roles }).findings).toHaveLength(1);
    });
  });

  test('another finding that tells more hides it: a real server that the director cannot resolve', () => {
    const story = healthy({ version });
    for (let i = 0; i < 3; i++) ask(story).wait(1000).whoHas(director, lan(version).rs3.ip);
    const rules = judgeAll(story).findings.map((f) => f.rule);
    expect(rules).toContain('director-cannot-resolve-rs');
    expect(rules).not.toContain('director-not-forwarding');
  });

  describe('is not judged', () => {
    test('on a real server, where the director’s frames to others do not pass', () => {
      const story = new Story().whoHas(director, rs1.ip).isAt(rs1, rs1.ip, director);
      story.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway);
      const [verdict] = judge(story, {
        point: 'real-server',
        given: given({ vips: [vip], directors: [director], realServers: [rs1, rs2] }),
      }).verdicts;
      expect(verdict).toMatchObject({
        subject: director.ip,
        verdict: 'not judged',
        reason: 'what the director sends to real servers does not pass this capture point',
      });
      expect(verdict!.capture).toMatch(new RegExp(`^on ${director.ip}: tcpdump .*host ${vip}`));
    });

    test('on the gateway, for a port that is no service beside one that real servers answer', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2], gateways: [gateway] });
      const refused = (answerer: Host) => {
        const story = new Story().resolves(gateway, vip, director);
        story.tcp(remote, vip).syn(gateway, director).synAck(answerer, gateway);
        story.tcp(remote, vip, { port: 443 }).syn(gateway, director).refuse(director, gateway);
        return judge(story, { point: 'gateway', given: roles }).findings;
      };
      expect(refused(rs1)).toEqual([]);
      expect(refused(director)).toHaveLength(1);
    });

    test('on the gateway, where copies never pass', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2], gateways: [gateway] });
      const judged = judge(ask(new Story().resolves(gateway, vip, director), 4), { point: 'gateway', given: roles });
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, director.ip)).toBe('not judged');
    });

    test('when nobody begins a connection', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
      const story = new Story().resolves(gateway, vip, director);
      story.tcp(remote, vip).data(gateway, director, rs1);
      story.tcp(remote, vip).syn(gateway, rs1, director);
      expect(judge(story, { ...MIRROR, given: roles }).verdicts[0]!.reason).toContain('no new request');
    });

    test('when nobody asks', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
      const [verdict] = judge(new Story().resolves(gateway, vip, director), { ...MIRROR, given: roles }).verdicts;
      expect(verdict).toMatchObject({ verdict: 'not judged', reason: `no new request for ${vip} reaches it in this capture` });
    });
  });

  test('frames without destination MAC (-i any) do not tell whom requests reach', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    const judged = judge(ask(healthy({ version }), 3).onAny(), { ...MIRROR, given: roles });
    expect(judged.verdicts).toMatchObject([{ verdict: 'not judged', reason: expect.stringContaining('-i any') }]);
  });

  test('a capture on the director shows what comes in and goes out, and passes or finds', () => {
    expect(verdictOn(judge(atDirector([rs1, rs2], version), onDirector(version)), rule, director.ip)).toBe('passed');
    expect(onlyFinding(judge(ask(atDirector([rs1, rs2], version), 3), onDirector(version)), rule).count).toBe(3);
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director, rs);
    expect(onlyFinding(judge(ask(story, 3, client, director, client)), rule).confidence).toBe('possible');
  });
});
