import { describe, expect, test } from 'vitest';
import { replyWrongSource as rule } from '../../src/rules/reply-wrong-source.ts';
import { connect, healthy } from '../support/healthy.ts';
import { culpritsOf, firstFrames, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('reply-wrong-source (IPv%i)', (version) => {
  const { vip, director, rs1, rs2, rs3, client } = lan(version);
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] });
  const there = [client, director, rs1];

  test('a SYN-ACK from the real server’s own address is found, with the client’s reset', () => {
    const story = healthy({ version });
    const before = story.frame;
    story
      .tcp(client, vip, { clientPort: 5000 })
      .syn(...there)
      .synAckFrom(rs1.ip, rs1, client)
      .clientReset([client, rs1], rs1.ip);
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS301',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', ip: rs1.ip, mac: rs1.mac }],
      count: 1,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${rs1.mac} answers 1 flow to ${vip}:80 from ${rs1.ip}:80: the request in frame ${before + 1} went to ${vip}, its answer (SYN-ACK) in frame ${before + 3} does not come from there. The client refuses it in frame ${before + 4}.`,
    );
    expect(finding.evidence.map((e) => [e.frame, e.shows])).toEqual([
      [before + 1, 'cause'],
      [before + 2, 'cause'],
      [before + 3, 'fault'],
      [before + 4, 'effect'],
    ]);
    expect([rs1, rs2].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['found', 'passed']);
  });

  test('a datagram from its own address is probable, and confirmed once the client’s port is closed to it', () => {
    const story = healthy({ version });
    const flow = story
      .udp(client, vip)
      .asks(...there)
      .answersFrom(rs1.ip, rs1, client);
    expect(onlyFinding(judge(story), rule).confidence).toBe('probable');
    const stray = new Story().udp(rs1.ip, client.ip, { clientPort: flow.port, port: flow.clientPort });
    story.unreachable(client, rs1, client.ip, stray.quoted, version === 4 ? 3 : 4);
    const finding = onlyFinding(judge(story), rule);
    expect(finding.confidence).toBe('confirmed');
    expect(finding.evidence.at(-1)).toMatchObject({ shows: 'effect', frame: story.frame });
  });

  test('an answer to a request that is forgotten among very many others cannot be told, though the client asks once more', () => {
    const forgets = (others: number) => {
      const story = new Story();
      const flow = story.udp(client, vip).asks(...there);
      for (let i = 0; i < others; i++) story.tcp(client, rs2.ip).data(client, rs2);
      flow
        .answers(rs1, client)
        .answersFrom(rs1.ip, rs1, client)
        .asks(...there);
      return judge(story, { ...MIRROR, given: roles, maxFlows: 4096 }).findings;
    };
    expect(forgets(0)).toHaveLength(1);
    expect(forgets(12_000)).toEqual([]);
  });

  test('an answer whose frame is not remembered cannot be told', () => {
    const story = healthy({ version });
    story
      .tcp(client, vip)
      .syn(...there)
      .synAckFrom(rs1.ip, rs1, client);
    expect(judge(story, { ...MIRROR, remembered: firstFrames(2) }).findings).toEqual([]);
  });

  test('two flows are shown, and all counted', () => {
    const story = healthy({ version });
    for (let i = 0; i < 5; i++)
      story
        .tcp(client, vip)
        .syn(...there)
        .synAckFrom(rs1.ip, rs1, client)
        .story.wait(100);
    const finding = onlyFinding(judge(story), rule);
    expect(finding).toMatchObject({ count: 5, confidence: 'confirmed' });
    expect(finding.evidence.filter((e) => e.shows === 'fault')).toHaveLength(2);
  });

  test('who got the request is innocent when another one answers it from its own address', () => {
    const story = healthy({ version });
    story
      .tcp(client, vip)
      .syn(...there)
      .synAckFrom(rs2.ip, rs2, client);
    expect(culpritsOf(judge(story), rule)).toEqual([rs2.mac]);
  });

  test('of the request only the hops are cited, not its repetition', () => {
    const story = healthy({ version });
    const before = story.frame;
    const flow = story.tcp(client, vip).syn(...there);
    story.wait(1000);
    flow.syn(client, director).synAckFrom(rs1.ip, rs1, client);
    expect(onlyFinding(judge(story), rule).evidence.map((e) => e.frame - before)).toEqual([1, 2, 4]);
  });

  test('on the real server alone it shows too', () => {
    const story = new Story().resolves(rs1, client.ip, client);
    for (let i = 0; i < 3; i++) story.tcp(client, vip).syn(director, rs1).synAckFrom(rs1.ip, rs1, client);
    const judged = judge(story, { point: 'real-server', given: roles });
    expect(culpritsOf(judged, rule)).toEqual([rs1.mac]);
    expect(judged.verdicts.find((v) => v.subject === rs2.ip)).toMatchObject({
      verdict: 'not judged',
      reason: 'its replies do not pass this capture point',
    });
  });

  test('the remedy for TCP looks for the VIP and for rules that rewrite, for UDP at the daemon’s socket', () => {
    const tcp = healthy({ version });
    tcp
      .tcp(client, vip)
      .syn(...there)
      .synAckFrom(rs1.ip, rs1, client);
    expect(onlyFinding(judge(tcp), rule).remedy.steps[0]!.commands.join('\n')).toMatch(/ip -br addr show to [\s\S]*MASQUERADE/);
    const udp = healthy({ version });
    udp
      .udp(client, vip)
      .asks(...there)
      .answersFrom(rs1.ip, rs1, client);
    const [step] = onlyFinding(judge(udp), rule).remedy.steps;
    expect(step!.on).toBe(rs1.ip);
    expect(step!.commands.join('\n')).toMatch(/ss -lunp 'sport = :53'[\s\S]*IP_PKTINFO/);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
    });

    test('for clients that talk to the real server itself', () => {
      const story = healthy({ version });
      story.tcp(client, rs1.ip).opens([client, rs1], [rs1, client]);
      story.udp(client, rs1.ip).asks(client, rs1).answers(rs1, client);
      expect(judge(story).findings).toEqual([]);
    });

    test('for health checks of the director to the real server', () => {
      const story = healthy({ version });
      story.tcp(director, rs1.ip).opens([director, rs1], [rs1, director]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a NAT service, where real servers answer from their own addresses', () => {
      const story = new Story().resolves(client, vip, director);
      for (const rs of [rs1, rs2]) {
        story
          .tcp(client, vip)
          .syn(client, director)
          .translated(rs.ip, director, rs)
          .synAckFrom(rs.ip, rs, director)
          .synAck(director, client);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('for translated flows of an address that is not known to be NAT', () => {
      const story = healthy({ version });
      story.tcp(client, vip).syn(client, director).translated(rs1.ip, director, rs1).synAckFrom(rs1.ip, rs1, director);
      expect(judge(story, { ...MIRROR, given: roles }).findings).toEqual([]);
    });

    test('for a translated flow beside others that are forwarded', () => {
      const story = healthy({ version });
      story.tcp(client, vip).syn(client, director).translated(rs1.ip, director, rs1).synAckFrom(rs1.ip, rs1, client);
      expect(judge(story).findings).toEqual([]);
    });

    test('for an ICMP error from the real server’s own address', () => {
      const story = healthy({ version });
      const flow = story.udp(client, vip).asks(...there);
      story.unreachable(rs1, client, rs1.ip, flow.quoted);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a SYN-ACK that acknowledges another request', () => {
      const story = healthy({ version });
      story.tcp(client, vip, { clientPort: 5000, isn: 1 }).syn(...there);
      story.tcp(client, vip, { clientPort: 5000, isn: 9 }).synAckFrom(rs1.ip, rs1, client);
      expect(judge(story).findings).toEqual([]);
    });

    test.each([
      [29_900, 1],
      [30_100, 0],
    ])('for a datagram that comes too late to be an answer: after %i ms there are %i findings', (ms, findings) => {
      const story = healthy({ version });
      const flow = story.udp(client, vip).asks(...there);
      story.wait(ms);
      flow.answersFrom(rs1.ip, rs1, client);
      expect(judge(story).findings).toHaveLength(findings);
    });
  });

  test('a real server whose MAC is not known, or that only hands requests on, is not judged', () => {
    const unknown = { ...roles, realServers: [{ name: 'web9', ips: [], macs: [], active: 'by-vrrp' as const }] };
    const [verdict] = judge(healthy({ version }), { ...MIRROR, given: unknown }).verdicts;
    expect(verdict).toMatchObject({ subject: 'web9', verdict: 'not judged', reason: expect.stringContaining('its MAC is not known') });
    const story = new Story();
    story.tcp(client, vip).syn(client, rs1, rs2);
    expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, rs1.ip)).toBe('not judged');
  });

  test('a real server that answers nothing is not judged', () => {
    const story = healthy({ version, connections: 0 });
    connect(story, rs1, { version });
    expect(judge(story, { ...MIRROR, given: roles }).verdicts.map((v) => [v.subject, v.verdict, v.reason])).toEqual([
      [rs1.ip, 'passed', null],
      [rs2.ip, 'not judged', 'it answers nothing in this capture'],
      [rs3.ip, 'not judged', 'it answers nothing in this capture'],
    ]);
  });
});
