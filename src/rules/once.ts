/** What several subjects of a rule, or several rules, ask of a case: found when it is asked for first, and kept as long as the case. */
import type { Case } from './rule.ts';

/** The same function, which finds its answer for each case and key once. A flood has a subject, and a path, for each of its frames. */
export function oncePerCase<Key extends object, Answer>(find: (c: Case, key: Key) => Answer): (c: Case, key: Key) => Answer {
  const known = new WeakMap<Case, Map<Key, { readonly answer: Answer }>>();
  return (c, key) => {
    let answers = known.get(c);
    if (answers === undefined) {
      answers = new Map();
      known.set(c, answers);
    }
    let found = answers.get(key);
    if (found === undefined) {
      found = { answer: find(c, key) };
      answers.set(key, found);
    }
    return found.answer;
  };
}
