/** How clocks are compared by the frames that captures share. */
import { describe, expect, test } from 'vitest';
import { type Clock, compareClocks } from '../../src/points/clocks.ts';
import { hostOf } from '../../src/points/hosts.ts';
import { inReference } from '../../src/points/recording.ts';
import { Surveyor } from '../../src/points/survey.ts';
import { byClock, inMemory, part, pcapOf, recordingOf, seenAt } from '../support/local-captures.ts';
import { KEY, lan, Story } from '../support/story.ts';

const { vip, director, rs1, rs2, client } = lan();

/** The clocks of captures, in their order. */
async function clocksOf(...captures: Uint8Array[]): Promise<Clock[]> {
  const surveyor = new Surveyor(KEY);
  const { open } = inMemory(Object.fromEntries(captures.map((bytes, i) => [`${i}`, bytes])));
  const surveys = [];
  for (const i of captures.keys()) surveys.push(await surveyor.survey(await open(`${i}`)));
  return compareClocks(surveys, surveys.map(hostOf), () => false);
}

/** Requests, one every `ms`, that go the way of direct routing. */
function requests(count: number, ms: number): Uint8Array {
  const story = new Story().resolves(client, vip, director);
  for (let i = 0; i < count; i++) {
    const rs = i % 2 === 0 ? rs1 : rs2;
    story.tcp(client, vip).opens([client, director, rs], [rs, client]);
    story.wait(ms);
  }
  return story.pcap();
}

describe('clocks', () => {
  test('a clock that is ahead by minutes and runs faster is known by the frames that two captures share', async () => {
    const all = requests(60, 1000);
    const atDirector = seenAt(director.mac, all, 40_000);
    const atClient = byClock(seenAt(client.mac, all, 40_000), { ahead: 83.25, ppm: 50 });
    const clocks = await clocksOf(atDirector, atClient);
    const [reference, compared] = clocks;
    expect(reference).toMatchObject({ group: 0, reference: 0, rate: 1, shift: 0 });
    expect(compared).toMatchObject({ group: 0, reference: 0 });
    expect((1 / compared!.rate - 1) * 1e6).toBeCloseTo(50, 1);
    // An hour after the first frame its clock is ahead by 83.25 s and what it gains.
    const hour = 3600e9;
    const told = inReference(compared!, hour + 83.25e9 + hour * 50e-6);
    expect(Math.abs(told - hour)).toBeLessThan(0.5e6);
  });

  test('captures of machines that never talk to each other are compared by way of a third', async () => {
    const all = requests(20, 50);
    const wrong = [0, -40.5, 12.125];
    const captures = [rs1, director, rs2].map(({ mac }, i) =>
      byClock(
        seenAt(
          mac,
          part(all, (_, bytes) => bytes[0] !== 0xff),
          30_000,
        ),
        { ahead: wrong[i]! },
      ),
    );
    const clocks = await clocksOf(...captures);
    expect(clocks.map((clock) => clock.group)).toEqual([0, 0, 0]);
    expect(clocks.map(({ shift }) => Math.round((clocks[0]!.shift - shift) / 1e6) / 1000)).toEqual(wrong.map((ahead) => ahead - wrong[0]!));
  });

  test('frames that wait in a queue now and then do not move the offset', async () => {
    const all = requests(40, 20);
    let n = 0;
    const late = (at: number) => at + (n++ % 3 === 0 ? 8e6 : 50_000);
    const recording = recordingOf(seenAt(rs1.mac, all));
    const delayed = pcapOf({ ...recording, frames: recording.frames.map((frame) => ({ ...frame, at: late(frame.at) })) });
    const clocks = await clocksOf(seenAt(director.mac, all), delayed);
    expect(clocks[1]!.group).toBe(0);
    expect(Math.abs(clocks[1]!.shift)).toBeLessThan(0.1e6);
  });

  test('captures that have no frame in common keep clocks of their own', async () => {
    const all = requests(10, 20);
    const unicast = part(all, (_, bytes) => bytes[0] !== 0xff);
    const clocks = await clocksOf(seenAt(rs1.mac, unicast), seenAt(rs2.mac, unicast));
    expect(clocks.map(({ group, reference }) => [group, reference])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  test('a question that is asked every second alone does not say which of them is which', async () => {
    const asks = (seconds: number) => {
      const story = new Story();
      for (let i = 0; i < seconds; i++) story.whoHas(client, vip).wait(999.9);
      return story.pcap();
    };
    expect(
      (
        await clocksOf(
          asks(8),
          part(asks(8), (at) => at > 3e9),
        )
      ).map((clock) => clock.group),
    ).toEqual([0, 1]);
  });

  test('questions in an uneven rhythm do say it', async () => {
    const story = new Story();
    for (const ms of [100, 1700, 400, 2900, 300, 5100, 800]) story.whoHas(client, vip).wait(ms);
    const clocks = await clocksOf(story.pcap(), byClock(story.pcap(), { ahead: -7.5 }));
    expect(clocks[1]).toMatchObject({ group: 0 });
    expect(Math.round(clocks[1]!.shift / 1e6)).toBe(7500);
  });
});
