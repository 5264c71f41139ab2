import { expect, test } from 'vitest';
import { EdgeTable } from '../../src/correlation/edges.ts';
import { HotPath } from '../../src/hot-path/hot-path.ts';

const KEY = [0x1234_5678, 0x2345_6789, 0x3456_789a, 0x4567_89ab] as const;

test('an edge is its two MACs and its VLAN, however often and in whatever order its frames come', () => {
  const hot = new HotPath(KEY);
  const edges = new EdgeTable(KEY, hot);
  const known = new Map<string, number>();
  const frames = new Map<string, number>();
  for (let i = 0; i < 60_000; i++) {
    // Few edges that change all the time, and many that come by.
    const host = i % 3 === 0 ? (i * 7919) % 3001 : i % 11;
    const [mac0, mac1, mac2, vlan] = [0x0200_0000, 0x0001_0200, host, (i % 5) - 1];
    const name = `${host} ${vlan}`;
    const edge = edges.of(mac0, mac1, mac2, vlan);
    expect(edge).toBe(known.get(name) ?? known.size + 1);
    known.set(name, edge);
    frames.set(name, (frames.get(name) ?? 0) + 1);
    const recent = hot.exports.recentEdge(mac0, mac1, mac2, vlan + 1);
    if (recent !== 0) expect(recent).toBe(edge);
  }
  for (const [name, edge] of known) {
    expect(edges.frames[edge]).toBe(frames.get(name));
    expect([edges.source[edge], edges.vlan[edge]]).toEqual([0x0200_0000_0000 + Number(name.split(' ')[0]), Number(name.split(' ')[1])]);
  }
});

test('what was met twice is at hand, on its VLAN alone, without being counted', () => {
  const hot = new HotPath(KEY);
  const edges = new EdgeTable(KEY, hot);
  edges.of(1, 2, 3, 7);
  expect(hot.exports.recentEdge(1, 2, 3, 8)).toBe(0);
  edges.of(1, 2, 3, 7);
  expect(hot.exports.recentEdge(1, 2, 3, 8)).toBe(1);
  expect(hot.exports.recentEdge(1, 2, 3, 0)).toBe(0);
  expect(edges.frames[1]).toBe(2);
});
