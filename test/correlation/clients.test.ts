import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countClients } from '../../src/correlation/clients.ts';
import { Cold, FlowTable, MAX_FLOWS } from '../../src/correlation/flows.ts';
import { finish } from '../../src/correlation/hash.ts';
import { Begun, PathTrie } from '../../src/correlation/paths.ts';
import { HotPath } from '../../src/hot-path/hot-path.ts';
import { KEY } from '../support/story.ts';

const SERVERS = [1, 2, 7];

/** A flow: its client, and of which server. */
type Flow = readonly [client: number, server: number];

const clients = fc.oneof(fc.integer(), fc.integer({ min: -3, max: 300 }));
const flows = fc.array(fc.tuple(clients, fc.constantFrom(...SERVERS)), { maxLength: 3000, size: 'max' });

function count(hot: HotPath, asked: ReadonlyMap<number, number>, all: readonly Flow[]) {
  const paths = new PathTrie(hot);
  const table = new FlowTable(MAX_FLOWS, hot);
  all.forEach(([client, server], n) => {
    const row = table.insert(finish(n) || 1, finish(n ^ 0x5bd1e995), () => {});
    table.hot[row + 1] = paths.rootOf(server, 80, 6, Begun.syn);
    table.cold[table.hot[row + 3]! + Cold.client] = client;
  });
  return countClients(asked, table, paths, hot);
}

/** What sets count. */
function counted(asked: ReadonlyMap<number, number>, all: readonly Flow[]): number[] {
  const sets = Array.from({ length: Math.max(0, ...asked.values()) + 1 }, () => new Set<number>());
  for (const [client, server] of all) sets[asked.get(server) ?? 0]!.add(client);
  return sets.map(({ size }, group) => (group === 0 ? 0 : size));
}

test('clients are counted as sets count them, however many and however alike, again in the same memory too', () => {
  const groups = fc.array(fc.tuple(fc.constantFrom(...SERVERS, 9), fc.integer({ min: 1, max: 3 }))).map((pairs) => new Map(pairs));
  fc.assert(
    fc.property(groups, flows, flows, (asked, first, second) => {
      const hot = new HotPath(KEY);
      expect([...count(hot, asked, first)]).toEqual(counted(asked, first));
      hot.cleared(KEY, 1, 1, 10, 1 << 18, 1 << 10);
      expect([...count(hot, asked, second)]).toEqual(counted(asked, second));
    }),
    { seed: 1, numRuns: 30 },
  );
});
