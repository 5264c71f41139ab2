/** `--rule` and `--no-rule`: which rules are judged. */
import { nearestWord } from '../nearest-word.ts';
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';

interface NamedRule {
  readonly code: string;
  readonly name: string;
}

/** The rule that a person calls by name or code; lists with commas were taken apart before. @throws UsageError when there is none. */
export function findRule<R extends NamedRule>(called: string, rules: readonly R[]): R {
  const wanted = called.trim().toLowerCase();
  const rule = rules.find(({ code, name }) => name === wanted || code.toLowerCase() === wanted);
  if (rule !== undefined) return rule;
  const near = nearestWord(
    wanted,
    rules.flatMap(({ code, name }) => (wanted.startsWith('lvs') ? [code] : [name])),
  );
  const hint = near === null ? '' : `, perhaps ${near} is meant`;
  throw new UsageError(`there is no rule '${printable(called)}'${hint}; 'lvs-doctor explain' lists all rules.`);
}

/** Names of the rules in `values`, each a name, a code, or several with commas. */
export function ruleNames(values: readonly string[], rules: readonly NamedRule[]): string[] {
  return values.flatMap((value) => value.split(',')).map((called) => findRule(called, rules).name);
}
