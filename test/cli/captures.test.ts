import { linkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCaptureArguments, sourceFilesOf } from '../../src/cli/captures.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { temporaryDirectory } from './run.ts';

const directory = temporaryDirectory();
const read = (...args: string[]) => readCaptureArguments(args, NOTHING_GIVEN);

describe('a capture argument', () => {
  test('may tell the point it was taken at', () => {
    expect(read('mirror=a.pcap', 'b.pcap', 'real-server=-')).toEqual([
      { name: 'a.pcap', point: 'mirror' },
      { name: 'b.pcap', point: null },
      { name: '-', point: 'real-server' },
    ]);
  });

  test('may name a machine that is given', () => {
    const given = { ...NOTHING_GIVEN, realServers: [{ name: 'web1', ips: ['192.168.1.10'], macs: [], active: 'by-vrrp' as const }] };
    expect(readCaptureArguments(['web1=a.pcap'], given)).toEqual([{ name: 'a.pcap', point: 'web1' }]);
    expect(() => read('web1=a.pcap')).toThrow(/web1 is no place that is known/);
  });

  test('with an equals sign in a path, or in the name of a file that exists, is a file', () => {
    const file = join(directory, 'b=c.pcap');
    writeFileSync(file, '');
    expect(read(file, './mirror=a.pcap')).toEqual([
      { name: file, point: null },
      { name: './mirror=a.pcap', point: null },
    ]);
  });

  test('that is another by a second name is refused', () => {
    writeFileSync(join(directory, 'one.pcap'), '');
    linkSync(join(directory, 'one.pcap'), join(directory, 'two.pcap'));
    expect(() => read(join(directory, 'one.pcap'), join(directory, 'two.pcap'))).toThrow(/same file/);
    expect(() => read('none.pcap', 'none.pcap')).toThrow(/twice/);
  });
});

test('a report finds each capture by its path, and by its last part where that is clear', () => {
  const files = sourceFilesOf([
    { name: 'a/x.pcap', point: null },
    { name: 'b/x.pcap', point: null },
    { name: 'b/y.pcap', point: null },
  ]);
  expect([files.get('a/x.pcap'), files.get('b/x.pcap'), files.get('x.pcap'), files.get('y.pcap')]).toEqual([
    'a/x.pcap',
    'b/x.pcap',
    undefined,
    'b/y.pcap',
  ]);
});
