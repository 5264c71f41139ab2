/** What a diagnosis tells of faults, short enough to be compared between a capture and another one made from it. */
import type { Diagnosis, Finding } from '../../src/diagnosis.ts';

/** Rule, address and culprits of a finding: what it is about. */
export function subjectOf(f: Finding): string {
  const culprits = f.culprits.map((c) => c.mac ?? c.ip ?? c.name ?? '?').sort();
  return `${f.rule} ${f.vip ?? ''} ${culprits.join('+')}`;
}

/** The findings with severity, confidence and, unless frames are what is counted, their count; in a fixed order. */
export function told(diagnosis: Diagnosis): string[] {
  return diagnosis.findings
    .map((f) => `${f.severity} ${f.confidence} ${subjectOf(f)}${f.unit === 'frames' ? '' : `, ${f.count} ${f.unit}`}`)
    .sort();
}
