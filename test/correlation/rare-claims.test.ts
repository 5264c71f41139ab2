/** What is kept of rare frames: rows of unanswered questions, logs that VRRP must not flood, what each VRRP sender lists. */
import { expect, test } from 'vitest';
import { Observations } from '../../src/cluster/observations.ts';
import { lan, Story } from '../support/story.ts';

const { vip, gateway, director, backup, client } = lan();

test('questions in a row that nobody answers are counted, probes without sender address are not', () => {
  const story = new Story();
  for (let i = 0; i < 3; i++) story.whoHas(gateway, vip).wait(1000).probes(client, vip).wait(1000);
  const { askings } = new Observations(story.facts()).about(vip)!;
  expect(askings.find((a) => a.asker === gateway.mac)!.unanswered).toMatchObject({ count: 3 });
  expect(askings.find((a) => a.asker === client.mac)!).toMatchObject({ broadcasts: 3, unanswered: null });
});

test('a thousand adverts of one master leave room in the log for what others say', () => {
  const story = new Story();
  const adverts = (of: typeof director, n: number) => {
    for (let i = 0; i < n; i++) story.advert(of, { vrid: 51, priority: 100, vips: [vip] }).wait(1000);
  };
  adverts(director, 500);
  story.announces(backup, vip);
  adverts(backup, 500);
  const about = new Observations(story.facts()).about(vip)!;
  expect(about.log.map((e) => [e.kind, e.mac])).toEqual([
    ['vrrp', director.mac],
    ['gratuitous', backup.mac],
    ['vrrp', backup.mac],
  ]);
  expect(about.gap).toBeNull();
});

test('where claims were too many to keep, it is known between which times', () => {
  const story = new Story();
  for (let i = 0; i < 70; i++) story.announces(director, vip).wait(1000);
  const { log, gap } = new Observations(story.facts()).about(vip)!;
  expect(log).toHaveLength(64);
  expect(gap).toEqual({ from: log[31]!.ref.at, until: log[32]!.ref.at });
  expect(log[32]!.ref.frame - log[31]!.ref.frame).toBe(7);
});

test('each VRRP sender is known with the addresses that it lists itself', () => {
  const story = new Story();
  story.advert(director, { vrid: 51, priority: 150, vips: [vip] }).advert(backup, { vrid: 51, priority: 100, vips: ['203.0.113.101'] });
  const [group] = new Observations(story.facts()).vrrpGroups;
  expect(group!.senders.map((s) => [s.ip, s.vips])).toEqual([
    [director.ip, [vip]],
    [backup.ip, ['203.0.113.101']],
  ]);
});

test('a MAC that is only claimed is known to have sent no frame', () => {
  const o = new Observations(new Story().whoHas(client, vip).isAt(director, vip, client, backup.mac).facts());
  expect([client, director, backup].map((h) => o.isSource(h.mac))).toEqual([true, true, false]);
});
