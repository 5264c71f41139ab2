import { describe, expect, test } from 'vitest';
import { Begun, MAX_PATHS, PathEvent, PathTrie } from '../../src/correlation/paths.ts';
import { HotPath } from '../../src/hot-path/hot-path.ts';
import { KEY } from '../support/story.ts';

const hop = (edge: number) => (PathEvent.toward << 16) | edge;

function walk(trie: PathTrie, from: number, ...events: number[]): number {
  return events.reduce((path, event) => {
    const step = trie.step(path, event);
    return step < 0 ? path : trie.transitions[step + 2]!;
  }, from);
}

describe('the trie of paths', () => {
  test('flows with the same events in the same order stand at the same path', () => {
    const trie = new PathTrie(new HotPath(KEY));
    const root = trie.rootOf(1, 80, 6, Begun.syn);
    expect(walk(trie, root, hop(1), hop(2))).toBe(walk(trie, root, hop(1), hop(2)));
    expect(walk(trie, root, hop(2), hop(1))).not.toBe(walk(trie, root, hop(1), hop(2)));
  });

  test('an event enters a path once, however often it happens', () => {
    const trie = new PathTrie(new HotPath(KEY));
    const root = trie.rootOf(1, 80, 6, Begun.syn);
    const path = walk(trie, root, hop(1), hop(2), hop(1), hop(2), hop(1));
    expect(trie.eventsOf(path)).toEqual([hop(1), hop(2)]);
    expect(trie.count).toBe(4);
  });

  test('each service, protocol and beginning has a root of its own', () => {
    const trie = new PathTrie(new HotPath(KEY));
    const roots = [
      trie.rootOf(1, 80, 6, Begun.syn),
      trie.rootOf(2, 80, 6, Begun.syn),
      trie.rootOf(1, 81, 6, Begun.syn),
      trie.rootOf(1, 80, 17, Begun.syn),
      trie.rootOf(1, 80, 6, Begun.midFlow),
    ];
    expect(new Set(roots).size).toBe(5);
    expect(trie.rootOf(1, 80, 6, Begun.syn)).toBe(roots[0]);
  });

  test('a path knows the first hop of its requests, whatever came before it', () => {
    const trie = new PathTrie(new HotPath(KEY));
    const root = trie.rootOf(1, 80, 6, Begun.reply);
    const path = walk(trie, root, (PathEvent.from << 16) | 7, hop(3), hop(4));
    expect(trie.entryEdge[path]).toBe(3);
  });

  test('transitions stay right while their table grows', () => {
    const trie = new PathTrie(new HotPath(KEY));
    const root = trie.rootOf(1, 80, 6, Begun.syn);
    const paths = Array.from({ length: 5000 }, (_, edge) => walk(trie, root, hop(edge)));
    expect(new Set(paths).size).toBe(5000);
    expect(paths.map((_, edge) => walk(trie, root, hop(edge)))).toEqual(paths);
  });

  test('a path of endless events ends at its greatest depth, and that is counted', () => {
    const trie = new PathTrie(new HotPath(KEY));
    const root = trie.rootOf(1, 80, 6, Begun.syn);
    const path = walk(trie, root, ...Array.from({ length: 100 }, (_, edge) => hop(edge)));
    expect(trie.eventsOf(path)).toHaveLength(24);
    expect(trie.overflowed).toBe(100 - 24);
  });

  test('a server with very many ports keeps 64 of them apart; the others share port 0', () => {
    const trie = new PathTrie(new HotPath(KEY));
    const roots = Array.from({ length: 200 }, (_, i) => trie.rootOf(1, 1000 + i, 6, Begun.syn));
    expect(new Set(roots.slice(0, 64)).size).toBe(64);
    expect(new Set(roots).size).toBe(65);
    expect(trie.port[roots.at(-1)!]).toBe(0);
    expect(trie.overflowed).toBe(0);
  });

  test('a full trie takes in no further path, and counts what it leaves out', () => {
    const trie = new PathTrie(new HotPath(KEY));
    for (let server = 1; server <= MAX_PATHS + 5; server++) trie.rootOf(server, 80, 6, Begun.syn);
    expect(trie.count).toBe(MAX_PATHS + 1);
    expect(trie.overflowed).toBe(5);
    expect(trie.rootOf(MAX_PATHS + 6, 80, 6, Begun.syn)).toBe(0);
    expect(trie.rootOf(1, 80, 6, Begun.syn)).toBeGreaterThan(0);
  });

  test('a full table of transitions lets flows stay where they stand', () => {
    const trie = new PathTrie(new HotPath(KEY));
    const root = trie.rootOf(1, 80, 6, Begun.syn);
    const far = walk(trie, root, hop(1));
    let learned = 0;
    // The same few paths with ever new events beyond the trie's depth would fill the table without adding a path.
    for (let event = 2; event < 140_000 && learned >= 0; event++)
      learned = trie.step(event % 2 === 0 ? root : far, (event % 60_000) | ((event / 60_000) << 20));
    expect(learned).toBe(-1);
    expect(trie.count).toBeLessThanOrEqual(MAX_PATHS + 1);
    expect(walk(trie, root, hop(1))).toBe(far);
  });
});
