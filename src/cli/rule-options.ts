/** `--rule` and `--no-rule`: which rules are asked. */
import type { Command, Option } from 'commander';
import { list } from './options.ts';

export interface RuleOptions {
  readonly rule?: readonly string[];
  readonly exceptRule?: readonly string[];
}

/** Names of rules: only these, unless there are none; all but those. */
export interface RuleChoice {
  readonly only: readonly string[];
  readonly except: readonly string[];
}

export function addRuleOptions(command: Command): Command {
  return command.addOption(list('--rule <name>', 'judge only this rule (name or code); repeatable')).addOption(exceptRule());
}

/** Commander takes `--no-rule` for the negation of `--rule`; here it names rules of its own. */
function exceptRule(): Option {
  const option = list('--no-rule <name>', 'judge all rules but this one; repeatable');
  option.negate = false;
  option.attributeName = () => 'exceptRule';
  return option;
}

/** @throws UsageError when there is no such rule */
export async function rulesOf({ rule = [], exceptRule = [] }: RuleOptions): Promise<RuleChoice> {
  if (rule.length + exceptRule.length === 0) return { only: [], except: [] };
  const { ruleNames } = await import('./rule-filter.ts');
  const { RULES } = await import('../rules/index.ts');
  return { only: ruleNames(rule, RULES), except: ruleNames(exceptRule, RULES) };
}
