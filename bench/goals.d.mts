/** The goals and their judgement, for TypeScript; explained in goals.mjs. */
export interface Goal {
  readonly key: string;
  readonly goal: string;
  readonly unit: '×' | 'ns' | 'ms' | 'MB';
  readonly at: 'most' | 'least';
  readonly must: number;
  readonly aim?: number;
}

export interface JudgedGoal extends Goal {
  readonly measured: number | null;
  readonly verdict: 'aim met' | 'must met' | 'missed' | 'not measured';
}

export declare const GOALS: readonly Goal[];
export declare function judgeGoals(measured: Readonly<Record<string, number | null | undefined>>): readonly JudgedGoal[];
