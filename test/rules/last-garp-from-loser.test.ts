import { expect, test } from 'vitest';
import { lastGarpFromLoser as rule } from '../../src/rules/last-garp-from-loser.ts';
import { adverts } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { lan, type Story } from '../support/story.ts';

const { vip, gateway, remote, client, director, backup, rs1 } = lan();
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

test('a master that speaks with another address of its own later is cited with that of the advert', () => {
  const story = adverts(healthy(), backup, 2);
  const frame = story.frame + 1;
  adverts(story, director, 4, { priority: 150 }).announces(backup, vip);
  adverts(story, { ...director, ip: '203.0.113.77' }, 12, { priority: 150 });
  const [contest] = onlyFinding(judge(story), rule).evidence;
  expect(contest).toMatchObject({ frame, says: `VRRP advert of ${director.ip} from ${director.mac}` });
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

test('two groups with one number are no two masters: the announcement counts', () => {
  const story = adverts(healthy(), director, 4, { priority: 150, every: 500 });
  for (let i = 0; i < 8; i++) {
    adverts(adverts(story, backup, 1, { every: 250, vips: ['203.0.113.150'] }), director, 1, { priority: 150, every: 250 });
  }
  adverts(story.announces(backup, vip), director, 24, { priority: 150, every: 500 });
  expect(verdictOn(judge(story), rule, vip)).toBe('found');
});

test('a master that could count as dead when the other announced had lost nothing, however seldom the other one speaks', () => {
  const silentFor = (ms: number) => {
    const story = adverts(healthy(), director, 4, { priority: 150 });
    adverts(story, backup, 1, { every: 10_000 })
      .wait(-10_000 + 50)
      .announces(backup, vip)
      .wait(ms - 50);
    return verdictOn(judge(adverts(story, director, 12, { priority: 150 })), rule, vip);
  };
  expect(silentFor(3900)).toBe('found');
  expect(silentFor(4100)).toBe('passed');
});

test('announcements of a machine without VRRP are told by other rules', () => {
  const story = adverts(adverts(healthy(), backup, 3), director, 4).announces(client, vip);
  expect(verdictOn(judge(adverts(story, director, 12)), rule, vip)).toBe('passed');
});

test('where nobody announces the VIP, nothing is judged', () => {
  expect(verdictOn(judge(adverts(adverts(healthy(), director, 4), backup, 12)), rule, vip)).toBe('not judged');
});

test('where the last master resigns, nobody is known to own the VIP', () => {
  const story = adverts(contested(), director, 12, { priority: 150 }).advert(director, { vrid: 51, priority: 0, vips: [vip] });
  expect(verdictOn(judge(story), rule, vip)).toBe('passed');
});

test('who announces before another one is master, or between two others, was no loser then', () => {
  const first = adverts(healthy(), backup, 1).announces(backup, vip);
  expect(verdictOn(judge(adverts(first, director, 12, { priority: 150 })), rule, vip)).toBe('passed');
  const between = adverts(contested(), rs1, 1, { every: 300 });
  expect(verdictOn(judge(adverts(between, director, 12, { priority: 150 })), rule, vip)).toBe('passed');
});

test('only packets to the loser, after its announcement, are astray', () => {
  const story = healthy();
  story.tcp(remote, vip).syn(gateway, backup, rs1);
  adverts(story, director, 4, { priority: 150 });
  adverts(story.wait(-400), backup, 1, { every: 50 }).announces(backup, vip).wait(350);
  adverts(story, director, 12, { priority: 150 });
  story.tcp(client, vip).syn(client, director, rs1).synAck(rs1, backup);
  expect(onlyFinding(judge(story), rule).message).not.toContain('Packets go to it');
});

test('an announcement with the virtual MAC is the master’s, whoever sends it', () => {
  const story = adverts(contested(), director, 2, { priority: 150 }).announces({ ...backup, mac: '00:00:5e:00:01:33' }, vip);
  expect(onlyFinding(judge(adverts(story, director, 12, { priority: 150 })), rule).culprits[0]!.mac).toBe(backup.mac);
});

test('who announces after the master resigned is no loser', () => {
  const story = adverts(healthy(), director, 4, { priority: 150 }).advert(director, { vrid: 51, priority: 0, vips: [vip] });
  adverts(story.wait(100), backup, 1, { every: 50 }).announces(backup, vip).wait(350);
  expect(verdictOn(judge(adverts(story, director, 12, { priority: 150 })), rule, vip)).toBe('passed');
});

test('an announcement ahead of all adverts was nobody’s loss', () => {
  const ahead = adverts(healthy().announces(backup, vip).wait(500), director, 3, { priority: 150 });
  adverts(adverts(ahead, backup, 1, { every: 300 }), director, 12, { priority: 150 });
  expect(verdictOn(judge(ahead), rule, vip)).toBe('passed');
  const story = adverts(healthy().announces(backup, vip).wait(500), backup, 1, { every: 300 });
  expect(verdictOn(judge(adverts(story, director, 12, { priority: 150 })), rule, vip)).toBe('passed');
});
