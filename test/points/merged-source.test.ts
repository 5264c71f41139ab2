/** Several captures as one: each frame once, in the order that all of them tell. */
import { describe, expect, test } from 'vitest';
import { captureOf, emptyFrame, numberInFile } from '../../src/capture/frame.ts';
import { readPoints } from '../../src/points/read-points.ts';
import { inMemory, onAny, part, pcapOf, recordingOf, seenAt } from '../support/local-captures.ts';
import { lan, Story } from '../support/story.ts';

const { vip, director, rs1, rs2, client } = lan();

interface Merged {
  /** Captures that hold it, with its number in each: 'ab 3 2'. */
  readonly seen: string;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** What captures, named by single letters, give as one. */
async function merge(files: Readonly<Record<string, Uint8Array>>): Promise<Merged[]> {
  const names = Object.keys(files);
  const points = await readPoints(
    names.map((name) => ({ name, point: null })),
    inMemory(files),
  );
  const source = points.merge();
  const frame = emptyFrame();
  const merged: Merged[] = [];
  do {
    while (source.next(frame)) {
      const sorted = [...source.seenAs].sort((x, y) => x - y);
      const seen = `${sorted.map((number) => names[captureOf(number)]).join('')} ${sorted.map(numberInFile).join(' ')}`;
      merged.push({ seen, bytes: frame.bytes.slice(frame.start, frame.end), at: frame.seconds * 1e9 + frame.nanoseconds });
    }
  } while (await source.more());
  await source.close();
  return merged;
}

const healthy = (requests = 4) => {
  const story = new Story().resolves(client, vip, director);
  for (let i = 0; i < requests; i++) story.tcp(client, vip).opens([client, director, rs1], [rs1, client]).story.wait(5);
  return story;
};

/** The frames of a pcap file in their order. */
const framesOf = (pcap: Uint8Array) => recordingOf(pcap).frames.map(({ bytes }) => bytes);

describe('captures of several machines', () => {
  test('give each frame of the LAN once, in the order in which it was sent', async () => {
    const all = healthy().pcap();
    const merged = await merge({
      d: seenAt(director.mac, all, 30_000),
      r: seenAt(rs1.mac, all, 30_000),
      c: seenAt(client.mac, all, 30_000),
    });
    expect(merged.map(({ bytes }) => bytes)).toEqual(framesOf(all));
    expect(merged.map(({ seen }) => seen).slice(0, 5)).toEqual(['drc 1 1 1', 'dc 2 2', 'dc 3 3', 'dr 4 2', 'rc 3 4']);
  });

  test('keep that order though clocks are off by more than machines take to answer', async () => {
    const all = healthy(20).pcap();
    let n = 0;
    const recording = recordingOf(seenAt(rs1.mac, all));
    // What arrives waits for up to two milliseconds; the director hands it on after a tenth.
    const jittery = pcapOf({ ...recording, frames: recording.frames.map((f) => ({ ...f, at: f.at + ((n++ * 7) % 20) * 1e5 })) });
    const merged = await merge({ d: seenAt(director.mac, all), r: jittery, c: seenAt(client.mac, all) });
    expect(merged.map(({ bytes }) => bytes)).toEqual(framesOf(all));
  });

  test('tell times that do not go back', async () => {
    const all = healthy(20).pcap();
    const merged = await merge({ d: seenAt(director.mac, all, 90_000), c: seenAt(client.mac, all, 10_000) });
    expect(merged.every(({ at }, i) => i === 0 || at >= merged[i - 1]!.at)).toBe(true);
  });

  test('keep what one of them holds twice twice: a frame that is sent again as it came', async () => {
    const story = new Story();
    const flow = story.tcp(client, vip).syn(client, director);
    story.again();
    flow.syn(director, rs1);
    const all = story.pcap();
    // The client sends the first one only; the director gets it and sends it out again.
    const atClient = part(all, (at) => at < 50_000);
    expect((await merge({ d: all, c: atClient })).map(({ seen }) => seen)).toEqual(['dc 1 1', 'd 2', 'd 3']);
  });

  test('with and without destination MAC: the one that has it tells the frame', async () => {
    const all = healthy().pcap();
    const merged = await merge({ d: onAny(director.mac, seenAt(director.mac, all)), c: seenAt(client.mac, all), r: seenAt(rs1.mac, all) });
    expect(merged.map(({ bytes }) => bytes)).toEqual(framesOf(all));
    expect(merged[2]!.seen).toBe('dc 3 3');
  });

  test('of which one joined segments that the other holds apart meet at the first of them', async () => {
    const story = new Story();
    const flow = story.tcp(rs1, client.ip, { port: 22 });
    flow.opens([rs1, client], [client, rs1]);
    flow.data(rs1, client);
    const all = story.pcap();
    const recording = recordingOf(all);
    const last = recording.frames.at(-1)!;
    // The sender's card splits it: the first part has the same identification and sequence number, and another length.
    const shorter = last.bytes.slice(0, -40);
    shorter[17] = shorter[17]! - 40;
    const split = pcapOf({ ...recording, frames: [...recording.frames.slice(0, -1), { ...last, bytes: shorter }] });
    expect((await merge({ s: all, r: split })).map(({ seen }) => seen)).toEqual(['sr 1 1', 'sr 2 2', 'sr 3 3', 'sr 4 4']);
  });

  test('that overlap, as rotated files may, give what both hold once', async () => {
    const all = healthy(6).pcap();
    const middle = recordingOf(all).frames.length / 2;
    let n = 0;
    const early = part(all, () => n++ < middle + 3);
    n = 0;
    const late = part(all, () => n++ >= middle - 3);
    const merged = await merge({ a: early, b: late });
    expect(merged.map(({ bytes }) => bytes)).toEqual(framesOf(all));
    expect(merged.filter(({ seen }) => seen.startsWith('ab'))).toHaveLength(6);
  });

  test('one after the other give one after the other', async () => {
    const all = healthy(6).pcap();
    const half = 15e6;
    const merged = await merge({ late: part(all, (at) => at >= half), early: part(all, (at) => at < half) });
    expect(merged.map(({ bytes }) => bytes)).toEqual(framesOf(all));
  });

  test('that hold nothing hold nothing', async () => {
    const none = part(healthy().pcap(), () => false);
    expect(await merge({ a: none, b: none })).toEqual([]);
    expect(await merge({ a: none, b: seenAt(rs2.mac, healthy().pcap()) })).toHaveLength(1);
  });

  test('hold no more than a moment of a long capture in memory', async () => {
    const story = new Story();
    for (let i = 0; i < 3000; i++)
      story
        .tcp(client, vip, { clientPort: 1024 + i })
        .syn(client, director, rs1)
        .story.wait(10);
    const all = story.pcap();
    const files = { d: seenAt(director.mac, all), r: seenAt(rs1.mac, all) };
    const points = await readPoints(
      Object.keys(files).map((name) => ({ name, point: null })),
      inMemory(files),
    );
    const source = points.merge();
    const frame = emptyFrame();
    let largest = 0;
    do while (source.next(frame)) largest = Math.max(largest, frame.bytes.length);
    while (await source.more());
    // Half a megabyte of frames passes through a buffer of its first size.
    expect(largest).toBeLessThanOrEqual(65_536);
  });
});
