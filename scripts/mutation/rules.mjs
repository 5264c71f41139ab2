/** The sources of src/rules, the mutants in them, and which tests they must pass. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { switched } from './mutants.mjs';

export const ROOT = resolve(import.meta.dirname, '../..');
export const RULES = 'src/rules';
const TESTS = 'test/rules';

/**
 * A file of src/rules.
 * @typedef {object} RuleSource
 * @property {string} file name without folder
 * @property {string} text as it is
 * @property {string} source with its mutants
 * @property {import('./mutants.mjs').Mutant[]} mutants no number occurs in two files
 */

/** @returns {RuleSource[]} */
export function readRules() {
  let number = 1;
  return readdirSync(join(ROOT, RULES))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const text = readFileSync(join(ROOT, RULES, file), 'utf8');
      const { source, mutants } = switched(text, number, join(import.meta.dirname, 'switch.mjs'));
      number += mutants.length;
      return { file, text, source, mutants };
    });
}

/**
 * The tests of a file, behind them those of all that import it, themselves or by way of another file, and those of no single file.
 * @param {string} file
 * @param {RuleSource[]} rules
 * @returns {string[]} paths from the root
 */
export function testsOf(file, rules) {
  const files = new Set([file]);
  for (const known of files) for (const rule of rules) if (rule.text.includes(`from './${known}'`)) files.add(rule.file);
  const own = [...files].map(testOf).filter((test) => existsSync(join(ROOT, test)));
  const all = new Set(rules.map((rule) => testOf(rule.file)));
  const shared = readdirSync(join(ROOT, TESTS)).map((name) => `${TESTS}/${name}`);
  return [...own, ...shared.filter((test) => test.endsWith('.test.ts') && !all.has(test))];
}

function testOf(file) {
  return `${TESTS}/${file.replace(/\.ts$/, '.test.ts')}`;
}
