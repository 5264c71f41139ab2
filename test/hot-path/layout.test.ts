import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_CAPTURES } from '../../src/capture/frame.ts';
import { CHUNK_BYTES } from '../../src/capture/open-capture.ts';
import { MAX_PCAP_RECORD_BYTES } from '../../src/capture/pcap.ts';
import { MAX_EDGES } from '../../src/correlation/edges.ts';
import { MAX_PASSAGES } from '../../src/correlation/passages.ts';
import * as layout from '../../src/hot-path/layout.ts';

const l = layout;
/** Begin and length of each table, in bytes. */
const TABLES: Readonly<Record<string, readonly [number, number]>> = {
  numbers: [l.NUMBERS, 5 * 8],
  hashes: [l.HASHES, 4 * 4],
  near: [l.NEAR, 4],
  headers: [l.HEADERS, l.HEADERS_BYTES],
  ahead: [l.AHEAD, 2 * l.AHEAD_FRAMES * l.AHEAD_BYTES],
  flowCounts: [l.FLOW_COUNT, 16],
  openFound: [l.OPEN_FOUND, 8],
  points: [l.POINTS, l.MAX_POINTS * l.POINT_BYTES],
  recent: [l.RECENT, l.RECENT_SETS * l.RECENT_SET_BYTES],
  services: [l.SERVICES, l.SERVICE_ROWS * l.SERVICE_BYTES],
  large: [l.LARGE, l.LARGE_SETS * l.LARGE_SET_BYTES],
  datagrams: [l.DATAGRAMS, l.DATAGRAM_ROWS * l.DATAGRAM_BYTES],
  hops: [l.HOPS, l.HOP_SETS * l.HOPS_A_SET * l.HOP_BYTES],
  edgeFrames: [l.EDGE_FRAMES, l.MAX_16_BITS * 8],
  once: [l.ONCE, l.MAX_16_BITS * 8],
  twice: [l.TWICE, l.MAX_16_BITS * 8],
  thrice: [l.THRICE, l.MAX_16_BITS * 8],
  usual: [l.USUAL, l.MAX_16_BITS * 4],
  senderOf: [l.SENDER_OF, l.MAX_16_BITS * 4],
  current: [l.CURRENT, l.MAX_16_BITS * 4],
  changes: [l.CHANGES, l.MAX_16_BITS * 4],
  passages: [l.PASSAGES, l.MAX_16_BITS * l.PASSAGE_BYTES],
  flows: [l.FLOWS, l.MAX_FLOW_ROWS * l.FLOW_BYTES],
  changeLog: [l.CHANGE_LOG, l.MAX_16_BITS * l.SENDER_BYTES],
  captured: [l.CAPTURED, l.CAPTURED_BYTES],
  steps: [l.STEPS, l.MAX_STEP_ROWS * l.STEP_BYTES],
  pathFlows: [l.PATH_FLOWS, l.MAX_16_BITS * 8],
  begun: [l.BEGUN, l.MAX_16_BITS],
  cold: [l.COLD, l.MAX_COLD_ROWS * l.COLD_BYTES],
  clients6: [l.CLIENTS6, l.MAX_COLD_ROWS * l.CLIENT6_BYTES],
  open: [l.OPEN, l.OPEN_SETS * l.OPEN_WAYS * l.OPEN_BYTES],
  keptUntil: [l.KEPT_UNTIL, l.MAX_16_BITS * 8],
  pathTimes: [l.PATH_TIMES, l.MAX_16_BITS * 16],
  pathGroups: [l.PATH_GROUPS, l.MAX_16_BITS * 2],
  clientCounts: [l.CLIENT_COUNTS, l.MAX_16_BITS * 4],
  clientPairs: [l.CLIENT_PAIRS, 2 * l.MAX_CLIENT_PAIRS * l.CLIENT_PAIR_BYTES],
  newestTimes: [l.NEWEST_TIMES, (l.MAX_COLD_ROWS / l.COLD_BLOCK_ROWS) * 16],
  coldGroups: [l.COLD_GROUPS, l.MAX_COLD_ROWS * 2],
  events: [l.EVENTS, l.MAX_EVENTS * l.EVENT_BYTES],
};

test('no table reaches into another, or out of memory', () => {
  const tables = Object.entries(TABLES).sort(([, [one]], [, [other]]) => one - other);
  tables.forEach(([name, [begin, bytes]], i) => {
    const [next, [end]] = tables[i + 1] ?? ['the end', [l.PAGES * l.PAGE]];
    expect(begin + bytes, `${name}, before ${next}`).toBeLessThanOrEqual(end);
  });
});

test('sets of hops and large segments, passages and sets of flows lie on cache lines of their own', () => {
  for (const begin of [l.LARGE, l.HOPS, l.PASSAGES, l.FLOWS, l.COLD]) expect(begin % 64).toBe(0);
  // See Intake.
  expect(l.CAPTURED % 4096).toBe(0);
});

test('there is room for what is numbered elsewhere', () => {
  expect(l.MAX_POINTS).toBeGreaterThanOrEqual(MAX_CAPTURES);
  expect(l.MAX_16_BITS).toBe(MAX_EDGES + 1);
  expect(l.MAX_16_BITS).toBe(MAX_PASSAGES + 1);
  // Of pcapng a block of names or keys may be longer than a frame: twice as long is no reason to do without the hot path.
  expect(l.CAPTURED_BYTES).toBeGreaterThanOrEqual(3 * (CHUNK_BYTES + 2 * MAX_PCAP_RECORD_BYTES + 2 * 4096));
  expect(l.SENDER_BYTES).toBe((l.FIRST_CHANGES + l.LAST_CHANGES) * l.CHANGE_BYTES);
});

test('AssemblyScript is told how much memory there is', () => {
  const { options } = JSON.parse(readFileSync(join(import.meta.dirname, '../../src/hot-path/asconfig.json'), 'utf8'));
  expect([options.initialMemory, options.maximumMemory]).toEqual([l.PAGES, l.PAGES]);
});

test('whether a hop leads to the server is told by a bit of its story that no path and no flag of a flow has', () => {
  expect(l.TOWARD & (l.TOWARD - 1)).toBe(0);
  expect(l.TOWARD).toBeGreaterThan(l.STORY | l.SERVER_IS_HIGHER | l.ANSWERED | l.ESTABLISHED | l.ONE_FRAME | l.EVENTS_LOST);
});
