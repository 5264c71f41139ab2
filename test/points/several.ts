/** A LAN whose machines captured themselves, diagnosed together. */

import type { Given } from '../../src/cluster/given/given.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { inMemory } from '../support/local-captures.ts';

/** Captures by their names, read together; 'director=lvs1.pcap' tells the point. */
export function diagnoseTogether(files: Readonly<Record<string, Uint8Array>>, given: Given = NOTHING_GIVEN): Promise<Diagnosis> {
  const named = Object.entries(files).map(([argument, bytes]) => {
    const [, point = null, name = argument] = /^(?:([^=]+)=)?(.+)$/.exec(argument) ?? [];
    return { name, point, bytes };
  });
  return diagnose(named, given, { kept: inMemory(Object.fromEntries(named.map(({ name, bytes }) => [name, bytes]))) });
}

/** One capture of a diagnosis. */
export function captureOf({ captures }: Diagnosis, name: string) {
  const capture = captures.find((c) => c.name === name);
  if (capture === undefined) throw new Error(`there is no ${name} among ${captures.map((c) => c.name).join(', ')}`);
  return capture;
}
