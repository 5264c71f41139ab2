import { expect, onTestFinished, test } from 'vitest';
import { KeptCaptures } from '../src/capture/kept-captures.ts';
import { NOTHING_GIVEN } from '../src/cluster/given/given.ts';
import { diagnose } from '../src/diagnose.ts';
import { fetchEvidence } from '../src/evidence.ts';
import { readCapture } from './capture/read-capture.ts';
import { fixture } from './cli/run.ts';

test.each(['rs-answers-arp-t5', 'mid-flow-rs-switch', 'split-brain'])(
  'every frame that the diagnosis of %s cites is fetched',
  async (name) => {
    const path = fixture(`${name}/mirror.pcap`);
    const captures = [{ name: path, point: null }];
    const kept = new KeptCaptures();
    onTestFinished(() => kept.remove());
    const diagnosis = await diagnose(captures, NOTHING_GIVEN, { kept });
    const evidence = await fetchEvidence(diagnosis, captures, kept);
    const cited = diagnosis.findings.flatMap((finding) => finding.evidence);
    expect(cited.length).toBeGreaterThan(0);
    const { frames } = await readCapture(path);
    for (const { capture, frame } of cited) expect(evidence.get(capture)?.get(frame)?.bytes).toEqual(frames[frame - 1]!.data);
  },
);
