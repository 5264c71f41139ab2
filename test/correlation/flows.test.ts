import { describe, expect, test } from 'vitest';
import { captureOf, MAX_CAPTURES, mergedNumber, numberInFile } from '../../src/capture/frame.ts';
import { FlowFlag, FlowTable, MAX_FLOWS } from '../../src/correlation/flows.ts';
import { finish } from '../../src/correlation/hash.ts';
import { HotPath } from '../../src/hot-path/hot-path.ts';
import { KEY } from '../support/story.ts';

const never = () => {
  throw new Error('a flow was forgotten');
};

/** Both hashes of a flow are each for one. */
const first = (n: number) => finish(n ^ 0x5bd1e995) || 1;
const insert = (table: FlowTable, n: number, forget: (state: number, row: number) => void = never) =>
  table.insert(first(n), finish(n), forget);
const find = (table: FlowTable, n: number) => table.find(first(n), finish(n));

describe('the flow table', () => {
  test('keeps every flow with its state and events while it grows', () => {
    const table = new FlowTable(MAX_FLOWS, new HotPath(KEY));
    for (let n = 0; n < 100_000; n++) {
      const row = insert(table, n);
      table.hot[row + 1] = n & 0xffff;
      if (n % 1000 === 0) table.pushEvent(row, n + 1, n * 10);
    }
    expect(table.count).toBe(100_000);
    expect(table.forgotten).toBe(0);
    for (let n = 0; n < 100_000; n += 1000) {
      const row = find(table, n);
      expect(table.hot[row + 1]).toBe(n & 0xffff);
      expect(table.eventsOf(row)).toEqual([{ frame: n + 1, at: n * 10 }]);
    }
    expect(find(table, 100_000)).toBe(-1);
  });

  test('grows when flows crowd both of their sets, before any is forgotten', () => {
    const table = new FlowTable(MAX_FLOWS, new HotPath(KEY));
    // Equal in the low 12 bits of both hashes, different above: the same two sets of the first table.
    const add = (n: number) => table.insert((n << 12) | 64, n << 12, never);
    for (let n = 1; n <= 40; n++) add(n);
    expect(table.hot.length / 4).toBe(1 << 12);
    add(41);
    expect(table.hot.length / 4).toBeGreaterThan(1 << 12);
    for (let n = 1; n <= 41; n++) expect(table.hot[table.find((n << 12) | 64, n << 12)]).toBe((n << 12) | 64);
    expect(table.find((42 << 12) | 64, 42 << 12)).toBe(-1);
    expect(table.count).toBe(41);
  });

  test('stays as small as its flows allow', () => {
    const table = new FlowTable(MAX_FLOWS, new HotPath(KEY));
    for (let n = 0; n < 100_000; n++) insert(table, n);
    expect(table.hot.length / 4).toBe(1 << 18);
    for (let n = 0; n < 100_000; n++) if (find(table, n) < 0) expect.fail(`flow ${n} is not found`);
  });

  test('a lower cap holds fewer flows and forgets the rest', () => {
    const table = new FlowTable(1 << 12, new HotPath(KEY));
    let forgotten = 0;
    for (let n = 0; n < 20_000; n++)
      table.pushEvent(
        insert(table, n, () => forgotten++),
        n + 1,
        n,
      );
    expect(table.hot.length / 4).toBe(1 << 12);
    expect(table.count + forgotten).toBe(20_000);
    expect(table.forgotten).toBe(forgotten);
    expect(table.eventsOf(find(table, 19_999))).toEqual([{ frame: 20_000, at: 19_999 }]);
  });

  test('a flow stands in the emptier of two lines, so that few are forgotten before half of all rows are taken', () => {
    const table = new FlowTable(1 << 12, new HotPath(KEY));
    for (let n = 0; n < 1 << 11; n++) insert(table, n, () => {});
    // Where the first of eight rows is taken that is empty, 14 are.
    expect(table.forgotten).toBeLessThan(7);
    for (let n = (1 << 11) - 100; n < 1 << 11; n++) if (find(table, n) < 0) expect.fail(`flow ${n} is not found`);
  });

  test('after the last line comes the first', () => {
    const table = new FlowTable(1 << 12, new HotPath(KEY));
    const rows = [1, 2, 3, 4, 5, 6, 7, 8].map((tag) => table.insert(tag, (1 << 10) - 1, never) / 4);
    expect([...rows].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4092, 4093, 4094, 4095]);
    expect([1, 2, 3, 4, 5, 6, 7, 8].map((tag) => table.find(tag, (1 << 10) - 1) / 4)).toEqual(rows);
    expect(table.find(9, (1 << 10) - 1)).toBe(-1);
  });

  test('at its cap it overwrites the flow that was never answered, else the one longest silent, and counts it', () => {
    const table = new FlowTable(1 << 12, new HotPath(KEY));
    for (let n = 0; n < 8; n++) {
      const row = table.insert(n + 1, 5, never);
      table.hot[row + 1] = n === 6 ? 60 : FlowFlag.answered | n;
      table.hot[row + 2] = n === 6 ? 9000 : 1000 - n;
      table.pushEvent(row, n + 1, 0);
    }
    const forgotten: number[] = [];
    const forget = (state: number) => forgotten.push(state & 0xffff);
    // There are eight flows with the same second hash.
    const row = table.insert(100, 5, forget);
    table.hot[row + 1] = FlowFlag.answered;
    table.hot[row + 2] = 9000;
    expect(forgotten).toEqual([60]);
    table.insert(101, 5, forget);
    expect(forgotten).toEqual([60, 7]);
    expect(table.forgotten).toBe(2);
    expect(table.count).toBe(8);
    expect(table.eventsOf(table.find(101, 5))).toEqual([]);
  });

  test('what crowds both sets of every table ends at the cap, where most of it is forgotten and counted', () => {
    const table = new FlowTable(MAX_FLOWS, new HotPath(KEY));
    const add = (n: number) => table.insert((n << 20) | 64, n << 20, () => {});
    for (let n = 1; n <= 41; n++) add(n);
    expect(table.hot.length / 4).toBe(MAX_FLOWS);
    expect([table.count, table.forgotten]).toEqual([8, 33]);
    expect(table.find((41 << 20) | 64, 41 << 20)).toBeGreaterThanOrEqual(0);
  });

  test('a flow whose events found no room once remembers its first ones, whatever room there is later', () => {
    const table = new FlowTable(1 << 12, new HotPath(KEY));
    const [full, short] = [insert(table, 1), insert(table, 2)];
    for (const frame of [1, 2, 3]) table.pushEvent(short, frame, frame);
    for (let frame = 1; frame <= 20_000; frame++) table.pushEvent(full, frame, frame);
    table.pushEvent(short, 4, 4);
    table.dropEvents(full);
    table.pushEvent(short, 5, 5);
    expect(table.eventsOf(short).map((event) => event.frame)).toEqual([1, 2, 3]);
    table.dropEvents(short);
    table.hot[short + 1] = 0;
    for (const frame of [6, 7]) table.pushEvent(short, frame, frame);
    expect(table.eventsOf(short).map((event) => event.frame)).toEqual([6, 7]);
  });

  test('a flow that begins anew gives its event frames back', () => {
    const table = new FlowTable(MAX_FLOWS, new HotPath(KEY));
    const row = insert(table, 1);
    for (let round = 0; round < 50; round++) {
      for (let i = 1; i <= 100_000; i++) table.pushEvent(row, i, i);
      table.dropEvents(row);
    }
    // More than there is room for, had they been kept.
    for (let i = 1; i <= 1000; i++) table.pushEvent(row, i, i);
    expect(table.eventsOf(row).length).toBe(1000);
  });

  test('a frame is found by its number, however long the capture', () => {
    const table = new FlowTable(MAX_FLOWS, new HotPath(KEY));
    const row = insert(table, 1);
    const last = mergedNumber(MAX_CAPTURES - 1, 2 ** 32 - 1);
    const frames = [1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 7, 2 ** 41 + 5, last];
    for (const frame of frames) table.pushEvent(row, frame, frame * 10);
    expect(table.eventsOf(row)).toEqual(frames.map((frame) => ({ frame, at: frame * 10 })));
    expect(table.beganAt(row)).toBe(10);
    expect(table.newestAt(row)).toBe(last * 10);
    const later = insert(table, 2);
    for (const frame of [2 ** 32, last]) table.pushEvent(later, frame, 1);
    expect(table.eventsOf(later)).toEqual([2 ** 32, last].map((frame) => ({ frame, at: 1 })));
    expect([captureOf(last), numberInFile(last)]).toEqual([MAX_CAPTURES - 1, 2 ** 32 - 1]);
  });
});
