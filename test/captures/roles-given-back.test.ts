/** The roles that the tool sees, given back to it as cluster.yaml, yield the same diagnosis or a surer one. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { mergeGiven } from '../../src/cluster/given/merge-given.ts';
import { parseGiven } from '../../src/cluster/given/parse-given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Confidence, Diagnosis } from '../../src/diagnosis.ts';
import { renderClusterYaml } from '../../src/reports/topology.ts';
import { casesIn, FIXTURES } from '../support/fixtures.ts';

const SURENESS: readonly Confidence[] = ['possible', 'probable', 'confirmed'];

function sureness(diagnosis: Diagnosis): Record<string, number> {
  return Object.fromEntries(diagnosis.findings.map((f) => [f.id, SURENESS.indexOf(f.confidence)]));
}

describe('the roles seen, given back', () => {
  it.each(casesIn())('find the same in %s', async (name) => {
    const capture = { name: join(FIXTURES, name, 'mirror.pcap'), point: null };
    const seen = await diagnose([capture], NOTHING_GIVEN);
    const given = mergeGiven([parseGiven('cluster.yaml', renderClusterYaml(seen))]);
    const again = await diagnose([capture], given);
    const before = sureness(seen);
    const after = sureness(again);
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
    for (const [id, sure] of Object.entries(before)) expect(after[id], id).toBeGreaterThanOrEqual(sure);
  });
});
