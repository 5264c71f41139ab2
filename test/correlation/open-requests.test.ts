/** Requests that wait for an answer are found among those of others. */
import { expect, test } from 'vitest';
import { finish } from '../../src/correlation/hash.ts';
import { OpenRequests } from '../../src/correlation/open-requests.ts';
import { HotPath } from '../../src/hot-path/hot-path.ts';
import { KEY } from '../support/story.ts';

const WITHIN_MS = 5_000;

/** The flow hashes of a request are made of its number, to tell one from another. */
function put(open: OpenRequests, request: number, ms: number): void {
  open.put(finish(request), request, ~request, request, ms);
}

function finds(open: OpenRequests, request: number, ms: number): boolean {
  return open.find(finish(request), request, ms, WITHIN_MS) && open.first === ~request && open.second === request;
}

test('a request is found until it is too old, and not before it was made', () => {
  const open = new OpenRequests(new HotPath(KEY));
  put(open, 7, 1_000);
  expect(finds(open, 7, 1_000)).toBe(true);
  expect(finds(open, 7, 1_000 + WITHIN_MS)).toBe(true);
  expect(finds(open, 7, 1_001 + WITHIN_MS)).toBe(false);
  expect(finds(open, 7, 999)).toBe(false);
  expect(finds(open, 8, 1_000)).toBe(false);
});

test('a request that is made again counts from then on', () => {
  const open = new OpenRequests(new HotPath(KEY));
  put(open, 7, 0);
  put(open, 7, 4_000);
  expect(finds(open, 7, 8_000)).toBe(true);
});

test('a thousand requests of others between question and answer push out none of a thousand', () => {
  const open = new OpenRequests(new HotPath(KEY));
  let lost = 0;
  for (let request = 0; request < 2_000; request++) {
    put(open, request, request);
    if (request >= 1_000 && !finds(open, request - 1_000, request)) lost++;
  }
  expect(lost).toBe(0);
});

test('where a flood of requests fills every set, the newest are found', () => {
  const open = new OpenRequests(new HotPath(KEY));
  const flood = 500_000;
  for (let request = 0; request < flood; request++) put(open, request, request >> 8);
  let found = 0;
  for (let request = flood - 1_000; request < flood; request++) if (finds(open, request, flood >> 8)) found++;
  expect(found).toBeGreaterThanOrEqual(990);
  expect(finds(open, 0, flood >> 8)).toBe(false);
});

test('emptied, it finds nothing', () => {
  const hot = new HotPath(KEY);
  const open = new OpenRequests(hot);
  put(open, 7, 0);
  hot.cleared(KEY, 1, 1, 1, 1, 1);
  expect(finds(open, 7, 0)).toBe(false);
});
