import { describe, expect, test } from 'vitest';
import type { Given } from '../../src/cluster/given/given.ts';
import { rsNotAdjacent as rule } from '../../src/rules/rs-not-adjacent.ts';
import { configured } from '../support/configured.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeAll, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, roles: Given) => judgeBy([rule], story, { ...MIRROR, given: roles });

describe.each([4, 6] as const satisfies Version[])('rs-not-adjacent (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, rs3, remote } = lan(version);
  const router = host('router', 30, version);
  const farIp = version === 4 ? '192.0.2.9' : '2001:db8:9::9';
  const [at, farAt] = [vip, farIp].map((ip) => (version === 4 ? `${ip}:80` : `[${ip}]:80`));
  const far = { name: 'web9', ips: [farIp], macs: [], active: 'by-vrrp' as const };
  const withFar = (...directors: Host[]): Given => {
    const roles = given({ vips: [vip], directors: [director, ...directors], realServers: [rs1, rs2, rs3] });
    return { ...roles, realServers: [...roles.realServers, far] };
  };
  /** The director hands requests meant for web9 to a router. */
  const astray = (times = 2, to = router) => {
    const story = healthy({ version });
    for (let i = 0; i < times; i++) story.wait(200).tcp(remote, vip).syn(gateway, director, to);
    return story;
  };

  test('a real server behind a router is found, with the router that gets its requests', () => {
    const before = healthy({ version }).frame;
    const judged = judge(astray(), withFar());
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS205',
      severity: 'critical',
      confidence: 'probable',
      culprits: [
        { role: 'realServer', name: 'web9', ip: farIp, mac: null },
        { role: 'other', mac: router.mac },
      ],
      count: 2,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${director.mac} sends 2 flows for ${vip} to ${router.mac}, which is none of the real servers given, and never asks for the address of web9: that one is reached by way of a router, first in frame ${before + 2}.`,
    );
    expect(finding.evidence.map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'effect'],
      [2, 'fault'],
      [3, 'effect'],
      [4, 'fault'],
    ]);
    expect([rs1.ip, farIp].map((ip) => verdictOn(judged, rule, ip))).toEqual(['passed', 'found']);
  });

  test('the headline counts real servers, not the router', () => {
    const headlines = (roles: Given) => judgeBy([rule], astray(), { ...MIRROR, given: roles }).headlines;
    const tail = `not on the director's LAN: requests for ${vip} go to a router`;
    expect(headlines(withFar())).toEqual([`real server web9 (${farIp}) is ${tail}`]);
    const further = { ...far, name: 'web8', ips: [farIp.replace(/9$/, '8')] };
    const both = withFar();
    expect(headlines({ ...both, realServers: [...both.realServers, further] })).toEqual([`2 real servers are ${tail}`]);
  });

  test('the remedy looks at the route, and offers the tunnel', () => {
    const commands = onlyFinding(judge(astray(), withFar()), rule).remedy.steps[0]!.commands.join('\n');
    expect(commands).toContain('ip route get');
    expect(commands).toContain('-i, with the VIP on its tunl0');
  });

  test('the circle that such requests make is its effect', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director, router, director, router);
    const [first, second] = judgeAll(story, { ...MIRROR, given: withFar() }).findings;
    expect([first!.rule, second!.rule]).toEqual(['rs-not-adjacent', 'forwarding-loop']);
    expect(second!.causedBy).toEqual([first!.id]);
  });

  test('only what the director sends to the router counts', () => {
    const story = astray();
    story.tcp(remote, vip).syn(gateway, router);
    story.tcp(remote, vip).syn(router, director, rs1);
    expect(onlyFinding(judge(story, withFar()), rule).count).toBe(2);
  });

  describe('stays clean', () => {
    test('for a real server that only announces its address', () => {
      const quiet = host('web8', 40, version);
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3, quiet] });
      expect(judge(astray().announces(quiet, quiet.ip), roles).findings).toEqual([]);
    });

    test('for frames without destination MAC (-i any)', () => {
      const direct = configured({ directors: [director] }, `-A -t ${at} -s rr`, `-a -t ${at} -r ${farAt} -g -w 1`);
      const judged = judge(astray().onAny(), direct);
      expect(judged.findings).toEqual([]);
      expect(judged.verdicts.at(-1)!.reason).toContain('-i any');
    });

    test('in a healthy cluster', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] });
      const judged = judge(healthy({ version }), roles);
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
    });

    test('when the director asks for it: it is on the LAN, if it is there at all', () => {
      const story = astray().whoHas(director, farIp);
      const judged = judge(story, withFar());
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, farIp)).toBe('passed');
    });

    test('when somebody else asks for it the director still reaches it over the router', () => {
      expect(judge(astray().whoHas(gateway, farIp), withFar()).findings).toHaveLength(1);
    });

    test('for one host with several addresses', () => {
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] });
      const both = roles.realServers.map((rs, i) => (i === 0 ? { ...rs, ips: [...rs.ips, farIp] } : rs));
      expect(judge(astray(2, rs1), { ...roles, realServers: both }).findings).toEqual([]);
    });

    test('for copies to the other director', () => {
      expect(judge(astray(2, backup), withFar(backup)).findings).toEqual([]);
    });

    test('for a given MAC that shows itself by its frames alone', () => {
      const story = new Story();
      story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
      story.tcp(remote, vip).syn(gateway, director, router);
      expect(judge(story, given({ vips: [vip], directors: [director], realServers: [rs1] })).findings).toEqual([]);
    });

    test('for replies that a director sends on, and for requests on their way to it', () => {
      const story = healthy({ version });
      story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, director, router]);
      story.tcp(remote, vip).syn(gateway, router, director, rs1);
      expect(judge(story, withFar()).findings).toEqual([]);
    });

    test('for a tunnel, which may be routed', () => {
      const story = new Story().resolves(gateway, vip, director);
      for (let i = 0; i < 3; i++) story.tcp(remote, vip).syn(gateway, director).inTunnel(director, router);
      expect(judge(story, withFar()).verdicts).toEqual([]);
    });

    test('without given real servers: whoever gets copies is one', () => {
      const judged = judge(astray(), given({ vips: [vip], directors: [director] }));
      expect(judged.verdicts).toEqual([]);
    });
  });

  test('it is not judged while nothing of it is in the capture', () => {
    expect(judge(healthy({ version }), withFar()).verdicts.at(-1)).toMatchObject({
      subject: farIp,
      verdict: 'not judged',
      reason: 'neither its MAC nor a question for it is in this capture',
      capture: expect.stringMatching(new RegExp(`^on ${director.ip}: tcpdump`)),
    });
  });
});
