import { expect, test } from 'vitest';
import { rsAnswersNd as rule } from '../../src/rules/rs-answers-nd.ts';
import { adverts } from '../support/failover.ts';
import { connect, healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { host, lan, Story } from '../support/story.ts';

const { vip, gateway, director, rs1, rs2, rs3 } = lan(6);
const start = () => healthy({ version: 6 });
const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

test('of very many that answer, those that are not remembered are not judged', () => {
  const story = start().whoHas(gateway, vip);
  for (let i = 0; i < 70; i++) story.isAt(host('other', 300 + i, 6), vip, gateway);
  story.isAt(rs2, vip, gateway);
  expect(verdictOn(judge(story), rule, rs2.ip)).toBe('not judged');
});

test('a real server that answers a neighbour solicitation for the VIP is found', () => {
  const story = start().whoHas(gateway, vip).isAt(director, vip, gateway).isAt(rs2, vip, gateway);
  const judged = judge(story);
  const finding = onlyFinding(judged, rule);
  expect(finding).toMatchObject({
    code: 'LVS109',
    severity: 'critical',
    confidence: 'confirmed',
    culprits: [{ role: 'realServer', mac: rs2.mac }],
  });
  expect(finding.message).toContain(`${rs2.mac} advertises ${vip} (1 neighbour advertisement), first in frame ${story.frame}.`);
  expect(finding.evidence.map((e) => e.frame)).toEqual([story.frame - 2, story.frame]);
  expect(verdictOn(judged, rule, rs2.ip)).toBe('found');
  expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
});

test('a real server that solicits its neighbours as the VIP is found', () => {
  const judged = judge(start().whoHas(rs1, gateway.ip, vip));
  expect(onlyFinding(judged, rule).message).toContain(`solicits its neighbours with ${vip} as its own address (1 frame)`);
});

test('a real server that announces the VIP to all nodes is found', () => {
  expect(culpritsOf(judge(start().announces(rs3, vip)), rule)).toEqual([rs3.mac]);
});

test('a real server that only answers for itself passes', () => {
  expect(verdictOn(judge(start().resolves(gateway, rs1.ip, rs1)), rule, rs1.ip)).toBe('passed');
});

test('a test for duplicates is no answer', () => {
  expect(verdictOn(judge(start().probes(rs1, vip)), rule, rs1.ip)).toBe('passed');
});

test('a real server that took the VIP over by VRRP is its master', () => {
  const story = adverts(start(), rs1, 3, { version: 6 }).resolves(gateway, vip, rs1);
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] });
  expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, rs1.ip)).toBe('passed');
});

test('a proxy that answers for many is none', () => {
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
  const answersFor = (n: number, story = new Story().resolves(gateway, vip, director)) => {
    for (let i = 0; i < n; i++) story.resolves(gateway, host('far', 200 + i, 6).ip, rs1);
    return culpritsOf(judge(story.wait(100).resolves(gateway, vip, rs1), { ...MIRROR, given: roles }), rule);
  };
  expect(answersFor(7)).toEqual([rs1.mac]);
  expect(answersFor(8)).toEqual([]);
  // Who serves the VIP has its own addresses.
  expect(answersFor(8, start())).toEqual([rs1.mac]);
});

test('without a question, or out of sight of the answers, nothing is judged', () => {
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
  expect(verdictOn(judge(new Story().announces(director, vip), { ...MIRROR, given: roles }), rule, rs1.ip)).toBe('not judged');
  const onRs1 = new Story().whoHas(gateway, vip).resolves(director, rs1.ip, rs1);
  const judged = judge(onRs1, { point: 'real-server', given: roles });
  expect(verdictOn(judged, rule, rs2.ip)).toBe('not judged');
  expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
});

test('a virtual MAC, or another VLAN, is not the real server’s', () => {
  const virtual = { ...rs1, mac: '00:00:5e:00:02:0a' };
  const story = start();
  connect(story, virtual, { version: 6 });
  expect(judge(story.resolves(gateway, vip, virtual)).findings).toEqual([]);
  expect(judge(start().inVlan(7).resolves(gateway, vip, rs1)).findings).toEqual([]);
});

test('only multicast questions of others let judge, and only where its MAC is known', () => {
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1] });
  for (const story of [new Story().whoHas(rs1, vip), new Story().checks(gateway, vip, director)]) {
    expect(judge(story, { ...MIRROR, given: roles }).verdicts).toMatchObject([
      { subject: rs1.ip, verdict: 'not judged', reason: `nobody solicits ${vip} by multicast in this capture` },
    ]);
  }
  const unknown = { ...roles, realServers: [{ name: 'web9', ips: [], macs: [], active: 'by-vrrp' as const }] };
  expect(judge(start(), { ...MIRROR, given: unknown }).verdicts).toMatchObject([
    { subject: 'web9', verdict: 'not judged', reason: expect.stringContaining('its MAC is not known') },
  ]);
});
