import { describe, expect, test } from 'vitest';
import { rsOriginatesFromVip as rule } from '../../src/rules/rs-originates-from-vip.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('rs-originates-from-vip (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, rs3, remote } = lan(version);
  const elsewhere = version === 4 ? '192.0.2.80' : '2001:db8:9::80';

  test('a real server that opens connections from the VIP is found', () => {
    const story = healthy({ version });
    const before = story.frame;
    for (let i = 0; i < 2; i++) {
      const flow = story.tcp(vip, elsewhere, { port: 443 }).syn(rs1, gateway).synAck(gateway, director);
      story.wait(1000);
      flow.syn(rs1, gateway);
    }
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS305',
      severity: 'warning',
      confidence: 'confirmed',
      vip,
      culprits: [{ role: 'realServer', ip: rs1.ip, mac: rs1.mac }],
      count: 2,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${rs1.mac} opens 2 connections with ${vip} as its source, to ${elsewhere} among others, first in frame ${before + 1}; the answers go to the director.`,
    );
    expect(finding.evidence.slice(0, 3).map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'fault'],
      [2, 'effect'],
      [3, 'fault'],
    ]);
    expect([rs1, rs2].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['found', 'passed']);
    expect(finding.remedy.steps[0]!.commands.join('\n')).toMatch(/ip route get[\s\S]*ss -tanp[\s\S]*snat/i);
  });

  test('its lawful connections to the same service are not counted with it', () => {
    const story = healthy({ version });
    for (const ip of [rs1.ip, vip, rs1.ip, rs1.ip]) story.tcp(ip, elsewhere, { port: 443 }).syn(rs1, gateway);
    expect(onlyFinding(judge(story), rule).count).toBe(1);
  });

  test('a connection from a port used before counts as well', () => {
    const story = healthy({ version });
    story.tcp(vip, elsewhere, { clientPort: 5000 }).syn(rs1, gateway);
    story.wait(1000);
    story.tcp(vip, elsewhere, { clientPort: 5000, isn: 4711 }).syn(rs1, gateway);
    expect(onlyFinding(judge(story), rule).count).toBe(2);
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    story.tcp(remote, vip).syn(gateway, director).synAck(rs1, gateway);
    story.tcp(vip, elsewhere, { port: 443 }).syn(rs1, gateway);
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed', 'passed']);
    });

    test('for the data connection of active FTP, from port 20', () => {
      const open = (clientPort: number) => {
        const story = healthy({ version });
        story.tcp(vip, remote.ip, { clientPort, port: 50_001 }).syn(rs1, gateway);
        return judge(story).findings.length;
      };
      expect([20, 21].map(open)).toEqual([0, 1]);
    });

    test('for a real server that is a client by its own address', () => {
      const story = healthy({ version });
      story.tcp(rs1, elsewhere).opens([rs1, gateway], [gateway, rs1]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for the director, which owns the VIP', () => {
      const story = healthy({ version });
      story.tcp(vip, elsewhere).opens([director, gateway], [gateway, director]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for connections seen in mid-flow: who began them is not known', () => {
      const story = healthy({ version });
      story.tcp(vip, elsewhere, { port: 443 }).data(rs1, gateway);
      expect(judge(story).findings).toEqual([]);
    });
  });

  test('it is not judged where what it sends does not pass', () => {
    const judged = judge(atDirector([rs1, rs2], version), onDirector(version));
    expect(judged.verdicts.map((v) => v.reason)).toEqual(Array(3).fill('what it sends by itself does not pass this capture point'));
    expect(judged.verdicts[0]!.capture).toContain(`on ${rs1.ip}: tcpdump`);
  });

  test('a capture on the real server decides it', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    const story = new Story();
    story.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway);
    expect(verdictOn(judge(story, { point: 'real-server', given: roles }), rule, rs1.ip)).toBe('passed');
    story.tcp(vip, elsewhere).syn(rs1, gateway);
    expect(judge(story, { point: 'real-server', given: roles }).findings).toHaveLength(1);
  });
});
