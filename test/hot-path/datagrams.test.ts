import { expect, test } from 'vitest';
import { HotPath } from '../../src/hot-path/hot-path.ts';
import { ONCE, SEEN_ECHO, SEEN_ECHO_AGAIN, SEEN_ELSEWHERE, SEEN_FIRST, SEEN_LOOP, THRICE, TWICE } from '../../src/hot-path/layout.ts';
import { KEY } from '../support/story.ts';

const A = 1;
const B = 2;
const C = 3;
const NAMES: Readonly<Record<number, string>> = {
  [SEEN_FIRST]: 'first',
  [SEEN_ELSEWHERE]: 'elsewhere',
  [SEEN_ECHO]: 'echo',
  [SEEN_ECHO_AGAIN]: 'echoAgain',
  [SEEN_LOOP]: 'loop',
};

/** Sees a datagram of a flow; what is the same of all is left out. */
function see(hot: HotPath, flow: number, edge: number, ttl: number, ms: number): string {
  return NAMES[hot.exports.seeDatagram(flow, 77, true, 1000, 2000, 0x10, 60, 3, 0x1234, edge, ttl, ms)]!;
}

/** Sightings of one datagram: [edge, TTL, ms] each. */
function sightings(...passages: [edge: number, ttl: number, ms: number][]): string[] {
  const hot = new HotPath(KEY);
  return passages.map((passage) => see(hot, 1, ...passage));
}

test('a copy on the onward hop is no echo, whether the TTL falls or not', () => {
  expect(sightings([A, 64, 0], [B, 63, 1])).toEqual(['first', 'elsewhere']);
  expect(sightings([A, 64, 0], [B, 64, 1])).toEqual(['first', 'elsewhere']);
});

test('the same datagram on the same hop is an echo; the third time it is one again', () => {
  expect(sightings([A, 64, 0], [A, 64, 1], [A, 64, 1], [A, 64, 2])).toEqual(['first', 'echo', 'echoAgain', 'echoAgain']);
});

test('a mirror that doubles both hops shows an echo on each', () => {
  expect(sightings([A, 64, 0], [A, 64, 0], [B, 63, 1], [B, 63, 1])).toEqual(['first', 'echo', 'elsewhere', 'echo']);
});

test('a datagram that comes back on its hop with a lower TTL goes in circles', () => {
  expect(sightings([A, 64, 0], [B, 63, 1], [A, 62, 2])).toEqual(['first', 'elsewhere', 'loop']);
  expect(sightings([A, 64, 0], [B, 63, 1], [C, 62, 2], [B, 61, 3])).toEqual(['first', 'elsewhere', 'elsewhere', 'loop']);
});

test('the same datagram with a lower TTL on the very same hop goes in circles too', () => {
  expect(sightings([A, 64, 0], [A, 63, 1])).toEqual(['first', 'loop']);
});

test('copies come within 100 ms; later the same bytes are a retransmission', () => {
  expect(sightings([A, 64, 0], [A, 64, 100])).toEqual(['first', 'echo']);
  expect(sightings([A, 64, 0], [A, 64, 101])).toEqual(['first', 'first']);
});

test('frames of two capture threads may be up to 100 ms out of order', () => {
  expect(sightings([A, 64, 1000], [A, 64, 900])).toEqual(['first', 'echo']);
  expect(sightings([A, 64, 1000], [A, 64, 899])).toEqual(['first', 'first']);
});

test('time may wrap at 2^31 ms', () => {
  expect(sightings([A, 64, 0x7fffffff], [B, 63, -0x80000000])).toEqual(['first', 'elsewhere']);
});

test('another datagram in the same slot takes its place', () => {
  const hot = new HotPath(KEY);
  expect([1, 2, 1].map((flow) => see(hot, flow, A, 64, 0))).toEqual(['first', 'first', 'first']);
});

test('whatever of it differs that a director must not change, it is another datagram', () => {
  const datagram = [1, 77, true, 1000, 2000, 0x10, 60, 3, 0x1234] as const;
  for (const [i, value] of datagram.entries()) {
    const hot = new HotPath(KEY);
    const other = [...datagram] as [...typeof datagram];
    (other as unknown[])[i] = typeof value === 'number' ? value + 1 : !value;
    hot.exports.seeDatagram(...datagram, A, 64, 0);
    expect([hot.exports.seeDatagram(...other, A, 64, 0), hot.exports.seeDatagram(...other, A, 64, 0)]).toEqual([SEEN_FIRST, SEEN_ECHO]);
  }
});

test('each sighting is counted on its edge', () => {
  const hot = new HotPath(KEY);
  for (const [edge, ttl] of [
    [A, 64],
    [A, 64],
    [A, 64],
    [B, 63],
    [A, 62],
  ] as const)
    see(hot, 1, edge, ttl, 0);
  const counts = (edge: number) => [ONCE, TWICE, THRICE].map((table) => hot.doubles(table, 4)[edge]);
  expect([counts(A), counts(B)]).toEqual([
    [2, 1, 1],
    [1, 0, 0],
  ]);
});
