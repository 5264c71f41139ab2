import { describe, expect, test } from 'vitest';
import { vrrpFlapping as rule } from '../../src/rules/vrrp-flapping.ts';
import { type AdvertOptions, adverts } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, type Story } from '../support/story.ts';

const { vip, director: a, backup: b } = lan();
const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

/** These are master one after the other, for so many adverts each. */
function masters(hosts: readonly Host[], times: number, options: AdvertOptions = {}): Story {
  const story = healthy();
  for (const host of hosts) adverts(story, host, times, options);
  return story;
}

describe('the master changes', () => {
  test('three times within two minutes: that is found', () => {
    const judged = judge(masters([a, b, a, b], 5));
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({ code: 'LVS406', severity: 'warning', confidence: 'confirmed', vip });
    expect(finding.message).toContain(`The VRRP master of group 51 changes 3 times within 16 seconds, between ${a.ip} and ${b.ip}`);
    expect(culpritsOf(judged, rule).sort()).toEqual([a.mac, b.mac].sort());
    expect(verdictOn(judged, rule, vip)).toBe('found');
  });

  test('twice: a failover and its way back', () => {
    expect(verdictOn(judge(masters([a, b, a], 5)), rule, vip)).toBe('passed');
  });

  test('three times, but over more than two minutes', () => {
    expect(verdictOn(judge(masters([a, b, a, b], 61)), rule, vip)).toBe('passed');
    expect(verdictOn(judge(masters([a, b, a, b], 59)), rule, vip)).toBe('found');
  });

  test('not at all where adverts only cross: who speaks once between another one was no master', () => {
    expect(verdictOn(judge(masters([a, b, a, b, a, b], 1)), rule, vip)).toBe('passed');
    expect(verdictOn(judge(masters([a, b, a, b, a], 2)), rule, vip)).toBe('found');
  });

  test.each([
    [1400, 'passed'],
    [1600, 'found'],
  ])('to one that is heard for %i ms at a stretch, of adverts each second: %s', (ms, verdict) => {
    const story = adverts(healthy(), a, 5);
    for (let i = 0; i < 2; i++) adverts(adverts(story, b, 1).wait(ms - 1000), a, 5);
    expect(verdictOn(judge(story), rule, vip)).toBe(verdict);
  });

  test('more often than is remembered: what is known of it is found', () => {
    const story = healthy();
    for (let i = 0; i < 40; i++) adverts(adverts(story, a, 2), b, 2);
    expect(verdictOn(judge(story), rule, vip)).toBe('found');
  });

  test('not where it is not remembered what came between taking over and resigning', () => {
    const resigned = { vrid: 51, priority: 0, vips: [vip] };
    const story = healthy();
    // Changes are remembered but for the 33rd: the backup takes over with the 32nd and resigns with the 34th.
    for (let i = 0; i < 15; i++) adverts(story, a, 1).wait(600).advert(b, resigned);
    adverts(story, a, 2);
    adverts(story, b, 1, { every: 100 });
    for (let i = 0; i < 15; i++) adverts(story, a, 1).wait(600).advert(b, resigned);
    adverts(adverts(adverts(story, a, 2), b, 3), a, 3);
    expect(verdictOn(judge(story), rule, vip)).toBe('passed');
  });

  test('not by resigning and coming back alone', () => {
    const story = adverts(healthy(), b, 3);
    for (let i = 0; i < 5; i++) adverts(story, a, 5).advert(a, { vrid: 51, priority: 0, vips: [vip] });
    expect(verdictOn(judge(story), rule, vip)).toBe('passed');
  });
});

describe('a master that resigns soon', () => {
  /** What the director says half a second before it resigns again and the backup takes over, as often as given. */
  const brief = (story: Story, times: number) => {
    for (let i = 0; i < times; i++) {
      adverts(story, a, 1, { priority: 150, every: 500 }).advert(a, { vrid: 51, priority: 0, vips: [vip] });
      adverts(story.wait(600), b, 4);
    }
    return story;
  };

  test('was master, however briefly: taking over and resigning again and again is found', () => {
    const judged = judge(brief(adverts(healthy(), b, 4), 2));
    expect(onlyFinding(judged, rule).message).toContain('changes 4 times');
    expect(culpritsOf(judged, rule).sort()).toEqual([a.mac, b.mac].sort());
    expect(verdictOn(judge(brief(adverts(healthy(), b, 4), 1)), rule, vip)).toBe('passed');
  });

  test('was not where two are masters at once: then one takes over nothing when it leaves', () => {
    const story = adverts(healthy(), b, 4);
    for (let i = 0; i < 2; i++) {
      for (let turn = 0; turn < 6; turn++) adverts(adverts(story, a, 1, { every: 1000 }).wait(-500), b, 1).wait(-500);
      adverts(story, a, 1, { every: 500 }).advert(a, { vrid: 51, priority: 0, vips: [vip] });
      adverts(story, b, 4);
    }
    expect(verdictOn(judge(story), rule, vip)).toBe('passed');
  });
});

test('who only resigns is no master', () => {
  const story = healthy();
  for (let i = 0; i < 3; i++)
    adverts(story, a, 5)
      .advert(b, { vrid: 51, priority: 0, vips: [vip] })
      .wait(2000);
  expect(verdictOn(judge(adverts(story, a, 5)), rule, vip)).toBe('passed');
});

test('members that announce different intervals are found', () => {
  const story = adverts(adverts(healthy(), a, 5), b, 5, { every: 3000 });
  expect(onlyFinding(judge(story), rule).message).toContain(
    `${a.ip} (every 1 s) and ${b.ip} (every 3 s) do not agree on the advert interval`,
  );
});

test('one that announces no interval contradicts nobody', () => {
  const story = adverts(adverts(healthy(), a, 5), b, 5, { every: 0 });
  expect(judge(story).findings).toEqual([]);
});

test('two groups that use one number at the same time are found', () => {
  const story = healthy();
  const other = '203.0.113.150';
  for (let i = 0; i < 6; i++) adverts(adverts(story, a, 1, { every: 500 }), b, 1, { every: 500, vips: [other] });
  // The intervals announced are half a second too, so nothing else is found.
  expect(onlyFinding(judge(story), rule).message).toContain(`use VRRP group number 51 for different addresses`);
});

test('each of them is named with an address that its adverts list at that time', () => {
  const [before, after] = ['203.0.113.149', '203.0.113.150'];
  const story = adverts(healthy(), b, 1, { every: 500, vips: [before] });
  for (let i = 0; i < 6; i++) adverts(adverts(story, a, 1, { every: 500 }), b, 1, { every: 500, vips: [after] });
  expect(onlyFinding(judge(story), rule).message).toMatch(`${a.ip} (for ${vip}) and ${b.ip} (for ${after}) use VRRP group number 51`);
});

test('two masters of the same addresses are no two groups', () => {
  const story = healthy();
  for (let i = 0; i < 6; i++) adverts(adverts(story, a, 1, { every: 500 }), b, 1, { every: 500 });
  expect(verdictOn(judge(story), rule, vip)).toBe('passed');
});

test('a few adverts are too few to judge', () => {
  const judged = judge(masters([a, b], 2));
  expect(verdictOn(judged, rule, vip)).toBe('not judged');
  expect(judged.verdicts[0]!.capture).toMatch(/^on any machine of this LAN: tcpdump .*\barp or .*\bproto 112'$/);
});
