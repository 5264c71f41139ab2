import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { exitCodeOfDiff } from '../src/cli/diff.ts';
import type { Diagnosis, Finding, Verdict } from '../src/diagnosis.ts';
import { diffDiagnoses } from '../src/diff-diagnoses.ts';
import { answersArp, at, CANNOT_TELL, culprit, diagnosis, realServer, VIP } from './reports/diagnoses.ts';
import { casesIn, diagnoseCase } from './support/fixtures.ts';

const schemaOf = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, `../schema/${name}.json`), 'utf8'));
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).addSchema(schemaOf('diagnosis')).compile(schemaOf('diff'));

/** A verdict of rs-answers-arp on a real server. */
function judged(number: number, verdict: Verdict['verdict'], part: Partial<Verdict> = {}): Verdict {
  const reason = verdict === 'not judged' ? 'no request for the VIP is in the capture' : null;
  const capture = verdict === 'not judged' ? 'on the gateway: tcpdump -w gateway.pcap' : null;
  return { rule: 'rs-answers-arp', code: 'LVS101', vip: VIP, subject: culprit(number).ip ?? '', verdict, reason, capture, ...part };
}

function of(findings: readonly Finding[], verdicts: readonly Verdict[], part: Partial<Diagnosis> = {}): Diagnosis {
  return diagnosis({ verdict: findings.length > 0 ? 'fault' : 'clean', findings, verdicts, ...part });
}

/** The diff of two diagnoses, valid by its schema. */
function diff(before: Diagnosis, after: Diagnosis) {
  const result = diffDiagnoses(before, after, '0.1.0');
  validate(JSON.parse(JSON.stringify(result)));
  expect(validate.errors ?? []).toEqual([]);
  return result;
}

const BEFORE = of([answersArp(1)], [judged(1, 'found'), judged(2, 'passed'), judged(3, 'not judged')]);

describe('a finding that is gone', () => {
  test('is healed when its rule passed the same machine', () => {
    const result = diff(BEFORE, of([], [judged(1, 'passed')]));
    expect(result).toMatchObject({ verdict: 'cured', summary: '1 of 1 finding is healed, nothing is new.' });
    expect(result.healed).toEqual([{ finding: BEFORE.findings[0], passed: ['192.168.1.10'] }]);
    expect(exitCodeOfDiff(result, 'warning')).toBe(0);
  });

  test('is not healed when the second capture cannot show it', () => {
    const result = diff(BEFORE, of([], [judged(1, 'not judged'), judged(2, 'passed')]));
    expect(result).toMatchObject({ verdict: 'cannot tell', healed: [] });
    expect(result.notJudged).toMatchObject([
      { reason: 'no request for the VIP is in the capture', capture: 'on the gateway: tcpdump -w gateway.pcap' },
    ]);
    expect(exitCodeOfDiff(result, 'warning')).toBe(2);
    expect(exitCodeOfDiff(result, 'never')).toBe(0);
  });

  test('is not healed when one of several verdicts on the machine is missing', () => {
    expect(diff(BEFORE, of([], [judged(1, 'passed'), judged(1, 'not judged')])).notJudged).toHaveLength(1);
  });

  test('is not healed when only other machines, rules or VIPs were judged', () => {
    const others = [judged(2, 'passed'), judged(1, 'passed', { rule: 'rs-announces-vip' }), judged(1, 'passed', { vip: '192.168.1.101' })];
    const result = diff(BEFORE, of([], others));
    expect(result.notJudged[0]?.reason).toContain('does not judge 192.168.1.10 by this rule');
    expect(result.verdict).toBe('cannot tell');
  });

  test('is healed when its machine is judged under another of its addresses', () => {
    const servers = [realServer({ ips: ['192.168.1.10'], macs: [culprit(1).mac ?? ''] })];
    const after = of([], [judged(1, 'passed', { subject: culprit(1).mac ?? '' })], {
      cluster: { ...diagnosis().cluster, realServers: servers },
    });
    expect(diff(BEFORE, after).healed).toHaveLength(1);
  });

  test('of which the rule was seen on another machine, such as the gateway, is healed when that one passed', () => {
    const flip = answersArp(1, { id: 'gateway-arp-flip/1', rule: 'gateway-arp-flip' });
    const onGateway = (verdict: Verdict['verdict']) => judged(1, verdict, { rule: 'gateway-arp-flip', subject: '192.168.1.1' });
    const before = of([flip], [onGateway('found')]);
    expect(diff(before, of([], [onGateway('passed')])).healed).toMatchObject([{ passed: ['192.168.1.1'] }]);
    // Another culprit is still found there: whether this one would be, nobody asked.
    const other = answersArp(2, { id: 'gateway-arp-flip/2', rule: 'gateway-arp-flip' });
    expect(diff(of([flip, other], [onGateway('found')]), of([other], [onGateway('found')]))).toMatchObject({
      remains: [{ finding: { id: 'gateway-arp-flip/2' } }],
      notJudged: [{ finding: { id: 'gateway-arp-flip/1' }, reason: expect.stringContaining('still finds another fault') }],
    });
  });

  test('that the second diagnosis found but told as part of another remains', () => {
    const result = diff(BEFORE, of([], [judged(1, 'found')]));
    expect(result).toMatchObject({ verdict: 'not cured', remains: [{ hidden: true, trend: 'same' }] });
    expect(exitCodeOfDiff(result, 'warning')).toBe(1);
  });

  test('about an address, of no machine, is healed when the address passed', () => {
    const claim = answersArp(1, { id: 'x', rule: 'duplicate-ip', vip: '192.168.1.77' });
    const about = (verdict: Verdict['verdict']) => judged(1, verdict, { rule: 'duplicate-ip', vip: null, subject: '192.168.1.77' });
    expect(diff(of([claim], [about('found')]), of([], [about('passed')])).healed).toHaveLength(1);
    expect(diff(of([claim], [about('found')]), of([], [])).notJudged).toHaveLength(1);
  });
});

describe('a finding that is there again', () => {
  test('remains, with what changed', () => {
    const after = of([answersArp(1, { severity: 'warning', confidence: 'probable', count: 9 })], [judged(1, 'found')]);
    expect(diff(BEFORE, after)).toMatchObject({
      verdict: 'not cured',
      summary: '1 remains, nothing is new.',
      remains: [
        { finding: { count: 9 }, before: { severity: 'critical', confidence: 'confirmed', count: 5 }, trend: 'better', hidden: false },
      ],
    });
    expect(diff(after, BEFORE).remains).toMatchObject([{ trend: 'worse' }]);
    expect(exitCodeOfDiff(diff(BEFORE, after), 'critical')).toBe(0);
    expect(exitCodeOfDiff(diff(BEFORE, after), 'warning')).toBe(1);
  });

  test('of the same machine with another card remains too, and the change is noted', () => {
    const who = { ...culprit(1), mac: '52:54:00:ff:ff:ff' };
    const servers = [realServer({ macs: [who.mac] })];
    const after = of([answersArp(1, { id: 'other', culprits: [who] })], [judged(1, 'found')], {
      cluster: { ...diagnosis().cluster, realServers: servers },
    });
    const result = diff(BEFORE, after);
    expect(result).toMatchObject({ new: [], remains: [{ finding: { id: 'other' } }] });
    expect(result.notes).toContain('192.168.1.10 had the MAC 52:54:00:b0:61:3f before, and has 52:54:00:ff:ff:ff now.');
  });
});

describe('a finding that was not there', () => {
  test('is new, and told from one that nobody could have seen', () => {
    const after = of([answersArp(2), answersArp(3)], [judged(1, 'passed'), judged(2, 'found'), judged(3, 'found')]);
    const result = diff(BEFORE, after);
    expect(result).toMatchObject({ verdict: 'not cured', summary: '1 of 1 finding is healed, 2 are new.' });
    expect(result.new.map(({ finding, before }) => [finding.culprits[0]?.ip, before])).toEqual([
      ['192.168.1.11', 'passed'],
      ['192.168.1.12', 'not judged'],
    ]);
    expect(exitCodeOfDiff(result, 'warning')).toBe(1);
  });

  test('that is only possible makes no fault', () => {
    const result = diff(of([], [judged(1, 'passed')]), of([answersArp(1, { confidence: 'possible' })], [judged(1, 'found')]));
    expect(result).toMatchObject({ verdict: 'clean', new: [{ before: 'passed' }] });
    expect(exitCodeOfDiff(result, 'info')).toBe(0);
  });
});

test('where the second capture can tell nothing, neither can the diff', () => {
  const result = diff(BEFORE, CANNOT_TELL);
  expect(result).toMatchObject({ verdict: 'cannot tell', healed: [] });
  expect(result.notes).toContain(`The second diagnosis does not know ${VIP} as a VIP.`);
  expect(exitCodeOfDiff(diff(of([], []), CANNOT_TELL), 'warning')).toBe(2);
});

test('captures that are one, or in the wrong order, are noted', () => {
  expect(diff(BEFORE, BEFORE).notes).toEqual([
    'Both diagnoses are of the same capture: what differs comes from what was given, not from the cluster.',
  ]);
  const later = of([], [judged(1, 'passed')], { captures: diagnosis().captures.map((capture) => ({ ...capture, first: at(9_000_000) })) });
  expect(diff(BEFORE, later).notes).toEqual([]);
  expect(diff(later, BEFORE).notes).toEqual(['The second capture began before the first one: the two may be in the wrong order.']);
});

test.each(casesIn())('%s, compared with itself: all remains, nothing is healed or new', async (name) => {
  const same = await diagnoseCase(name, 'given');
  const result = diff(same, same);
  expect(result.remains.map(({ finding, trend }) => [finding.id, trend])).toEqual(same.findings.map(({ id }) => [id, 'same']));
  expect(result).toMatchObject({ new: [], healed: [], notJudged: [] });
});

test.each(casesIn())('%s, its faults taken from the findings alone: none is healed, for the rules still find them', async (name) => {
  const before = await diagnoseCase(name, 'given');
  expect(diff(before, { ...before, findings: [] }).healed).toEqual([]);
});
