import { describe, expect, test } from 'vitest';
import { forwardingModeMismatch as rule } from '../../src/rules/forwarding-mode-mismatch.ts';
import { configured } from '../support/configured.ts';
import { connect, healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('forwarding-mode-mismatch (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, remote } = lan(version);
  const service = version === 4 ? `${vip}:80` : `[${vip}]:80`;
  const target = (rs: Host) => (version === 4 ? `${rs.ip}:80` : `[${rs.ip}]:80`);
  const roles = { vips: [vip], directors: [director], realServers: [rs1, rs2] };
  const saved = (...flags: string[]) =>
    configured(
      roles,
      `-A -t ${service} -s rr`,
      ...flags.map((flag, i) => `-a -t ${service} -r ${target(i === 0 ? rs1 : rs2)} ${flag} -w 1`),
    );

  const nat = (story = new Story().resolves(gateway, vip, director)) => {
    for (const rs of [rs1, rs2]) story.tcp(remote, vip).syn(gateway, director).translated(rs.ip, director, rs);
    return story;
  };
  const tunnel = (story = new Story().resolves(gateway, vip, director)) => {
    for (const rs of [rs1, rs2]) story.tcp(remote, vip).syn(gateway, director).inTunnel(director, rs);
    return story;
  };

  test('NAT without a configuration is told as a fact', () => {
    const finding = onlyFinding(judge(nat()), rule);
    expect(finding).toMatchObject({
      code: 'LVS206',
      severity: 'info',
      confidence: 'confirmed',
      culprits: [{ role: 'director', mac: director.mac }],
      count: 2,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${director.mac} forwards requests for ${vip} by NAT (the destination address is rewritten): 2 flows, seen in frame 4.`,
    );
    expect(finding.evidence.map((e) => [e.frame, e.shows])).toEqual([
      [3, 'cause'],
      [4, 'fault'],
    ]);
  });

  test('a tunnel without a configuration is told as a fact', () => {
    const finding = onlyFinding(judge(tunnel()), rule);
    expect(finding.severity).toBe('info');
    expect(finding.message).toContain('by a tunnel (the request is encapsulated): 2 flows, seen in frame 4.');
  });

  test.each([
    ['NAT', nat],
    ['a tunnel', tunnel],
  ])('%s where the configuration says direct routing is a fault of the director', (_words, story) => {
    const finding = onlyFinding(judge(story(), { ...MIRROR, given: saved('-g') }), rule);
    expect(finding).toMatchObject({ severity: 'warning', culprits: [{ mac: director.mac }] });
    expect(finding.message).toMatch(/; the configuration says otherwise\.$/);
    expect(finding.remedy.steps[0]!.commands.join('\n')).toContain('lb_kind');
  });

  test('where the configuration says direct routing, NAT counts for a service that nobody routes directly as well', () => {
    const story = nat(healthy({ version }));
    story.tcp(remote, vip, { port: 443 }).syn(gateway, director).translated(rs1.ip, director, rs1);
    expect(onlyFinding(judge(story, { ...MIRROR, given: saved('-g') }), rule).count).toBe(3);
    expect(onlyFinding(judge(story), rule).count).toBe(2);
  });

  test.each([
    ['NAT', '-m', nat],
    ['a tunnel', '-i', tunnel],
  ])('%s as configured is no fault', (_words, flag, story) => {
    expect(onlyFinding(judge(story(), { ...MIRROR, given: saved(flag) }), rule).severity).toBe('info');
  });

  test('a service with real servers of both kinds is as configured', () => {
    expect(onlyFinding(judge(nat(), { ...MIRROR, given: saved('-g', '-m') }), rule).severity).toBe('info');
  });

  test('NAT beside flows that are routed directly is a fault', () => {
    const story = healthy({ version });
    nat(story);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({ severity: 'warning', count: 2 });
    expect(finding.message).toMatch(/; other flows are routed directly\.$/);
  });

  test('NAT for another service than those that are routed directly is a fact', () => {
    const story = healthy({ version });
    for (const rs of [rs1, rs2]) story.tcp(remote, vip, { port: 443 }).syn(gateway, director).translated(rs.ip, director, rs);
    expect(onlyFinding(judge(story), rule)).toMatchObject({ severity: 'info', count: 2 });
    nat(story);
    expect(onlyFinding(judge(story), rule)).toMatchObject({ severity: 'warning', count: 2 });
  });

  test('a request that comes in a tunnel of somebody else’s and leaves by NAT is cited as it came', () => {
    const story = new Story().resolves(gateway, vip, director);
    story.tcp(remote, vip).inTunnel(gateway, director).translated(rs1.ip, director, rs1);
    expect(onlyFinding(judge(story), rule).evidence.map((e) => [e.frame, e.shows])).toEqual([
      [3, 'cause'],
      [4, 'fault'],
    ]);
  });

  describe('on a real server behind NAT', () => {
    /** The director hands clients' requests for the real server's own address over, and gets the answers. */
    const behind = (client: Host | string, back: Host) => {
      const story = new Story().whoHas(rs1, director.ip).isAt(director, director.ip, rs1);
      story.tcp(client, rs1.ip).syn(director, rs1).synAck(rs1, back);
      return story;
    };
    const beside = { point: 'real-server', given: saved('-m') };

    test('NAT as configured shows in requests for its own address', () => {
      expect(onlyFinding(judge(behind(remote, director), beside), rule)).toMatchObject({ severity: 'info', count: 1 });
    });

    test('health checks of the director are none, nor is what is answered past it', () => {
      expect(judge(behind(director, director), beside).findings).toEqual([]);
      expect(judge(behind(remote, gateway), beside).findings).toEqual([]);
      const direct = new Story();
      direct.tcp(remote, rs1.ip).syn(gateway, rs1).synAck(rs1, director);
      expect(judge(direct, beside).findings).toEqual([]);
    });

    test('without NAT in the configuration a client may use the address itself', () => {
      expect(judge(behind(remote, director), { point: 'real-server', given: saved('-g') }).findings).toEqual([]);
    });
  });

  test('of two directors only the one that does so is named', () => {
    const both = { ...MIRROR, given: given({ ...roles, directors: [director, backup] }) };
    for (const kind of ['nat', 'tunnel'] as const) {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).syn(gateway, director, backup);
      if (kind === 'nat') flow.translated(rs1.ip, backup, rs1);
      else flow.inTunnel(backup, rs1);
      expect(culpritsOf(judge(story, both), rule), kind).toEqual([backup.mac]);
    }
  });

  test('direct routing passes', () => {
    const judged = judge(healthy({ version }), { ...MIRROR, given: saved('-g') });
    expect(judged.findings).toEqual([]);
    expect(verdictOn(judged, rule, director.ip)).toBe('passed');
  });

  test('a client that asks two servers from one port is not translated', () => {
    const story = healthy({ version });
    story.udp(remote, vip, { clientPort: 5353 }).asks(gateway, director, rs1);
    story.udp(remote, rs2.ip, { clientPort: 5353 }).asks(gateway, rs2);
    expect(judge(story).findings).toEqual([]);
  });

  describe('is not judged', () => {
    test('when the director sends nothing on', () => {
      const story = new Story().resolves(gateway, vip, director);
      story.tcp(remote, vip).syn(gateway, director);
      expect(judge(story, { ...MIRROR, given: given(roles) }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: `it sends no request for ${vip} on in this capture` },
      ]);
    });

    test('from frames without destination MAC (-i any)', () => {
      const story = healthy({ version });
      connect(story, rs1, { version });
      expect(judge(story.onAny(), { ...MIRROR, given: given(roles) }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: expect.stringContaining('-i any') },
      ]);
    });
  });
});
