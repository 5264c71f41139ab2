/**
 * More captures than this project keeps, where they lie beside it: what the machines of each scenario captured themselves, read
 * together. Nothing is read elsewhere; without them this is skipped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { RULES } from '../../src/rules/index.ts';
import { compareWithTruth } from '../support/compare-with-truth.ts';
import { casesIn, diagnoseCase, givenOf, MODES, type Mode, truthOf, viewsOf } from '../support/fixtures.ts';
import { byClock, inMemory } from '../support/local-captures.ts';
import { toldCulprits } from '../support/told-culprits.ts';

const WIDER = join(import.meta.dirname, '../../../shared/captures');

describe.skipIf(!existsSync(WIDER))('captures beside the project, those of all machines together', () => {
  const cases = existsSync(WIDER) ? casesIn(WIDER) : [];
  const rules = new Set(RULES.map((rule) => rule.name));
  const views = (name: string) => viewsOf(name, WIDER).filter(({ file }) => !file.includes('-any'));
  const captures = (name: string, mode: Mode) =>
    views(name).map(({ file, point }) => ({ name: join(WIDER, name, file), point: mode === 'given' ? point : null }));
  const givenFor = (name: string, mode: Mode) => (mode === 'given' ? givenOf(truthOf(name, WIDER)) : NOTHING_GIVEN);
  const more: string[] = [];
  let worst = 0;

  afterAll(() => {
    const files = cases.reduce((sum, name) => sum + views(name).length, 0);
    console.log(`${files} local captures of ${cases.length} scenarios in ../shared/captures were read together`);
    console.log(`told beyond the mirror’s capture, and true: ${more.length === 0 ? 'nothing' : more.join('; ')}`);
    console.log(`offsets of clocks recovered to within ${(worst * 1000).toFixed(3)} ms`);
  });

  test('some are there', () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  describe.each(cases)('%s', (name) => {
    const right = new Map<Mode, Diagnosis>();

    test.each(MODES)('tells what the mirror’s capture tells, and nothing false (roles %s)', async (mode) => {
      const together = await diagnose(captures(name, mode), givenFor(name, mode));
      right.set(mode, together);
      const told = toldCulprits(together);
      const byMirror = toldCulprits(await diagnoseCase(name, mode, 'mirror.pcap', WIDER));
      expect(byMirror.filter((x) => !told.includes(x))).toEqual([]);
      expect(compareWithTruth(together, truthOf(name, WIDER), rules, mode)).toEqual([]);
      more.push(...told.filter((x) => !byMirror.includes(x)).map((x) => `${name} (${mode}): ${x}`));
    });

    test.each(MODES)('tells it by clocks that are off by up to 90 s and drift by 50 ppm (roles %s)', async (mode) => {
      const all = captures(name, mode);
      const ahead = (path: string) => offsetOf(`${name} ${path}`);
      const wrong = all.map(
        (c, i) => [c.name, byClock(readFileSync(c.name), { ahead: ahead(c.name), ppm: i % 2 === 0 ? 50 : -50 })] as const,
      );
      const together = await diagnose(all, givenFor(name, mode), { kept: inMemory(Object.fromEntries(wrong)) });
      expect(toldCulprits(together)).toEqual(toldCulprits(right.get(mode)!));
      const path = (told: string) => all.find((c) => c.name.endsWith(`/${told}`))!.name;
      for (const [i, { name: told, clock, clockOffset }] of together.captures.entries()) {
        expect(clock === null, `${told} shares frames with the others`).toBe(right.get(mode)!.captures[i]!.clock === null);
        if (clock == null) continue;
        const error = Math.abs(clockOffset! - (ahead(path(told)) - ahead(path(clock.reference))));
        worst = Math.max(worst, error);
        expect(error, `${told} against ${clock.reference}`).toBeLessThan(0.001);
      }
    });
  });
});

/** Seconds between -90 and 90 that depend on the name alone. */
function offsetOf(name: string): number {
  let hash = 17;
  for (const character of name) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
  return ((hash >>> 0) % 180_001) / 1000 - 90;
}
