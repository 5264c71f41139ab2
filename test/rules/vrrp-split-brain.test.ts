import { expect, test } from 'vitest';
import { vrrpSplitBrain as rule } from '../../src/rules/vrrp-split-brain.ts';
import { adverts } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story } from '../support/story.ts';

const { vip, director, backup, rs1, rs2 } = lan();
const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);
const GROUP = { vrid: 51, priority: 100, vips: [vip] };

/** Both speak each second, the backup half a second after the director. */
function both(story: Story, times: number, mac?: string): Story {
  for (let i = 0; i < times; i++) {
    story.advert(director, { ...GROUP, priority: 150 }, mac ?? director.mac).wait(500);
    story.advert(backup, GROUP, mac ?? backup.mac).wait(500);
  }
  return story;
}

test('two masters of one group that speak in turn for longer than they need to hear each other are found', () => {
  const story = both(healthy(), 6);
  const judged = judge(story);
  const finding = onlyFinding(judged, rule);
  expect(finding).toMatchObject({ code: 'LVS401', severity: 'critical', confidence: 'confirmed', vip });
  expect(culpritsOf(judged, rule).sort()).toEqual([director.mac, backup.mac].sort());
  expect(finding.message).toContain(
    `${backup.ip} (${backup.mac}) and ${director.ip} (${director.mac}) both send VRRP adverts as masters of group 51`,
  );
  expect(verdictOn(judged, rule, vip)).toBe('found');
});

test('a third one, whose adverts come too late to be shown, is a culprit but not named by the message', () => {
  const story = both(healthy(), 6);
  for (let i = 0; i < 2; i++) story.advert(rs1, GROUP).wait(500).advert(director, GROUP).wait(500);
  const judged = judge(story);
  expect(culpritsOf(judged, rule).sort()).toEqual([director.mac, backup.mac, rs1.mac].sort());
  expect(onlyFinding(judged, rule).message).not.toContain(rs1.mac);
});

test('routers that share the virtual MAC are told apart by their own addresses', () => {
  const story = both(healthy().announces(director, director.ip).announces(backup, backup.ip), 6, '00:00:5e:00:01:33');
  expect(culpritsOf(judge(story), rule).sort()).toEqual([director.mac, backup.mac].sort());
});

test('routers that share the virtual MAC are told apart by the addresses that were given, too', () => {
  const roles = given({ vips: [vip], directors: [director, backup] });
  const story = both(new Story(), 6, '00:00:5e:00:01:33');
  expect(culpritsOf(judge(story, { ...MIRROR, given: roles }), rule).sort()).toEqual([director.mac, backup.mac].sort());
});

test('one machine that speaks with two addresses contests nothing', () => {
  const story = healthy();
  for (let i = 0; i < 8; i++) {
    adverts(adverts(story, director, 1, { every: 500 }), { ...director, ip: '203.0.113.77' }, 1, { every: 500 });
  }
  expect(judge(story).findings).toEqual([]);
});

test('a second master that lists no address is one of the group all the same', () => {
  const story = healthy();
  for (let i = 0; i < 8; i++) adverts(adverts(story, director, 1, { every: 500 }), backup, 1, { every: 500, vips: [] });
  expect(verdictOn(judge(story), rule, vip)).toBe('found');
});

test('two machines that bear one address, as a clone does, are two', () => {
  const clone = { ...backup, ip: director.ip };
  const story = healthy().announces(director, director.ip);
  for (let i = 0; i < 6; i++) adverts(adverts(story, director, 1, { every: 500 }), clone, 1, { every: 500 });
  expect(culpritsOf(judge(story), rule).sort()).toEqual([director.mac, backup.mac].sort());
});

test.each([
  [3900, 0],
  [4100, 1],
])('adverts that announce no interval come each second: in turn for %i ms they are %i findings', (ms, findings) => {
  const story = healthy();
  // The first advert of a capture contests nothing yet.
  const says = (sender: Host) => story.advert(sender, { ...GROUP, interval: 0 }).wait(ms / 9);
  for (let i = 0; i < 10; i++) says(i % 2 === 0 ? director : backup);
  says(director);
  expect(judge(story).findings).toHaveLength(findings);
});

/** Adverts in turn for so long; priorities of the first and of the last one of the backup. */
function overlap(ms: number, first = 100, last = 100): number {
  const story = adverts(healthy(), director, 3).wait(-300);
  for (let t = 0; t < 4000; t += 500) {
    if (t % 1000 === 0) story.advert(backup, { ...GROUP, priority: t === 0 ? first : 100 });
    else story.advert(director, GROUP);
    story.wait(500);
  }
  return judge(story.wait(ms - 4000).advert(backup, { ...GROUP, priority: last })).findings.length;
}

test('three intervals and a second is no split brain yet, a little more is', () => {
  expect(overlap(3990)).toBe(0);
  expect(overlap(4010)).toBe(1);
});

test('who resigns does not contest, at the beginning or at the end', () => {
  expect(overlap(4010, 0)).toBe(0);
  expect(overlap(4010, 100, 0)).toBe(0);
});

test('a master, its stand-in and the master again is a failover and its way back', () => {
  const story = adverts(adverts(adverts(healthy(), director, 5), backup, 30), director, 5);
  expect(verdictOn(judge(story), rule, vip)).toBe('passed');
});

test('one crossing advert at preemption is lawful', () => {
  const story = adverts(healthy(), backup, 5).wait(-500);
  adverts(adverts(story, director, 1, { every: 500 }), backup, 1, { every: 500 });
  expect(verdictOn(judge(adverts(story, director, 8)), rule, vip)).toBe('passed');
});

test('masters that resign to each other are never masters together', () => {
  const story = healthy();
  for (let i = 0; i < 5; i++) {
    adverts(story, director, 1)
      .advert(director, { ...GROUP, priority: 0 })
      .wait(100);
    adverts(story, backup, 1)
      .advert(backup, { ...GROUP, priority: 0 })
      .wait(100);
  }
  expect(verdictOn(judge(story), rule, vip)).toBe('passed');
});

test('two groups with one number are told as that', () => {
  const story = healthy();
  for (let i = 0; i < 6; i++) adverts(adverts(story, director, 1, { every: 500 }), backup, 1, { every: 500, vips: ['203.0.113.150'] });
  expect(verdictOn(judge(story), rule, vip)).toBe('passed');
});

test('of groups that list no VIP of the cluster each is told by its first sender', () => {
  const story = healthy();
  for (let i = 0; i < 8; i++) {
    adverts(adverts(story, director, 1, { every: 500, vips: [] }), backup, 1, { every: 400, vips: [] });
    adverts(story, i < 4 ? rs1 : rs2, 1, { every: 100, vips: [], vrid: 52 });
  }
  expect(onlyFinding(judge(story), rule)).toMatchObject({ vip: director.ip });
});

test('the same number on two VLANs is two groups', () => {
  const story = new Story();
  for (let i = 0; i < 8; i++) story.inVlan(10).advert(director, GROUP).wait(500).inVlan(20).advert(backup, GROUP).wait(500);
  expect(judge(story).verdicts).toEqual([]);
});

test('two adverts are too few to judge', () => {
  expect(verdictOn(judge(healthy().advert(director, GROUP).advert(backup, GROUP)), rule, vip)).toBe('not judged');
});
