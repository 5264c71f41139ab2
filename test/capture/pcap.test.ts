import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/usage-error.ts';
import { fields, frameOf, joined, type PcapHeader, pcapHeader, pcapRecord } from './capture-bytes.ts';
import { readBytes } from './read-capture.ts';

describe('a pcap file', () => {
  test.each(['little', 'big'] as const)('in %s-endian order gives its frames with time, lengths and bytes', async (order) => {
    const data = frameOf(60, 7);
    const { frames, info } = await readBytes(
      joined(pcapHeader({ order, snapLength: 96 }), pcapRecord({ order, fraction: 999_999, data, wireLength: 1514 })),
    );
    expect(frames).toEqual([
      { number: 1, seconds: 1_700_000_000, nanoseconds: 999_999_000, wireLength: 1514, linkType: 1, point: 0, data },
    ]);
    expect(info).toMatchObject({ format: 'pcap', compression: null, linkTypes: [1], snapLength: 96, frames: 1, skippedFrames: 0 });
    expect(info).toMatchObject({ bytes: 100, storedBytes: 100, storedBytesRead: 100, cutOff: false, damage: null, dropped: null });
  });

  test.each(['little', 'big'] as const)('with the nanosecond magic in %s-endian order keeps nanoseconds', async (order) => {
    const { frames } = await readBytes(joined(pcapHeader({ order, magic: 0xa1b23c4d }), pcapRecord({ order, fraction: 123_456_789 })));
    expect(frames[0]).toMatchObject({ seconds: 1_700_000_000, nanoseconds: 123_456_789 });
  });

  test.each(['little', 'big'] as const)('in the modified variant and %s-endian order has longer record headers', async (order) => {
    const extra = fields(order, [4, 3], [2, 8], [1, 4], [1, 0]);
    const head = fields(order, [4, 5], [4, 6], [4, 60], [4, 70]);
    const { frames } = await readBytes(
      joined(pcapHeader({ order, magic: 0xa1b2cd34 }), head, extra, frameOf(60, 1), head, extra, frameOf(60, 2)),
    );
    expect(frames.map(({ data, wireLength, seconds }) => [data[0], wireLength, seconds])).toEqual([
      [1, 70, 5],
      [2, 70, 5],
    ]);
  });

  const exchanged = { captured: 70, wireLength: 60, data: frameOf(60) };
  test.each<[string, PcapHeader]>([
    ['2.2', { minor: 2 }],
    ['2.3 whose writer had not learned it', { minor: 3 }],
    ['543.0', { major: 543, minor: 0 }],
  ])('of version %s has its two lengths exchanged', async (_, header) => {
    const { frames } = await readBytes(joined(pcapHeader(header), pcapRecord(exchanged), pcapRecord(exchanged)));
    expect(frames.map(({ data, wireLength }) => [data.length, wireLength])).toEqual([
      [60, 70],
      [60, 70],
    ]);
  });

  test('of version 2.3 may have the captured length first', async () => {
    const { frames } = await readBytes(joined(pcapHeader({ minor: 3 }), pcapRecord({ wireLength: 70 })));
    expect(frames[0]).toMatchObject({ wireLength: 70, data: frameOf(60) });
  });

  test.each<[string, PcapHeader]>([
    ['2.5', { minor: 5 }],
    ['1.0', { major: 1, minor: 0 }],
    ['543.1', { major: 543, minor: 1 }],
  ])('of version %s cannot be read', async (version, header) => {
    await expect(readBytes(pcapHeader(header))).rejects.toThrow(new RegExp(`version ${version.replace('.', '\\.')};.*expected:`));
  });

  test('may carry the length of the frame check sequence in its link type field, but no reserved bits', async () => {
    const { frames } = await readBytes(joined(pcapHeader({ linkType: 0x4400_0001 }), pcapRecord()));
    expect(frames[0]?.linkType).toBe(1);
    await expect(readBytes(pcapHeader({ linkType: 0x0030_0001 }))).rejects.toThrow(/0x300001, with reserved bits set/);
  });

  test.each([
    [0, 0],
    [1, 1],
    [12, 101],
    [14, 101],
    [101, 101],
    [108, 108],
    [113, 113],
    [228, 228],
    [229, 229],
    [276, 276],
  ])('of link type %d delivers frames of link type %d', async (linkType, delivered) => {
    const { frames, info } = await readBytes(joined(pcapHeader({ linkType }), pcapRecord()));
    expect(frames[0]?.linkType).toBe(delivered);
    expect(info.linkTypes).toEqual([delivered]);
  });

  test.each([
    [105, 'IEEE802_11'],
    [9, 'PPP'],
    [60_000, 'unassigned'],
  ])('of link type %d (%s) is refused in one sentence', async (linkType, name) => {
    const reading = readBytes(joined(pcapHeader({ linkType }), pcapRecord()));
    await expect(reading).rejects.toThrow(UsageError);
    await expect(reading).rejects.toThrow(`link type ${linkType} (${name}); Ethernet`);
  });

  test('with a header only is a capture without frames', async () => {
    const { frames, info } = await readBytes(pcapHeader());
    expect(frames).toEqual([]);
    expect(info).toMatchObject({ frames: 0, cutOff: false, damage: null });
  });

  test('may hold frames longer than its snapshot length, and empty ones', async () => {
    const { frames, info } = await readBytes(
      joined(pcapHeader({ snapLength: 20 }), pcapRecord(), pcapRecord({ data: new Uint8Array(0), wireLength: 60 })),
    );
    expect(frames.map(({ data }) => data.length)).toEqual([60, 0]);
    expect(info.snapLength).toBe(20);
  });

  test('holds the longest frame that is believed, and is damaged one byte further', async () => {
    const longest = await readBytes(joined(pcapHeader(), pcapRecord({ data: frameOf(262_144) }), pcapRecord()), { chunkBytes: 4096 });
    expect(longest.frames.map(({ data }) => data.length)).toEqual([262_144, 60]);
    const { frames, info } = await readBytes(joined(pcapHeader(), pcapRecord(), pcapRecord({ data: frameOf(262_145) }), pcapRecord()));
    expect(frames).toHaveLength(1);
    expect(info.cutOff).toBe(false);
    expect(info.damage).toMatch(/^At byte 100 of the capture a record claims 262145 captured bytes.*only the frame before it was read\.$/);
  });

  test('with an absurd record length keeps every frame before it', async () => {
    const good = [pcapRecord(), pcapRecord(), pcapRecord()];
    const { frames, info } = await readBytes(joined(pcapHeader(), ...good, pcapRecord({ captured: 0xffff_ffff }), ...good));
    expect(frames).toHaveLength(3);
    expect(info.damage).toMatch(/claims 4294967295 captured bytes.*only the 3 frames before it were read/);
  });

  test('with a fraction of more than a second carries it over', async () => {
    const { frames } = await readBytes(
      joined(pcapHeader(), pcapRecord({ fraction: 1_000_000 }), pcapRecord({ seconds: 0xffff_ffff, fraction: 0xffff_ffff })),
    );
    expect(frames.map(({ seconds, nanoseconds }) => [seconds, nanoseconds])).toEqual([
      [1_700_000_001, 0],
      [0xffff_ffff + 4294, 967_295_000],
    ]);
  });

  test('cut anywhere gives the whole frames before the cut, and says that it is cut', async () => {
    const records = [pcapRecord({ data: frameOf(20) }), pcapRecord({ data: frameOf(0) }), pcapRecord({ data: frameOf(7) })];
    const whole = joined(pcapHeader(), ...records);
    const ends = records.map((_, index) => joined(pcapHeader(), ...records.slice(0, index + 1)).length);
    for (let length = 0; length < whole.length; length += 1) {
      const reading = readBytes(whole.subarray(0, length), { chunkBytes: 1 + (length % 5) });
      if (length < 24) {
        await expect(reading).rejects.toThrow(UsageError);
        continue;
      }
      const { frames, info } = await reading;
      expect([length, frames.length]).toEqual([length, ends.filter((end) => end <= length).length]);
      expect([length, info.cutOff, info.damage]).toEqual([length, length !== 24 && !ends.includes(length), null]);
    }
  });

  test.each([1, 7, 16, 76, 77, 1000])('read %d bytes at a time gives the same frames', async (chunkBytes) => {
    const records = Array.from({ length: 40 }, (_, index) => pcapRecord({ data: frameOf(index * 3, index), fraction: index }));
    const bytes = joined(pcapHeader(), ...records);
    expect((await readBytes(bytes, { chunkBytes })).frames).toEqual((await readBytes(bytes)).frames);
  });

  test('marks its frames with the capture point it was opened for', async () => {
    const { frames } = await readBytes(joined(pcapHeader(), pcapRecord()), { point: 3 });
    expect(frames[0]?.point).toBe(3);
  });
});
