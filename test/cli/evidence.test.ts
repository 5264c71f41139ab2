import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCapture } from '../capture/read-capture.ts';
import { expectRefusal, fixture, run, temporaryDirectory } from './run.ts';

const folder = temporaryDirectory();
const FAULTY = fixture('rs-answers-arp-t5/mirror.pcap');

test('--evidence saves the frames that prove the findings, and says so', async () => {
  const file = join(folder, 'evidence.pcapng');
  const { exit, stdout, stderr } = run(['diagnose', FAULTY, '--evidence', file]);
  expect([exit, stdout.slice(0, 6)]).toEqual([1, 'FAULT:']);
  expect(stderr).toBe(`lvs-doctor: evidence: 14 frames, 10 of them cited, saved to ${file}.\n`);
  expect((await readCapture(file)).info).toMatchObject({ format: 'pcapng', frames: 14, cutOff: false, damage: null });
});

test('of standard input the evidence is the same', async () => {
  const [ofFile, ofPipe] = [join(folder, 'file.pcapng'), join(folder, 'pipe.pcapng')];
  run(['diagnose', FAULTY, '-q', '--evidence', ofFile]);
  const { exit, stderr } = run(['diagnose', '-', '-q', '--evidence', ofPipe], readFileSync(FAULTY));
  expect([exit, stderr]).toEqual([1, '']);
  expect((await readCapture(ofPipe)).frames).toEqual((await readCapture(ofFile)).frames);
});

test('without evidence no file is written, and that is said', () => {
  const file = join(folder, 'none.pcapng');
  const { exit, stderr } = run(['diagnose', fixture('healthy-t1/mirror.pcap'), '--evidence', file]);
  expect([exit, existsSync(file)]).toEqual([0, false]);
  expect(stderr).toMatch(/^lvs-doctor: no finding cites a frame, so there is no evidence to save, and \S+none\.pcapng is not written\.\n$/);
});

test('a file that cannot be meant is refused before anything is read', () => {
  const input = join(folder, 'input.pcap');
  writeFileSync(input, readFileSync(FAULTY));
  mkdirSync(join(folder, 'directory'));
  const refused = (evidence: string, ...more: string[]) => run(['diagnose', input, '--evidence', evidence, ...more]);
  expectRefusal(refused(input), /input\.pcap is read as input and would be overwritten; give --evidence another file/);
  expectRefusal(refused(join(folder, 'directory')), /directory is a directory; --evidence expects a file/);
  expectRefusal(refused(join(folder, 'missing', 'out.pcapng')), /missing does not exist; create it, or give --evidence another file/);
  expectRefusal(refused('-'), /--evidence expects a file to write/);
  expectRefusal(refused(join(folder, 'x'), '-o', join(folder, '.', 'x')), /is given with -o and with --evidence/);
  expect(readFileSync(input)).toEqual(readFileSync(FAULTY));
});

test('when the disk is full the diagnosis is not lost', () => {
  const { exit, stdout, stderr } = run(['diagnose', FAULTY, '--evidence', '/dev/full']);
  expect(exit).toBe(2);
  expect(stdout).toMatch(/^FAULT: 4 machines answer ARP/);
  expect(stderr).toBe('lvs-doctor: /dev/full cannot be written: the disk is full.\n');
});
