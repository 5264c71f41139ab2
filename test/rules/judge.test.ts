/** What becomes of faults: findings, verdicts, their order and what they have to do with each other. */
import { describe, expect, test } from 'vitest';
import type { Case, Evidence, Fault, Rule, Subject } from '../../src/rules/rule.ts';
import { healthy } from '../support/healthy.ts';
import { caseOf, judgeBy, MIRROR } from '../support/judged.ts';
import { type Host, lan } from '../support/story.ts';

const { vip, gateway, director, rs1, rs2, rs3 } = lan();
const at = (frame: number) => ({ point: 0, frame, at: frame * 1e6 });
const shows = (frame: number, what: Evidence['shows'] = 'fault'): Evidence => ({ at: at(frame), shows: what, says: `${what} ${frame}` });

interface Sketch extends Partial<Omit<Fault<unknown>, 'culprits'>> {
  readonly culprits?: readonly Host[];
  /** On which of the judged machines it is found; all when not told. */
  readonly on?: Host;
}

/** A rule over all machines given that finds what it is told to. The name and code decide over causes and order. */
function rule(
  name: string,
  code: number,
  sketches: readonly Sketch[],
  options: { on?: readonly Host[]; blind?: string; about?: readonly string[] } = {},
): Rule<unknown> {
  const { on = [rs1], blind, about = [vip] } = options;
  const faultOf = (c: Case, { culprits = [rs1], on: _, ...rest }: Sketch): Fault<unknown> => {
    const evidence = rest.evidence ?? [shows(1)];
    const span = { first: evidence[0]!.at, last: evidence.at(-1)!.at, evidence };
    const machines = culprits.map((h) => c.cluster.machineOf(h.mac));
    return { data: null, culprits: machines, confidence: 'confirmed', count: 1, unit: 'frames', ...span, ...rest };
  };
  return {
    name,
    code: `LVS${code}`,
    severity: 'critical',
    summary: name,
    headline: (who, ip, isOne) => `${who} ${isOne ? 'has' : 'have'} ${name} for ${ip}`,
    *subjects(c): Iterable<Subject> {
      const found = c.cluster.vip(vip)!;
      for (const ip of about) for (const h of on) yield { ip, vip: found, machine: c.cluster.machineOf(h.mac) };
    },
    check: (c, s) => sketches.filter((x) => x.on === undefined || s.machine!.macs.includes(x.on.mac)).map((x) => faultOf(c, x)),
    blind: () => (blind === undefined ? null : { reason: blind, capture: 'on rs1: tcpdump' }),
    message: () => `${name}.`,
    remedy: () => ({ why: 'Because.', steps: [] }),
  };
}

const judged = (...rules: Rule<unknown>[]) => judgeBy(rules, healthy(), MIRROR);
const order = (...rules: Rule<unknown>[]) => judged(...rules).findings.map((f) => f.rule);

describe('findings', () => {
  test('there is one for each rule, VIP and culprit, and its id says so', () => {
    const { findings } = judged(rule('a', 1, [{}, { culprits: [rs2] }, { culprits: [rs3, rs2] }]));
    expect(findings.map((f) => f.id)).toEqual([`a/${vip}/${rs1.mac}`, `a/${vip}/${rs2.mac}`, `a/${vip}/${rs2.mac}+${rs3.mac}`]);
  });

  test('the same culprit found on two ways is one finding, with both counts, all evidence and the surer word', () => {
    const early: Sketch = { on: rs1, confidence: 'probable', count: 2, evidence: [shows(1), shows(4)] };
    const late: Sketch = { on: rs2, confidence: 'confirmed', count: 3, evidence: [shows(2), shows(9)] };
    for (const sketches of [
      [early, late],
      [late, early],
    ]) {
      const { findings } = judged(rule('a', 1, sketches, { on: [rs1, rs2] }));
      expect(findings).toHaveLength(1);
      expect(findings[0]).toMatchObject({ count: 5, confidence: 'confirmed', evidence: [1, 2, 4, 9].map((frame) => ({ frame })) });
      expect([findings[0]!.first, findings[0]!.last].map((time) => time.slice(17))).toEqual(['00.001000000Z', '00.009000000Z']);
    }
  });

  test('evidence stands in order of time, each frame once: as fault before cause before cure before effect', () => {
    const evidence = [shows(3, 'effect'), shows(2, 'cure'), shows(3, 'fault'), shows(2, 'cause'), shows(1, 'effect')];
    expect(judged(rule('a', 1, [{ evidence }])).findings[0]!.evidence.map((e) => e.says)).toEqual(['effect 1', 'cause 2', 'fault 3']);
  });

  test('a captured time that runs backwards orders evidence, not the number of the frame; at one time the number does', () => {
    const told = (...evidence: Evidence[]) => judged(rule('a', 1, [{ evidence }])).findings[0]!.evidence.map((e) => e.frame);
    const seen = (frame: number, ms: number): Evidence => ({ ...shows(frame), at: { point: 0, frame, at: ms * 1e6 } });
    expect(told(seen(2, 9), seen(5, 1))).toEqual([5, 2]);
    expect(told(seen(7, 3), seen(4, 3))).toEqual([4, 7]);
  });

  test('evidence tells the MACs of its frame, as far as facts remember them', () => {
    const midst = shows(20);
    const macs = judged(rule('a', 1, [{ evidence: [shows(1), midst] }])).findings[0]!.evidence.map((e) => [e.sourceMac, e.destinationMac]);
    expect(macs).toEqual([
      [gateway.mac, 'ff:ff:ff:ff:ff:ff'],
      [null, null],
    ]);
  });

  test('the surer word stays, whichever way was found first', () => {
    const ways = (...confidences: Fault<unknown>['confidence'][]) =>
      judged(
        rule(
          'a',
          1,
          confidences.map((confidence, i) => ({ confidence, on: [rs1, rs2][i]! })),
          { on: [rs1, rs2] },
        ),
      ).findings[0]!.confidence;
    expect([ways('confirmed', 'probable'), ways('probable', 'confirmed'), ways('possible', 'probable')]).toEqual([
      'confirmed',
      'confirmed',
      'probable',
    ]);
  });

  test('24 frames are evidence enough: those that the rule names first, in order of time', () => {
    const upTo = (last: number) => Array.from({ length: 24 }, (_, i) => last - 23 + i);
    const evidence = Array.from({ length: 40 }, (_, i) => shows(i + 1));
    const cited = (e: readonly Evidence[]) => judged(rule('a', 1, [{ evidence: e }])).findings[0]!.evidence.map(({ frame }) => frame);
    expect(cited(evidence)).toEqual(upTo(24));
    expect(cited(evidence.toReversed())).toEqual(upTo(40));
  });

  test('a culprit is named with the role it has for the VIP', () => {
    const sketches = [director, rs1, gateway, lan().client].map((h) => ({ culprits: [h] }));
    const roles = judged(rule('a', 1, sketches)).findings.map((f) => [f.culprits[0]!.mac, f.culprits[0]!.role]);
    expect(Object.fromEntries(roles)).toEqual({
      [director.mac]: 'director',
      [rs1.mac]: 'realServer',
      [gateway.mac]: 'gateway',
      [lan().client.mac]: 'other',
    });
  });

  test('one rule’s culprit may pass another rule', () => {
    const { verdicts } = judged(rule('a', 1, [{}]), rule('b', 2, []));
    expect(verdicts.map((v) => [v.rule, v.verdict])).toEqual([
      ['a', 'found'],
      ['b', 'passed'],
    ]);
  });

  test('a fault below the severity of its rule is told at its own', () => {
    expect(judged(rule('a', 1, [{ severity: 'warning' }])).findings[0]!.severity).toBe('warning');
  });
});

describe('the order of telling', () => {
  test('what is only possible comes last, then the less grave, then the higher code, then the later', () => {
    const rules = [
      rule('possible', 1, [{ confidence: 'possible' }]),
      rule('warning', 2, [{ severity: 'warning' }]),
      rule('later-code', 5, [{}]),
      rule('first', 3, [{}]),
    ];
    expect(order(...rules)).toEqual(['first', 'later-code', 'warning', 'possible']);
    const twice = rule('a', 1, [
      { culprits: [rs1], evidence: [shows(7)] },
      { culprits: [rs2], evidence: [shows(3)] },
    ]);
    expect(judged(twice).findings.map((f) => f.evidence[0]!.frame)).toEqual([3, 7]);
  });

  test('an effect follows its cause, whatever its code and gravity', () => {
    const cause = rule('rs-announces-vip', 900, [{ severity: 'warning' }]);
    const effect = rule('gateway-arp-flip', 1, [{}]);
    expect(order(effect, cause)).toEqual(['rs-announces-vip', 'gateway-arp-flip']);
    const [first, second] = judged(effect, cause).findings;
    expect(first!.causedBy).toEqual([]);
    expect(second!.causedBy).toEqual([first!.id]);
  });

  test('an effect of two causes follows the last of them', () => {
    const rules = [rule('director-bypassed', 1, [{}]), rule('gateway-arp-flip', 2, [{}]), rule('rs-answers-arp', 3, [{}])];
    expect(order(...rules)).toEqual(['rs-answers-arp', 'gateway-arp-flip', 'director-bypassed']);
    expect(judged(...rules).findings[2]!.causedBy).toHaveLength(2);
  });

  test('what is told of another address is no cause', () => {
    const { findings } = judged(rule('rs-announces-vip', 1, [{}], { about: ['203.0.113.200'] }), rule('gateway-arp-flip', 2, [{}]));
    expect(findings.map((f) => f.causedBy)).toEqual([[], []]);
  });

  test('what explains an effect does not hide it where only another cause would', () => {
    expect(order(rule('vip-syn-from-rs', 1, [{}]), rule('rs-no-reply', 2, [{}]))).toEqual(['vip-syn-from-rs', 'rs-no-reply']);
  });

  test('another machine’s fault is no cause where the culprit must be the same', () => {
    const { findings } = judged(rule('rs-announces-vip', 1, [{ culprits: [rs2] }]), rule('gateway-arp-flip', 2, [{ culprits: [rs1] }]));
    expect(findings.map((f) => f.causedBy)).toEqual([[], []]);
  });

  test('where the VIP is enough another machine’s fault is one', () => {
    const { findings } = judged(rule('vip-arp-race', 1, [{ culprits: [rs2] }]), rule('director-bypassed', 2, [{ culprits: [rs1] }]));
    expect(findings[1]!.causedBy).toEqual([findings[0]!.id]);
  });

  test('a cause that leaves nothing to tell of its effect hides it, of the same culprit only', () => {
    const cause = rule('reply-wrong-source', 1, [{ culprits: [rs1] }]);
    const effect = rule('rs-no-reply', 2, [{ culprits: [rs1] }, { culprits: [rs2] }]);
    expect(judged(cause, effect).findings.map((f) => f.id)).toEqual([
      `reply-wrong-source/${vip}/${rs1.mac}`,
      `rs-no-reply/${vip}/${rs2.mac}`,
    ]);
  });
});

describe('headlines', () => {
  test('a rule is told once for all addresses of the same culprits', () => {
    const about = (count: number) => ({ about: Array.from({ length: count }, (_, i) => `203.0.113.${200 + i}`), on: [rs3] });
    const headlines = (count: number) => judged(rule('a', 1, [{ culprits: [rs1, rs2] }], about(count))).headlines;
    expect(headlines(2)).toEqual(['2 real servers have a for 203.0.113.200 and 203.0.113.201']);
    expect(headlines(50)).toEqual(['2 real servers have a for 203.0.113.200, 203.0.113.201 and 48 more VIPs']);
  });

  test('of IPv6 one address is told, and what is no VIP is not called one', () => {
    const six = rule('a', 1, [{}], { about: ['2001:db8::1', '2001:db8::2', '2001:db8::3'] });
    expect(judged(six).headlines).toEqual([`real server ${rs1.ip} has a for 2001:db8::1 and 2 more VIPs`]);
    const strange = {
      ...six,
      *subjects(c: Case) {
        for (const s of six.subjects(c)) yield { ...s, vip: null };
      },
    };
    expect(judged(strange).headlines).toEqual([`machine ${rs1.ip} has a for 2001:db8::1 and 2 more addresses`]);
  });

  test('what is only possible for another address is told apart', () => {
    const here = rule('a', 1, [{}]);
    const there = rule('a', 1, [{ confidence: 'possible' }], { about: ['203.0.113.200'] });
    const both = {
      ...here,
      subjects: (c: Case) => [...here.subjects(c), ...there.subjects(c)],
      check: (c: Case, s: Subject) => (s.ip === vip ? here : there).check(c, s),
    };
    expect(judged(both).headlines).toEqual([`real server ${rs1.ip} has a for ${vip}`, `real server ${rs1.ip} has a for 203.0.113.200`]);
  });

  test('a rule is told once for each address with other culprits', () => {
    const sketches = [
      { on: rs1, culprits: [rs1] },
      { on: rs2, culprits: [rs2] },
    ];
    const here = rule('a', 1, sketches, { on: [rs1] });
    const there = rule('a', 1, sketches, { on: [rs2], about: ['203.0.113.200'] });
    const both = { ...here, subjects: (c: Case) => [...here.subjects(c), ...there.subjects(c)] };
    expect(judged(both).headlines).toEqual([`real server ${rs1.ip} has a for ${vip}`, `real server ${rs2.ip} has a for 203.0.113.200`]);
  });

  test('of several culprits the one that was judged is named, where it is one', () => {
    const between = rule('a', 1, [{ culprits: [rs1, rs2] }], { on: [rs1] });
    expect(judged(between).headlines).toEqual([`real server ${rs1.ip} has a for ${vip}`]);
    const elsewhere = rule('a', 1, [{ culprits: [rs1, rs2] }], { on: [rs3] });
    expect(judged(elsewhere).headlines).toEqual([`2 real servers have a for ${vip}`]);
  });

  test('a rule is told once, with all its culprits', () => {
    const { headlines } = judged(rule('a', 1, [{ culprits: [rs1] }, { culprits: [rs2] }]), rule('b', 2, [{ culprits: [director] }]));
    expect(headlines).toEqual([`2 real servers have a for ${vip}`, `director ${director.ip} has b for ${vip}`]);
  });

  test('an effect has none of its own', () => {
    const { headlines } = judged(rule('rs-announces-vip', 1, [{}]), rule('gateway-arp-flip', 2, [{}]));
    expect(headlines).toEqual([`real server ${rs1.ip} has rs-announces-vip for ${vip}`]);
  });

  test('without a fault there is none', () => {
    expect(judged(rule('a', 1, [])).headlines).toEqual([]);
  });
});

describe('verdicts', () => {
  test('each subject is found, passed, or not judged with the reason and the capture that would decide it', () => {
    const verdicts = (r: Rule<unknown>) => judged(r).verdicts.map((v) => [v.subject, v.verdict, v.reason, v.capture]);
    expect(verdicts(rule('a', 1, [{ on: rs1 }], { on: [rs1, rs2] }))).toEqual([
      [rs1.ip, 'found', null, null],
      [rs2.ip, 'passed', null, null],
    ]);
    expect(verdicts(rule('a', 1, [], { blind: 'it is dark' }))).toEqual([[rs1.ip, 'not judged', 'it is dark', 'on rs1: tcpdump']]);
  });

  test('only subjects that passed are known as passed', () => {
    const { passed } = judged(rule('a', 1, [{ on: rs1 }], { on: [rs1, rs2] }), rule('b', 2, [], { blind: 'it is dark' }));
    expect([...passed]).toEqual([expect.stringContaining(`a/${vip}/${rs2.mac}`)]);
  });

  test('a verdict on an address that is no VIP names no VIP, one on a machine the address', () => {
    const of = (subject: Omit<Subject, 'vip'>) =>
      judged({
        ...rule('a', 1, []),
        *subjects() {
          yield { ...subject, vip: null };
        },
      }).verdicts[0]!;
    const machine = caseOf(healthy()).cluster.machineOf(rs1.mac);
    expect(of({ ip: '203.0.113.200', machine: null })).toMatchObject({ vip: null, subject: '203.0.113.200' });
    expect(of({ ip: '203.0.113.200', machine })).toMatchObject({ vip: '203.0.113.200', subject: rs1.ip });
  });

  test('a fault between two machines is found on both, whichever it was seen on', () => {
    const between = rule('a', 1, [{ on: rs1, culprits: [rs1, rs2] }], { on: [rs1, rs2, rs3] });
    expect(judged(between).verdicts.map((v) => v.verdict)).toEqual(['found', 'found', 'passed']);
  });
});

describe('what the user wants to ignore', () => {
  const findings = (rules: readonly Rule<unknown>[], name: string, ip: string | null) => {
    const story = healthy();
    const { given } = caseOf(story);
    return judgeBy(rules, story, { ...MIRROR, given: { ...given, ignore: [{ rule: name, ip }] } }).findings.map((f) => f.id);
  };
  const rules = [rule('a', 1, [{ culprits: [rs1] }, { culprits: [rs2] }]), rule('b', 2, [{ culprits: [rs1] }])];

  test('may be a whole rule', () => {
    expect(findings(rules, 'a', null)).toEqual([`b/${vip}/${rs1.mac}`]);
  });

  test('may be a rule on one machine', () => {
    expect(findings(rules, 'a', rs1.ip)).toEqual([`a/${vip}/${rs2.mac}`, `b/${vip}/${rs1.mac}`]);
  });

  test('may be a rule on one VIP', () => {
    expect(findings(rules, 'a', vip)).toEqual([`b/${vip}/${rs1.mac}`]);
    expect(findings(rules, 'a', '203.0.113.200')).toHaveLength(3);
  });
});
