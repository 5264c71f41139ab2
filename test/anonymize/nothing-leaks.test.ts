/** No output of any capture holds an original address, name or file name, in any form in which it could be written. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { trace } from '../../src/diagnose.ts';
import { fetchEvidence } from '../../src/evidence.ts';
import { evidenceFiles } from '../../src/evidence-capture.ts';
import { renderClusterYaml, renderTopology } from '../../src/reports/topology.ts';
import { renderTrace } from '../../src/reports/trace.ts';
import { readBytes, temporaryDirectory } from '../capture/read-capture.ts';
import { fixture } from '../cli/run.ts';
import { casesIn, givenOf, truthOf } from '../support/fixtures.ts';
import { allFormats } from './all-formats.ts';
import { diagnoseDisguised, disguised } from './in-disguise.ts';
import { bytesOf, hasWord, spellings, withNames } from './originals.ts';

const WIDE = { color: false, width: 100 };

describe.each(casesIn())('%s', (name) => {
  test('no output holds an original address, name or file name', async () => {
    const path = join(temporaryDirectory(), 'secret-site.pcap');
    copyFileSync(fixture(`${name}/mirror.pcap`), path);
    const given = withNames(givenOf(truthOf(name)));
    const run = disguised(path, 'mirror', given);
    const diagnosis = await diagnoseDisguised(run);
    const walks = await trace(run.captures, run.given, { flow: null, client: null }, run.kept);
    const files = await evidenceFiles(diagnosis, run.captures, run.kept);
    const texts = {
      ...(await allFormats(diagnosis, await fetchEvidence(diagnosis, run.captures, run.kept))),
      trace: renderTrace(walks, WIDE),
      topology: renderTopology(diagnosis.cluster, WIDE),
      yaml: renderClusterYaml(diagnosis),
      evidence: files.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join('\n'),
    };
    const { ips, macs, names } = run.anonymization.privateMap;
    const changed = (map: Readonly<Record<string, string>>) => Object.keys(map).filter((original) => map[original] !== original);
    expect(changed(ips).length).toBeGreaterThan(1);
    expect(Object.keys(names).length).toBeGreaterThan(0);
    const words = [...[...changed(ips), ...changed(macs)].flatMap(spellings), ...Object.keys(names), 'secret-site'];
    const leaks = Object.entries(texts).flatMap(([format, text]) =>
      words.filter((word) => hasWord(text, word)).map((word) => `${format}: ${word}`),
    );
    expect(leaks).toEqual([]);
    const frames = (await Promise.all(files.map(({ bytes }) => readBytes(bytes)))).flatMap((file) => file.frames);
    const binary = [...changed(ips), ...changed(macs)].map((address) => [address, bytesOf(address)] as const);
    const found = frames.flatMap(({ data }, i) =>
      binary.filter(([, bytes]) => Buffer.from(data).includes(bytes)).map(([address]) => `frame ${i + 1}: ${address}`),
    );
    expect(found).toEqual([]);
  });

  test('no frame that is read in place of the original holds one of its addresses, or a byte of payload', async () => {
    const path = fixture(`${name}/mirror.pcap`);
    const run = disguised(path, null, givenOf(truthOf(name)));
    await diagnoseDisguised(run);
    const { ips, macs } = run.anonymization.privateMap;
    const originals = [...Object.entries(ips), ...Object.entries(macs)]
      .filter(([original, mapped]) => original !== mapped)
      .map(([original]) => bytesOf(original));
    const [source, disguise] = [await openCapture(path), await run.kept.open(run.captures[0]!.name)];
    const [frame, other] = [emptyFrame(), emptyFrame()];
    do {
      while (source.next(frame)) {
        // It may have another piece of the file at hand.
        while (!disguise.next(other)) expect(await disguise.more()).toBe(true);
        expect([other.number, other.seconds, other.nanoseconds, other.wireLength]).toEqual([
          frame.number,
          frame.seconds,
          frame.nanoseconds,
          frame.wireLength,
        ]);
        const shown = Buffer.from(other.bytes.subarray(other.start, other.end));
        expect(originals.filter((bytes) => shown.includes(bytes)).map((bytes) => `${frame.number}: ${bytes.toString('hex')}`)).toEqual([]);
      }
    } while (await source.more());
  });
});
