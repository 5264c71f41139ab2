/** In disguise a capture tells the same story about other machines: whole, and from the evidence alone. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mapAddressesIn } from '../../src/anonymize/mapped-text.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { mergeGiven } from '../../src/cluster/given/merge-given.ts';
import { parseGiven } from '../../src/cluster/given/parse-given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { evidenceFiles } from '../../src/evidence-capture.ts';
import { renderClusterYaml } from '../../src/reports/topology.ts';
import { temporaryDirectory } from '../capture/read-capture.ts';
import { fixture } from '../cli/run.ts';
import { casesIn } from '../support/fixtures.ts';
import { diagnoseDisguised, disguised } from './in-disguise.ts';
import { said } from './said.ts';

describe.each(casesIn())('%s', (name) => {
  test('in disguise the diagnosis is the same, about the mapped addresses', async () => {
    const path = fixture(`${name}/mirror.pcap`);
    const run = disguised(path, null, NOTHING_GIVEN);
    const plain = JSON.stringify(await diagnose([{ name: path, point: null }], NOTHING_GIVEN));
    const mapped = mapAddressesIn(plain, run.anonymization.addresses).replaceAll('"mirror.pcap"', '"capture1.pcap"');
    const expected = JSON.parse(mapped) as Diagnosis;
    expect(said(await diagnoseDisguised(run))).toEqual(said(expected));
  });

  test('the anonymized evidence alone, with the roles, names the same rules, save those that count what is not in it', async () => {
    const path = fixture(`${name}/mirror.pcap`);
    const run = disguised(path, null, NOTHING_GIVEN);
    const whole = await diagnoseDisguised(run);
    const [file] = await evidenceFiles(whole, run.captures, run.kept);
    if (file === undefined) return;
    const saved = join(temporaryDirectory(), 'evidence.pcapng');
    writeFileSync(saved, file.bytes);
    const roles = mergeGiven([parseGiven('cluster.yaml', renderClusterYaml(whole))]);
    const again = await diagnose([{ name: saved, point: 'mirror' }], roles);
    const enough = rulesOf(whole).filter((rule) => !COUNTING.has(rule));
    expect(rulesOf(again).filter((rule) => !COUNTING.has(rule))).toEqual(enough);
    expect(rulesOf(again).filter((rule) => !rulesOf(whole).includes(rule))).toEqual([]);
  });
});

/** Rules that compare what is cited with all that is not: a share of flows, a time without any, the time of the last good one, what an address serves. */
const COUNTING: ReadonlySet<string> = new Set([
  'director-no-rewrite',
  'duplicate-ip',
  'failover-without-garp',
  'port-reuse-delay',
  'stale-gateway-arp',
  'traffic-to-dead-rs',
  'uneven-distribution',
]);

function rulesOf(diagnosis: Diagnosis): string[] {
  return [...new Set(diagnosis.findings.map((finding) => finding.rule))].sort();
}
