/** Nothing depends on which addresses and ports a cluster happens to use. */
import { describe, expect, test } from 'vitest';
import type { Given } from '../../src/cluster/given/given.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { casesIn, givenOf, MODES, truthOf } from '../support/fixtures.ts';
import { diagnoseAs, framesOf } from './recorded-frames.ts';
import { renamedFrame, renamedPort, renamedText } from './renamed.ts';

/** Everything a diagnosis says, in an order that no address decides. */
function said(diagnosis: Diagnosis): unknown {
  const text = (value: unknown) => JSON.stringify(value);
  const findings = diagnosis.findings.map(({ id, culprits, causedBy, ...finding }) => ({
    ...finding,
    culprits: culprits.map(text).sort(),
    causes: causedBy.length,
  }));
  // A notice may count sampled datagrams, and the sample depends on checksums.
  return { ...diagnosis, findings: findings.map(text).sort(), notices: diagnosis.notices.map((n) => n.notice) };
}

describe.each(casesIn())('%s', (name) => {
  test.each(MODES)('roles %s: with other MACs, IPs and ports the diagnosis is the same about these', async (mode) => {
    const frames = framesOf(name);
    const renamed = frames.map((frame) => ({ ...frame, bytes: renamedFrame(frame.bytes) }));
    const given = mode === 'given' ? givenOf(truthOf(name)) : NOTHING_GIVEN;
    const point = mode === 'given' ? 'mirror' : null;
    const expected = said(JSON.parse(renamedText(JSON.stringify(await diagnoseAs(frames, point, given)))));
    expect(said(await diagnoseAs(renamed, point, renamedGiven(given)))).toEqual(expected);
  });
});

function renamedGiven(given: Given): Given {
  return JSON.parse(renamedText(JSON.stringify(given)), (key, value) => (key === 'port' && value !== null ? renamedPort(value) : value));
}
