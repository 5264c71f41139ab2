import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import type { Confidence, Severity } from '../../src/diagnosis.ts';
import { answersArp, CANNOT_TELL, diagnosis, HEALTHY } from '../reports/diagnoses.ts';

describe('the exit code', () => {
  test.each<[Severity, Confidence, 'critical' | 'warning' | 'info' | 'never', number]>([
    ['critical', 'confirmed', 'critical', 1],
    ['critical', 'probable', 'critical', 1],
    ['critical', 'possible', 'info', 0],
    ['warning', 'confirmed', 'critical', 0],
    ['warning', 'confirmed', 'warning', 1],
    ['info', 'confirmed', 'warning', 0],
    ['info', 'confirmed', 'info', 1],
    ['critical', 'confirmed', 'never', 0],
  ])('of a %s, %s finding with --fail-on %s is %i', (severity, confidence, failOn, expected) => {
    expect(exitCodeOf(diagnosis({ verdict: 'fault', findings: [answersArp(1, { severity, confidence })] }), failOn)).toBe(expected);
  });

  test('of a clean cluster is 0, and 2 where nothing can be told', () => {
    expect(exitCodeOf(HEALTHY, 'info')).toBe(0);
    expect(exitCodeOf(CANNOT_TELL, 'never')).toBe(2);
  });
});
