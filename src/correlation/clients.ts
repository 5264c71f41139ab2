/** How many clients the remembered flows have. */
import type { HotPath } from '../hot-path/hot-path.ts';
import { CLIENT_COUNTS, EVERY_CLIENT, FLOW_BYTES, MAX_16_BITS, PATH_GROUPS } from '../hot-path/layout.ts';
import type { FlowTable } from './flows.ts';
import type { PathTrie } from './paths.ts';

/** Numbers of distinct client addresses. IPv6 addresses count by a fingerprint of 32 bits. */
export interface ClientCounts {
  /** Clients of any of the servers. */
  readonly all: number;
  /** By server, its own. */
  readonly each: ReadonlyMap<number, number>;
}

/** Words of rows that are looked through at once: V8 makes fast code of what is called, not of what is running. */
const WORDS_AT_ONCE = ((1 << 12) * FLOW_BYTES) / Int32Array.BYTES_PER_ELEMENT;

/** Counts the clients of some servers, by address numbers, in one pass over the flows. */
export function countClients(servers: ReadonlySet<number>, flows: FlowTable, paths: PathTrie, hot: HotPath): ClientCounts {
  const groups = new Map([...servers].map((server, i) => [server, EVERY_CLIENT + 1 + i]));
  const groupOf = hot.halfWords(PATH_GROUPS, paths.count);
  for (let path = 0; path < paths.count; path++) groupOf[path] = groups.get(paths.server[path]!) ?? 0;
  hot.exports.beginClients(EVERY_CLIENT + 1 + groups.size);
  const end = flows.hot.length;
  for (let from = 0; from < end; from += WORDS_AT_ONCE) hot.exports.addClients(from, Math.min(end, from + WORDS_AT_ONCE));
  const counts = hot.words(CLIENT_COUNTS, MAX_16_BITS);
  return { all: counts[EVERY_CLIENT]!, each: new Map([...groups].map(([server, group]) => [server, counts[group]!])) };
}
