/** A saved diagnosis in disguise: nothing is left of originals, and it says what it said. */
import { describe, expect, test } from 'vitest';
import { Anonymization } from '../../src/anonymize/anonymization.ts';
import { anonymizeDiagnosis } from '../../src/anonymize/anonymize-diagnosis.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { fixture } from '../cli/run.ts';
import { casesIn, givenOf, truthOf } from '../support/fixtures.ts';
import { allFormats } from './all-formats.ts';
import { diagnoseDisguised, disguised, KEY } from './in-disguise.ts';
import { hasWord, spellings, withNames } from './originals.ts';
import { said } from './said.ts';

function newAnonymization(): Anonymization {
  return new Anonymization(KEY, { keepsVendor: false, isRecorded: true });
}

describe.each(casesIn())('%s', (name) => {
  const path = fixture(`${name}/mirror.pcap`);

  test('no format of it holds an original address or name', async () => {
    const anonymization = newAnonymization();
    const plain = await diagnose([{ name: path, point: 'mirror' }], withNames(givenOf(truthOf(name))));
    const formats = await allFormats(anonymizeDiagnosis(plain, anonymization));
    const { ips, macs, names } = anonymization.privateMap;
    const changed = [ips, macs].flatMap((map) => Object.keys(map).filter((original) => map[original] !== original));
    expect(changed.length).toBeGreaterThan(1);
    const words = [...changed.flatMap(spellings), ...Object.keys(names), 'secret.example'];
    expect(
      Object.entries(formats).flatMap(([format, text]) => words.filter((word) => hasWord(text, word)).map((word) => `${format}: ${word}`)),
    ).toEqual([]);
  });

  test('it is the diagnosis of the capture in disguise', async () => {
    const plain = await diagnose([{ name: path, point: null }], NOTHING_GIVEN);
    const disguise = await diagnoseDisguised(disguised(path, null, NOTHING_GIVEN));
    // A command may recommend the very name that the capture has.
    const recommended = JSON.parse(JSON.stringify(disguise).replaceAll('mirror.pcap', 'capture1.pcap')) as Diagnosis;
    expect(said(anonymizeDiagnosis(plain, newAnonymization()))).toEqual(said(recommended));
  });
});

test.each(['web 1', 'a.*b', 'näme', "it's", 'x', 'lvs-doctor', 'rs-answers-arp', '2001:db8::7', 'host (old)', 'director'])(
  'a machine called %s is renamed wherever it is named, and rules keep their names',
  async (called) => {
    const path = fixture('rs-answers-arp-t5/mirror.pcap');
    const given = withNames(givenOf(truthOf('rs-answers-arp-t5')));
    const renamed = JSON.parse(JSON.stringify(given), (key, value) =>
      key === 'name' && value !== null ? `${called}${value.length}` : value,
    );
    const plain = await diagnose([{ name: path, point: null }], renamed);
    const anonymization = newAnonymization();
    const disguise = anonymizeDiagnosis(plain, anonymization);
    expect(disguise.findings.map(({ rule, code, id }) => [rule, code, id.slice(0, rule.length)])).toEqual(
      plain.findings.map(({ rule, code }) => [rule, code, rule]),
    );
    const names = Object.keys(anonymization.privateMap.names);
    expect(names.length).toBeGreaterThan(0);
    const { text, markdown } = await allFormats(disguise);
    for (const word of names) for (const report of [text!, markdown!]) expect(hasWord(report, word)).toBe(false);
  },
);
