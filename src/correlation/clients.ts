/** How many clients the remembered flows have: distinct addresses, of IPv6 by a fingerprint of 32 bits. */
import type { HotPath } from '../hot-path/hot-path.ts';
import { CLIENT_COUNTS, PATH_GROUPS } from '../hot-path/layout.ts';
import { COLD_WORDS_AT_ONCE, type FlowTable, HOT_WORDS_AT_ONCE } from './flows.ts';
import type { PathTrie } from './paths.ts';

/**
 * Counts the clients of each group of servers, in one pass over the flows, and one over their clients.
 * @param groups by address number of the server its group, from 1 on
 * @returns by group, its clients
 */
export function countClients(groups: ReadonlyMap<number, number>, flows: FlowTable, paths: PathTrie, hot: HotPath): Int32Array {
  const groupOf = hot.halfWords(PATH_GROUPS, paths.count);
  for (let path = 0; path < paths.count; path++) groupOf[path] = groups.get(paths.server[path]!) ?? 0;
  const most = Math.max(0, ...groups.values());
  const end = flows.hot.length;
  hot.exports.beginClients(most + 1);
  for (let from = 0; from < end; from += HOT_WORDS_AT_ONCE) hot.exports.noteGroups(from, Math.min(end, from + HOT_WORDS_AT_ONCE));
  const coldEnd = hot.exports.coldEnd();
  for (let from = 0; from < coldEnd; from += COLD_WORDS_AT_ONCE) {
    hot.exports.addClients(from, Math.min(coldEnd, from + COLD_WORDS_AT_ONCE));
  }
  return hot.words(CLIENT_COUNTS, most + 1).slice();
}
