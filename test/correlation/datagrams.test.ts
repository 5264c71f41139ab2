import { expect, test } from 'vitest';
import { DatagramTable, Sighting } from '../../src/correlation/datagrams.ts';

const A = 1;
const B = 2;
const C = 3;
const NAMES = Object.fromEntries(Object.entries(Sighting).map(([name, value]) => [value, name]));

/** Sightings of one datagram: [edge, TTL, ms] each. */
function sightings(...passages: [edge: number, ttl: number, ms: number][]): string[] {
  const table = new DatagramTable();
  return passages.map(([edge, ttl, ms]) => NAMES[table.see(0x1234567, 77, edge, ttl, ms)]!);
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
  const table = new DatagramTable();
  table.see(0x10001, 77, A, 64, 0);
  table.see(0x20001, 77, A, 64, 0);
  expect(NAMES[table.see(0x10001, 77, A, 64, 1)]).toBe('first');
});
