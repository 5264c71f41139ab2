/** From facts to what rules are asked about: the facts in words, who is who, and what can be seen of whom. */
import type { Given } from '../cluster/given/given.ts';
import { inferCluster } from '../cluster/infer.ts';
import { Observations } from '../cluster/observations.ts';
import type { Remembered } from '../cluster/remembered.ts';
import { findSight } from '../cluster/sight.ts';
import type { Facts } from '../correlation/facts.ts';
import type { Case } from './rule.ts';

/**
 * @param point where the frames were captured; null when not told
 * @param remembered what earlier frames showed, of which these facts know nothing
 */
export function caseOf(facts: Facts, given: Given, point: string | null, remembered?: Remembered): Case {
  const o = new Observations(facts);
  const cluster = inferCluster(o, given, remembered);
  return { o, cluster, given, sight: findSight(o, cluster, point) };
}
