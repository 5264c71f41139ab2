/** Frames of several captures are told by the capture and the number in it. */
import { expect, test } from 'vitest';
import { mergedNumber } from '../../src/capture/frame.ts';
import { nameFrames } from '../../src/points/name-frames.ts';

const names = ['lvs1.pcap', 'dump-1795165777000.pcap'];
const named = <T>(told: T): T => nameFrames(told, (capture) => names[capture]!);
const [first, second] = [mergedNumber(0, 12), mergedNumber(1, 5)];

test('in sentences', () => {
  expect(named(`first in frame ${first}.`)).toBe('first in frame 12 of lvs1.pcap.');
  expect(named(`(frames ${first} to ${second})`)).toBe('(frames 12 of lvs1.pcap to 5 of dump-1795165777000.pcap)');
});

test('wherever a frame is a member, and in the frames of a path', () => {
  expect(named({ evidence: [{ capture: '?', frame: second, shows: 'fault' }] })).toEqual({
    evidence: [{ capture: names[1], frame: 5, shows: 'fault' }],
  });
  expect(named({ path: ['→ a>b'], frames: [first, second] })).toEqual({ path: ['→ a>b'], frames: [12, 5], captures: names });
});

test('and nothing else: long numbers in names, counts of frames, frames that are missing', () => {
  const told = { name: names[1], message: `${names[1]} has no machine in common`, frames: 4242, frame: null, at: first };
  expect(named(told)).toEqual(told);
});
