import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal, fixture, run, runAfter, temporaryDirectory } from './run.ts';

const CAPTURE = fixture('rs-answers-arp-t5/mirror.pcap');
const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};

let header = Buffer.alloc(0);
beforeAll(() => {
  header = readFileSync(CAPTURE).subarray(0, 24);
});

/** A pcap record header: seconds, microseconds, captured length, length on the wire. */
function record(capturedLength: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(1_800_000_000, 0);
  bytes.writeUInt32LE(capturedLength, 8);
  bytes.writeUInt32LE(capturedLength, 12);
  return bytes;
}

// Elsewhere an address space cannot be limited.
test.runIf(process.platform === 'linux')('an address space without room for WebAssembly is told in one sentence, with what helps', () => {
  const limit = 'ulimit -v 4000000';
  expectRefusal(runAfter(limit, ['diagnose', CAPTURE]), /ulimit -v unlimited.*--disable-wasm-trap-handler/);
  const mended = runAfter(limit, ['diagnose', CAPTURE], { NODE_OPTIONS: '--disable-wasm-trap-handler' });
  expect([mended.exit, mended.stdout.split('\n')[0]]).toEqual([1, run(['diagnose', CAPTURE]).stdout.split('\n')[0]]);
});

test('Node.js without WebAssembly is told in one sentence', () => {
  const { exit, stdout, stderr } = runAfter('true', ['diagnose', CAPTURE], { NODE_OPTIONS: '--jitless' });
  expect([exit, stdout]).toEqual([2, '']);
  // Node.js has a warning of its own.
  expect(stderr).toContain('lvs-doctor: Node.js runs without WebAssembly');
});

describe('a capture that cannot be read is refused in one sentence', () => {
  test('a file that does not exist', () => {
    expectRefusal(run(['diagnose', at('missing.pcap')]), /missing\.pcap/);
  });

  test('a directory', () => {
    mkdirSync(at('folder'));
    expectRefusal(run(['diagnose', at('folder')]), /folder.*directory/);
  });

  test('an empty file', () => {
    expectRefusal(run(['diagnose', write('empty.pcap', '')]), /empty\.pcap.*empty/);
  });

  test('nothing on standard input', () => {
    expectRefusal(run(['diagnose', '-']), /standard input/i);
  });

  test('a text file', () => {
    expectRefusal(run(['diagnose', write('notes.txt', 'the cluster is broken\n'.repeat(30))]), /notes\.txt.*text/);
  });

  test('another kind of file', () => {
    const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(200)]);
    expectRefusal(run(['diagnose', write('picture.pcap', png)]), /picture\.pcap/);
  });

  test('a first record of an absurd length', () => {
    const outcome = run(['diagnose', write('absurd.pcap', Buffer.concat([header, record(0x7fffffff), Buffer.alloc(100)]))]);
    expect(outcome.exit).toBe(2);
    expect(outcome.stderr).toMatch(/^lvs-doctor: [^\n]+\n$/);
  });

  test.skipIf(process.getuid?.() === 0)('a file without permission', () => {
    chmodSync(write('secret.pcap', header), 0o000);
    expectRefusal(run(['diagnose', at('secret.pcap')]), /secret\.pcap.*permission/);
  });

  test('a capture without a frame cannot be judged', () => {
    const outcome = run(['diagnose', write('header.pcap', header)]);
    expect(outcome.exit).toBe(2);
    expect(outcome.stderr).toMatch(/^lvs-doctor: [^\n]+\n$/);
  });

  test('a hostile file name is shown as text', () => {
    const outcome = run(['diagnose', at('x\u001b[2J\u202e.pcap')]);
    expectRefusal(outcome, /x\[2J\.pcap/);
  });

  test('the same file twice', () => {
    expectRefusal(run(['diagnose', CAPTURE, `mirror=${CAPTURE}`]), /twice/);
    expectRefusal(run(['diagnose', '-', 'mirror=-']), /read once/);
  });

  test('a place that is none', () => {
    expectRefusal(run(['diagnose', `miror=${CAPTURE}`]), /miror is no place.*perhaps mirror/);
  });
});

describe('a cluster that cannot be understood is refused in one sentence', () => {
  const diagnoseWith = (...args: string[]) => run(['diagnose', CAPTURE, ...args]);

  test('a file that does not exist', () => {
    expectRefusal(diagnoseWith('-c', at('missing.yaml')), /missing\.yaml.*no such file/);
  });

  test('a directory', () => {
    expectRefusal(diagnoseWith('-c', directory), /directory/);
  });

  test('a capture in its place', () => {
    expectRefusal(diagnoseWith('-c', CAPTURE), /mirror\.pcap.*no text file/);
  });

  test('an unknown key, with its line', () => {
    expectRefusal(
      diagnoseWith('-c', write('key.yaml', 'vips:\n  - ip: 203.0.113.100\nrealServer:\n  - ip: 203.0.113.10\n')),
      /key\.yaml, line 3.*realServer/,
    );
  });

  test('YAML that is none, with its line', () => {
    expectRefusal(diagnoseWith('-c', write('broken.yaml', 'vips:\n  - { ip: 203.0.113.100\ndirectors: ]\n')), /broken\.yaml, line \d/);
  });

  test('an address that is none, with its line', () => {
    expectRefusal(diagnoseWith('-c', write('address.yaml', 'vips:\n  - ip: 203.0.113.500\n')), /address\.yaml, line 2.*203\.0\.113\.500/);
  });

  test('roles that contradict each other', () => {
    const yaml = write('two.yaml', 'vips:\n  - ip: 203.0.113.100\nrealServers:\n  - { name: rs1, ip: 203.0.113.100 }\n');
    expectRefusal(diagnoseWith('-c', yaml), /203\.0\.113\.100.*VIP/);
    expectRefusal(diagnoseWith('--vip', '203.0.113.100', '--real-server', '203.0.113.100'), /203\.0\.113\.100.*VIP/);
  });

  test('an option that is no address', () => {
    expectRefusal(diagnoseWith('--vip', 'web'), /--vip.*web/);
    expectRefusal(run(['trace', CAPTURE, '--client', 'web']), /--client web is no IP address/);
  });
});

describe('a command line that cannot be understood is refused in one sentence', () => {
  test.each([
    ['no command', [], /no command is given/],
    ['an unknown command', ['diagnos', CAPTURE], /unknown command 'diagnos'; did you mean diagnose\?/],
    ['a capture in place of a command', [CAPTURE], /lvs-doctor diagnose .*mirror\.pcap/],
    ['no capture', ['diagnose'], /missing required argument 'capture'; see 'lvs-doctor diagnose --help'/],
    ['an unknown option', ['diagnose', CAPTURE, '--fromat', 'json'], /unknown option '--fromat'; did you mean --format\?/],
    ['an unknown format', ['diagnose', CAPTURE, '-f', 'docx'], /'docx' is invalid; allowed choices are text, json/],
    ['an unknown severity', ['diagnose', CAPTURE, '--fail-on', 'fatal'], /'fatal' is invalid/],
    ['an option without its value', ['diagnose', CAPTURE, '-o'], /'-o, --output <file>' argument missing/],
    ['quiet and verbose', ['diagnose', CAPTURE, '-q', '-v'], /cannot be used with/],
    ['an unknown rule', ['diagnose', CAPTURE, '--rule', 'rs-answer-arp'], /no rule 'rs-answer-arp', perhaps rs-answers-arp is meant/],
    ['an unknown rule to leave out', ['diagnose', CAPTURE, '--no-rule', 'LVS999'], /no rule 'LVS999'/],
    ['an unknown rule to explain', ['explain', 'no-such-thing'], /no rule 'no-such-thing'/],
  ])('%s', (_, args, sentence) => {
    expectRefusal(run(args), sentence);
  });
});

describe('an output file that cannot be meant is refused before any work', () => {
  test('the capture itself, by whatever name', () => {
    const copy = write('copy.pcap', readFileSync(CAPTURE));
    expectRefusal(run(['diagnose', copy, '-o', join(directory, '.', 'copy.pcap')]), /would be overwritten/);
    expect(readFileSync(copy)).toEqual(readFileSync(CAPTURE));
  });

  test('the configuration', () => {
    const yaml = write('cluster.yaml', 'vips:\n  - ip: 203.0.113.100\n');
    expectRefusal(run(['diagnose', CAPTURE, '-c', yaml, '-o', yaml]), /would be overwritten/);
  });

  test('a directory, or a file in a directory that does not exist', () => {
    expectRefusal(run(['diagnose', CAPTURE, '-o', directory]), /is a directory/);
    expectRefusal(run(['diagnose', CAPTURE, '-o', at('none/report.txt')]), /does not exist/);
  });
});
