/** Roles together with a director's configuration, as `ipvsadm-save -n` prints it. */
import type { Given } from '../../src/cluster/given/given.ts';
import { mergeGiven } from '../../src/cluster/given/merge-given.ts';
import { parseGiven } from '../../src/cluster/given/parse-given.ts';
import { given } from './judged.ts';

/** `configured({ directors: [director] }, '-A -t 203.0.113.100:80 -s rr', …)` */
export function configured(roles: Parameters<typeof given>[0], ...lines: string[]): Given {
  return mergeGiven([given(roles), parseGiven('lvs1.save', lines.map((line) => `${line}\n`).join(''))]);
}
