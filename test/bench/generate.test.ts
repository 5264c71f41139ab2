/** The captures that `npm run bench` measures: they must be what they claim to be, or the numbers say nothing. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CaptureOptions, FULL_SIZE, generateCapture, gzipCapture } from '../../bench/generate.mjs';
import { type ReadFrame, readCapture, temporaryDirectory } from '../capture/read-capture.ts';
import { run } from '../cli/run.ts';

const GATEWAY = 0x525400000001;
const DIRECTOR = 0x525400000002;
const FIRST_REAL_SERVER = 0x525400000110;
const IPV4 = 0x0800;
const ARP = 0x0806;

async function generated(options: CaptureOptions, name = 'capture'): Promise<{ path: string; packets: number; bytes: number }> {
  return generateCapture(join(temporaryDirectory(), name), options);
}

async function framesOf(options: CaptureOptions): Promise<readonly ReadFrame[]> {
  return (await readCapture((await generated(options)).path)).frames;
}

function viewOf(frame: ReadFrame): DataView {
  return new DataView(frame.data.buffer, frame.data.byteOffset, frame.data.length);
}

function mac(frame: ReadFrame, at: number): number {
  return viewOf(frame).getUint16(at) * 2 ** 32 + viewOf(frame).getUint32(at + 2);
}

const destination = (frame: ReadFrame): number => mac(frame, 0);
const source = (frame: ReadFrame): number => mac(frame, 6);
const etherType = (frame: ReadFrame): number => viewOf(frame).getUint16(12);
const ttl = (frame: ReadFrame): number => frame.data[22]!;

/** One's complement sum of a stretch, the checksum field included: 0xffff when it is right (RFC 1071). */
function internetSum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** Client's side of the connection: address and port. */
function connection(frame: ReadFrame): string {
  const view = viewOf(frame);
  const [ip, port] =
    source(frame) >= FIRST_REAL_SERVER ? [view.getUint32(30), view.getUint16(36)] : [view.getUint32(26), view.getUint16(34)];
  return `${ip}:${port}`;
}

describe('traffic of a mirror port', () => {
  test('every request passes from the gateway to the director and at once, one TTL less, to a real server', async () => {
    const frames = (await framesOf({ packets: 4000, flows: 50 })).filter((frame) => etherType(frame) === IPV4);
    const arriving = frames.filter((frame) => source(frame) === GATEWAY);
    expect(arriving.length).toBeGreaterThan(1000);
    const at = new Map(frames.map((frame, i) => [frame.number, i]));
    for (const frame of arriving) {
      const next = frames[at.get(frame.number)! + 1]!;
      expect(destination(frame)).toBe(DIRECTOR);
      expect(source(next)).toBe(DIRECTOR);
      expect(destination(next)).toBeGreaterThanOrEqual(FIRST_REAL_SERVER);
      expect(ttl(next)).toBe(ttl(frame) - 1);
      expect(next.data.subarray(26)).toEqual(frame.data.subarray(26));
    }
  });

  test('every reply goes from a real server past the director to the gateway', async () => {
    const replies = (await framesOf({ packets: 2000, flows: 20 })).filter(
      (frame) => etherType(frame) === IPV4 && source(frame) >= FIRST_REAL_SERVER,
    );
    expect(replies.length).toBeGreaterThan(500);
    expect(new Set(replies.map(destination))).toEqual(new Set([GATEWAY]));
    expect(new Set(replies.map((frame) => viewOf(frame).getUint32(26))).size).toBe(4);
    expect(new Set(replies.map(source)).size).toBe(8);
  });

  test('the checksums of IP and TCP are right', async () => {
    const frames = (await framesOf({ packets: 1000, flows: 20, snapLength: FULL_SIZE })).filter((frame) => etherType(frame) === IPV4);
    expect(frames.some((frame) => frame.data.length === FULL_SIZE)).toBe(true);
    for (const { number, data } of frames) {
      const segment = data.subarray(34);
      expect([number, internetSum(data.subarray(14, 34))]).toEqual([number, 0xffff]);
      expect([number, internetSum(segment, internetSum(data.subarray(26, 34)) + 6 + segment.length)]).toEqual([number, 0xffff]);
    }
  });

  test('as many connections are seen as were asked for, but for a few that have not begun', async () => {
    for (const flows of [10, 100, 400]) {
      const frames = (await framesOf({ packets: 6000, flows })).filter((frame) => etherType(frame) === IPV4);
      const { size } = new Set(frames.map(connection));
      expect(size).toBeLessThanOrEqual(flows);
      expect(size).toBeGreaterThan(flows * 0.97);
    }
  });

  test('who asks for a VIP by ARP is told the MAC of the director', async () => {
    const arp = (await framesOf({ packets: 12_000, flows: 10 })).filter((frame) => etherType(frame) === ARP);
    const replies = arp.filter((frame) => viewOf(frame).getUint16(20) === 2 && viewOf(frame).getUint32(28) >= 0xcb007164);
    expect(arp.length).toBe(44);
    expect(replies.length).toBe(6);
    expect(new Set(replies.map(source))).toEqual(new Set([DIRECTOR]));
  });

  test('the diagnosis is clean, and judges ARP', async () => {
    const { path, packets } = await generated({ packets: 20_000, flows: 200 });
    const { exit, stdout } = run(['diagnose', path, '-f', 'json']);
    const diagnosis = JSON.parse(stdout);
    expect(exit).toBe(0);
    expect(diagnosis.verdict).toBe('clean');
    expect(diagnosis.captures[0].frames).toBe(packets);
    expect(diagnosis.cluster.vips).toHaveLength(4);
    expect(diagnosis.cluster.realServers).toHaveLength(8);
    expect(diagnosis.verdicts).toContainEqual(expect.objectContaining({ rule: 'rs-answers-arp', verdict: 'passed' }));
  });
});

describe('a SYN flood', () => {
  test('has a new source in every frame', async () => {
    const syns = (await framesOf({ packets: 5000, traffic: 'syn-flood' })).filter((frame) => etherType(frame) === IPV4);
    expect(syns.length).toBeGreaterThan(4900);
    expect(new Set(syns.map((frame) => viewOf(frame).getUint32(26))).size).toBe(syns.length);
    expect(new Set(syns.map((frame) => frame.data[47]))).toEqual(new Set([0x02]));
  });
});

describe('files', () => {
  test('the same seed gives the same bytes, another seed others', async () => {
    const bytesOf = async (seed: number): Promise<Buffer> => readFileSync((await generated({ packets: 2000, flows: 20, seed })).path);
    const [one, again, other] = [await bytesOf(7), await bytesOf(7), await bytesOf(8)];
    expect(one.equals(again)).toBe(true);
    expect(one.equals(other)).toBe(false);
  });

  test('pcapng and gzip hold the same frames at the same times as pcap', async () => {
    const options = { packets: 3000, flows: 30 };
    const plain = await generated(options);
    const compressed = `${plain.path}.gz`;
    expect(await gzipCapture(plain.path, compressed)).toBeLessThan(plain.bytes);
    const expected = (await readCapture(plain.path)).frames;
    expect((await readCapture(compressed)).frames).toEqual(expected);
    expect(await framesOf({ ...options, format: 'pcapng' })).toEqual(expected);
  });

  test('what is said of the file is true', async () => {
    const { path, packets, bytes } = await generated({ packets: 1500, flows: 10 });
    expect(statSync(path).size).toBe(bytes);
    expect((await readCapture(path)).frames).toHaveLength(packets);
    expect(packets - 1500).toBeLessThanOrEqual(3);
  });

  test('frames are cut to the snap length and keep their length on the wire', async () => {
    const frames = await framesOf({ packets: 1000, flows: 10 });
    const full = await framesOf({ packets: 1000, flows: 10, snapLength: FULL_SIZE });
    expect(Math.max(...frames.map(({ data }) => data.length))).toBe(96);
    expect(frames.map(({ wireLength }) => wireLength)).toEqual(full.map(({ data }) => data.length));
    expect(frames.every(({ data }, i) => full[i]!.data.subarray(0, data.length).every((byte, k) => byte === data[k]))).toBe(true);
  });

  test('a file that is there already is not overwritten', async () => {
    const { path } = await generated({ packets: 1000, flows: 10 });
    await expect(generateCapture(path, { packets: 1000, flows: 10 })).rejects.toThrow(/EEXIST/);
  });
});
