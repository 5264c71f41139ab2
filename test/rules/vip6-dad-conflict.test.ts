import { expect, test } from 'vitest';
import { vip6DadConflict as rule } from '../../src/rules/vip6-dad-conflict.ts';
import { adverts } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, Story } from '../support/story.ts';

const { vip, gateway, director, backup, rs1, rs2, rs3 } = lan(6);
const start = () => healthy({ version: 6 });
const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

test('a machine whose test for duplicates the owner answers is found', () => {
  const story = start().probes(rs1, vip).announces(director, vip);
  const judged = judge(story);
  const finding = onlyFinding(judged, rule);
  expect(finding).toMatchObject({
    code: 'LVS110',
    severity: 'warning',
    confidence: 'confirmed',
    culprits: [{ role: 'realServer', mac: rs1.mac }],
  });
  expect(finding.message).toContain(`first in frame ${story.frame - 1}), but ${director.mac} owns it (frame ${story.frame}, 0.1 ms later)`);
  expect(verdictOn(judged, rule, vip)).toBe('found');
});

test('each machine that tries is named, once', () => {
  const story = start()
    .probes(rs1, vip)
    .announces(director, vip)
    .probes(rs2, vip)
    .announces(director, vip)
    .probes(rs1, vip)
    .announces(director, vip);
  expect(culpritsOf(judge(story), rule).sort()).toEqual([rs1.mac, rs2.mac].sort());
});

test('a test that the owner does not hear fails it no less: the owner answers before and after', () => {
  const story = start().probes(backup, vip).wait(5000).resolves(gateway, vip, director);
  const finding = onlyFinding(judge(story), rule);
  expect(finding).toMatchObject({ confidence: 'probable', culprits: [{ mac: backup.mac }] });
  expect(finding.message).toContain(`but ${director.mac} owns it: `);
});

test('a test that nobody contradicts passes: a takeover', () => {
  const story = start().probes(backup, vip).wait(1000).announces(backup, vip).resolves(gateway, vip, backup);
  expect(verdictOn(judge(story), rule, vip)).toBe('passed');
});

test('an announcement long after the test is no defence', () => {
  const after = (ms: number) => judge(start().probes(backup, vip).wait(ms).announces(director, vip).announces(backup, vip)).findings.length;
  expect(after(1450)).toBe(1);
  expect(after(1550)).toBe(0);
});

test('the owner itself may test its address', () => {
  expect(verdictOn(judge(start().probes(director, vip).announces(director, vip)), rule, vip)).toBe('passed');
});

test('a director whose address a real server defends is the victim', () => {
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3] });
  const story = start().probes(director, vip).announces(rs1, vip);
  expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, vip)).toBe('passed');
});

test('without any test for duplicates nothing is judged', () => {
  expect(verdictOn(judge(start()), rule, vip)).toBe('not judged');
});

test.each([
  ['a real server, another real server defends it', rs1, rs2],
  ['the backup, the director defends it, though it serves as well', backup, rs3],
  ['the director, a machine without any role defends it', rs3, gateway],
] as const)('where the address is tested by %s: the tester is found', (_, tester, owner) => {
  const roles = given({ vips: [vip], directors: [rs3, backup], realServers: [rs1, rs2, rs3], gateways: [gateway] });
  expect(culpritsOf(judge(start().probes(tester, vip).announces(owner, vip), { ...MIRROR, given: roles }), rule)).toEqual([tester.mac]);
});

test('without any cluster in sight, a service’s address is judged', () => {
  const story = new Story();
  story.resolves(gateway, vip, rs1).tcp(gateway, vip).opens([gateway, rs1], [rs1, gateway]);
  expect(culpritsOf(judge(story.probes(rs2, vip).announces(rs1, vip)), rule)).toEqual([rs2.mac]);
  const untested = new Story();
  untested.tcp(gateway, vip).opens([gateway, rs1], [rs1, gateway]);
  expect(judge(untested).verdicts).toEqual([]);
  const four = lan(4);
  const story4 = new Story().probes(four.rs2, four.vip).announces(four.rs1, four.vip);
  story4.tcp(four.client, four.vip).opens([four.client, four.rs1], [four.rs1, four.client]);
  expect(judge(story4).verdicts).toEqual([]);
});

test('a VIP that nobody speaks of is not judged', () => {
  const silent = new Story().resolves(gateway, rs1.ip, rs1);
  expect(verdictOn(judge(silent, { ...MIRROR, given: given({ vips: [vip] }) }), rule, vip)).toBe('not judged');
});

test('adverts, virtual MACs and answers to others are no defence', () => {
  const roles = given({ vips: [vip], directors: [director, backup] });
  const passes = (story: Story) => expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, vip)).toBe('passed');
  passes(adverts(new Story().probes(backup, vip), director, 2, { version: 6 }));
  passes(new Story().probes(backup, vip).announces({ ...director, mac: '00:00:5e:00:02:33' }, vip));
  passes(new Story().probes(backup, vip).resolves(gateway, vip, director));
});

test('an owner that is heard before the test only may be gone', () => {
  const roles = given({ vips: [vip], directors: [director, backup] });
  const story = new Story().resolves(gateway, vip, director).wait(5000).probes(backup, vip).wait(5000);
  adverts(story, director, 2, { version: 6 });
  expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, vip)).toBe('passed');
});

test('who held the address before the test, and is tested against its owner, is found all the same', () => {
  const roles = given({ vips: [vip], directors: [director, backup] });
  const story = new Story().announces(backup, vip).wait(5000).resolves(gateway, vip, director).probes(backup, vip);
  expect(culpritsOf(judge(story.wait(5000).resolves(gateway, vip, director), { ...MIRROR, given: roles }), rule)).toEqual([backup.mac]);
});
