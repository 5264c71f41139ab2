import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCapture } from '../capture/read-capture.ts';
import { expectRefusal, fixture, run, temporaryDirectory } from './run.ts';

const folder = temporaryDirectory();
const FAULTY = fixture('rs-answers-arp-t5/mirror.pcap');
const ORIGINAL = /203\.0\.113\.|198\.51\.100\.|00:16:3e|mirror\.pcap|web\d/;
const key = join(folder, 'key');
writeFileSync(key, 'a secret of at least sixteen bytes');
const cluster = join(folder, 'cluster.yaml');
writeFileSync(
  cluster,
  `vips: [{ ip: 203.0.113.100 }]
directors: [{ name: web0, ip: 203.0.113.2, macs: ['00:16:3e:de:b7:ff'] }]
realServers: [{ name: web1, ip: 203.0.113.10, macs: ['00:16:3e:8d:80:bf'] }, { name: web2, macs: ['00:16:3e:f5:8f:9d'] }]
`,
);

test.each(['diagnose -v', 'diagnose -f json', 'diagnose -q', 'trace', 'trace -f json', 'topology', 'topology -f yaml', 'topology -f json'])(
  '%s --anonymize says nothing of the originals',
  (typed) => {
    const [command, ...options] = typed.split(' ') as [string, ...string[]];
    const plain = run([command, ...options, '-c', cluster, `web1=${FAULTY}`]);
    const { exit, stdout, stderr } = run([command, ...options, '-c', cluster, `web1=${FAULTY}`, '--anonymize']);
    expect(exit).toBe(plain.exit);
    expect(stdout.length).toBeGreaterThan(100);
    expect(stdout.replaceAll(/-w \S+\.pcap/g, '') + stderr).not.toMatch(ORIGINAL);
  },
);

test.each(['text', 'json', 'markdown'])('a saved diagnosis is anonymized too: report -f %s', (format) => {
  const saved = join(folder, 'diagnosis.json');
  run(['diagnose', '-f', 'json', '-o', saved, '-c', cluster, `web1=${FAULTY}`]);
  const map = join(folder, `report-${format}.json`);
  const { exit, stdout, stderr } = run(['report', saved, '-f', format, '--anonymize-key', key, '--anonymize-map', map]);
  expect([exit, stderr]).toEqual([1, '']);
  expect(stdout.replaceAll(/-w \S+\.pcap/g, '')).not.toMatch(ORIGINAL);
  expect(stdout).toContain(JSON.parse(readFileSync(map, 'utf8')).ips['203.0.113.100']);
  expectRefusal(run(['report', saved, '--anonymize-map', saved]), /is read as input and would be overwritten; give --anonymize-map/);
});

test('a filter of trace is typed with original addresses', () => {
  const args = ['trace', FAULTY, '--vip', '203.0.113.100', '--flow', '198.51.100.7 > 203.0.113.100:80', '--client', '198.51.100.7'];
  const { exit, stdout } = run([...args, '--anonymize']);
  expect(exit).toBe(0);
  expect(stdout).not.toMatch(ORIGINAL);
  expect(stdout.split('\n').length).toBe(run(args).stdout.split('\n').length);
});

test('each run has addresses of its own, unless a key is given', () => {
  const once = (...options: string[]) => run(['diagnose', FAULTY, '-f', 'json', ...options]).stdout;
  expect(once('--anonymize')).not.toBe(once('--anonymize'));
  expect(once('--anonymize-key', key)).toBe(once('--anonymize-key', key));
  expect(once('--anonymize-key', key)).not.toMatch(ORIGINAL);
});

test('--anonymize-keep-vendor keeps the first half of MACs, and no more', () => {
  const { stdout } = run(['diagnose', FAULTY, '--anonymize-keep-vendor']);
  const macs = stdout.match(/\b00:16:3e:[0-9a-f:]{8}/g) ?? [];
  expect(macs.length).toBeGreaterThan(4);
  expect(readFileSync(FAULTY).includes(Buffer.from(macs[0]!.replaceAll(':', ''), 'hex'))).toBe(false);
});

test('the evidence is anonymized too, and says so instead of the hash', async () => {
  const file = join(folder, 'evidence.pcapng');
  const { exit, stderr } = run(['diagnose', FAULTY, '-q', '--anonymize', '--evidence', file]);
  expect([exit, stderr]).toEqual([1, '']);
  const text = readFileSync(file, 'latin1');
  expect(text).not.toMatch(ORIGINAL);
  expect(text).toContain('Capture capture1.pcap, anonymized.');
  expect(text).not.toContain('SHA-256');
  expect((await readCapture(file)).frames).toHaveLength(14);
});

test('what stands for what is saved for its owner alone, and gives the same addresses again', () => {
  const map = join(folder, 'map.json');
  writeFileSync(map, 'older');
  chmodSync(map, 0o644);
  const first = run(['diagnose', FAULTY, '-c', cluster, '-f', 'json', '--anonymize-map', map]);
  expect(first.exit).toBe(1);
  expect(statSync(map).mode & 0o777).toBe(0o600);
  const { names, ips, macs, captures, isComplete } = JSON.parse(readFileSync(map, 'utf8'));
  expect(Object.keys(names)).toEqual(['web0', 'web1', 'web2']);
  expect(captures).toEqual({ [FAULTY]: 'capture1.pcap' });
  expect(isComplete).toBe(true);
  expect(first.stdout).toContain(ips['203.0.113.100']);
  expect(first.stdout).toContain(macs['00:16:3e:8d:80:bf']);
  expect(run(['diagnose', FAULTY, '-c', cluster, '-f', 'json', '--anonymize-key', map]).stdout).toBe(first.stdout);
});

test('what cannot be meant is refused before anything is read', () => {
  const refused = (...options: string[]) => run(['diagnose', FAULTY, ...options]);
  const short = join(folder, 'short');
  writeFileSync(short, 'short');
  expectRefusal(refused('--anonymize-key', short), /short, given with --anonymize-key, has 5 bytes; a secret of 16 bytes/);
  expectRefusal(
    refused('--anonymize-key', join(folder, 'none')),
    /none, given with --anonymize-key, cannot be read: there is no such file/,
  );
  expectRefusal(refused('--anonymize-map', FAULTY), /is read as input and would be overwritten; give --anonymize-map another file/);
  expectRefusal(refused('--anonymize-key', key, '--anonymize-map', key), /is read as input and would be overwritten/);
  expectRefusal(refused('--anonymize-map', join(folder, 'x'), '-o', join(folder, 'x')), /x is given twice as a file to write/);
  expectRefusal(refused('--anonymize-map', '-'), /--anonymize-map expects a file/);
  expectRefusal(refused('--anonymize-key', key, '-o', key), /is read as input and would be overwritten; give -o another file/);
});
