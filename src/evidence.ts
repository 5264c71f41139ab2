/** The frames that a diagnosis cites, fetched again from the captures: only a report that shows or saves them asks. */
import type { CapturedFrame } from './capture/frame.ts';
import type { KeptCaptures } from './capture/kept-captures.ts';
import type { CaptureToRead } from './diagnose.ts';
import type { Diagnosis } from './diagnosis.ts';

/** For each capture, by its name in the diagnosis: its cited frames by number. */
export type EvidenceFrames = ReadonlyMap<string, ReadonlyMap<number, CapturedFrame>>;

/**
 * The evidence frames of all findings, byte for byte; in bounded memory, so that of very many the last may be missing.
 * @param captures what was diagnosed, in the same order as `diagnosis.captures`
 * @param kept what opened them for the diagnosis
 * @throws UsageError when a capture cannot be read again
 */
export async function fetchEvidence(diagnosis: Diagnosis, captures: readonly CaptureToRead[], kept: KeptCaptures): Promise<EvidenceFrames> {
  const evidence = new Map<string, ReadonlyMap<number, CapturedFrame>>();
  for (const [i, { name }] of diagnosis.captures.entries()) {
    const source = captures[i];
    if (source === undefined) throw new Error(`the diagnosis has ${diagnosis.captures.length} captures, but ${captures.length} were given`);
    const frames = await kept.frames(source.name, citedFrames(diagnosis, name));
    evidence.set(name, new Map(frames.map((frame) => [frame.number, frame])));
  }
  return evidence;
}

/** Numbers of the frames of a capture that findings cite. */
export function citedFrames(diagnosis: Diagnosis, capture: string): Set<number> {
  const cited = diagnosis.findings.flatMap((finding) => finding.evidence).filter((item) => item.capture === capture);
  return new Set(cited.map((item) => item.frame));
}
