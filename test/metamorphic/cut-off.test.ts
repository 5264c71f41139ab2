/** A capture that ends earlier: nothing is told of what comes later, and what was confirmed stays true. */
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/diagnosis.ts';
import { CAUSES } from '../../src/rules/causes.ts';
import { casesIn, MODES } from '../support/fixtures.ts';
import { diagnoseRecorded, framesOf } from './recorded-frames.ts';
import { subjectOf } from './told.ts';

const CUTS = 12;

/** What is told without roles gives way, once the frames tell who is who, to a rule that names whom of all to mend. */
const GIVES_WAY: Readonly<Record<string, readonly string[]>> = {
  'vip-arp-race': ['vip-arp-race', 'rs-answers-arp', 'rs-answers-nd', 'duplicate-director', 'duplicate-ip'],
};

describe.each(casesIn())('%s', (name) => {
  test.each(MODES)('roles %s: a confirmed finding does not vanish as the capture grows', async (mode) => {
    const frames = framesOf(name);
    const vanished: string[] = [];
    let confirmed: readonly Finding[] = [];
    for (let cut = 1; cut <= CUTS; cut++) {
      const end = Math.round((frames.length * cut) / CUTS);
      const { findings } = await diagnoseRecorded(frames.slice(0, end), name, mode);
      expect(findings.flatMap((f) => f.evidence).filter((e) => e.frame > end)).toEqual([]);
      vanished.push(...confirmed.filter((f) => !isStillTold(f, findings)).map((f) => `${subjectOf(f)}, at frame ${end}`));
      confirmed = findings.filter((f) => f.confidence === 'confirmed' && f.severity !== 'info');
    }
    expect(vanished).toEqual([]);
  });
});

function isStillTold(finding: Finding, later: readonly Finding[]): boolean {
  const suspects = finding.culprits.map((c) => c.mac);
  return later.some(
    (f) =>
      subjectOf(f) === subjectOf(finding) ||
      (f.vip === finding.vip && successorsOf(finding.rule).includes(f.rule) && f.culprits.some((c) => suspects.includes(c.mac))),
  );
}

function successorsOf(rule: string): string[] {
  return [...(GIVES_WAY[rule] ?? []), ...CAUSES.filter((link) => link.hides && link.effect === rule).map((link) => link.cause)];
}
