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

function count(hot: HotPath, asked: readonly number[], all: readonly Flow[]) {
  const paths = new PathTrie(hot);
  const table = new FlowTable(MAX_FLOWS, hot);
  all.forEach(([client, server], n) => {
    const row = table.insert(finish(n) || 1, finish(n ^ 0x5bd1e995), () => {});
    table.hot[row + 1] = paths.rootOf(server, 80, 6, Begun.syn);
    table.cold[table.hot[row + 3]! + Cold.client] = client;
  });
  return countClients(new Set(asked), table, paths, hot);
}

/** What sets count. */
function counted(asked: readonly number[], all: readonly Flow[]) {
  const of = (servers: readonly number[]) => new Set(all.filter(([, server]) => servers.includes(server)).map(([client]) => client)).size;
  return { all: of(asked), each: new Map(asked.map((server) => [server, of([server])])) };
}

test('clients are counted as sets count them, however many and however alike, again in the same memory too', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...SERVERS, 9)), flows, flows, (asked, first, second) => {
      const hot = new HotPath(KEY);
      expect(count(hot, asked, first)).toEqual(counted(asked, first));
      hot.cleared(KEY, 1, 1, 10, 1 << 18, 1 << 10);
      expect(count(hot, asked, second)).toEqual(counted(asked, second));
    }),
    { seed: 1, numRuns: 30 },
  );
});
