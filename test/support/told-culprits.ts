/** What a diagnosis says for sure, as pairs of rule and culprit. */
import type { Diagnosis } from '../../src/diagnosis.ts';

/** `rs-no-reply 52:54:00:f7:4e:83`, in order, each once; findings that are only possible are left out. */
export function toldCulprits({ findings }: Diagnosis): string[] {
  const sure = findings.filter((f) => f.confidence !== 'possible');
  return [...new Set(sure.flatMap((f) => f.culprits.map((c) => `${f.rule} ${c.mac ?? c.ip ?? c.name}`)))].sort();
}
