import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyFrame, LinkType } from '../../../src/capture/frame.ts';
import { PacketRing, type PacketRingShape } from '../../../src/capture/live/packet-ring.ts';
import { frameOf } from '../capture-bytes.ts';
import { KernelRing, type RingFrame, SHAPE } from './kernel-ring.ts';

/** All that a ring gives now. */
function read(ring: PacketRing) {
  const frame = emptyFrame();
  const frames = [];
  while (ring.take()) {
    while (ring.next(frame)) {
      const { bytes, view, start, end, seconds, nanoseconds, wireLength, linkType } = frame;
      expect(view.buffer).toBe(bytes.buffer);
      frames.push({
        hex: Buffer.from(bytes.subarray(start, end)).toString('hex'),
        seconds,
        nanoseconds,
        wireLength,
        linkType,
        direction: ring.direction,
      });
    }
  }
  return frames;
}

function readOne(frame: RingFrame, shape: PacketRingShape = SHAPE) {
  const kernel = new KernelRing(shape);
  const ring = new PacketRing(kernel.memory, shape);
  kernel.fill([frame]);
  return read(ring)[0];
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the ring', () => {
  test('gives the frames of its blocks in order, and each block back', () => {
    const kernel = new KernelRing();
    const ring = new PacketRing(kernel.memory, SHAPE);
    expect(ring.take()).toBe(false);
    for (let round = 0; round < 7; round++) {
      const data = [frameOf(60, round), frameOf(61, round + 1), frameOf(14, round + 2)];
      kernel.fill(data.map((bytes, i) => ({ data: bytes, seconds: 1_800_000_000 + round, nanoseconds: i, wireLength: 1514 })));
      const frames = read(ring);
      expect(frames.map(({ hex }) => hex)).toEqual(data.map(hexOf));
      expect(frames.map(({ seconds, nanoseconds }) => [seconds, nanoseconds])).toEqual([0, 1, 2].map((i) => [1_800_000_000 + round, i]));
      expect(frames.every(({ wireLength, linkType }) => wireLength === 1514 && linkType === LinkType.ethernet)).toBe(true);
      expect([0, 1, 2].every((block) => kernel.isFree(block))).toBe(true);
    }
    expect(ring.frames).toBe(21);
  });

  test('hands out a copy: what the kernel writes next changes no frame that is being read', () => {
    const kernel = new KernelRing({ ...SHAPE, blocks: 1 });
    const ring = new PacketRing(kernel.memory, { ...SHAPE, blocks: 1 });
    const frame = emptyFrame();
    kernel.fill([{ data: frameOf(60, 1) }, { data: frameOf(60, 2) }]);
    ring.take();
    ring.next(frame);
    kernel.fill([{ data: frameOf(60, 9) }]);
    expect(hexOf(frame.bytes.subarray(frame.start, frame.end))).toBe(hexOf(frameOf(60, 1)));
    ring.next(frame);
    expect(hexOf(frame.bytes.subarray(frame.start, frame.end))).toBe(hexOf(frameOf(60, 2)));
    expect(ring.next(frame)).toBe(false);
  });

  test.each([
    ['for this machine', 0, 'in'],
    ['broadcast', 1, 'in'],
    ['for others', 3, 'in'],
    ['sent by this machine', 4, 'out'],
  ])('a frame %s has its direction', (_, kind, direction) => {
    expect(readOne({ data: frameOf(60), kind })?.direction).toBe(direction);
  });

  test('on a loopback interface, where each frame passes twice, it is given once', () => {
    const shape = { ...SHAPE, isLoopback: true };
    const kernel = new KernelRing(shape);
    const ring = new PacketRing(kernel.memory, shape);
    kernel.fill([4, 0, 4, 0].map((kind, i) => ({ data: frameOf(60, i), kind })));
    expect(read(ring).map(({ hex }) => hex)).toEqual([hexOf(frameOf(60, 1)), hexOf(frameOf(60, 3))]);
  });
});

describe('a VLAN tag that the kernel took out', () => {
  test('is put back between the MACs and the Ethertype', () => {
    const given = readOne({ data: frameOf(60), vlan: { tci: 0x6005, tpid: 0x88a8 } });
    expect(given?.hex).toBe(`${hexOf(frameOf(12))}88a86005${hexOf(frameOf(48, 12))}`);
    expect(given?.wireLength).toBe(64);
  });

  test('is of 802.1Q when the kernel does not say', () => {
    expect(readOne({ data: frameOf(60), vlan: { tci: 5 } })?.hex.slice(24, 32)).toBe('81000005');
  });

  test('of VLAN 0 is put back too, and a frame without one is left as it is', () => {
    expect(readOne({ data: frameOf(60), vlan: { tci: 0, tpid: 0x8100 } })?.hex.slice(24, 32)).toBe('81000000');
    expect(readOne({ data: frameOf(60) })?.hex).toBe(hexOf(frameOf(60)));
  });

  test('is left out of a frame that is cut within its MACs', () => {
    expect(readOne({ data: frameOf(11), vlan: { tci: 5 }, wireLength: 60 })).toMatchObject({ hex: hexOf(frameOf(11)), wireLength: 60 });
  });
});

describe('on all interfaces', () => {
  const shape = { ...SHAPE, linkType: LinkType.linuxSll2 };

  test('a cooked header is made of what the kernel says beside the frame', () => {
    const given = readOne({ data: frameOf(40), ethertype: 0x86dd, kind: 4 }, shape);
    expect(given).toMatchObject({
      hex: `86dd000000000007000104060200000000010000${hexOf(frameOf(40))}`,
      wireLength: 60,
      linkType: 276,
      direction: 'out',
    });
  });

  test('a VLAN tag follows the cooked header', () => {
    const given = readOne({ data: frameOf(40), ethertype: 0x0806, vlan: { tci: 5, tpid: 0x88a8 } }, shape);
    expect(given?.hex).toBe(`88a800000000000700010006020000000001000000050806${hexOf(frameOf(40))}`);
    expect(given?.wireLength).toBe(64);
  });
});

describe('a length that makes no sense', () => {
  test.each([
    ['more captured bytes than the block has', { lies: { captured: 5000 } }],
    ['captured bytes beyond every number', { lies: { captured: 0xffff_ffff } }],
    ['a frame that begins in its own header', { lies: { mac: 60 } }],
    ['a frame that begins past the block', { lies: { mac: 65_535 } }],
  ])('%s: the rest of the block is left and counted, the next block is read', (_, wrong) => {
    const kernel = new KernelRing();
    const ring = new PacketRing(kernel.memory, SHAPE);
    kernel.fill([{ data: frameOf(60, 1) }, { data: frameOf(60, 2), ...wrong }, { data: frameOf(60, 3) }]);
    kernel.fill([{ data: frameOf(60, 4) }]);
    expect(read(ring).map(({ hex }) => hex)).toEqual([hexOf(frameOf(60, 1)), hexOf(frameOf(60, 4))]);
    expect(ring.damaged).toBe(2);
  });

  test.each([
    ['the next frame past the block', [{ data: frameOf(60), lies: { next: 8000 } }, { data: frameOf(60) }], {}],
    ['the same frame as its own next', [{ data: frameOf(60), lies: { next: 0 } }, { data: frameOf(60) }], {}],
    ['the next frame at an odd place', [{ data: frameOf(60), lies: { next: 163 } }, { data: frameOf(60) }], {}],
    ['more frames than there are', [{ data: frameOf(60) }], { count: 2 }],
    ['fewer bytes than its frames have', [{ data: frameOf(60) }, { data: frameOf(60) }], { used: 220 }],
  ])('%s: what came before it is given', (_, frames, lies) => {
    const kernel = new KernelRing();
    const ring = new PacketRing(kernel.memory, SHAPE);
    kernel.fill(frames, lies);
    expect(read(ring)).toHaveLength(1);
    expect(ring.damaged).toBe(1);
  });

  test('blocks of any bytes neither throw nor hang, and no frame leaves its block', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), (noise) => {
        const shape = { ...SHAPE, blockBytes: 512, blocks: 1 };
        const memory = noise.slice().buffer;
        new Uint32Array(memory)[2] = 1;
        const ring = new PacketRing(memory, shape);
        const frame = emptyFrame();
        ring.take();
        for (let frames = 0; ring.next(frame); frames++) {
          expect(frames).toBeLessThan(100_000);
          expect(frame.start).toBeGreaterThanOrEqual(0);
          expect(frame.end).toBeLessThanOrEqual(512);
        }
      }),
    );
  });
});
