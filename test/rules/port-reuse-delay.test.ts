import { describe, expect, test } from 'vitest';
import { portReuseDelay as rule } from '../../src/rules/port-reuse-delay.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('port-reuse-delay (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, client, remote } = lan(version);
  const there = [gateway, director, rs1];
  const back = [rs1, gateway];

  /** A connection from a port, and half a second later the next one from the same. */
  const used = (clientPort = 5000, story = healthy({ version })) => {
    story
      .tcp(remote, vip, { clientPort })
      .opens(there, back)
      .fin(...there);
    story.wait(500);
    return { story, again: story.tcp(remote, vip, { clientPort, isn: 4711 }) };
  };
  const delayed = (clientPort?: number, story?: Story) => {
    const reuse = used(clientPort, story);
    reuse.again.syn(gateway, director);
    reuse.story.wait(1000);
    reuse.again.opens(there, back);
    return reuse.story;
  };

  test('a connection from a port used before that gets through at the second SYN only is found', () => {
    const before = used().story.frame;
    const finding = onlyFinding(judge(delayed()), rule);
    expect(finding).toMatchObject({
      code: 'LVS211',
      severity: 'warning',
      confidence: 'confirmed',
      culprits: [{ role: 'director', mac: director.mac }],
      count: 1,
      unit: 'flows',
    });
    expect(finding.message).toBe(
      `${director.mac} forwards 1 connection to ${vip} from a port used before only at the second SYN: the first in frame ${before + 1} has no copy, the copy in frame ${before + 3} leaves 1000 ms later.`,
    );
    expect(finding.evidence.map((e) => [e.frame - before, e.shows])).toEqual([
      [1, 'fault'],
      [2, 'effect'],
      [3, 'cure'],
    ]);
    expect(finding.remedy.steps[0]!.commands.join('\n')).toMatch(/vs\.conntrack=0[\s\S]*conn_reuse_mode=1/);
  });

  test('the copy is what the director itself sends on of the request', () => {
    const { story, again } = used();
    again.syn(gateway, director);
    story.unreachable(director, { ...remote, mac: gateway.mac }, director.ip, again.quoted);
    story.wait(1000);
    again.syn(gateway, backup);
    story.wait(1000);
    again.syn(gateway, director, rs1);
    const finding = onlyFinding(judge(story, { ...MIRROR, given: given({ vips: [vip], directors: [director] }) }), rule);
    expect(finding.message).toContain(`the copy in frame ${story.frame} leaves`);
    expect(finding.evidence.filter((e) => e.shows === 'cure').map((e) => e.frame)).toEqual([story.frame]);
  });

  test('every such connection counts', () => {
    expect(onlyFinding(judge(delayed(5001, delayed(5000))), rule).count).toBe(2);
  });

  test('of many ports used again one whose first SYN is lost is chance', () => {
    const among = (times: number) => {
      const story = delayed();
      for (let i = 0; i < times; i++) used(6000 + i, story).again.opens(there, back);
      return judge(story).findings;
    };
    expect(among(18)).toHaveLength(1);
    expect(among(19)).toEqual([]);
  });

  describe('stays clean', () => {
    test('in a healthy cluster, where no port is used twice: that is not judged', () => {
      const judged = judge(healthy({ version }));
      expect(judged.findings).toEqual([]);
      expect(judged.verdicts).toMatchObject([{ verdict: 'not judged', reason: 'no client uses a port again in this capture' }]);
    });

    test('for a port used again that gets through at once: that passes', () => {
      const { story, again } = used();
      again.opens(there, back);
      expect(verdictOn(judge(story), rule, director.ip)).toBe('passed');
    });

    test('for a port used again whose copy is there, and whose SYN is repeated all the same', () => {
      const { story, again } = used();
      again.syn(...there);
      story.wait(1000);
      again.opens(there, back);
      expect(verdictOn(judge(story), rule, director.ip)).toBe('passed');
    });

    test('for a SYN of a new port that was lost once', () => {
      const story = healthy({ version });
      const flow = story.tcp(remote, vip).syn(gateway, director);
      story.wait(1000);
      flow.opens(there, back);
      expect(judge(story).findings).toEqual([]);
    });

    test('for a SYN that is never forwarded: another rule tells it', () => {
      const { story, again } = used();
      again.syn(gateway, director);
      story.wait(1000);
      again.syn(gateway, director);
      expect(judge(story).findings).toEqual([]);
    });

    test('for what moves between the two cards of a director', () => {
      const inner = host('inner', 41, version);
      const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
      const both = { ...roles, directors: [{ ...roles.directors[0]!, macs: [director.mac, inner.mac] }] };
      const { story, again } = used();
      again.syn(gateway, director);
      story.wait(1000);
      again.syn(gateway, director, inner);
      expect(judge(story, { ...MIRROR, given: both }).findings).toEqual([]);
    });
  });

  test('a second director that the request did not come to first is no culprit', () => {
    const roles = given({ vips: [vip], directors: [director, backup], realServers: [rs1, rs2] });
    const { story, again } = used();
    again.syn(gateway, director);
    story.wait(1000);
    again.syn(gateway, director, backup, rs1);
    expect(culpritsOf(judge(story, { ...MIRROR, given: roles }), rule)).toEqual([director.mac]);
  });

  test('it is not judged on a real server', () => {
    const story = new Story();
    story.tcp(remote, vip).syn(director, rs1).synAck(rs1, gateway);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    expect(judge(story, { point: 'real-server', given: roles }).verdicts).toMatchObject([
      { verdict: 'not judged', reason: 'what the director sends to real servers does not pass this capture point' },
    ]);
  });

  test('a capture on the director decides it', () => {
    const story = atDirector([rs1, rs2], version);
    story
      .tcp(remote, vip, { clientPort: 5000 })
      .syn(...there)
      .ack(...there);
    story.wait(500);
    const again = story.tcp(remote, vip, { clientPort: 5000, isn: 4711 }).syn(gateway, director);
    story.wait(1000);
    again.syn(...there).ack(...there);
    expect(culpritsOf(judge(story, onDirector(version)), rule)).toEqual([director.mac]);
  });

  test('a director that was given is one for sure, though its real servers are guessed', () => {
    const story = new Story();
    story.tcp(client, vip, { clientPort: 5000 }).syn(client, director, rs2).ack(client, director, rs2);
    story.wait(500);
    const again = story.tcp(client, vip, { clientPort: 5000, isn: 4711 }).syn(client, director);
    story.wait(1000);
    again.syn(client, director, rs1);
    const roles = given({ vips: [vip], directors: [director] });
    expect(onlyFinding(judge(story, { ...MIRROR, given: roles }), rule).confidence).toBe('confirmed');
  });

  test('roles that are only guessed make it possible, not more', () => {
    const story = new Story();
    story.tcp(client, vip, { clientPort: 5000 }).syn(client, director, rs2).ack(client, director, rs2);
    story.wait(500);
    const again = story.tcp(client, vip, { clientPort: 5000, isn: 4711 }).syn(client, director);
    story.wait(1000);
    again.syn(client, director, rs1);
    story.tcp(client, vip).syn(client, director, rs2);
    expect(onlyFinding(judge(story), rule).confidence).toBe('possible');
  });
});
