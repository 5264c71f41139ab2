/** A diagnosis in every format that a user can ask for, with all that each can tell. */
import { DIAGNOSIS_FORMATS, renderDiagnosis } from '../../src/cli/diagnosis-formats.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';

export async function allFormats(diagnosis: Diagnosis): Promise<Record<string, string>> {
  const captured = { sourceFiles: new Map(diagnosis.captures.map(({ name }) => [name, name])), frames: async () => new Map() };
  const rendered = DIAGNOSIS_FORMATS.map(
    async (format) => [format, String(await renderDiagnosis(diagnosis, { format, color: false, verbose: true }, captured))] as const,
  );
  return Object.fromEntries(await Promise.all(rendered));
}
