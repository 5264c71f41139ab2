/** A diagnosis in every format that a user can ask for, with all that each can tell. */
import { DIAGNOSIS_FORMATS, renderDiagnosis } from '../../src/cli/diagnosis-formats.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import type { EvidenceFrames } from '../../src/evidence.ts';

/** @param evidence the cited frames, where the captures are at hand. */
export async function allFormats(diagnosis: Diagnosis, evidence: EvidenceFrames = new Map()): Promise<Record<string, string>> {
  const captured = { sourceFiles: new Map(diagnosis.captures.map(({ name }) => [name, name])), frames: async () => evidence };
  const rendered = DIAGNOSIS_FORMATS.map(
    async (format) => [format, String(await renderDiagnosis(diagnosis, { format, color: false, verbose: true }, captured))] as const,
  );
  return Object.fromEntries(await Promise.all(rendered));
}
