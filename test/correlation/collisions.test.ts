/** What is made to collide in one run does not collide in another, and where all collides a search still has an end. */
import { describe, expect, test } from 'vitest';
import { bucketsFor, collidingClients, collidingMacs, hashInMap } from '../../limits/colliding.ts';
import { emptyFrame, LinkType } from '../../src/capture/frame.ts';
import { countClients } from '../../src/correlation/clients.ts';
import { Facts } from '../../src/correlation/facts.ts';
import { FlowHashes, foldIp6 } from '../../src/correlation/flow-hashes.ts';
import { Cold, FlowTable, MAX_FLOWS } from '../../src/correlation/flows.ts';
import { finish, type HashKey, hash4 } from '../../src/correlation/hash.ts';
import { KeyedPairs } from '../../src/correlation/keyed-pairs.ts';
import { Begun, PathTrie } from '../../src/correlation/paths.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { HotPath } from '../../src/hot-path/hot-path.ts';
import { CLIENT_PAIR_BYTES, CLIENT_PAIRS, FLOW_SET } from '../../src/hot-path/layout.ts';
import { ethernet, ip, tcp } from '../support/frame-bytes.ts';

const KEY: HashKey = [0x01234567, 0x12345678, 0x23456789, 0x3456789a];
const OTHER_KEY: HashKey = [0x3456789a, 0x01234567, 0x12345678, 0x23456789];

describe('MACs that share a bucket of a Map', () => {
  const macs = collidingMacs(8000);
  const largestOf = (buckets: readonly number[]) => {
    const counts = new Map<number, number>();
    for (const bucket of buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    return Math.max(...counts.values());
  };
  const mask = bucketsFor(macs.length) - 1;

  test('are spread in a table under a key, whatever it is', () => {
    expect(largestOf(macs.map((mac) => hashInMap(mac) & mask))).toBe(8000);
    for (const key of [KEY, OTHER_KEY]) {
      const pairs = new KeyedPairs(key);
      expect(largestOf(macs.map((mac) => pairs.hash(mac, 0) & mask))).toBeLessThan(16);
      expect(largestOf(macs.map((mac) => pairs.hash(mac * 2 ** 16, mac & 0x7fff) & mask))).toBeLessThan(16);
    }
  });

  test('stay apart, and are found again with the number beside them', () => {
    const pairs = new KeyedPairs(KEY);
    const ends = [0, 2 ** 24 - 1, 2 ** 24, 2 ** 32, 2 ** 48 - 1];
    const all = [...macs, ...ends].flatMap((mac) => [0, 7, 0x7fff_ffff].map((beside) => [mac, beside] as const));
    for (const [i, [mac, beside]] of all.entries()) expect([pairs.find(mac, beside), pairs.add(mac, beside)]).toEqual([0, i + 1]);
    for (const [i, [mac, beside]] of all.entries()) {
      expect([pairs.find(mac, beside), pairs.first[i + 1], pairs.second[i + 1]]).toEqual([i + 1, mac, beside]);
    }
    expect(pairs.count).toBe(all.length);
    expect(pairs.find(2 ** 40, 0)).toBe(0);
  });
});

describe('clients that share a place under a hash without a key', () => {
  const clients = collidingClients(20_000);

  test('would lie one after the other', () => {
    expect(new Set(clients).size).toBe(clients.length);
    expect(Math.max(...clients.map((client) => (finish(client) >>> 0) & 0xfffff))).toBe(1023);
  });

  test.each([{ key: KEY }, { key: OTHER_KEY }])('are spread in the table in which they are counted, under key $key', ({ key }) => {
    const hot = new HotPath(key);
    const flows = new FlowTable(MAX_FLOWS, hot);
    const paths = new PathTrie(hot);
    for (const [i, client] of clients.entries()) {
      const row = flows.insert(i + 1, finish(i), () => {});
      flows.hot[row + 1] = paths.rootOf(1, 80, 6, Begun.syn);
      flows.cold[flows.hot[row + 3]! + Cold.client] = client;
    }
    expect(countClients(new Map([[1, 1]]), flows, paths, hot)[1]).toBe(clients.length);
    const pairs = hot.words(CLIENT_PAIRS, 4 * clients.length * (CLIENT_PAIR_BYTES / 4));
    let run = 0;
    let longest = 0;
    for (let slot = 0; slot < pairs.length; slot += 2) {
      run = pairs[slot + 1] === 0 ? 0 : run + 1;
      longest = Math.max(longest, run);
    }
    expect(longest).toBeLessThan(200);
  });
});

/** Ten keys, none of whose words is 0. */
const KEYS: readonly HashKey[] = Array.from({ length: 10 }, (_, i) => [
  finish(4 * i + 1),
  finish(4 * i + 2),
  finish(4 * i + 3),
  finish(4 * i + 4),
]);

type Words = readonly [number, number, number, number];

/** These words, and those in which one of these bits is another, or two of them are. */
function neighbours(words: Words, bits: readonly number[]): Words[] {
  const flip = (of: Words, bit: number) => of.map((word, i) => (i === bit >> 5 ? word ^ (1 << (bit & 31)) : word)) as unknown as Words;
  return [words, ...bits.flatMap((a, i) => bits.slice(i).map((b) => (a === b ? flip(words, a) : flip(flip(words, a), b))))];
}

describe('whatever the key is', () => {
  const all = Array.from({ length: 128 }, (_, bit) => bit);

  test('no two IPv6 addresses that differ in one bit or two share a fingerprint', () => {
    for (const [i, key] of KEYS.entries()) {
      const addresses = neighbours([0x20010db8, finish(100 + i), finish(200 + i), finish(300 + i)], all);
      const fingerprints = addresses.map((words) => foldIp6(...words, key));
      expect(fingerprints.filter((fingerprint) => fingerprint === fingerprints[0])).toHaveLength(1);
    }
  });

  test('no two flows that differ in one bit of addresses and ports or two are taken for one', () => {
    // Of the words that hold ports the lower half.
    const bits = all.filter((bit) => (bit & 32) === 0 || (bit & 31) < 16);
    for (const [i, key] of KEYS.entries()) {
      const hashes = new FlowHashes(new HotPath(key));
      const seen = neighbours([finish(100 + i), 40_000, finish(200 + i), 80], bits).map((words) => {
        hashes.of(...words, 6);
        return `${hashes.first} ${hashes.second}`;
      });
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  test.each([
    ['highest', 27],
    ['middle', 14],
    ['lowest', 0],
  ])('words that differ in the five %s bits alone have hashes of their own', (_, lowest) => {
    for (const key of KEYS) {
      const hashes = new Set<number>();
      for (let i = 0; i < 1 << 15; i++) {
        hashes.add(hash4((i & 31) << lowest, ((i >> 5) & 31) << lowest, (i >> 10) << lowest, 0, key));
      }
      expect(hashes.size).toBeGreaterThan(0.99 * (1 << 15));
    }
  });
});

/** Rows of the smallest table. */
const ROWS = 1 << 12;

/** SYNs of these clients, as ports and addresses count up, into facts of their own. Says which of them lie in the first set when they are added. */
function addFlows(clients: readonly number[], key: HashKey): { facts: Facts; inSet: number[] } {
  const facts = new Facts([], key, ROWS);
  const packet = new Packet();
  const bytes = ethernet(
    '52:54:00:00:00:07',
    '52:54:00:00:00:02',
    ip('10.0.0.1', '203.0.113.100', tcp({ from: 40_000, to: 80, flags: 'S' })),
  );
  const view = new DataView(bytes.buffer);
  const frame = { ...emptyFrame(), bytes, view, end: bytes.length, wireLength: bytes.length, linkType: LinkType.ethernet };
  const inSet: number[] = [];
  for (const [i, client] of clients.entries()) {
    view.setUint32(26, client);
    frame.number = i + 1;
    frame.seconds = i + 1;
    packet.decode(frame);
    facts.add(frame, packet);
    const { hot } = facts.flows;
    for (let row = 0; row < FLOW_SET; row++) if (hot[row * 4 + 2] === i * 1000 && hot[row * 4] !== 0) inSet.push(client);
  }
  return { facts, inSet };
}

describe('flows', () => {
  test('that were chosen to crowd one set under one key have room under another', () => {
    const candidates = Array.from({ length: 150_000 }, (_, i) => 0x0a00_0000 + i);
    const { inSet: chosen } = addFlows(candidates, KEY);
    expect(chosen.length).toBeGreaterThan(150);
    const crowded = addFlows(chosen, KEY).facts.flows;
    expect(crowded.count).toBeLessThan(3 * FLOW_SET);
    expect(crowded.count + crowded.forgotten).toBe(chosen.length);
    const spread = addFlows(chosen, OTHER_KEY).facts.flows;
    expect(spread.count + spread.forgotten).toBe(chosen.length);
    expect(spread.forgotten).toBeLessThan(chosen.length / 50);
  });

  test('that all fall into one set take its eight places and no other', () => {
    const flows = new FlowTable(ROWS, new HotPath(KEY));
    for (let i = 1; i <= 10_000; i++) flows.insert(i, 0x1234, () => {});
    expect([flows.count, flows.forgotten]).toEqual([FLOW_SET, 10_000 - FLOW_SET]);
    expect(flows.hot.filter((word, i) => i % 4 === 0 && word !== 0)).toHaveLength(FLOW_SET);
    expect(flows.find(10_001, 0x1234)).toBe(-1);
  });
});
