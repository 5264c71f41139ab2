/** Exit codes of commands that judge, and `--fail-on`. */
import { Option } from 'commander';
import type { Diagnosis, Finding } from '../diagnosis.ts';

const FAIL_ON = ['critical', 'warning', 'info', 'never'] as const;
export type FailOn = (typeof FAIL_ON)[number];

export function failOnOption(): Option {
  return new Option('--fail-on <severity>', 'least severity that gives exit code 1').choices(FAIL_ON).default('warning');
}

/** 1 when something at or above `failOn` was found, 2 when nothing could be judged, else 0. */
export function exitCodeOf(diagnosis: Diagnosis, failOn: FailOn): 0 | 1 | 2 {
  if (diagnosis.verdict === 'cannot tell') return 2;
  return diagnosis.findings.some((finding) => counts(finding, failOn)) ? 1 : 0;
}

/** Whether a finding is grave and sure enough: a possible one alone never is. */
export function counts({ severity, confidence }: Pick<Finding, 'severity' | 'confidence'>, failOn: FailOn): boolean {
  const counted: readonly FailOn[] = failOn === 'never' ? [] : FAIL_ON.slice(0, FAIL_ON.indexOf(failOn) + 1);
  return confidence !== 'possible' && counted.includes(severity);
}
