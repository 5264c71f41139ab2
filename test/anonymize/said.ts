import type { Diagnosis } from '../../src/diagnosis.ts';

/** Everything a diagnosis says, in an order that no address decides. */
export function said(diagnosis: Diagnosis): unknown {
  const text = (value: unknown) => JSON.stringify(value);
  const findings = diagnosis.findings.map(({ id, culprits, causedBy, ...finding }) => ({
    ...finding,
    culprits: culprits.map(text).sort(),
    causes: causedBy.length,
  }));
  // In an id the culprits stand in the order of their MACs.
  const withoutIds = diagnosis.addresses?.map((address) => ({
    ...address,
    hops: address.hops.map((hop) => ({ ...hop, faults: hop.faults.map((id) => id.slice(0, id.indexOf('/'))) })),
  }));
  return { ...diagnosis, findings: findings.map(text).sort(), notices: diagnosis.notices.map((n) => n.notice), addresses: withoutIds };
}
