/** How many clients the remembered flows have: distinct addresses, of IPv6 by a fingerprint of 32 bits. */
import type { HotPath } from '../hot-path/hot-path.ts';
import { CLIENT_COUNTS, FLOW_BYTES, MAX_16_BITS, PATH_GROUPS } from '../hot-path/layout.ts';
import type { FlowTable } from './flows.ts';
import type { PathTrie } from './paths.ts';

/** Words of rows that are looked through at once: V8 makes fast code of what is called, not of what is running. */
const WORDS_AT_ONCE = ((1 << 12) * FLOW_BYTES) / Int32Array.BYTES_PER_ELEMENT;

/**
 * Counts the clients of each group of servers, in one pass over the flows.
 * @param groups by address number of the server its group, from 1 on
 * @returns by group, its clients
 */
export function countClients(groups: ReadonlyMap<number, number>, flows: FlowTable, paths: PathTrie, hot: HotPath): Int32Array {
  const groupOf = hot.halfWords(PATH_GROUPS, paths.count);
  for (let path = 0; path < paths.count; path++) groupOf[path] = groups.get(paths.server[path]!) ?? 0;
  const most = Math.max(0, ...groups.values());
  hot.exports.beginClients(most + 1);
  const end = flows.hot.length;
  for (let from = 0; from < end; from += WORDS_AT_ONCE) hot.exports.addClients(from, Math.min(end, from + WORDS_AT_ONCE));
  return hot.words(CLIENT_COUNTS, MAX_16_BITS).slice(0, most + 1);
}
