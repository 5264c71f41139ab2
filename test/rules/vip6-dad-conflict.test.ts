import { expect, test } from 'vitest';
import { vip6DadConflict as rule } from '../../src/rules/vip6-dad-conflict.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, type Story } from '../support/story.ts';

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
  expect(onlyFinding(judge(story), rule)).toMatchObject({ confidence: 'probable', culprits: [{ mac: backup.mac }] });
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
