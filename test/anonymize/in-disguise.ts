/** Captures of the project under other names and addresses, as --anonymize reads them. */
import { Anonymization } from '../../src/anonymize/anonymization.ts';
import { KeptCaptures } from '../../src/capture/kept-captures.ts';
import type { Given } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';

/** A key for tests: what they find must not depend on chance. */
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

export interface Disguised {
  readonly anonymization: Anonymization;
  readonly captures: readonly { readonly name: string; readonly point: string | null }[];
  readonly given: Given;
  readonly kept: KeptCaptures;
}

export function disguised(path: string, point: string | null, given: Given): Disguised {
  const anonymization = new Anonymization(KEY, { keepsVendor: false, isRecorded: true });
  return {
    anonymization,
    given: anonymization.given(given),
    captures: [{ name: anonymization.captureName(path), point: point === null ? null : anonymization.machineName(point) }],
    kept: new KeptCaptures(anonymization),
  };
}

export function diagnoseDisguised({ captures, given, kept }: Disguised): Promise<Diagnosis> {
  return diagnose(captures, given, { kept });
}
