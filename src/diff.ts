/** What became of the findings of a diagnosis: the shape of `diff`, as schema/diff.json promises it. */
import type { CaptureSummary, Confidence, Diagnosis, Finding, Severity, Verdict } from './diagnosis.ts';

export interface Diff {
  readonly schema: 'lvs-doctor/diff@1';
  readonly tool: { readonly name: 'lvs-doctor'; readonly version: string };
  /** Of the findings that make a fault: 'cured' when all are healed, 'clean' when there was none and is none. */
  readonly verdict: 'cured' | 'not cured' | 'clean' | 'cannot tell';
  /** The one sentence. */
  readonly summary: string;
  readonly before: DiffSide;
  readonly after: DiffSide;
  /** In the causal order of the diagnosis that they come from, as all lists here. */
  readonly new: readonly NewFinding[];
  readonly remains: readonly RemainingFinding[];
  /** Found before, and now judged and right. */
  readonly healed: readonly HealedFinding[];
  /** Found before, and not judged now: nobody knows. */
  readonly notJudged: readonly UnjudgedFinding[];
  /** What makes the comparison doubtful, one sentence each. */
  readonly notes: readonly string[];
}

export interface DiffSide {
  readonly verdict: Diagnosis['verdict'];
  readonly summary: string;
  readonly captures: readonly CaptureSummary[];
}

export interface NewFinding {
  readonly finding: Finding;
  /** What the first diagnosis says of the same rule and machine; 'not judged' also where it does not speak of it. */
  readonly before: 'passed' | 'not judged';
}

export interface RemainingFinding {
  /** As in the second diagnosis; as in the first where the second only tells it as a part of another finding. */
  readonly finding: Finding;
  readonly before: { readonly severity: Severity; readonly confidence: Confidence; readonly count: number };
  /** By severity; the counts depend on how long each capture is. */
  readonly trend: 'worse' | 'better' | 'same';
  /** Whether the second diagnosis has it only as a part of another finding. */
  readonly hidden: boolean;
}

export interface HealedFinding {
  readonly finding: Finding;
  /** The machines that were judged again and are right. */
  readonly passed: readonly string[];
}

export interface UnjudgedFinding {
  readonly finding: Finding;
  readonly reason: string;
  /** The capture that would decide it, as in a verdict; null where nothing is known to. */
  readonly capture: Verdict['capture'];
}
