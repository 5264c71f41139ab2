/** A story judged: facts, roles, sight, and what one rule or all of them say. */
import { expect } from 'vitest';
import { type Given, NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { mergeGiven } from '../../src/cluster/given/merge-given.ts';
import { givenFromOptions } from '../../src/cluster/given/options.ts';
import { inferCluster } from '../../src/cluster/infer.ts';
import { type Example, type FlowPath, Observations } from '../../src/cluster/observations.ts';
import { findSight } from '../../src/cluster/sight.ts';
import { TimeText } from '../../src/cluster/time-text.ts';
import { parseIp } from '../../src/decoders/address.ts';
import type { Finding, Verdict } from '../../src/diagnosis.ts';
import { RULES } from '../../src/rules/index.ts';
import { type Judgement, judge } from '../../src/rules/judge.ts';
import type { AnyRule, Case } from '../../src/rules/rule.ts';
import { addressesOf, unproved } from './cited-frames.ts';
import type { Host, Story } from './story.ts';

/** What is told beside the frames. */
export interface Beside {
  /** Where the capture was taken; null when not told. */
  readonly point?: string | null;
  readonly given?: Given;
  /** Which examples of a path are remembered, and how much of each, where memory is short. */
  readonly remembered?: (path: FlowPath) => readonly Example[];
  /** How many flows are remembered at most, a power of two from 2^12 on. */
  readonly maxFlows?: number;
}

/** A capture of everything on the LAN. */
export const MIRROR: Beside = { point: 'mirror' };

export function caseOf(story: Story, { point = null, given = NOTHING_GIVEN, remembered, maxFlows }: Beside = {}): Case {
  const known = given.vips.map((vip) => parseIp(vip.ip)).filter((ip) => ip !== null);
  const o = new Observations(story.facts(known, maxFlows));
  if (remembered !== undefined) for (const path of o.paths) Object.assign(path, { examples: remembered(path) });
  const cluster = inferCluster(o, given);
  return { o, cluster, given, sight: findSight(o, cluster, point) };
}

/** Memory so short that only so many frames of each flow are remembered. */
export function firstFrames(count: number): NonNullable<Beside['remembered']> {
  return (path) => path.examples.map((example) => ({ ...example, frames: example.frames.slice(0, count) }));
}

/** What these rules say of a story; each finding says only what its own frames show. */
export function judgeBy(rules: readonly AnyRule[], story: Story, beside: Beside = {}): Judgement {
  const c = caseOf(story, beside);
  const time = new TimeText(c.o.facts);
  const judged = judge(c, rules, { captureOf: () => 'story.pcap', timeOf: (at) => time.of(at) });
  const frames = story.captured();
  expect(judged.findings.flatMap((f) => unproved(f, ({ frame }) => addressesOf(frames[frame - 1]!)))).toEqual([]);
  return judged;
}

/** What all rules say. */
export function judgeAll(story: Story, beside: Beside = {}): Judgement {
  return judgeBy(RULES, story, beside);
}

/** The roles as somebody gives them with options: `given({ vips: [vip], directors: [director] })`. */
export function given(roles: { vips?: string[]; directors?: Host[]; realServers?: Host[]; gateways?: Host[] }): Given {
  const both = (hosts: readonly Host[] = []) => hosts.map((h) => `${h.ip}=${h.mac}`);
  const { vips = [], directors, realServers, gateways } = roles;
  return mergeGiven([givenFromOptions({ vip: vips, director: both(directors), realServer: both(realServers), gateway: both(gateways) })]);
}

/** The rule's verdict on a subject (an IP or MAC), or undefined when it did not judge it at all. */
export function verdictOn(judged: Judgement, rule: AnyRule, subject: string): Verdict['verdict'] | undefined {
  return judged.verdicts.find((v) => v.rule === rule.name && v.subject === subject)?.verdict;
}

/** The only finding of a rule. */
export function onlyFinding(judged: Judgement, rule: AnyRule): Finding {
  const findings = judged.findings.filter((f) => f.rule === rule.name);
  expect(findings.map((f) => f.id)).toHaveLength(1);
  return findings[0]!;
}

/** The MACs of all culprits that a rule names. */
export function culpritsOf(judged: Judgement, rule: AnyRule): string[] {
  return judged.findings.filter((f) => f.rule === rule.name).flatMap((f) => f.culprits.map((c) => c.mac ?? '?'));
}
