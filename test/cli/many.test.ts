/** What is counted in a short report is there with -v. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { many } from '../support/many.ts';
import { run, temporaryDirectory } from './run.ts';

const directory = temporaryDirectory();

function saved(name: string, leaks: boolean): string {
  const file = join(directory, `${name}.pcap`);
  writeFileSync(file, many({ vips: 8, leak: (_, servers) => (leaks ? servers.slice(0, 1) : []) }).pcap());
  run(['diagnose', `mirror=${file}`, '-f', 'json', '-o', join(directory, `${name}.json`)]);
  return file;
}

test('topology and diff tell VIPs that are alike once, and with -v each by itself', () => {
  const file = saved('leak', true);
  saved('clean', false);
  const vips = (args: readonly string[], pattern: RegExp) => run(args).stdout.match(pattern)?.length;
  expect(vips(['topology', file], /^VIP/gm)).toBe(1);
  expect(vips(['topology', file, '-v'], /^VIP/gm)).toBe(8);
  const diff = ['diff', join(directory, 'leak.json'), join(directory, 'clean.json')];
  expect(vips(diff, /^- rs-answers-arp/gm)).toBe(1);
  expect(vips([...diff, '-v'], /^- rs-answers-arp/gm)).toBe(8);
});

test('capture-plan has one command for real servers that are alike, and with -v one for each', () => {
  const file = join(directory, 'cluster.yaml');
  const realServers = Array.from({ length: 9 }, (_, i) => `{ name: web${i}, ip: 192.0.2.${i + 10} }`);
  writeFileSync(file, `vips: [{ ip: 192.0.2.100 }]\nrealServers: [${realServers.join(', ')}]\n`);
  const commands = (...more: string[]) => run(['capture-plan', '-c', file, ...more]).stdout.match(/-w (web\d|ITS-NAME)\.pcap/g)?.length;
  expect(commands()).toBe(1);
  expect(commands('-v')).toBe(9);
});
