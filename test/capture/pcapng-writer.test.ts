import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PcapngWriter } from '../../src/capture/pcapng-writer.ts';
import { readBytes, temporaryDirectory } from './read-capture.ts';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

/** The blocks of a file with one Ethernet interface, and its writer. */
function newFile(comment = 'two frames'): { blocks: Uint8Array[]; writer: PcapngWriter; ethernet: number } {
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter((block) => blocks.push(block), { application: 'lvs-doctor test', comment });
  return { blocks, writer, ethernet: writer.describeInterface({ linkType: 1, snapLength: 0, name: 'mirror.pcap', description: 'mirror' }) };
}

const frameToWrite = fc.record({
  seconds: fc.integer({ min: 0, max: 4_000_000_000 }),
  nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  wireLength: fc.integer({ min: 0, max: 70_000 }),
  bytes: fc.uint8Array({ maxLength: 300 }),
});

test('what is written is read back: bytes, length on the wire, and time to the nanosecond', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(frameToWrite, fc.string()), { maxLength: 20 }), async (written) => {
      const { blocks, writer, ethernet } = newFile();
      for (const [frame, comment] of written) writer.frame(ethernet, frame, comment);
      const { frames, info } = await readBytes(Buffer.concat(blocks));
      expect(frames.map(({ seconds, nanoseconds, wireLength, data }) => ({ seconds, nanoseconds, wireLength, bytes: data }))).toEqual(
        written.map(([frame]) => frame),
      );
      expect(info).toMatchObject({ cutOff: false, damage: null });
    }),
    { numRuns: 50 },
  );
});

test('wherever writing ends, all frames before are read: nothing is changed once it is written', async () => {
  const { blocks, writer, ethernet } = newFile();
  for (let i = 0; i < 3; i++) {
    writer.frame(ethernet, { seconds: i, nanoseconds: 0, wireLength: 61, bytes: new Uint8Array(61) }, `comment ${i}`);
  }
  const whole = Buffer.concat(blocks);
  const begins = blocks.map((_, i) => Buffer.concat(blocks.slice(0, i)).length);
  for (let length = begins[2]!; length <= whole.length; length++) {
    const { frames, info } = await readBytes(whole.subarray(0, length));
    const ends = begins.slice(3).concat(whole.length);
    expect(frames).toHaveLength(ends.filter((end) => end <= length).length);
    expect(info).toMatchObject({ cutOff: ![begins[2], ...ends].includes(length), damage: null });
  }
});

test('a comment too long for its option ends with a whole character', async () => {
  const { blocks, writer, ethernet } = newFile();
  writer.frame(ethernet, { seconds: 0, nanoseconds: 0, wireLength: 60, bytes: new Uint8Array(60) }, `x${'é'.repeat(40_000)}`);
  const { frames, info } = await readBytes(Buffer.concat(blocks));
  expect(frames).toHaveLength(1);
  expect(info.damage).toBeNull();
  expect(Buffer.from(blocks[2]!).includes('\ufffd')).toBe(false);
  expect(new TextDecoder('utf-8', { fatal: true }).decode(blocks[2]!.subarray(8 + 20 + 60 + 4, 8 + 20 + 60 + 4 + 65_535))).toHaveLength(
    32_768,
  );
});

test.skipIf(!hasTshark)('tshark shows section, interface and frame comments (skipped without tshark)', () => {
  const { blocks, writer, ethernet } = newFile('made by a test\nof two lines');
  writer.frame(
    ethernet,
    { seconds: 1_700_000_000, nanoseconds: 123_456_789, wireLength: 100, bytes: new Uint8Array(60) },
    'the fault: “é”',
  );
  writer.frame(ethernet, { seconds: 1_700_000_001, nanoseconds: 5, wireLength: 60, bytes: new Uint8Array(60) });
  const path = join(temporaryDirectory(), 'out.pcapng');
  writeFileSync(path, Buffer.concat(blocks));
  const fields = ['frame.time_epoch', 'frame.len', 'frame.cap_len', 'frame.comment', 'frame.interface_name'];
  const shown = execFileSync('tshark', ['-r', path, '-T', 'fields', ...fields.flatMap((f) => ['-e', f])], { encoding: 'utf8' });
  expect(shown.trimEnd().split('\n')).toEqual([
    '1700000000.123456789\t100\t60\tthe fault: “é”\tmirror.pcap',
    '1700000001.000000005\t60\t60\t\tmirror.pcap',
  ]);
});
