import type { Diagnosis } from '../../src/diagnosis.ts';

/** Everything a diagnosis says, in an order that no address decides. */
export function said(diagnosis: Diagnosis): unknown {
  const text = (value: unknown) => JSON.stringify(value);
  const findings = diagnosis.findings.map(({ id, culprits, causedBy, ...finding }) => ({
    ...finding,
    culprits: culprits.map(text).sort(),
    causes: causedBy.length,
  }));
  return { ...diagnosis, findings: findings.map(text).sort(), notices: diagnosis.notices.map((n) => n.notice) };
}
