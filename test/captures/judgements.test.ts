/**
 * What is judged of every capture, without the words: findings with culprits, evidence and causes, and who passed or was not judged.
 * The truth says what must be found and what must not; this also holds all between: a spare that no longer spares, evidence that is
 * no longer cited, a capture that no longer decides. After a change that is meant,
 *
 *     UPDATE_GOLDEN=1 npx vitest run test/captures/judgements.test.ts
 *
 * writes them anew; the difference belongs into the commit of its cause.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Diagnosis, Finding } from '../../src/diagnosis.ts';
import { casesIn, diagnoseCase, diagnoseView, MODES, viewsOf } from '../support/fixtures.ts';

const JUDGEMENTS = join(import.meta.dirname, 'judgements');

test.each(casesIn())('%s is judged as it was', async (name) => {
  const told: string[] = [];
  for (const mode of MODES) told.push(`mirror.pcap, roles ${mode}`, ...judgementOf(await diagnoseCase(name, mode)));
  for (const view of viewsOf(name)) told.push(`${view.file}, roles given`, ...judgementOf(await diagnoseView(name, view)));
  const text = `${told.join('\n')}\n`;
  const file = join(JUDGEMENTS, `${name}.txt`);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

test('every judgement is compared', () => {
  expect(readdirSync(JUDGEMENTS).sort()).toEqual(
    casesIn()
      .map((name) => `${name}.txt`)
      .sort(),
  );
});

test('judgements are compared, not rewritten, where CI runs', () => {
  expect(process.env.UPDATE_GOLDEN === '1' && process.env.CI !== undefined).toBe(false);
});

function judgementOf({ verdict, findings, verdicts }: Diagnosis): string[] {
  const subjects = new Map<string, string[]>();
  for (const v of verdicts) {
    const how = `${v.verdict}: ${v.rule}`;
    subjects.set(how, [...(subjects.get(how) ?? []), v.subject]);
  }
  return [
    `  ${verdict}`,
    ...findings.map(sayFinding),
    ...[...subjects].map(([how, who]) => `  ${how} ${[...new Set(who)].join(' ')}`).sort(),
  ];
}

function sayFinding({ id, severity, confidence, count, unit, evidence, causedBy }: Finding): string {
  const frames = evidence.map((e) => `${e.frame} ${e.shows}`).join(', ');
  const because = causedBy.length === 0 ? '' : ` because of ${causedBy.join(', ')}`;
  return `  ${severity}, ${confidence}: ${id}, ${count} ${unit}: ${frames}${because}`;
}
