import { describe, expect, test } from 'vitest';
import { portMapping as rule } from '../../src/rules/port-mapping.ts';
import { configured } from '../support/configured.ts';
import { healthy } from '../support/healthy.ts';
import { given, judgeAll, judgeBy, MIRROR, onlyFinding } from '../support/judged.ts';
import { lan, Story, type Version } from '../support/story.ts';

describe.each([4, 6] as const satisfies Version[])('port-mapping (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, rs3, remote } = lan(version);
  const at = (ip: string, port: number) => (version === 4 ? `${ip}:${port}` : `[${ip}]:${port}`);
  const roles = { vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] };
  /** The real ports of rs1 and rs2 behind a virtual port. */
  const saved = (ports: readonly number[], flag = '-g', virtual = 80, protocol = '-t') =>
    configured(
      roles,
      `-A ${protocol} ${at(vip, virtual)} -s rr${virtual === 0 ? ' -p 300' : ''}`,
      ...ports.map((port, i) => `-a ${protocol} ${at(vip, virtual)} -r ${at([rs1, rs2][i]!.ip, port)} ${flag} -w 1`),
    );
  const judge = (story: Story, config: ReturnType<typeof saved>) => judgeBy([rule], story, { ...MIRROR, given: config });

  test('another real port in direct routing is found, with a request that keeps its port', () => {
    const finding = onlyFinding(judge(healthy({ version }), saved([8080, 8081])), rule);
    expect(finding).toMatchObject({
      code: 'LVS207',
      severity: 'warning',
      confidence: 'confirmed',
      culprits: [{ role: 'director', mac: director.mac }],
      count: 3,
      unit: 'flows',
    });
    const [arrived, copied] = finding.evidence;
    expect(finding.message).toBe(
      `The configuration maps port 80 of ${vip} to port 8080, 8081 of real servers; in direct routing requests keep port 80, as frame ${copied!.frame} shows.`,
    );
    expect(copied!.frame).toBe(arrived!.frame + 1);
    expect(finding.evidence.map((e) => e.shows)).toEqual(['fault', 'fault']);
    expect(copied!.says).toContain(`${at(vip, 80)} from ${director.mac}`);
  });

  test('a real server whose port is not told is not mapped', () => {
    const config = saved([80, 80]);
    const untold = config.vips.map((v) => ({
      ...v,
      services: v.services.map((s) => ({ ...s, realServers: s.realServers.map((r) => ({ ...r, port: null })) })),
    }));
    expect(judge(healthy({ version }), { ...config, vips: untold }).findings).toEqual([]);
  });

  test('the remedy corrects the director, or maps the port on the real servers', () => {
    const [onTheDirector, servers] = onlyFinding(judge(healthy({ version }), saved([8080])), rule).remedy.steps;
    expect(onTheDirector!.commands[0]).toContain('ipvsadm -Sn');
    expect(servers!.commands.join('\n')).toMatch(/redirect to :8080/);
  });

  test('the refusals that it brings about name it as their cause', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director, rs1).refuse(rs1, gateway);
    const [first, second] = judgeAll(story, { ...MIRROR, given: saved([8080]) }).findings.filter((f) => f.severity !== 'info');
    expect([first!.rule, second!.rule].sort()).toEqual(['port-mapping', 'rs-refuses']);
    const refusal = [first!, second!].find((f) => f.rule === 'rs-refuses')!;
    expect(refusal.causedBy).toHaveLength(1);
  });

  describe('passes', () => {
    test.each([
      ['the same port', saved([80, 80])],
      ['any port at the real server', saved([0])],
      ['NAT, which can map', saved([8080], '-m')],
      ['a tunnel', saved([8080], '-i')],
      ['a service for all ports', saved([8080], '-g', 0)],
    ])('with %s', (_words, config) => {
      const judged = judge(healthy({ version }), config);
      expect(judged.findings).toEqual([]);
      expect(judged.verdicts).toMatchObject([{ verdict: 'passed', subject: director.ip }]);
    });
  });

  test('requests of another protocol or port show nothing of the mapped service', () => {
    for (const config of [saved([8080], '-g', 80, '-u'), saved([8443], '-g', 443)]) {
      const judged = judge(healthy({ version }), config);
      expect(judged.verdicts).toMatchObject([{ verdict: 'not judged', reason: `no request for ${vip} is in this capture` }]);
    }
  });

  test('connections that began before the capture prove nothing', () => {
    const story = new Story().resolves(gateway, vip, director);
    story.tcp(remote, vip).data(gateway, director, rs1);
    expect(judge(story, saved([8080])).verdicts).toMatchObject([{ verdict: 'not judged' }]);
  });

  test('without a configuration there is nothing to compare', () => {
    expect(judge(healthy({ version }), given(roles)).verdicts).toEqual([]);
  });
});
