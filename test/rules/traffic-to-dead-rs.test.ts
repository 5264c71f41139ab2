import { describe, expect, test } from 'vitest';
import { trafficToDeadRs as rule } from '../../src/rules/traffic-to-dead-rs.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { connect, healthy } from '../support/healthy.ts';
import { firstFrames, given, judgeAll, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('traffic-to-dead-rs (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, rs3, client, remote } = lan(version);
  const all = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] });

  interface Mute {
    readonly story?: Story;
    readonly asker?: Host;
    readonly sender?: Host;
    readonly port?: number;
    /** What happens in the midst of it. */
    readonly meanwhile?: (story: Story) => unknown;
  }

  /** Three requests to rs3 that it does not answer, the last one so many seconds after the first; rs1 answers in between. */
  const mute = (seconds: number, { story = healthy({ version }), asker = remote, sender = gateway, port = 80, meanwhile }: Mute = {}) => {
    const begin = story.now;
    const ask = () => story.tcp(asker, vip, { port }).syn(sender, director, rs3);
    ask();
    story.now = begin + seconds * 5e8;
    ask();
    if (meanwhile === undefined) connect(story, rs1, { version });
    else meanwhile(story);
    // The copy of the last request counts, a tenth of a millisecond later.
    story.now = begin + seconds * 1e9 - 1e5;
    ask();
    return story;
  };

  test('a real server that answers nothing for half a minute, and still gets requests, is found', () => {
    const before = healthy({ version }).frame;
    const judged = judge(mute(31));
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS208',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'realServer', ip: rs3.ip, mac: rs3.mac }],
      count: 3,
      unit: 'requests',
    });
    expect(finding.message).toBe(
      `3 new requests for ${vip} went to ${rs3.mac} within 31 seconds (frames ${before + 1} to ${before + 16}); it answers none of them, while other real servers answer.`,
    );
    expect(finding.evidence.map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'fault'],
      [2, 'fault'],
      [15, 'fault'],
      [16, 'fault'],
    ]);
    expect([rs1, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'found']);
    expect(finding.remedy.steps.map((step) => step.on)).toEqual(['the director', rs3.ip]);
    expect(finding.remedy.steps[0]!.commands.join('\n')).toContain('TCP_CHECK');
  });

  test.each([
    [29.9, 0],
    [30, 1],
  ])('health checks have half a minute: %d seconds of silence', (seconds, findings) => {
    expect(judge(mute(seconds)).findings).toHaveLength(findings);
  });

  test('that it answers afterwards, or had answered before, changes nothing', () => {
    const story = mute(31);
    connect(story.wait(1000), rs3, { version });
    expect(judge(story).findings).toEqual([]);
    const dead = given({ vips: [vip], directors: [director], realServers: [rs1, rs3] });
    const later = new Story().resolves(gateway, vip, director);
    connect(later, rs1, { version });
    mute(31, { story: later });
    connect(later.wait(1000), rs3, { version });
    expect(judge(later, { ...MIRROR, given: dead }).findings).toHaveLength(1);
  });

  test('what others answer in between, or it hands on, breaks no silence', () => {
    const story = healthy({ version });
    story.tcp(remote, vip).syn(gateway, director, rs3);
    connect(story.wait(15_000), rs1, { version });
    story.tcp(remote, vip).syn(gateway, director, rs3, director);
    expect(judge(mute(31, { story })).findings).toHaveLength(1);
  });

  test('SYNs repeated in between count as requests', () => {
    const story = healthy({ version });
    const flow = story.tcp(remote, vip).syn(gateway, director, rs3);
    story.wait(1000);
    flow.syn(gateway, director, rs3);
    expect(onlyFinding(judge(mute(31, { story })), rule).count).toBe(5);
  });

  test('the silence itself is its cause', () => {
    const { findings } = judgeAll(mute(31), MIRROR);
    expect(findings.map((f) => f.rule)).toEqual(['rs-no-reply', 'traffic-to-dead-rs']);
    expect(findings[1]!.causedBy).toEqual([findings[0]!.id]);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect([rs1, rs2, rs3].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed', 'passed']);
    });

    test('for one whose silence is short, while others answer', () => {
      expect(verdictOn(judge(mute(10)), rule, rs3.ip)).toBe('passed');
    });

    test('for a real server that answers others in between', () => {
      const story = healthy({ version });
      story.tcp(remote, vip).syn(gateway, director, rs3);
      connect(story, rs3, { version });
      expect(judge(mute(31, { story })).findings).toEqual([]);
    });

    test('for two requests of half a minute that may both be lost', () => {
      const story = healthy({ version });
      story.tcp(remote, vip).syn(gateway, director, rs3);
      connect(story.wait(15_000), rs1, { version });
      story.wait(16_000).tcp(remote, vip).syn(gateway, director, rs3);
      expect(verdictOn(judge(story), rule, rs3.ip)).toBe('passed');
    });

    test('for a real server whose answer comes from another address: another rule tells it', () => {
      const story = healthy({ version });
      for (const wait of [31_000, 0]) {
        story.tcp(remote, vip).syn(gateway, director, rs3).synAckFrom(rs3.ip, rs3, gateway);
        story.wait(wait);
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('for health checks of the director', () => {
      expect(judge(mute(31, { asker: director, sender: director })).findings).toEqual([]);
    });

    test('for connections seen in mid-flow only', () => {
      const story = healthy({ version });
      for (const wait of [15_000, 16_000, 0]) {
        story.tcp(remote, vip).data(gateway, director, rs3);
        story.wait(wait);
        connect(story, rs1, { version });
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('for requests that it hands on', () => {
      const story = healthy({ version });
      for (const wait of [31_000, 0]) {
        story.tcp(remote, vip).syn(gateway, director, rs3, director);
        story.wait(wait);
      }
      expect(judge(story).findings).toEqual([]);
    });
  });

  describe('is not judged', () => {
    test('when nobody else answers either', () => {
      const nothing = { story: new Story().resolves(gateway, vip, director), meanwhile: () => {} };
      const judged = judge(mute(31, nothing), { ...MIRROR, given: all });
      expect(judged.findings).toEqual([]);
      // Nothing is sent to these.
      expect([rs1, rs2].map((rs) => verdictOn(judged, rule, rs.ip))).toEqual(['passed', 'passed']);
      expect(judged.verdicts.at(-1)).toMatchObject({
        subject: rs3.ip,
        verdict: 'not judged',
        reason: 'some requests to it stay without answer, but whether others answer for half a minute does not show',
      });
    });

    test('when of the others only packets to the VIP are seen, or what the director says itself, or its own earlier answers', () => {
      for (const tell of [
        (story: Story) => story.tcp(remote, vip).syn(gateway, director, rs1, rs2),
        (story: Story) => story.tcp(remote, vip).syn(gateway, director).refuse(director, gateway),
        // SYN cookies, before any client comes back with one.
        (story: Story) => story.tcp(remote, vip).syn(gateway, director).synAck(director, gateway),
        (story: Story) => story.tcp(remote, vip).opens([gateway, director, rs3], [rs3, gateway]),
      ]) {
        const story = new Story().resolves(gateway, vip, director);
        tell(story);
        expect(judge(mute(31, { story: story.wait(1000), meanwhile: () => {} }), { ...MIRROR, given: all }).findings).toEqual([]);
        const meanwhile = { story: new Story().resolves(gateway, vip, director), meanwhile: tell };
        expect(judge(mute(31, meanwhile), { ...MIRROR, given: all }).findings).toEqual([]);
      }
    });

    test('when it answered itself before and after that, each time another machine', () => {
      const story = new Story().resolves(gateway, vip, director);
      connect(story, rs3, { version });
      mute(31, { story: story.wait(1000), meanwhile: () => {} });
      connect(story.wait(1000), rs3, { version, by: 'client' });
      expect(judge(story, { ...MIRROR, given: all }).findings).toEqual([]);
    });

    test('when the frames of its requests are not remembered', () => {
      expect(judge(mute(31), { ...MIRROR, remembered: firstFrames(0) }).findings).toEqual([]);
    });

    test('when others answer for another service only, or at another time', () => {
      const at = (port: number) => (story: Story) => story.tcp(remote, vip, { port }).opens([gateway, director, rs1], [rs1, gateway]);
      const verdict = (options: Mute) => verdictOn(judge(mute(31, options)), rule, rs3.ip);
      expect(verdict({ port: 443, meanwhile: at(80) })).toBe('not judged');
      expect(verdict({ port: 443, meanwhile: at(443) })).toBe('found');
      const udp = (story: Story) => story.udp(remote, vip, { port: 443 }).asks(gateway, director, rs1).answers(rs1, gateway);
      expect(verdict({ port: 443, meanwhile: udp })).toBe('not judged');
      const silence = { meanwhile: () => {} };
      const before = mute(31, silence);
      const after = mute(31, { ...silence, story: new Story().resolves(gateway, vip, director) });
      connect(after.wait(1000), rs1, { version });
      for (const story of [before, after]) expect(judge(story, { ...MIRROR, given: all }).findings).toEqual([]);
      // Before and after it: then in between as well, as far as is remembered.
      connect(before.wait(1000), rs1, { version });
      expect(judge(before, { ...MIRROR, given: all }).findings).toHaveLength(1);
    });

    test('when messages of one way only are sent to some real servers, and others answer for another service', () => {
      const story = healthy({ version });
      for (let i = 0; i < 8; i++) {
        story.udp(remote, vip, { port: 514 }).asks(gateway, director, rs3);
        connect(story.wait(5000), rs1, { version });
      }
      expect(judge(story).findings).toEqual([]);
    });

    test('on a director that serves as well: its own answers pass there, those of others do not', () => {
      const story = new Story().resolves(gateway, vip, director);
      story.tcp(remote, vip).opens([gateway, director], [director, gateway]);
      const localnode = given({ vips: [vip], directors: [director], realServers: [director, rs3] });
      const served = (s: Story) => s.tcp(remote, vip).opens([gateway, director], [director, gateway]);
      expect(judge(mute(31, { story: story.wait(1000), meanwhile: served }), { point: 'director', given: localnode }).findings).toEqual([]);
    });

    test('on the director, where replies do not pass', () => {
      const judged = judge(mute(31, { story: atDirector([rs1, rs2], version), meanwhile: () => {} }), onDirector(version));
      expect(judged.verdicts.map((v) => v.reason)).toEqual(Array(3).fill('its replies do not pass this capture point'));
    });

    test('from frames without destination MAC (-i any)', () => {
      expect(judge(mute(31).onAny(), { ...MIRROR, given: all }).verdicts[0]!.reason).toContain('-i any');
    });
  });

  test('roles that are only guessed make it possible, not more', () => {
    const meanwhile = (story: Story) => {
      const flow = story.tcp(client, vip).syn(client, director, rs1);
      // A reply that has come a long way does not tell who made it.
      story.fromTtl(50);
      flow.synAck(rs1, client);
      story.fromTtl(64);
    };
    expect(onlyFinding(judge(mute(31, { story: new Story(), asker: client, sender: client, meanwhile })), rule).confidence).toBe(
      'possible',
    );
  });
});
