/** Which findings are told together. */
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/diagnosis.ts';
import { causesOf, examplesOf, extentOf, storiesOf, tellingFirst } from '../../src/reports/text/stories.ts';
import { answersArp, bypassed, diagnosis, evidence } from './diagnoses.ts';

const vip = (n: number) => `192.168.1.${100 + n}`;
/** Real server `number` answers for VIP `n`. */
const leak = (n: number, number = 1, part: Partial<Finding> = {}) =>
  answersArp(number, { id: `rs-answers-arp/${vip(n)}/${number}`, vip: vip(n), ...part });
const past = (n: number, number = 1, part: Partial<Finding> = {}) =>
  bypassed(number, { id: `director-bypassed/${vip(n)}/${number}`, vip: vip(n), causedBy: [`rs-answers-arp/${vip(n)}/${number}`], ...part });

/** Each story as its rule and its VIPs. */
const told = (...findings: Finding[]) => storiesOf(diagnosis({ findings })).map(({ rule, vips }) => `${rule} ${vips.join(' ')}`);

describe('findings of one rule are one story', () => {
  test('for several VIPs, where the culprit is the same', () => {
    const stories = storiesOf(diagnosis({ findings: [leak(1), leak(2), leak(3)] }));
    expect(stories.map(({ number, vips, findings }) => [number, vips, findings.length])).toEqual([[1, [vip(1), vip(2), vip(3)], 3]]);
  });

  test('where all culprits are the same, in whichever order', () => {
    expect(told(leak(1, 1), leak(1, 2), leak(2, 2), leak(2, 1))).toEqual([`rs-answers-arp ${vip(1)} ${vip(2)}`]);
  });

  test('not where one VIP has a culprit more', () => {
    expect(told(leak(1, 1), leak(1, 2), leak(2, 1))).toEqual([`rs-answers-arp ${vip(1)}`, `rs-answers-arp ${vip(2)}`]);
  });

  test('not where the same machine has another role', () => {
    const stranger = { ...leak(2).culprits[0]!, role: 'other' as const };
    expect(told(leak(1), leak(2, 1, { culprits: [stranger] }))).toHaveLength(2);
  });

  test.each([
    ['less sure', { confidence: 'possible' }],
    ['less grave', { severity: 'warning' }],
    ['healthy again', { state: 'resolved' }],
  ] as const)('not where it is %s for one of them', (_, part) => {
    expect(told(leak(1), leak(2, 1, part), leak(3))).toEqual([`rs-answers-arp ${vip(1)} ${vip(3)}`, `rs-answers-arp ${vip(2)}`]);
  });

  test('without an address only by themselves', () => {
    expect(told(leak(1, 1, { vip: null, id: 'a' }), leak(1, 1, { vip: null, id: 'b', rule: 'icmp-redirect' }))).toHaveLength(2);
  });
});

describe('causes', () => {
  test('lead from story to story, and each story stands after its cause', () => {
    const stories = storiesOf(diagnosis({ findings: [leak(1), past(1), leak(2), past(2)] }));
    expect(stories.map(({ rule, vips }) => [rule, vips.length])).toEqual([
      ['rs-answers-arp', 2],
      ['director-bypassed', 2],
    ]);
    expect(stories.map((story) => causesOf(stories, story).map(({ number }) => number))).toEqual([[], [1]]);
  });

  test('that differ keep effects apart', () => {
    const findings = [leak(1, 1), past(1, 1), leak(2, 2), past(2, 1, { causedBy: [`rs-answers-arp/${vip(2)}/2`] })];
    const stories = storiesOf(diagnosis({ findings }));
    expect(stories.map((story) => causesOf(stories, story).map(({ number }) => number))).toEqual([[], [1], [], [3]]);
  });

  test('of one VIP alone keep it apart', () => {
    expect(told(leak(1), past(1), past(2, 1, { causedBy: [] }))).toEqual([
      `rs-answers-arp ${vip(1)}`,
      `director-bypassed ${vip(1)}`,
      `director-bypassed ${vip(2)}`,
    ]);
  });

  test('in a circle, as a file of anybody may name them, do no harm', () => {
    const circle = [leak(1, 1, { causedBy: [`director-bypassed/${vip(1)}/1`] }), past(1)];
    expect(told(...circle)).toHaveLength(2);
  });
});

describe('the examples of a story', () => {
  const [story] = storiesOf(diagnosis({ findings: [leak(1, 1), leak(1, 2), leak(1, 3), leak(2, 1), leak(2, 2), leak(2, 3)] }));
  const [single] = storiesOf(diagnosis({ findings: [leak(1), leak(2), leak(3), leak(4)] }));
  const [one] = storiesOf(diagnosis({ findings: [1, 2, 3, 4, 5].map((number) => leak(1, number)) }));

  test('have one of each culprit', () => {
    expect(examplesOf(story!, 4).map(({ id }) => id)).toEqual([1, 2, 3].map((number) => `rs-answers-arp/${vip(1)}/${number}`));
  });

  test('are two where the culprit is always the same', () => {
    expect(examplesOf(single!, 4).map((finding) => finding.vip)).toEqual([vip(1), vip(2)]);
  });

  test('leave no single one out', () => {
    const [three] = storiesOf(diagnosis({ findings: [leak(1), leak(2), leak(3)] }));
    expect(examplesOf(three!, 4)).toHaveLength(3);
    expect(examplesOf(three!, 1)).toEqual([three!.findings[0]]);
  });

  test('of one VIP are the first ones', () => {
    expect(examplesOf(one!, 4)).toEqual(one!.findings.slice(0, 4));
    expect(examplesOf(one!, 9)).toEqual(one!.findings);
  });
});

test('the extent of a story counts all findings', () => {
  const of = diagnosis({ findings: [leak(1), leak(2, 1, { count: 7 })] });
  expect(extentOf(of, storiesOf(of)[0]!)).toBe('Seen: 12 frames from +0.001234 to +2.104000 s.');
});

test('where there is room for little, the fault comes before its cause and its effects', () => {
  const items = (['cause', 'effect', 'fault', 'effect', 'cure', 'fault'] as const).map((shows, i) => evidence(i + 1, shows, shows));
  expect(tellingFirst(items).map(({ frame }) => frame)).toEqual([3, 6, 1, 5, 2, 4]);
});
