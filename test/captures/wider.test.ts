/**
 * More captures than this project keeps, where they lie beside it: what one machine's own tcpdump saw of each scenario. Nothing is
 * read elsewhere; without them this is skipped.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RULES } from '../../src/rules/index.ts';
import { compareWithTruth } from '../support/compare-with-truth.ts';
import { casesIn, diagnoseView, truthOf, viewsOf } from '../support/fixtures.ts';

const WIDER = join(import.meta.dirname, '../../../shared/captures');

describe.skipIf(!existsSync(WIDER))('captures beside the project', () => {
  const rules = new Set(RULES.map((rule) => rule.name));
  const cases = existsSync(WIDER) ? casesIn(WIDER) : [];

  test('some are there', () => {
    const views = cases.reduce((sum, name) => sum + viewsOf(name, WIDER).length, 0);
    console.log(`${views} local captures of ${cases.length} scenarios in ../shared/captures are read`);
    expect(views).toBeGreaterThan(0);
  });

  test.each(cases)('%s: each machine’s own capture shows the faults that it can show, and no other', async (name) => {
    const truth = truthOf(name, WIDER);
    const wrong: string[] = [];
    for (const view of viewsOf(name, WIDER)) {
      const diagnosis = await diagnoseView(name, view, WIDER);
      wrong.push(...compareWithTruth(diagnosis, truth, rules, view).map((what) => `${view.file}: ${what}`));
    }
    expect(wrong).toEqual([]);
  });
});
