/** The buffer of several parts: whatever the pieces are in which a source gives its bytes, and however long records are, all bytes are met once and in order. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, fstatSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteSource } from '../../src/capture/byte-source.ts';
import { FileBytes } from '../../src/capture/file-bytes.ts';
import { Intake } from '../../src/capture/intake.ts';
import type { CaptureMemory } from '../../src/hot-path/hot-path.ts';
import { UsageError } from '../../src/usage-error.ts';
import { temporaryDirectory } from './read-capture.ts';

/** Bytes that count up, given in pieces of these sizes over and over; it writes at once what it is asked for ahead. */
function counting(length: number, pieces: readonly number[], waits: boolean, readsAtOnce = 1): ByteSource {
  let given = 0;
  let reads = 0;
  return {
    storedBytes: length,
    readsAtOnce,
    get storedBytesRead() {
      return given;
    },
    cutOff: false,
    damage: null,
    read(target, offset, wanted) {
      const count = Math.min(wanted, pieces[reads++ % pieces.length]!, length - given);
      for (let i = 0; i < count; i++) target[offset + i] = byteAt(given + i);
      given += count;
      return waits ? Promise.resolve(count) : count;
    },
    async close() {},
  };
}

function byteAt(place: number): number {
  return (Math.imul(place, 0x9e3779b1) >>> 13) & 0xff;
}

/** Memory in which bytes may be read from `start` on. */
function memoryOf(start: number, length: number): CaptureMemory {
  const bytes = new Uint8Array(start + length + 50).fill(0xee);
  return { bytes, view: new DataView(bytes.buffer), start, length };
}

function isUntouchedOutside({ bytes, start, length }: CaptureMemory): boolean {
  return bytes.every((byte, i) => byte === 0xee || (i >= start && i < start + length));
}

test('it moves to memory that has room, and to no other', async () => {
  const intake = new Intake(counting(1000, [100], false), 100, 50);
  await intake.fill();
  // Each part is of whole pages.
  intake.moveTo(memoryOf(0, 2 * 4096 - 1));
  await intake.fill();
  expect(intake.bytes.length).toBe(2 * 4096);
  const roomy = memoryOf(7, 2 * 4096);
  intake.moveTo(roomy);
  expect(intake.view).not.toBe(roomy.view);
  await intake.fill();
  expect([intake.view, intake.bytes]).toEqual([roomy.view, roomy.bytes]);
  expect([intake.position >= 7, intake.limit <= 7 + 2 * 4096]).toEqual([true, true]);
  expect(intake.bytes[intake.position]).toBe(byteAt(0));
});

const reading = fc.record({
  length: fc.nat(5000),
  pieces: fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }),
  records: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 }),
  chunkBytes: fc.integer({ min: 1, max: 600 }),
  largestRecord: fc.integer({ min: 1, max: 900 }),
  waits: fc.boolean(),
  readsAtOnce: fc.integer({ min: 1, max: 3 }),
  /** After so many refills it moves to other memory, which may be too small. */
  moves: fc.option(fc.record({ after: fc.nat(6), start: fc.nat(100), length: fc.integer({ min: 2000, max: 20_000 }) })),
});

test('records of any length are met whole and in order, while what follows is already read', async () => {
  await fc.assert(
    fc.asyncProperty(reading, async ({ length, pieces, records, chunkBytes, largestRecord, waits, readsAtOnce, moves }) => {
      const intake = new Intake(counting(length, pieces, waits, readsAtOnce), chunkBytes, largestRecord);
      const memory = memoryOf(moves?.start ?? 0, moves?.length ?? 0);
      let met = 0;
      let count = 0;
      let refills = 0;
      do {
        if (moves !== null && refills++ === moves.after) intake.moveTo(memory);
        for (;;) {
          const record = records[count % records.length]!;
          if (intake.limit - intake.position < record) {
            intake.reserve(record);
            break;
          }
          expect(intake.offset).toBe(met);
          for (let i = 0; i < record; i++) {
            if (intake.bytes[intake.position + i] !== byteAt(met + i)) expect.fail(`byte ${met + i} is another one`);
          }
          intake.position += record;
          met += record;
          count += 1;
        }
      } while (await intake.fill());
      expect(intake.total).toBe(length);
      expect(met + (intake.limit - intake.position)).toBe(length);
      expect(intake.view.buffer).toBe(intake.bytes.buffer);
      expect(isUntouchedOutside(memory)).toBe(true);
    }),
    { seed: 8, numRuns: 1000 },
  );
});

test('its buffer does not grow while records are no longer than they were said to be', async () => {
  const intake = new Intake(counting(100_000, [64, 1000, 7], true), 1000, 100);
  const { bytes } = intake;
  while (await intake.fill()) intake.position = intake.limit - ((intake.limit - intake.position) % 100);
  expect(intake.total).toBe(100_000);
  expect(intake.bytes).toBe(bytes);
});

test('its pieces begin small, and are a chunk when sixteen were read', async () => {
  const wanted: { length: number; offset: number }[] = [];
  const endless = counting(Number.POSITIVE_INFINITY, [Number.POSITIVE_INFINITY], true);
  const source: ByteSource = {
    ...endless,
    read(target, offset, length) {
      wanted.push({ offset, length });
      return endless.read(target, offset, length);
    },
  };
  const intake = new Intake(source, 200_000, 100);
  let met = 0;
  while (intake.total < 17 * 200_000) {
    await intake.fill();
    for (; intake.limit - intake.position >= 97; intake.position += 97, met += 97) {
      if (intake.bytes[intake.position] !== byteAt(met)) expect.fail(`byte ${met} is another one`);
    }
  }
  const lengths = wanted.map(({ length }) => length);
  expect(lengths.slice(0, 6)).toEqual([16_384, 32_768, 65_536, 131_072, 131_072, 131_072]);
  expect(lengths).toEqual(lengths.toSorted((one, other) => one - other));
  expect(lengths.at(-1)).toBe(200_000);
  // Of records that are shorter on average half a chunk.
  intake.records = Math.ceil(intake.total / 97);
  await intake.fill();
  await intake.fill();
  expect(wanted.at(-1)!.length).toBe(100_000);
  // Small ones use the same memory again.
  expect(new Set(wanted.slice(3, 10).map(({ offset }) => offset)).size).toBe(2);
});

test('a failure while it reads ahead is told to who fills next, and to nobody else', async () => {
  let reads = 0;
  const source = {
    ...counting(10, [4], true),
    read: (target: Uint8Array, offset: number) => {
      target[offset] = 1;
      return reads++ === 0 ? 1 : Promise.reject(new UsageError('it cannot be read'));
    },
  };
  const intake = new Intake(source, 100, 10);
  expect(await intake.fill()).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(intake.limit - intake.position).toBe(1);
  await expect(intake.fill()).rejects.toThrow('it cannot be read');
});

test('what may be asked for ahead is, and a failure is told when its turn has come', async () => {
  const asked: number[] = [];
  const source: ByteSource = {
    ...counting(30, [10], true, 2),
    read(target, offset) {
      target.fill(asked.length, offset, offset + 10);
      return asked.push(offset) === 3 ? Promise.reject(new UsageError('it cannot be read')) : Promise.resolve(10);
    },
  };
  const intake = new Intake(source, 10, 8);
  expect(await intake.fill()).toBe(true);
  expect(asked.length).toBe(3);
  expect(new Set(asked).size).toBe(3);
  intake.position = intake.limit;
  // The one that fails is on its way by now, also to where there is room for a longer record.
  intake.reserve(5000);
  expect(await intake.fill()).toBe(true);
  expect([...intake.bytes.subarray(intake.position, intake.limit)]).toEqual(new Array(10).fill(1));
  await expect(intake.fill()).rejects.toThrow('it cannot be read');
});

interface Read {
  readonly target: Uint8Array;
  readonly count: number | Promise<number>;
}

/** Reads a file with as many reads under way as may be, and gives all its bytes; `before` is told the index of each read, and those under way. */
async function readAll(
  source: FileBytes,
  lengths: readonly number[],
  before: (read: number, underWay: readonly Read[]) => Promise<void> = async () => {},
): Promise<Uint8Array> {
  const underWay: Read[] = [];
  const parts: Uint8Array[] = [];
  for (let reads = 0; ; ) {
    while (underWay.length < source.readsAtOnce) {
      await before(reads, underWay);
      const target = new Uint8Array(lengths[reads++ % lengths.length]!);
      underWay.push({ target, count: source.read(target, 0, target.length) });
    }
    const { target, count } = underWay.shift()!;
    const came = await count;
    if (came === 0) break;
    parts.push(target.subarray(0, came));
  }
  await source.close();
  return Buffer.concat(parts);
}

test('a file of which two pieces are read at once gives its bytes in order, also when it becomes longer or shorter meanwhile', async () => {
  const path = join(temporaryDirectory(), 'capture');
  const bytes = new Uint8Array(5_000_000).map((_, i) => byteAt(i));
  writeFileSync(path, bytes);
  const large = 700_000;
  for (const lengths of [[large], [large, 1000], [1000, large, large], [100_000]]) {
    const source = new FileBytes(path, openSync(path, 'r'), bytes.length);
    expect(source.readsAtOnce).toBe(2);
    expect(Buffer.compare(await readAll(source, lengths), bytes)).toBe(0);
    expect([source.storedBytesRead, source.cutOff]).toEqual([bytes.length, false]);
  }
  // The second read ends in the middle; the third began where it should have ended, and has something there by now.
  writeFileSync(path, bytes.subarray(0, 1_000_000));
  const longer = new FileBytes(path, openSync(path, 'r'), bytes.length);
  const all = await readAll(longer, [large], async (read) => {
    if (read === 2) appendFileSync(path, bytes.subarray(1_000_000));
  });
  expect(Buffer.compare(all, bytes)).toBe(0);
  const shorter = new FileBytes(path, openSync(path, 'r'), bytes.length);
  const rest = await readAll(shorter, [large], async (read, underWay) => {
    if (read !== 3) return;
    // What is cut off while it is copied may come as zeros.
    await Promise.all(underWay.map(({ count }) => count));
    truncateSync(path, 1_500_000);
  });
  expect(Buffer.compare(rest, bytes.subarray(0, 3 * large))).toBe(0);
  expect(shorter.cutOff).toBe(true);
});

test('standard input and devices are read one piece after the other, from where they are', async () => {
  const device = new FileBytes('/dev/zero', openSync('/dev/zero', 'r'), null);
  expect(device.readsAtOnce).toBe(1);
  const target = new Uint8Array(1_000_000).fill(1);
  expect(await device.read(target, 0, target.length)).toBe(target.length);
  expect(target.every((byte) => byte === 0)).toBe(true);
  await device.close();
  expect(new FileBytes('Standard input', 0, 1000).readsAtOnce).toBe(1);
});

test('a file that can only be read on is', async () => {
  const path = join(temporaryDirectory(), 'fifo');
  execFileSync('mkfifo', [path]);
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, 'as it comes');
  const source = new FileBytes(path, descriptor, 1000);
  const target = new Uint8Array(20);
  expect(source.read(target, 0, 4)).toBe(4);
  expect(source.read(target, 4, 16)).toBe(7);
  expect(Buffer.from(target.subarray(0, 11)).toString()).toBe('as it comes');
  expect(source.readsAtOnce).toBe(1);
  await source.close();
});

test('a file that is closed while a large piece of it is read is closed when that has ended', async () => {
  const path = join(temporaryDirectory(), 'capture');
  writeFileSync(path, new Uint8Array(4_000_000).fill(7));
  const descriptor = openSync(path, 'r');
  const source = new FileBytes(path, descriptor, 4_000_000);
  const target = new Uint8Array(3_000_000);
  const reading = source.read(target, 0, target.length);
  expect(reading).toBeInstanceOf(Promise);
  let count = 0;
  void (reading as Promise<number>).then((read) => {
    count = read;
  });
  await source.close();
  expect(count).toBe(target.length);
  expect(target.at(-1)).toBe(7);
  expect(() => fstatSync(descriptor)).toThrow('EBADF');
  expect(source.read(target, 0, target.length)).toBe(0);
});

test('chunks are read to where the kernel copies fast: 64 bytes behind the beginning of a page, in each part', async () => {
  const places: number[] = [];
  const source: ByteSource = {
    ...counting(40_000, [4096], false),
    read: (_, offset) => {
      places.push(offset % 4096);
      return 4096;
    },
  };
  for (const largest of [0, 50, 64, 65, 4160, 10_000]) {
    const intake = new Intake(source, 4096, largest);
    for (let i = 0; i < 4; i++) {
      await intake.fill();
      intake.position = intake.limit;
    }
  }
  expect(places.length).toBe(6 * 5);
  expect(new Set(places)).toEqual(new Set([64]));
});
