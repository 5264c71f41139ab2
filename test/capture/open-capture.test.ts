import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, closeSync, createWriteStream, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { UsageError } from '../../src/usage-error.ts';
import { bundle } from '../support/bundle.ts';
import { fields, frameOf, joined, pcapHeader, pcapRecord, sectionHeader } from './capture-bytes.ts';
import { readBytes, readCapture, temporaryDirectory } from './read-capture.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HEALTHY = join(ROOT, 'fixtures', 'pcaps', 'healthy-t1');

describe('the healthy cluster recorded in every format', () => {
  /** Counted with capinfos -c. */
  test.each([
    ['mirror.pcap', 153, 'pcap', null, 1, 262_144],
    ['mirror-nano.pcap', 153, 'pcap', null, 1, 262_144],
    ['mirror-s96.pcap', 153, 'pcap', null, 1, 96],
    ['mirror.pcap.gz', 153, 'pcap', 'gzip', 1, 262_144],
    ['mirror.pcap.zst', 153, 'pcap', 'zstd', 1, 262_144],
    ['mirror-ns.pcapng', 153, 'pcapng', null, 1, 262_144],
    ['client.pcap', 105, 'pcap', null, 1, 262_144],
    ['director.pcap', 105, 'pcap', null, 1, 262_144],
    ['director-any-sll.pcap', 105, 'pcap', null, 113, 262_144],
    ['director-any-sll2.pcap', 105, 'pcap', null, 276, 262_144],
    ['rs1.pcap', 41, 'pcap', null, 1, 262_144],
  ])('%s has %d frames', async (name, count, format, compression, linkType, snapLength) => {
    const { frames, info } = await readCapture(join(HEALTHY, name));
    expect(frames).toHaveLength(count);
    expect(info).toMatchObject({ format, compression, linkTypes: [linkType], snapLength, frames: count, cutOff: false, damage: null });
    expect(info.storedBytesRead).toBe(info.storedBytes);
  });

  test('is cut off in mirror-trunc.pcap after 94 frames', async () => {
    const { frames, info } = await readCapture(join(HEALTHY, 'mirror-trunc.pcap'));
    expect(frames).toHaveLength(94);
    expect(info).toMatchObject({ cutOff: true, damage: null });
  });

  test('has the same frames in all of them', async () => {
    const { frames } = await readCapture(join(HEALTHY, 'mirror.pcap'));
    for (const name of ['mirror.pcap.gz', 'mirror.pcap.zst']) expect((await readCapture(join(HEALTHY, name))).frames).toEqual(frames);
    for (const name of ['mirror-nano.pcap', 'mirror-ns.pcapng']) {
      const other = (await readCapture(join(HEALTHY, name))).frames;
      expect(other.map(({ data, wireLength, seconds }) => [data, wireLength, seconds])).toEqual(
        frames.map(({ data, wireLength, seconds }) => [data, wireLength, seconds]),
      );
    }
    const short = (await readCapture(join(HEALTHY, 'mirror-s96.pcap'))).frames;
    expect(short.map(({ data }) => data)).toEqual(frames.map(({ data }) => data.subarray(0, 96)));
  });
});

describe('a compressed capture', () => {
  const records = Array.from({ length: 3000 }, (_, index) => pcapRecord({ data: frameOf(60 + (index % 40), index), fraction: index }));
  const plain = joined(pcapHeader(), ...records);
  const packed = gzipSync(plain);

  test('may be several gzip members one after the other', async () => {
    const half = plain.length >> 1;
    const { frames, info } = await readBytes(joined(gzipSync(plain.subarray(0, half)), gzipSync(plain.subarray(half))));
    expect(frames).toHaveLength(3000);
    expect(info.bytes).toBe(plain.length);
  });

  test('cut inside its gzip stream gives what was there, and says that it is cut', async () => {
    for (const length of [packed.length - 1, packed.length - 8, packed.length - 9, packed.length >> 1, 300]) {
      const { frames, info } = await readBytes(packed.subarray(0, length));
      expect(frames.length).toBeGreaterThan(0);
      expect(frames).toHaveLength(info.frames);
      expect(info).toMatchObject({ cutOff: true, damage: null });
    }
  });

  test('cut at any length of a small gzip file never does worse than to be refused', async () => {
    const small = gzipSync(joined(pcapHeader(), pcapRecord(), pcapRecord({ data: frameOf(60, 99) })));
    for (let length = 1; length < small.length; length += 1) {
      await readBytes(small.subarray(0, length)).then(
        ({ info }) => expect(info.cutOff).toBe(true),
        (error) => expect(error).toBeInstanceOf(UsageError),
      );
    }
  });

  test('damaged in its middle gives what came before, and says so', async () => {
    const damaged = Uint8Array.from(packed);
    const middle = damaged.length >> 1;
    damaged.fill(0xff, middle, middle + 64);
    const { frames, info } = await readBytes(damaged);
    expect(frames.length).toBeGreaterThan(500);
    expect(info.damage).toMatch(/damaged/);
    expect(info.cutOff).toBe(false);
  });

  test('of a gzip header and nothing sound behind it is refused', async () => {
    const header = packed.subarray(0, 10);
    await expect(readBytes(header)).rejects.toThrow(/looks like gzip data but cannot be decompressed: it ends/);
    await expect(readBytes(joined(header, new Uint8Array(64).fill(0xff)))).rejects.toThrow(/cannot be decompressed: it is damaged/);
  });

  test('that is no capture inside is refused', async () => {
    await expect(readBytes(gzipSync('no capture at all'))).rejects.toThrow(/\(decompressed\) is a text file/);
    await expect(readBytes(gzipSync(packed))).rejects.toThrow(/gzip data inside compressed data/);
    await expect(readBytes(gzipSync(''))).rejects.toThrow(/\(decompressed\) is empty/);
  });

  /** A zstd frame of uncompressed blocks (RFC 8878 section 3.1.1), as every decoder must read it. */
  function rawZstd(content: Uint8Array, blockBytes: number): Uint8Array {
    const parts = [fields('little', [4, 0xfd2fb528], [1, 0], [1, 10 << 3])];
    for (let at = 0; at < content.length; at += blockBytes) {
      const piece = content.subarray(at, at + blockBytes);
      const isLast = at + blockBytes >= content.length ? 1 : 0;
      const header = (piece.length << 3) | isLast;
      parts.push(fields('little', [2, header & 0xffff], [1, header >>> 16]), piece);
    }
    return joined(parts);
  }

  test('may be several zstd frames with skippable ones between them', async () => {
    const skippable = joined(fields('little', [4, 0x184d2a5e], [4, 700]), new Uint8Array(700));
    const half = plain.length >> 1;
    const bytes = joined(skippable, rawZstd(plain.subarray(0, half), 5000), skippable, rawZstd(plain.subarray(half), 2));
    const { frames, info } = await readBytes(bytes);
    expect(frames).toHaveLength(3000);
    expect(info).toMatchObject({ compression: 'zstd', bytes: plain.length, cutOff: false, damage: null });
  });

  test('cut inside its zstd stream gives what was there, and says that it is cut', async () => {
    const bytes = rawZstd(plain, 1000);
    for (const length of [bytes.length - 1, bytes.length - 999, bytes.length >> 1, 1100]) {
      const { frames, info } = await readBytes(bytes.subarray(0, length));
      expect(frames.length).toBeGreaterThan(0);
      expect(info).toMatchObject({ cutOff: true, damage: null });
    }
  });

  test('with a zstd block that makes no sense gives what came before', async () => {
    const bytes = rawZstd(plain, 1000);
    bytes.fill(0xff, 6 + 50 * 1003, 6 + 50 * 1003 + 3);
    const { frames, info } = await readBytes(bytes);
    expect(frames.length).toBeGreaterThan(500);
    expect(info.damage).toMatch(/damaged after \d+ decompressed bytes/);
  });

  test('whose zstd window is too large for the memory is refused', async () => {
    const bytes = rawZstd(plain, 1000);
    bytes[5] = 21 << 3;
    await expect(readBytes(bytes)).rejects.toThrow(/looks like zstd data but cannot be decompressed/);
  });
});

describe('a capture from a pipe', () => {
  /** Node 20 runs no TypeScript: the sources are bundled for the child process. */
  const compiled = mkdtempSync(join(tmpdir(), 'lvs-doctor-compiled-'));
  const script = join(compiled, 'count.mjs');
  beforeAll(async () => {
    const sourceOf = (path: string) => JSON.stringify(join(ROOT, 'src/capture', path));
    const contents = `import { openCapture } from ${sourceOf('open-capture.ts')};
      import { emptyFrame } from ${sourceOf('frame.ts')};
      process.on('SIGTERM', () => { process.stdout.write('terminated'); process.exit(7); });
      try {
        const source = await openCapture(process.argv[2]);
        const frame = emptyFrame();
        do {
          while (source.next(frame));
          if (source.info.frames > 0 && process.argv[3] === 'live') process.stdout.write('waiting ');
        } while (await source.more());
        process.stdout.write(JSON.stringify(source.info));
        await source.close();
      } catch (error) {
        process.stdout.write(error.name + ': ' + error.message);
        process.exitCode = 2;
      }`;
    writeFileSync(join(compiled, 'count.ts'), contents);
    await bundle(join(compiled, 'count.ts'), compiled);
  });
  afterAll(() => rmSync(compiled, { recursive: true, force: true }));

  interface Run {
    readonly output: string;
    readonly code: number | null;
  }

  /** Runs the reader with this standard input. */
  function run(args: readonly string[], input: 'pipe' | 'ignore' | number = 'pipe') {
    const child = spawn(process.execPath, [script, ...args], { stdio: [input, 'pipe', 'inherit'] });
    let output = '';
    const result = new Promise<Run>((resolve) => {
      child.stdout!.on('data', (data) => {
        output += data;
      });
      child.on('close', (code) => resolve({ output, code }));
    });
    return { child, result };
  }

  test.each(['mirror.pcap', 'mirror.pcap.gz', 'mirror-ns.pcapng'])('gives the frames of %s piped into standard input', async (name) => {
    const { child, result } = run(['-']);
    child.stdin!.end(readFileSync(join(HEALTHY, name)));
    const { output, code } = await result;
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ name: '-', frames: 153, storedBytes: null, cutOff: false, damage: null });
  });

  test('gives all frames of a stream larger than any pipe, which a shell pipes', async () => {
    const path = join(temporaryDirectory(), 'large.pcap');
    const records = Array.from({ length: 40_000 }, (_, index) => pcapRecord({ data: frameOf(60 + (index % 50)) }));
    writeFileSync(path, joined(pcapHeader(), ...records));
    const output = execFileSync('sh', ['-c', `cat "${path}" | "${process.execPath}" "${script}" -`], { encoding: 'utf8' });
    expect(JSON.parse(output)).toMatchObject({ frames: 40_000, cutOff: false });
  });

  test('gives the frames of a file redirected to standard input, and knows its size', async () => {
    const descriptor = openSync(join(HEALTHY, 'mirror.pcap'), 'r');
    const { output } = await run(['-'], descriptor).result;
    closeSync(descriptor);
    expect(JSON.parse(output)).toMatchObject({ frames: 153, storedBytes: 14_235 });
  });

  test('gives the frames of a FIFO named by its path', async () => {
    const fifo = join(temporaryDirectory(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const { result } = run([fifo], 'ignore');
    createWriteStream(fifo).end(readFileSync(join(HEALTHY, 'mirror.pcap')));
    expect(JSON.parse((await result).output)).toMatchObject({ frames: 153 });
  });

  test('gives each frame as it comes, and does not keep a process from ending at a signal', async () => {
    const { child, result } = run(['-', 'live']);
    child.stdin!.write(joined(pcapHeader(), pcapRecord()));
    await new Promise<void>((resolve) => {
      child.stdout!.on('data', () => resolve());
    });
    child.kill('SIGTERM');
    expect(await result).toEqual({ output: expect.stringMatching(/^waiting (waiting )*terminated$/), code: 7 });
  });

  test('that ends inside a record is cut off', async () => {
    const { child, result } = run(['-']);
    child.stdin!.end(joined(pcapHeader(), pcapRecord(), pcapRecord().subarray(0, 50)));
    expect(JSON.parse((await result).output)).toMatchObject({ frames: 1, cutOff: true, damage: null });
  });

  test('that is empty is refused', async () => {
    const piped = run(['-']);
    piped.child.stdin!.end();
    expect(await piped.result).toEqual({ output: expect.stringMatching(/^UsageError: Standard input is empty;/), code: 2 });
    const nothing = run(['-'], 'ignore');
    expect(await nothing.result).toEqual({ output: expect.stringMatching(/^UsageError: Standard input is empty;/), code: 2 });
  });
});

describe('what is no capture', () => {
  /** One sentence that says what was read, what was expected and what to try. */
  const SENTENCE = /^[^\n]+; [^\n]* (was|were) expected: [^\n]+\.$/;

  async function refusal(name: string): Promise<string> {
    const error = await readCapture(name).then(
      () => null,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(SENTENCE);
    expect(error.message.startsWith(name)).toBe(true);
    return error.message.slice(name.length + 1);
  }

  async function refusalOf(bytes: Uint8Array | string): Promise<string> {
    const path = join(temporaryDirectory(), 'file');
    writeFileSync(path, bytes);
    return refusal(path);
  }

  test('a missing file is refused', async () => {
    const directory = temporaryDirectory();
    expect(await refusal(join(directory, 'missing.pcap'))).toMatch(/^does not exist;/);
    expect(await refusal(join(HEALTHY, 'mirror.pcap', 'missing.pcap'))).toMatch(/^does not exist;/);
  });

  test('a directory is refused', async () => {
    expect(await refusal(temporaryDirectory())).toMatch(/^is a directory;/);
  });

  test.skipIf(process.getuid?.() === 0)('a file that may not be read is refused', async () => {
    const path = join(temporaryDirectory(), 'secret.pcap');
    writeFileSync(path, pcapHeader());
    chmodSync(path, 0);
    expect(await refusal(path)).toMatch(/^may not be read by this user;/);
  });

  test('an empty file is refused', async () => {
    expect(await refusalOf('')).toMatch(/^is empty;/);
  });

  test('a text file is refused with its beginning', async () => {
    expect(await refusalOf('09:15:01.1 ARP, Request who-has 192.168.1.100\n09:15:02')).toMatch(
      /^is a text file \(it begins with "09:15:01\.1 ARP, Request who-has 192\.168\.…"\)/,
    );
    expect(await refusalOf('ü "quoted" \x1b[31mred')).toContain('begins with "ü .quoted. .[31mred"');
    expect(await refusalOf('ab')).toMatch(/^is a text file/);
  });

  test.each<[string, Uint8Array | string, string]>([
    ['PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), 'is a PNG picture (it begins with 89 50 4e 47 0d 0a 1a 0a)'],
    ['ELF', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0), 'is an ELF program (it begins with 7f 45 4c 46 02 01 01 00)'],
    ['tar', `${'name'.padEnd(257, '\0')}ustar\0`, 'is a tar archive'],
    ['zip', 'PK\x03\x04', 'is a zip archive'],
    ['bzip2', 'BZh91AY', 'is bzip2 data'],
    ['snoop', 'snoop\0\0\0', 'is a Solaris snoop capture'],
    ['unknown', Uint8Array.of(0, 1, 2), 'is no capture (it begins with the bytes 00 01 02)'],
  ])('a %s file is refused by name', async (_, bytes, what) => {
    expect((await refusalOf(bytes)).startsWith(what)).toBe(true);
  });

  test('a pcap header that is not whole is refused', async () => {
    expect(await refusalOf(pcapHeader().subarray(0, 23))).toBe(
      'ends after 23 bytes, inside its pcap file header; 24 bytes were expected: copy or record the file again.',
    );
  });

  test('sentences about versions, link types and section headers have the same form', async () => {
    await refusalOf(pcapHeader({ minor: 9 }));
    await refusalOf(pcapHeader({ linkType: 105 }));
    await refusalOf(pcapHeader({ linkType: 0x10_0001 }));
    await refusalOf(sectionHeader('little', 3, 0));
    await refusalOf(sectionHeader().subarray(0, 20));
  });
});

describe('a source', () => {
  test('that was closed gives no further frame', async () => {
    const source = await openCapture(join(HEALTHY, 'mirror.pcap'));
    expect(source.next(emptyFrame())).toBe(true);
    await source.close();
    await source.close();
    expect(source.next(emptyFrame())).toBe(false);
    expect(await source.more()).toBe(false);
    expect(source.info).toMatchObject({ frames: 1, cutOff: false });
  });

  test('asked for more before its first frame keeps that frame', async () => {
    const source = await openCapture(join(HEALTHY, 'mirror.pcap'));
    const frame = emptyFrame();
    while (await source.more()) while (source.next(frame));
    await source.close();
    expect(source.info).toMatchObject({ frames: 153, cutOff: false });
  });

  test('lets signals and timers in while it reads a file', async () => {
    let turns = 0;
    const turn = () => {
      turns += 1;
      immediate = setImmediate(turn);
    };
    let immediate = setImmediate(turn);
    const { frames } = await readCapture(join(HEALTHY, 'mirror.pcap'), { chunkBytes: 512 });
    clearImmediate(immediate);
    expect(frames).toHaveLength(153);
    expect(turns).toBeGreaterThan(10);
  });
});
