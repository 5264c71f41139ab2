import { expect, test } from 'vitest';
import { lastGarpFromLoser as rule } from '../../src/rules/last-garp-from-loser.ts';
import { adverts } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, type Story } from '../support/story.ts';

const { vip, gateway, remote, director, backup } = lan();
const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

/** The director is master; the backup believes that it is, announces the VIP, and is heard no more. */
function contested(): Story {
  const story = adverts(healthy(), director, 4, { priority: 150 });
  return adverts(story.wait(-400), backup, 1, { every: 50 }).announces(backup, vip).wait(350);
}

test('an announcement of one that is not master, after which the master is silent, is found', () => {
  const story = contested();
  const frame = story.frame;
  adverts(story, director, 12, { priority: 150 });
  story.tcp(remote, vip).syn(gateway, backup);
  const judged = judge(story);
  const finding = onlyFinding(judged, rule);
  expect(finding).toMatchObject({ code: 'LVS404', severity: 'critical', confidence: 'confirmed', culprits: [{ mac: backup.mac }] });
  expect(finding.message).toContain(
    `The last announcement of ${vip}, in frame ${frame}, is of ${backup.mac}, while ${director.mac} is VRRP master`,
  );
  expect(finding.message).toContain(`Packets go to it from frame ${story.frame} on.`);
  expect(verdictOn(judged, rule, vip)).toBe('found');
});

test('an announcement while the master speaks on is found as well', () => {
  const story = adverts(adverts(healthy(), backup, 2), director, 4, { priority: 150 }).announces(backup, vip);
  expect(onlyFinding(judge(adverts(story, director, 12, { priority: 150 })), rule).culprits[0]!.mac).toBe(backup.mac);
});

test('a master that announces the VIP again passes', () => {
  const story = adverts(contested(), director, 5, { priority: 150 }).announces(director, vip);
  expect(verdictOn(judge(adverts(story, director, 12, { priority: 150 })), rule, vip)).toBe('passed');
});

test('it has ten seconds for that, and a capture that ends before does not tell', () => {
  // The first advert comes 0.35 s after the announcement, the last one as given.
  const silentFor = (ms: number) => {
    const story = adverts(contested(), director, 9, { priority: 150 }).wait(ms - 9350);
    return verdictOn(judge(adverts(story, director, 1, { priority: 150 })), rule, vip);
  };
  expect(silentFor(9900)).toBe('not judged');
  expect(silentFor(10_100)).toBe('found');
});

test('a lawful failover passes: who announced last is master', () => {
  const story = adverts(healthy(), director, 4).wait(3000);
  adverts(story, backup, 1, { every: 100 }).announces(backup, vip);
  expect(verdictOn(judge(adverts(story, backup, 12)), rule, vip)).toBe('passed');
});

test('a failback without announcement is told by another rule: the stand-in was master when it announced', () => {
  const story = adverts(healthy(), director, 4).wait(3000);
  adverts(story, backup, 1, { every: 100 }).announces(backup, vip);
  adverts(adverts(story, backup, 5), director, 12, { priority: 150 });
  expect(verdictOn(judge(story), rule, vip)).toBe('passed');
});

test('as long as both are masters, that is the fault', () => {
  const story = healthy();
  for (let i = 0; i < 8; i++) adverts(adverts(story, director, 1, { every: 500 }), backup, 1, { every: 500 }).announces(backup, vip);
  expect(verdictOn(judge(adverts(story, director, 12)), rule, vip)).toBe('passed');
});

test('announcements of a machine without VRRP are told by other rules', () => {
  const { client } = lan();
  const story = adverts(adverts(healthy(), backup, 3), director, 4).announces(client, vip);
  expect(verdictOn(judge(adverts(story, director, 12)), rule, vip)).toBe('passed');
});

test('where nobody announces the VIP, nothing is judged', () => {
  expect(verdictOn(judge(adverts(adverts(healthy(), director, 4), backup, 12)), rule, vip)).toBe('not judged');
});
