import { describe, expect, test } from 'vitest';
import { emptyFrame } from '../../../src/capture/frame.ts';
import { FrameQueue } from '../../../src/capture/live/frame-queue.ts';
import { frameOf } from '../capture-bytes.ts';

function read(queue: FrameQueue): number[][] {
  const frame = emptyFrame();
  const frames: number[][] = [];
  while (queue.next(frame)) frames.push([...frame.bytes.subarray(frame.start, frame.end)]);
  return frames;
}

describe('the queue', () => {
  test('gives frames in the order in which they came, with their time and length', () => {
    const queue = new FrameQueue(1024, 8);
    const library = new Uint8Array(64);
    const frame = emptyFrame();
    library.set(frameOf(60, 1));
    queue.push(library, 60, 1514, 1_800_000_000, 5000);
    // The library reuses its buffer.
    library.set(frameOf(50, 2));
    queue.push(library, 50, 50, 1_800_000_001, 0);
    expect(queue.next(frame)).toBe(false);
    expect(queue.swap()).toBe(true);
    expect(queue.next(frame)).toBe(true);
    expect(frame).toMatchObject({ seconds: 1_800_000_000, nanoseconds: 5000, wireLength: 1514 });
    expect([...frame.bytes.subarray(frame.start, frame.end)]).toEqual([...frameOf(60, 1)]);
    expect(frame.view.buffer).toBe(frame.bytes.buffer);
    expect(read(queue)).toEqual([[...frameOf(50, 2)]]);
    expect(queue.swap()).toBe(false);
  });

  test('takes new frames while others are being read', () => {
    const queue = new FrameQueue(1024, 8);
    queue.push(frameOf(20, 1), 20, 20, 1, 0);
    queue.swap();
    queue.push(frameOf(20, 2), 20, 20, 2, 0);
    expect(read(queue)).toEqual([[...frameOf(20, 1)]]);
    expect(queue.swap()).toBe(true);
    expect(read(queue)).toEqual([[...frameOf(20, 2)]]);
  });

  test.each([
    ['bytes', new FrameQueue(100, 8), 3],
    ['frames', new FrameQueue(1024, 2), 3],
  ])('counts what is lost when there is no room for more %s, and goes on when it was read', (_, queue, pushed) => {
    for (let i = 0; i < pushed; i++) queue.push(frameOf(40, i), 40, 40, i, 0);
    expect(queue.lost).toBe(1);
    queue.swap();
    expect(read(queue)).toEqual([[...frameOf(40, 0)], [...frameOf(40, 1)]]);
    queue.push(frameOf(40, 9), 40, 40, 9, 0);
    queue.swap();
    expect(read(queue)).toEqual([[...frameOf(40, 9)]]);
    expect(queue.lost).toBe(1);
  });
});
