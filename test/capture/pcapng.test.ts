import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/usage-error.ts';
import {
  block,
  enhancedPacket,
  fields,
  frameOf,
  interfaceDescription,
  joined,
  obsoletePacket,
  option,
  sectionHeader,
  simplePacket,
  statistics,
} from './capture-bytes.ts';
import { readBytes } from './read-capture.ts';

const JUNK_OPTION = option(1, new TextEncoder().encode('a comment'));

describe('a pcapng file', () => {
  test.each(['little', 'big'] as const)('in %s-endian order gives its frames with time, lengths and bytes', async (order) => {
    const data = frameOf(61, 9);
    const { frames, info } = await readBytes(
      joined(
        sectionHeader(order),
        interfaceDescription({ order, snapLength: 96 }),
        enhancedPacket({ order, data, time: 1_700_000_000_123_456n, wireLength: 1514 }),
      ),
    );
    expect(frames).toEqual([
      { number: 1, seconds: 1_700_000_000, nanoseconds: 123_456_000, wireLength: 1514, linkType: 1, point: 0, data },
    ]);
    expect(info).toMatchObject({ format: 'pcapng', linkTypes: [1], snapLength: 96, frames: 1, cutOff: false, damage: null, dropped: null });
  });

  test.each(['little', 'big'] as const)('holds frames in enhanced, simple and obsolete packet blocks, %s-endian', async (order) => {
    const { frames } = await readBytes(
      joined(
        sectionHeader(order),
        interfaceDescription({ order, snapLength: 40 }),
        interfaceDescription({ order, linkType: 101, resolution: 9 }),
        enhancedPacket({ order }),
        simplePacket({ order, data: frameOf(40, 1), wireLength: 60 }),
        simplePacket({ order, data: frameOf(30, 2) }),
        obsoletePacket({ order, from: 1, data: frameOf(50, 3), wireLength: 52, time: 1_700_000_000_000_000_001n }),
      ),
    );
    expect(
      frames.map(({ number, linkType, seconds, nanoseconds, wireLength, data }) => [
        number,
        linkType,
        seconds,
        nanoseconds,
        wireLength,
        data,
      ]),
    ).toEqual([
      [1, 1, 1_700_000_000, 0, 60, frameOf(60)],
      [2, 1, 0, 0, 60, frameOf(40, 1)],
      [3, 1, 0, 0, 30, frameOf(30, 2)],
      [4, 101, 1_700_000_000, 1, 52, frameOf(50, 3)],
    ]);
  });

  test('gives each interface its resolution and its offset', async () => {
    const { frames } = await readBytes(
      joined(
        sectionHeader(),
        interfaceDescription(),
        interfaceDescription({ resolution: 9, offset: 3600n }),
        interfaceDescription({ resolution: 0x80 | 10, offset: -1n }),
        enhancedPacket({ from: 0, time: 1_700_000_000_000_001n }),
        enhancedPacket({ from: 1, time: 1_700_000_000_000_000_001n }),
        enhancedPacket({ from: 2, time: 1_700_000_000n * 1024n + 512n }),
      ),
    );
    expect(frames.map(({ seconds, nanoseconds }) => [seconds, nanoseconds])).toEqual([
      [1_700_000_000, 1000],
      [1_700_003_600, 1],
      [1_699_999_999, 500_000_000],
    ]);
  });

  test('begins a new list of interfaces and a new byte order with each section', async () => {
    const { frames, info } = await readBytes(
      joined(
        sectionHeader('little'),
        interfaceDescription({ linkType: 113 }),
        enhancedPacket(),
        sectionHeader('big', 1, 2),
        interfaceDescription({ order: 'big', snapLength: 77 }),
        enhancedPacket({ order: 'big' }),
        sectionHeader('little'),
        interfaceDescription({ linkType: 113 }),
        enhancedPacket(),
      ),
    );
    expect(frames.map(({ linkType, seconds }) => [linkType, seconds])).toEqual([
      [113, 1_700_000_000],
      [1, 1_700_000_000],
      [113, 1_700_000_000],
    ]);
    expect(info).toMatchObject({ linkTypes: [113, 1], snapLength: 0 });
  });

  test('counts as dropped what the last statistics of every interface say, in all sections', async () => {
    const section = [sectionHeader(), interfaceDescription(), interfaceDescription(), enhancedPacket()];
    const { info } = await readBytes(
      joined(...section, statistics(0, 1n, 2n), statistics(1, 10n, 0n), statistics(0, 4n, 4n), ...section, statistics(0, 100n, 0n)),
    );
    expect(info.dropped).toBe(118);
    expect((await readBytes(joined(...section))).info.dropped).toBeNull();
    expect((await readBytes(joined(...section, statistics(1, 0n, 0n)))).info.dropped).toBe(0);
    expect((await readBytes(joined(...section, statistics(1, 2n ** 64n - 1n, 2n ** 64n - 1n)))).info.dropped).toBe(Number.MAX_SAFE_INTEGER);
    expect((await readBytes(joined(...section, statistics(7, 1n, 1n)))).info.dropped).toBeNull();
  });

  test('may hold unknown blocks, name resolution, secrets and options anywhere', async () => {
    const head = fields('little', [4, 0], [4, 0], [4, 0], [4, 60], [4, 60]);
    const { frames, info } = await readBytes(
      joined(
        block(0x0a0d0d0a, joined(fields('little', [4, 0x1a2b3c4d], [2, 1], [2, 0], [8, 12_345n]), JUNK_OPTION)),
        block(0x7777, frameOf(33)),
        block(1, joined(fields('little', [2, 1], [2, 0], [4, 0]), JUNK_OPTION, fields('little', [2, 9], [2, 60_000]))),
        block(4, frameOf(8)),
        block(10, frameOf(100)),
        block(6, joined(head, frameOf(60), JUNK_OPTION)),
        block(0x8000_0001, new Uint8Array(0)),
        enhancedPacket(),
      ),
    );
    expect(frames.map(({ number, data }) => [number, data.length])).toEqual([
      [1, 60],
      [2, 60],
    ]);
    expect(info).toMatchObject({ skippedFrames: 0, damage: null, cutOff: false });
  });

  test('numbers journal entries, custom blocks and sysdig events like frames, as Wireshark does', async () => {
    const numbered = [9, 0xbad, 0x4000_0bad, 0x204, 0x222].map((type) => block(type, frameOf(24)));
    const { frames, info } = await readBytes(joined(sectionHeader(), interfaceDescription(), ...numbered, enhancedPacket()));
    expect(frames.map(({ number }) => number)).toEqual([6]);
    expect(info.skippedFrames).toBe(5);
  });

  test('passes over the frames of an interface whose link type cannot be read, but counts them', async () => {
    const { frames, info } = await readBytes(
      joined(
        sectionHeader(),
        interfaceDescription({ linkType: 105 }),
        interfaceDescription({ linkType: 14 }),
        enhancedPacket({ from: 0 }),
        enhancedPacket({ from: 1 }),
        simplePacket(),
        obsoletePacket({ from: 0 }),
        enhancedPacket({ from: 1 }),
      ),
    );
    expect(frames.map(({ number, linkType }) => [number, linkType])).toEqual([
      [2, 101],
      [5, 101],
    ]);
    expect(info).toMatchObject({ frames: 2, skippedFrames: 3, linkTypes: [101] });
  });

  test('of which no frame can be read is refused, naming the link types', async () => {
    const interfaces = [105, 9, 105].map((linkType) => interfaceDescription({ linkType }));
    const reading = readBytes(joined(sectionHeader(), ...interfaces, enhancedPacket({ from: 1 })));
    await expect(reading).rejects.toThrow(UsageError);
    await expect(reading).rejects.toThrow('holds frames of link type 105 (IEEE802_11), 9 (PPP); Ethernet');
  });

  const begin = [sectionHeader(), interfaceDescription(), enhancedPacket()];
  test.each<[string, Uint8Array, RegExp]>([
    [
      'a block whose two lengths differ',
      joined(fields('little', [4, 6], [4, 16], [4, 0], [4, 20])),
      /says at its begin that it has 16 bytes/,
    ],
    ['a block too long to be true', fields('little', [4, 6], [4, 0xffff_fff0], [4, 0]), /the length is 4294967280 bytes, more than/],
    ['a block too short to be one', fields('little', [4, 6], [4, 8], [4, 0]), /the length is 8 bytes, less than the 12/],
    ['a packet block without its fields', block(6, frameOf(16)), /a packet block has only 28 bytes/],
    ['an obsolete packet block without its fields', block(2, frameOf(16)), /a packet block has only 28 bytes/],
    ['a simple packet block without its field', block(3, new Uint8Array(0)), /a packet block has only 12 bytes/],
    ['an interface description without its fields', block(1, frameOf(4)), /an interface description has only 16 bytes/],
    ['a frame longer than its block', enhancedPacket({ captured: 64 }), /claims 64 captured bytes/],
    ['a frame longer than any frame', enhancedPacket({ data: frameOf(262_145) }), /claims 262145 captured bytes/],
    ['a simple packet longer than its block', simplePacket({ wireLength: 64 }), /claims 64 captured bytes/],
    ['an obsolete packet longer than its block', obsoletePacket({ captured: 64 }), /claims 64 captured bytes/],
    ['a frame of an unknown interface', enhancedPacket({ from: 1 }), /comes from interface 1, which/],
    ['an obsolete frame of an unknown interface', obsoletePacket({ from: 9 }), /comes from interface 9, which/],
    ['a simple packet before any interface', joined(sectionHeader(), simplePacket()), /comes from interface 0, which/],
    ['a section of another version', sectionHeader('little', 2, 0), /a section of version 2\.0 begins/],
    ['a section without a byte-order mark', block(0x0a0d0d0a, frameOf(16)), /a section header has no byte-order mark/],
    ['a section header without its fields', block(0x0a0d0d0a, fields('little', [4, 0x1a2b3c4d])), /a section header has only 16 bytes/],
  ])('is damaged at %s; what stands before is kept', async (_, bad, sentence) => {
    const { frames, info } = await readBytes(joined(...begin, bad, enhancedPacket()));
    expect(frames).toHaveLength(1);
    expect(info.damage).toMatch(sentence);
    expect(info.damage).toMatch(/^At byte \d+ of the capture .*: the file is damaged there, and only the frame before it was read\.$/);
    expect(info.cutOff).toBe(false);
  });

  test('whose block length forgot the padding is read as if it had not', async () => {
    const body = joined(fields('little', [4, 0], [4, 0], [4, 0], [4, 61], [4, 61]), frameOf(61));
    const unpadded = joined(fields('little', [4, 6], [4, 93]), body, new Uint8Array(3), fields('little', [4, 93]));
    const { frames } = await readBytes(joined(...begin, unpadded, enhancedPacket()));
    expect(frames.map(({ data }) => data.length)).toEqual([60, 61, 60]);
  });

  test('may hold a block larger than the read buffer, up to 16 MiB', async () => {
    const large = block(0x7777, new Uint8Array(3 * 1024 * 1024));
    const { frames } = await readBytes(joined(...begin, large, enhancedPacket(), large, enhancedPacket()), { chunkBytes: 65_536 });
    expect(frames.map(({ number }) => number)).toEqual([1, 2, 3]);
    const tooLarge = await readBytes(joined(...begin, block(0x7777, new Uint8Array(16 * 1024 * 1024)), enhancedPacket()));
    expect(tooLarge.frames).toHaveLength(1);
    expect(tooLarge.info.damage).toMatch(/the length is 16777228 bytes, more than the 16777216/);
  });

  test('may describe 65,536 interfaces in a section, and no more', async () => {
    const many = Array.from({ length: 65_535 }, () => interfaceDescription());
    const { frames } = await readBytes(joined(...begin, ...many, enhancedPacket({ from: 65_535 }), ...begin));
    expect(frames).toHaveLength(3);
    const { info } = await readBytes(joined(...begin, ...many, interfaceDescription(), enhancedPacket()));
    expect(info.frames).toBe(1);
    expect(info.damage).toMatch(/a section describes more than 65536 interfaces/);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['a version that is unknown', sectionHeader('little', 1, 1), /its version is 1\.1, not 1\.0; a sound/],
    ['no byte-order mark', block(0x0a0d0d0a, frameOf(16)), /its byte-order mark is not one/],
    ['an absurd length', fields('little', [4, 0x0a0d0d0a], [4, 0x7fff_ffff], [4, 0x1a2b3c4d]), /the length is 2147483647 bytes/],
    ['two lengths that differ', joined(sectionHeader().subarray(0, 24), fields('little', [4, 32])), /its two lengths differ/],
  ])('whose first section header has %s is refused', async (_, bytes, sentence) => {
    const reading = readBytes(bytes);
    await expect(reading).rejects.toThrow(UsageError);
    await expect(reading).rejects.toThrow(sentence);
  });

  test('cut anywhere gives the whole frames before the cut, and says that it is cut', async () => {
    const blocks = [
      sectionHeader(),
      interfaceDescription({ resolution: 9 }),
      enhancedPacket({ data: frameOf(15) }),
      simplePacket({ data: frameOf(6) }),
      statistics(0, 1n, 0n),
      sectionHeader('big'),
      interfaceDescription({ order: 'big' }),
      obsoletePacket({ order: 'big', data: frameOf(3) }),
    ];
    const whole = joined(...blocks);
    const ends = blocks.map((_, index) => joined(...blocks.slice(0, index + 1)).length);
    const frameEnds = [ends[2]!, ends[3]!, ends[7]!];
    for (let length = 0; length < whole.length; length += 1) {
      const reading = readBytes(whole.subarray(0, length), { chunkBytes: 1 + (length % 5) });
      if (length < 28) {
        await expect(reading).rejects.toThrow(UsageError);
        continue;
      }
      const { frames, info } = await reading;
      expect([length, frames.length]).toEqual([length, frameEnds.filter((end) => end <= length).length]);
      expect([length, info.cutOff, info.damage]).toEqual([length, !ends.includes(length), null]);
    }
  });
});
