import { describe, expect, test } from 'vitest';
import { directorNoRewrite as rule } from '../../src/rules/director-no-rewrite.ts';
import { connect, healthy } from '../support/healthy.ts';
import { culpritsOf, firstFrames, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);
const everybody: Host = { name: 'everybody', mac: 'ff:ff:ff:ff:ff:ff', ip: '' };

describe.each([4, 6] as const satisfies Version[])('director-no-rewrite (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, client, remote } = lan(version);
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2], gateways: [gateway] });
  const judgeGiven = (story: Story) => judge(story, { ...MIRROR, given: roles });
  /** Resolving leaves frames that the director cannot have sent again, each once. */
  const resolved = () => new Story().resolves(client, vip, director).resolves(director, rs1.ip, rs1).resolves(client, gateway.ip, gateway);

  test.each([
    ['with its own MAC as destination', director, 'to its own MAC'],
    ['back to its sender', client, "to the sender's MAC"],
    ['to everybody', everybody, 'to a group address'],
  ] as const)('a request that leaves the director %s is found', (_, destination, words) => {
    const story = resolved();
    const before = story.frame;
    story.tcp(client, vip).syn(client, director, destination);
    const judged = judgeGiven(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({
      code: 'LVS201',
      severity: 'critical',
      confidence: 'confirmed',
      culprits: [{ role: 'director', ip: director.ip, mac: director.mac }],
      count: 1,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${director.mac} sends requests for ${vip} on without a real server's MAC: 1 flow; the request that arrives in frame ${before + 1} leaves in frame ${before + 2} ${words}, and nothing else of it follows.`,
    );
    expect(finding.evidence.map((e) => [e.frame, e.shows])).toEqual([
      [before + 1, 'cause'],
      [before + 2, 'fault'],
    ]);
    expect(verdictOn(judged, rule, director.ip)).toBe('found');
  });

  test('an unchanged request where nothing else comes twice is probable', () => {
    const story = resolved();
    story.tcp(client, vip).syn(client, director).story.again();
    const finding = onlyFinding(judgeGiven(story), rule);
    expect(finding.confidence).toBe('probable');
    expect(finding.message).toContain('with both MACs unchanged');
  });

  test('what comes twice after the client has acknowledged an answer is no request', () => {
    const story = resolved();
    story.tcp(client, vip).syn(client, director).ack(client, director).clientReset([client, director]).story.again();
    expect(judgeGiven(story).findings).toEqual([]);
  });

  test('an unchanged request where there is nothing to compare it with is possible', () => {
    const story = new Story();
    story.tcp(client, vip).syn(client, director).story.again();
    expect(onlyFinding(judgeGiven(story), rule).confidence).toBe('possible');
  });

  test('where a mirror doubles everything, the third time is the director’s', () => {
    const story = new Story().whoHas(client, vip).isAt(director, vip, client).again();
    story.isAt(rs1, rs1.ip, gateway).again().wait(100).tcp(client, vip).syn(client, director).story.again().again().again();
    expect(onlyFinding(judgeGiven(story), rule).confidence).toBe('probable');
  });

  test('with no cluster in sight, the only owner of the address who sends its requests back is found', () => {
    const story = resolved();
    for (let i = 0; i < 3; i++) story.tcp(client, vip).syn(client, director, director);
    expect(culpritsOf(judge(story), rule)).toEqual([director.mac]);
  });

  test.each([
    ['its only owner is found', () => {}, 1],
    ['its only owner is found though another machine asks in its name', (story: Story) => story.whoHas(backup, client.ip, vip), 1],
    ['one of two owners is not: it may be the other’s', (story: Story) => story.isAt(backup, vip, gateway), 0],
  ])('with no cluster in sight, where a request comes twice unchanged, %s', (_, claim, findings) => {
    const story = resolved().whoHas(gateway, vip).isAt(director, vip, gateway);
    claim(story);
    story.tcp(client, vip).syn(client, director).story.again();
    expect(judge(story).findings).toHaveLength(findings);
  });

  test('a request of which only the frame that arrives is remembered cannot be told', () => {
    const story = resolved();
    story.tcp(client, vip).syn(client, director, director);
    expect(judge(story, { ...MIRROR, given: roles, remembered: firstFrames(1) }).findings).toEqual([]);
  });

  test('the remedy looks at the rewriting rule, the forwarding mode and the neighbours', () => {
    const story = resolved();
    story.tcp(client, vip).syn(client, director, director);
    const [step, ...others] = onlyFinding(judgeGiven(story), rule).remedy.steps;
    expect(others).toEqual([]);
    expect(step!.on).toBe(director.ip);
    expect(step!.commands.join('\n')).toMatch(/ether daddr set[\s\S]*ipvsadm -Ln[\s\S]*ip neigh show/);
  });

  describe('stays clean', () => {
    test('in a healthy cluster', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(verdictOn(judged, rule, director.ip)).toBe('passed');
    });

    test('for a mirror that doubles every frame', () => {
      const story = resolved().again(6);
      story.tcp(client, vip).syn(client, director).story.again();
      expect(judgeGiven(story).findings).toEqual([]);
    });

    test('for a request that is seen twice and also has a rewritten copy', () => {
      const story = resolved();
      const flow = story.tcp(client, vip).syn(client, director);
      story.again();
      flow.syn(director, rs1);
      expect(judgeGiven(story).findings).toEqual([]);
    });

    test('for a request that leaves with its own MAC as destination and also has a rewritten copy', () => {
      const story = resolved();
      story.tcp(client, vip).syn(client, director, director, rs1);
      expect(judgeGiven(story).findings).toEqual([]);
    });

    test('for a request that is answered', () => {
      const story = resolved();
      story.tcp(client, vip).syn(client, director).story.again().tcp(client, vip, { clientPort: 40_000 }).synAck(rs1, client);
      expect(judgeGiven(story).findings).toEqual([]);
    });

    test('for a director that serves the request itself (localnode)', () => {
      const story = healthy({ version });
      story.tcp(client, vip).opens([client, director], [director, client]);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a request that another director hands over', () => {
      const two = given({ vips: [vip], directors: [director, backup], realServers: [rs1] });
      const story = resolved();
      story.tcp(client, vip).syn(backup, director, backup);
      expect(judge(story, { ...MIRROR, given: two }).findings).toEqual([]);
    });

    test.each([
      ['its sender sends twice to another machine', client, backup],
      ['another machine sends twice', backup, director],
    ])('for a request that %s', (_, from, to) => {
      const story = healthy({ version });
      const flow = story.tcp(client, vip).syn(client, director);
      flow.syn(from, to).story.again();
      expect(judgeGiven(story).findings).toEqual([]);
    });

    test('for a request that goes to another machine, and is seen twice', () => {
      const story = healthy({ version });
      story.tcp(client, vip).syn(client, rs1).story.again();
      expect(judgeGiven(story).findings).toEqual([]);
      const unknown = resolved().resolves(gateway, client.ip, client).resolves(backup, client.ip, client);
      unknown.tcp(client, vip).syn(client, backup).story.again();
      expect(judge(unknown).findings).toEqual([]);
    });

    test('for a mirror that shows every frame three times', () => {
      const story = new Story();
      for (let i = 0; i < 3; i++) story.udp(client, rs1.ip).asks(client, rs1).story.again().again();
      story.tcp(client, vip).syn(client, director).story.again().again();
      expect(judgeGiven(story).findings).toEqual([]);
    });

    test('on a real server that asks for the VIP itself and is handed its own request, as it is those of others', () => {
      const story = new Story().resolves(rs1, vip, director);
      story.tcp(rs1, vip).syn(rs1, director, rs1);
      expect(judge(story).findings).toHaveLength(1);
      // The frames that brought these are not in the capture; its own ones come back as before.
      story.tcp(rs1, vip).syn(director, rs1);
      expect(judge(story).findings).toHaveLength(1);
      story.tcp(client, vip).syn(director, rs1);
      expect(judge(story).findings).toEqual([]);
    });

    test('but on a real server whose own request comes back while another machine hands it those of others', () => {
      const story = new Story().resolves(rs1, vip, director);
      story.tcp(rs1, vip).syn(rs1, director, rs1);
      story.tcp(client, vip).syn(backup, rs1);
      const known = given({ vips: [vip], directors: [director], realServers: [rs2] });
      expect(judge(story, { ...MIRROR, given: known }).findings).toHaveLength(1);
    });

    test('but on a gateway that gets back what it brings: these requests are not its own', () => {
      const story = resolved();
      story.tcp(remote, vip).syn(gateway, director, gateway);
      story.tcp(remote, vip).syn(director, gateway);
      expect(onlyFinding(judgeGiven(story), rule).count).toBe(1);
    });

    test('for requests seen from their middle on', () => {
      const story = resolved();
      story.tcp(client, vip).data(client, director, director);
      expect(judgeGiven(story).findings).toEqual([]);
    });
  });

  // A mirror doubles when more than a quarter of the datagrams that the director cannot have sent again come twice.
  test.each([
    [10, 1],
    [11, 0],
  ])('with %i of 40 other datagrams seen twice there are %i findings of an unchanged request', (doubled, findings) => {
    const story = new Story();
    for (let i = 0; i < 40; i++) {
      story.wait(200).resolves(client, rs1.ip, rs1);
      if (i < doubled) story.again();
    }
    story.tcp(client, vip).syn(client, director).story.again();
    expect(judgeGiven(story).findings).toHaveLength(findings);
  });

  // So it does where it shows just one hop more than once: then more than a quarter of the requests that are rewritten come so often there.
  test.each([
    ['twice', 1, 4, 2, 1],
    ['twice', 2, 4, 2, 0],
    ['twice', 4, 4, 3, 1],
    ['three times', 1, 4, 3, 1],
    ['three times', 2, 4, 3, 0],
  ])(
    'with requests seen %s, %i of %i that are rewritten, an unchanged one seen %i times is found: %i',
    (words, doubled, all, times, findings) => {
      const story = resolved();
      const again = (more: number) => {
        for (let i = 0; i < more; i++) story.again();
      };
      for (let i = 0; i < all; i++) {
        const flow = story.wait(200).tcp(client, vip).syn(client, director);
        if (i < doubled) again(words === 'twice' ? 1 : 2);
        flow.syn(director, rs1).synAck(rs1, client);
      }
      story.tcp(client, vip).syn(client, director);
      again(times - 1);
      expect(judgeGiven(story).findings).toHaveLength(findings);
    },
  );

  test('packets of connections that began before say nothing of how often a hop is seen', () => {
    const story = resolved();
    const rewritten = (isDoubled: boolean) => {
      const flow = story.wait(200).tcp(client, vip).syn(client, director);
      if (isDoubled) story.again();
      flow.syn(director, rs1).synAck(rs1, client);
    };
    for (const isDoubled of [true, true, false, false]) rewritten(isDoubled);
    for (let i = 0; i < 8; i++) story.tcp(client, vip).data(client, director, rs1);
    story.tcp(client, vip).syn(client, director).story.again();
    expect(judgeGiven(story).findings).toEqual([]);
  });

  test.each([
    ['the director sends on to its own MAC', director, director],
    ['its sender sends to a real server as well', client, rs1],
  ])('a request that comes twice and that %s is none that the director rewrites', (_, from, to) => {
    const story = resolved();
    const flow = story.tcp(client, vip).syn(client, director);
    story.again();
    flow.syn(from, to);
    story.tcp(client, vip).syn(client, director).story.again();
    expect(onlyFinding(judgeGiven(story), rule).count).toBe(2);
  });

  describe('is not judged', () => {
    test('where the director’s egress does not pass', () => {
      const story = new Story().resolves(gateway, vip, director);
      for (let i = 0; i < 2; i++) story.tcp(client, vip).syn(gateway, director);
      expect(judge(story, { point: 'gateway', given: roles }).verdicts).toMatchObject([
        { verdict: 'not judged', reason: 'what the director sends to real servers does not pass this capture point' },
      ]);
    });

    test('when it sends on only packets of connections that began before, or another machine sends on', () => {
      const story = resolved();
      story.tcp(client, vip).data(client, director, rs1);
      story.tcp(client, vip).syn(client, backup, rs1);
      expect(judgeGiven(story).verdicts[0]!.verdict).toBe('not judged');
    });

    test('when it sends no request on at all', () => {
      const story = resolved();
      story.tcp(client, vip).syn(client, director);
      expect(judgeGiven(story).verdicts).toMatchObject([
        { verdict: 'not judged', reason: `it sends no request for ${vip} on in this capture` },
      ]);
    });
  });

  test('a request that comes to the director once and gets no answer is not counted', () => {
    const story = resolved();
    story.tcp(client, vip).syn(client, director).story.again();
    for (let i = 0; i < 3; i++) story.tcp(client, vip).syn(client, director);
    expect(onlyFinding(judgeGiven(story), rule).count).toBe(1);
  });

  test('two examples are shown, and all flows counted', () => {
    const story = resolved();
    for (let i = 0; i < 5; i++) story.tcp(client, vip).syn(client, director, director);
    const finding = onlyFinding(judgeGiven(story), rule);
    expect(finding.count).toBe(5);
    expect(finding.evidence).toHaveLength(4);
    connect(story, rs1, { version });
    expect(onlyFinding(judgeGiven(story), rule).count).toBe(5);
  });
});
