import { describe, expect, test } from 'vitest';
import { arpSenderMacMismatch as rule } from '../../src/rules/arp-sender-mac-mismatch.ts';
import { atDirector, onDirector } from '../support/at-director.ts';
import { adverts } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);
const DEAD = '52:54:00:de:ad:01';

describe.each([4, 6] as const satisfies Version[])('arp-sender-mac-mismatch (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs3, client, remote } = lan(version);
  const start = () => healthy({ version });

  test('a director that answers with a MAC nobody has is found, with the packets that went there', () => {
    const story = start().whoHas(gateway, vip).isAt(director, vip, gateway, DEAD);
    const answer = story.frame;
    story.tcp(remote, vip).syn(gateway, { ...director, mac: DEAD });
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({ code: 'LVS108', severity: 'warning', confidence: 'confirmed', culprits: [{ mac: director.mac }] });
    expect(finding.message).toContain(`that ${vip} is at ${DEAD}, in 1 frame sent from ${director.mac}, first in frame ${answer}`);
    expect(finding.message).toContain(`1 packet went to it, the first in frame ${answer + 1}.`);
    expect(finding.evidence.map((e) => e.frame)).toEqual([answer, answer + 1]);
    expect(verdictOn(judged, rule, vip)).toBe('found');
  });

  test('a real server that does so for its own address is found', () => {
    const judged = judge(start().whoHas(director, rs1.ip).isAt(rs1, rs1.ip, director, DEAD));
    expect(culpritsOf(judged, rule)).toEqual([rs1.mac]);
  });

  test('honest answers pass', () => {
    expect(verdictOn(judge(start()), rule, vip)).toBe('passed');
  });

  test.each(['00:00:5e:00:01:33', '00:00:0c:07:ac:01', '02:bf:0a:00:00:01', '03:bf:0a:00:00:01', '01:00:5e:7f:00:01'])(
    'the virtual MAC %s is lawful',
    (mac) => {
      expect(verdictOn(judge(start().whoHas(gateway, vip).isAt(director, vip, gateway, mac)), rule, vip)).toBe('passed');
    },
  );

  test('of what one machine says only the wrong MAC counts', () => {
    const story = start().whoHas(gateway, vip).isAt(director, vip, gateway, DEAD).isAt(director, vip, gateway, '00:00:5e:00:01:33');
    expect(onlyFinding(judge(story), rule).count).toBe(1);
  });

  test('a MAC that other frames come from is a second card', () => {
    const second = { ...director, mac: DEAD };
    expect(verdictOn(judge(start().resolves(second, rs1.ip, rs1).whoHas(gateway, vip).isAt(director, vip, gateway, DEAD)), rule, vip)).toBe(
      'passed',
    );
  });

  test('a real server whose second card says that the VIP is at the first speaks for itself', () => {
    const second = { ...rs1, mac: '52:54:00:00:10:02' };
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs3] });
    const cards = { ...roles, realServers: roles.realServers.map((rs, i) => (i === 0 ? { ...rs, macs: [...rs.macs, second.mac] } : rs)) };
    const story = start().whoHas(gateway, vip).isAt(second, vip, gateway, rs1.mac);
    expect(verdictOn(judge(story, { ...MIRROR, given: cards }), rule, vip)).toBe('passed');
    expect(culpritsOf(judge(story, { ...MIRROR, given: roles }), rule)).toEqual([second.mac]);
  });

  test('who says that the VIP is at its director is right, though the director serves as well', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [director, rs1] });
    const story = start().whoHas(gateway, vip).isAt(client, vip, gateway, director.mac);
    expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, vip)).toBe('passed');
  });

  test('who answers for several machines speaks for others: a bridge', () => {
    const answers = (n: number) => {
      const story = start();
      for (let i = 0; i < n; i++)
        story
          .whoHas(client, host('far', 200 + i, version).ip)
          .isAt(director, host('far', 200 + i, version).ip, client, host('far', 200 + i).mac);
      return judge(story).findings;
    };
    expect(answers(2)).toEqual([]);
    expect(answers(1)).toHaveLength(1);
  });

  test('one odd frame of a stranger that nobody acts upon is a damaged frame, two are not', () => {
    const stranger = host('stranger', 77, version);
    const story = start().whoHas(client, stranger.ip).isAt(stranger, stranger.ip, client, DEAD);
    expect(judge(story).findings).toEqual([]);
    story.wait(1000).whoHas(client, stranger.ip).isAt(stranger, stranger.ip, client, DEAD);
    expect(culpritsOf(judge(story), rule)).toEqual([stranger.mac]);
  });

  test('one odd frame of a stranger that somebody acts upon is found', () => {
    const stranger = host('stranger', 77, version);
    const story = start().whoHas(client, stranger.ip).isAt(stranger, stranger.ip, client, DEAD);
    story.tcp(client, stranger.ip).syn(client, { ...stranger, mac: DEAD });
    expect(culpritsOf(judge(story), rule)).toEqual([stranger.mac]);
  });

  test('one odd frame of a stranger about the VIP is found', () => {
    const stranger = host('stranger', 77, version);
    expect(culpritsOf(judge(start().whoHas(client, vip).isAt(stranger, vip, client, DEAD)), rule)).toEqual([stranger.mac]);
  });

  test('who answers with the true MACs of others speaks for nobody else', () => {
    const story = start().isAt(director, rs1.ip, gateway, rs1.mac).isAt(director, client.ip, gateway, gateway.mac);
    expect(culpritsOf(judge(story.isAt(director, vip, gateway, DEAD)), rule)).toEqual([director.mac]);
  });

  test('on a real server of two directors, where their unicast answers do not pass, nothing is judged', () => {
    const story = new Story().announces(director, vip).resolves(director, rs1.ip, rs1);
    const roles = given({ vips: [vip], directors: [director, rs3], realServers: [rs1] });
    expect(verdictOn(judge(story, { point: 'real-server', given: roles }), rule, vip)).toBe('not judged');
  });

  test('where the unicast answers of the director do not pass, nothing is judged', () => {
    const story = new Story().announces(director, vip).resolves(director, rs1.ip, rs1);
    const judged = judge(story, { point: 'real-server', given: given({ vips: [vip], directors: [director], realServers: [rs1] }) });
    expect(verdictOn(judged, rule, vip)).toBe('not judged');
  });

  test('a capture on the director decides it', () => {
    expect(verdictOn(judge(atDirector([rs1], version), onDirector(version)), rule, vip)).toBe('passed');
  });

  test('where nobody says where the VIP is, nothing is judged: a VRRP advert only lists it', () => {
    const roles = given({ vips: [vip], directors: [director] });
    const story = new Story().resolves(director, rs1.ip, rs1);
    expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, vip)).toBe('not judged');
    expect(verdictOn(judge(adverts(story, director, 3, { version }), { ...MIRROR, given: roles }), rule, vip)).toBe('not judged');
  });
});
