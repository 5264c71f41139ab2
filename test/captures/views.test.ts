/** What the machines of a cluster captured themselves: each shows the faults that it can show, and no other. */
import { describe, expect, test } from 'vitest';
import { RULES } from '../../src/rules/index.ts';
import { compareWithTruth } from '../support/compare-with-truth.ts';
import { casesIn, diagnoseView, truthOf, viewsOf } from '../support/fixtures.ts';

const rules = new Set(RULES.map((rule) => rule.name));

describe.each(casesIn().filter((name) => viewsOf(name).length > 0))('%s', (name) => {
  test.each(viewsOf(name))('$file tells what it shows, and nothing else', async (view) => {
    expect(compareWithTruth(await diagnoseView(name, view), truthOf(name), rules, view)).toEqual([]);
  });
});

test('a director’s own capture says nothing of answers that do not pass it', async () => {
  const { verdicts } = await diagnoseView('healthy-t1', { file: 'director.pcap', point: 'director' });
  const ofReplies = verdicts.filter((v) => v.rule === 'reply-wrong-source' || v.rule === 'rs-answers-arp');
  expect(ofReplies.length).toBeGreaterThan(0);
  expect(ofReplies.filter((v) => v.verdict !== 'not judged')).toEqual([]);
});
