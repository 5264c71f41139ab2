/** The HTML report of a fixture, with the bytes of its evidence frames, as `diagnose -f html` makes it. */
import { join } from 'node:path';
import { KeptCaptures } from '../../src/capture/kept-captures.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { type EvidenceFrames, fetchEvidence } from '../../src/evidence.ts';
import { renderHtml } from '../../src/reports/html.ts';
import { FIXTURES, givenOf, type Mode, truthOf } from './fixtures.ts';

export interface HtmlReport {
  readonly diagnosis: Diagnosis;
  readonly frames: EvidenceFrames;
  readonly page: string;
}

export async function htmlReport(name: string, mode: Mode = 'inferred'): Promise<HtmlReport> {
  const captures = [{ name: join(FIXTURES, name, 'mirror.pcap'), point: mode === 'given' ? 'mirror' : null }];
  const kept = new KeptCaptures();
  try {
    const diagnosis = await diagnose(captures, mode === 'given' ? givenOf(truthOf(name)) : NOTHING_GIVEN, { kept });
    const frames = await fetchEvidence(diagnosis, captures, kept);
    return { diagnosis, frames, page: await renderHtml(diagnosis, frames) };
  } finally {
    kept.remove();
  }
}
