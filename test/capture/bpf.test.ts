/** Which frames a BPF program chooses. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooses } from '../../src/capture/bpf.ts';
import { compileFilter } from '../../src/capture/compile-filter.ts';
import { emptyFrame, type Frame } from '../../src/capture/frame.ts';
import type { Instruction } from '../../src/capture/live/frame-filter.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { recordingOf } from '../support/local-captures.ts';

function frameOf(bytes: Uint8Array, wireLength = bytes.length): Frame {
  // Frames stand among others: a read past this one would find something.
  const room = new Uint8Array(bytes.length + 16).fill(0xff);
  room.set(bytes, 8);
  return { ...emptyFrame(), bytes: room, view: new DataView(room.buffer), start: 8, end: 8 + bytes.length, wireLength };
}

const RET_A: Instruction = [0x16, 0, 0, 0];
const ONE: Instruction = [0x06, 0, 0, 1];
const NONE: Instruction = [0x06, 0, 0, 0];
const frame = frameOf(Uint8Array.of(0x45, 2, 3, 4, 0xff, 0xff, 0xff, 0xfe));

describe('a program', () => {
  const result = (...program: Instruction[]) => chooses(program, frame);
  const equals = (k: number): Instruction[] => [[0x15, 0, 1, k], ONE, NONE];

  test.each([
    ['loads a word without sign', [[0x20, 0, 0, 4]], 0xfffffffe],
    ['loads a half word', [[0x28, 0, 0, 2]], 0x0304],
    ['loads a byte', [[0x30, 0, 0, 1]], 2],
    [
      'loads what X points to',
      [
        [0x01, 0, 0, 1],
        [0x50, 0, 0, 2],
      ],
      4,
    ],
    ['knows the length on the wire', [[0x80, 0, 0, 0]], 8],
    [
      'knows the length of an IPv4 header',
      [
        [0xb1, 0, 0, 0],
        [0x87, 0, 0, 0],
      ],
      20,
    ],
    [
      'keeps words',
      [
        [0x00, 0, 0, 7],
        [0x02, 0, 0, 3],
        [0x00, 0, 0, 0],
        [0x60, 0, 0, 3],
      ],
      7,
    ],
    [
      'keeps X',
      [
        [0x01, 0, 0, 9],
        [0x03, 0, 0, 2],
        [0x01, 0, 0, 0],
        [0x61, 0, 0, 2],
        [0x87, 0, 0, 0],
      ],
      9,
    ],
    [
      'adds in 32 bits',
      [
        [0x20, 0, 0, 4],
        [0x04, 0, 0, 3],
      ],
      1,
    ],
    [
      'subtracts in 32 bits',
      [
        [0x00, 0, 0, 1],
        [0x14, 0, 0, 2],
      ],
      0xffffffff,
    ],
    [
      'multiplies in 32 bits',
      [
        [0x20, 0, 0, 4],
        [0x24, 0, 0, 2],
      ],
      0xfffffffc,
    ],
    [
      'divides',
      [
        [0x00, 0, 0, 9],
        [0x34, 0, 0, 2],
      ],
      4,
    ],
    [
      'takes remainders',
      [
        [0x00, 0, 0, 9],
        [0x94, 0, 0, 4],
      ],
      1,
    ],
    [
      'joins, cuts and flips bits',
      [
        [0x00, 0, 0, 0x0f],
        [0x44, 0, 0, 0xf0],
        [0x54, 0, 0, 0x3c],
        [0xa4, 0, 0, 0xff],
      ],
      0xc3,
    ],
    [
      'shifts',
      [
        [0x20, 0, 0, 4],
        [0x64, 0, 0, 4],
        [0x74, 0, 0, 28],
      ],
      0xf,
    ],
    [
      'negates',
      [
        [0x00, 0, 0, 1],
        [0x84, 0, 0, 0],
      ],
      0xffffffff,
    ],
    [
      'computes with X',
      [
        [0x01, 0, 0, 5],
        [0x00, 0, 0, 2],
        [0x0c, 0, 0, 0],
      ],
      7,
    ],
    [
      'moves between A and X',
      [
        [0x00, 0, 0, 6],
        [0x07, 0, 0, 0],
        [0x00, 0, 0, 0],
        [0x87, 0, 0, 0],
      ],
      6,
    ],
  ] as const)('%s', (_, program, expected) => {
    expect(result(...(program as unknown as Instruction[]), ...equals(expected))).toBe(true);
    expect(result(...(program as unknown as Instruction[]), ...equals(expected + 1))).toBe(false);
  });

  test('does not choose a frame that ends before what it loads', () => {
    for (const code of [0x20, 0x28, 0x30]) expect(result([code, 0, 0, 8], ONE)).toBe(false);
    expect(result([0x20, 0, 0, 5], ONE)).toBe(false);
    expect(result([0x01, 0, 0, 0xffffffff], [0x50, 0, 0, 0], ONE)).toBe(false);
    expect(result([0xb1, 0, 0, 8], ONE)).toBe(false);
  });

  test('does not choose a frame when it divides by zero', () => {
    expect(result([0x3c, 0, 0, 0], ONE)).toBe(false);
    expect(result([0x9c, 0, 0, 0], ONE)).toBe(false);
  });

  test('jumps by equal, greater, greater or equal, and bits that are set', () => {
    const jump = (code: number, k: number) => result([0x00, 0, 0, 5], [code, 0, 1, k], ONE, NONE);
    expect([jump(0x15, 5), jump(0x15, 4), jump(0x25, 4), jump(0x25, 5)]).toEqual([true, false, true, false]);
    expect([jump(0x35, 5), jump(0x35, 6), jump(0x45, 4), jump(0x45, 2)]).toEqual([true, false, true, false]);
    expect(result([0x05, 0, 0, 1], NONE, ONE)).toBe(true);
  });

  test('without an end chooses nothing, and ends', () => {
    expect(result([0x00, 0, 0, 1])).toBe(false);
    expect(result([0x05, 0, 0, 0xffffffff], ONE)).toBe(false);
    expect(result([0x00, 0, 0, 1], RET_A)).toBe(true);
  });
});

const hasTcpdump = spawnSync('tcpdump', ['--version']).error === undefined;

describe.skipIf(!hasTcpdump)('a filter keeps the frames that tcpdump keeps', () => {
  const filters = [
    'arp',
    'arp or port 80',
    'tcp[tcpflags] & tcp-syn != 0',
    'not ip',
    'len > 100',
    'ip[8] < 64 or ip6',
    'ether[0] & 1 = 1',
    'host 203.0.113.100 and not tcp',
  ];
  const files = [
    'rs-announces-vip-t5/mirror.pcap',
    'healthy-vlan/mirror.pcap',
    'healthy-ipv6/mirror.pcap',
    'healthy-t1/director-any-sll.pcap',
    'healthy-t1/director-any-sll2.pcap',
  ];

  test.each(files)('%s', (file) => {
    const path = join(FIXTURES, file);
    const { linkType, frames } = recordingOf(readFileSync(path));
    // ether[…] means nothing in a cooked capture.
    for (const filter of filters.filter((text) => linkType === 1 || !text.includes('ether'))) {
      const kept = spawnSync('tcpdump', ['-r', path, '-w', '-', filter], { maxBuffer: 1 << 26 });
      const program = compileFilter(filter, linkType);
      const ours = frames.filter(({ bytes }) => chooses(program, frameOf(bytes))).map(({ bytes }) => bytes);
      expect(ours, filter).toEqual(recordingOf(kept.stdout).frames.map(({ bytes }) => bytes));
    }
  });
});
