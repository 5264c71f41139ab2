import { describe, expect, test } from 'vitest';
import type { Given } from '../../src/cluster/given/given.ts';
import { rsRefuses as rule } from '../../src/rules/rs-refuses.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { configured } from '../support/configured.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('rs-refuses (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, rs3, client, remote } = lan(version);
  /** The MAC that two directors share, each in its turn. */
  const group: Host = { ...host('group', 20, version), mac: '00:00:5e:00:01:33' };
  const viaGateway: Host = { ...remote, mac: gateway.mac };

  test('a reset in answer to a SYN is found', () => {
    const story = healthy({ version });
    const before = story.frame;
    for (let i = 0; i < 2; i++) story.tcp(remote, vip).syn(gateway, director, rs2).refuse(rs2, gateway);
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS303',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', ip: rs2.ip, mac: rs2.mac }],
      count: 2,
      unit: 'flows',
    });
    expect(finding.message).toBe(`${rs2.mac} refuses 2 flows to ${vip} (80/tcp) with a reset, first in frame ${before + 3}.`);
    expect(finding.evidence.slice(0, 3).map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'cause'],
      [3, 'fault'],
    ]);
    expect(finding.evidence[2]!.says).toMatch(/^reset in answer to the SYN/);
    expect([rs1, rs2].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'found']);
  });

  test('of the request its hops are cited, not its repetition', () => {
    const story = healthy({ version });
    const before = story.frame;
    const flow = story.tcp(remote, vip).syn(gateway, director, rs2);
    story.wait(1000);
    flow.syn(gateway, director, rs2).refuse(rs2, gateway);
    expect(onlyFinding(judge(story), rule).evidence.map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'cause'],
      [2, 'cause'],
      [5, 'fault'],
    ]);
  });

  test('ICMP unreachable is found, for UDP as well', () => {
    const story = healthy({ version });
    const before = story.frame;
    const flow = story.udp(remote, vip).asks(gateway, director, rs1);
    story.unreachable(rs1, viaGateway, rs1.ip, flow.quoted);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.message).toBe(`${rs1.mac} refuses 1 flow to ${vip} (53/udp) with ICMP unreachable, first in frame ${before + 3}.`);
    expect(finding.remedy.steps[0]!.commands[0]).toContain("ss -lunp 'sport = :53'");
  });

  test('the remedy looks who listens, and whether a firewall rejects', () => {
    const story = healthy({ version });
    story.tcp(remote, vip, { port: 8443 }).syn(gateway, director, rs2).refuse(rs2, gateway);
    const [server, onTheDirector] = onlyFinding(judge(story), rule).remedy.steps;
    expect(server!.on).toBe(rs2.ip);
    expect(server!.commands).toEqual([expect.stringContaining("ss -ltnp 'sport = :8443'"), expect.stringContaining('grep -n reject')]);
    expect(onTheDirector!.on).toBe('the director');
  });

  test('a director that is its own real server can refuse as well, but its ICMP unreachable means that no real server is left', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).opens([gateway, director], [director, gateway]);
    const flow = story.tcp(remote, vip).syn(gateway, director);
    story.unreachable(director, viaGateway, vip, flow.quoted);
    expect(judge(story).findings).toEqual([]);
    story.tcp(remote, vip).syn(gateway, director).refuse(director, gateway);
    expect(onlyFinding(judge(story), rule).culprits[0]!.mac).toBe(director.mac);
  });

  test('a service is known by what the director hands on, by the configuration, or where neither tells by answers', () => {
    const bypassed = healthy({ version });
    bypassed.tcp(client, vip).syn(client, rs1).refuse(rs1, client);
    expect(onlyFinding(judge(bypassed), rule).culprits[0]!.mac).toBe(rs1.mac);

    const local = (port: number, answered: number) => {
      const story = new Story().resolves(gateway, vip, director);
      story.tcp(remote, vip, { port: answered }).opens([gateway, director], [director, gateway]);
      story.tcp(remote, vip, { port }).syn(gateway, director).refuse(director, gateway);
      return story;
    };
    const roles = { vips: [vip], directors: [director], realServers: [director, rs1] };
    const found = (story: Story, known: Given) => judge(story, { ...MIRROR, given: known }).findings.length;
    expect(found(local(80, 80), given(roles))).toBe(1);
    expect(found(local(443, 80), given(roles))).toBe(0);
    const endpointOf = (port: number) => (version === 4 ? `${vip}:${port}` : `[${vip}]:${port}`);
    expect(found(local(443, 80), configured(roles, `-A -t ${endpointOf(443)} -s rr`))).toBe(1);
    expect(found(local(80, 80), configured(roles, `-A -t ${endpointOf(443)} -s rr`))).toBe(0);
  });

  test('what is handed on is for the real server, whatever port it is for and by whichever MAC it was asked', () => {
    const port80 = `-A -t ${version === 4 ? `${vip}:80` : `[${vip}]:80`} -s rr`;
    const roles = { vips: [vip], directors: [director, backup, group], realServers: [director, rs1] };
    const refuses = (known: Given, there: readonly Host[], server: Host) => {
      const story = healthy({ version });
      story
        .tcp(remote, vip, { port: 8080 })
        .syn(...there)
        .refuse(server, gateway);
      return judge(story, { ...MIRROR, given: known }).findings.map((f) => f.culprits[0]!.mac);
    };
    expect(refuses(configured(roles, port80), [gateway, director, rs1], rs1)).toEqual([rs1.mac]);
    // Of these the copy is not in the capture.
    expect(refuses(configured(roles, port80), [gateway, group], rs1)).toEqual([rs1.mac]);
    expect(refuses(given(roles), [gateway, backup], director)).toEqual([director.mac]);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed', 'passed']);
    });

    test('for a reset after data, or of a connection seen in mid-flow', () => {
      const story = healthy({ version });
      const there = [gateway, director, rs1];
      story
        .tcp(remote, vip)
        .opens(there, [rs1, gateway])
        .data(...there)
        .reset(rs1, gateway);
      story
        .tcp(remote, vip)
        .data(...there)
        .reset(rs1, gateway);
      expect(judge(story).findings).toEqual([]);
    });

    test('for the reset of the director or the client', () => {
      const story = healthy({ version });
      story.tcp(remote, vip).syn(gateway, director).refuse(director, gateway);
      story.tcp(remote, vip).syn(gateway, director, rs1).refuse(director, gateway);
      story.tcp(remote, vip).syn(gateway, director, rs1).synAck(rs1, gateway).clientReset([gateway, director, rs1]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a closed port of the real server’s own address', () => {
      const story = healthy({ version });
      story.tcp(remote, rs1.ip, { port: 22 }).syn(gateway, rs1).refuse(rs1, gateway);
      expect(judge(story).findings).toEqual([]);
    });

    test('for closed ports of a director that answers SSH on the VIP itself', () => {
      const story = healthy({ version });
      story.tcp(client, vip, { port: 22 }).opens([client, director], [director, client]);
      for (const port of [22, 8080]) story.tcp(client, vip, { port }).syn(client, director).refuse(director, client);
      expect(judge(story).findings).toEqual([]);
      // Behind a router of the LAN a closed port has two hops too.
      story.tcp(client, vip, { port: 8081 }).syn(client, gateway, director).refuse(director, client);
      expect(judge(story).findings).toEqual([]);
      // It may be asked by the MAC of its VRRP group.
      const shared = { ...director, mac: '00:00:5e:00:01:33' };
      story.tcp(client, vip, { port: 8082 }).syn(client, shared).refuse(director, client);
      const serves = given({ vips: [vip], directors: [director, shared], realServers: [director, rs1] });
      expect(judge(story, { ...MIRROR, given: serves }).findings).toEqual([]);
    });

    test('for a closed port of a director that serves too, asked by the MAC that it shares with another one', () => {
      const roles = given({ vips: [vip], directors: [director, backup, group], realServers: [director, rs1] });
      const story = healthy({ version });
      story.tcp(client, vip, { port: 8080 }).syn(client, group).refuse(director, client);
      expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for a closed port that is asked past the director', () => {
      const story = healthy({ version });
      story.tcp(client, vip, { port: 8080 }).syn(client, rs1).refuse(rs1, client);
      expect(judge(story).findings).toEqual([]);
    });

    test('for health checks of the director: it knows, and sends no client there', () => {
      const story = healthy({ version });
      for (let i = 0; i < 3; i++) story.tcp(director, vip).syn(director, rs1).refuse(rs1, director);
      expect(judge(story).findings).toEqual([]);
      story.tcp(remote, vip).syn(gateway, director, rs1).refuse(rs1, gateway);
      expect(onlyFinding(judge(story), rule).count).toBe(1);
    });

    test('for NAT services', () => {
      const story = new Story().resolves(gateway, vip, director);
      story.tcp(remote, vip).syn(gateway, director).translated(rs1.ip, director, rs1).refuse(rs1, director);
      expect(judge(story).verdicts).toEqual([]);
    });
  });

  describe('is not judged', () => {
    test('on the director: replies do not pass there', () => {
      const judged = judge(atDirector([rs1, rs2], version), onDirector(version));
      expect(judged.verdicts.map((v) => v.reason)).toEqual(Array(3).fill('its replies do not pass this capture point'));
    });

    test('when it answers nothing', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
      const story = new Story();
      story.tcp(remote, vip).syn(gateway, director, rs1);
      expect(judge(story, { ...MIRROR, given: roles }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: 'it answers nothing in this capture' },
      ]);
    });
  });

  test('a capture on the real server shows its resets', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    const story = new Story();
    story.tcp(remote, vip).syn(director, rs1).refuse(rs1, gateway);
    expect(onlyFinding(judge(story, { point: 'real-server', given: roles }), rule).confidence).toBe('confirmed');
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    story.tcp(remote, vip).syn(gateway, director, rs2);
    story.tcp(remote, vip).syn(gateway, director, rs3);
    const flow = story.tcp(remote, vip).syn(gateway, director, rs1);
    story.unreachable(rs1, viaGateway, rs1.ip, flow.quoted);
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
