import { spawn, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { LineOutput } from '../../src/cli/line-output.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { LiveEvent } from '../../src/live/live-event.ts';
import { expectRefusal, fixture, run, temporaryDirectory } from './run.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/lvs-doctor.js', import.meta.url));
const FAULTY = fixture('rs-answers-arp-t1b/mirror.pcap');
const HEALTHY = fixture('healthy-t5/mirror.pcap');
const directory = temporaryDirectory();

describe('watch of a pipe', () => {
  test('that ends tells each finding as a line of JSON, then a heartbeat, and exits with 1', async () => {
    const { exit, stdout } = run(['watch', 'mirror=-', '-f', 'json'], readFileSync(FAULTY));
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LiveEvent);
    expect(exit).toBe(1);
    const saved = await diagnose([{ name: FAULTY, point: 'mirror' }], NOTHING_GIVEN);
    const found = events.flatMap((event) => (event.event === 'found' ? [event.finding.id] : []));
    expect(found.sort()).toEqual(saved.findings.map(({ id }) => id).sort());
    expect(events.at(-1)).toMatchObject({ event: 'heartbeat', state: { frames: 166, findings: 3, vips: ['192.168.1.100'] } });
    expect(events.every(({ time }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(time))).toBe(true);
  });

  test('of a healthy cluster says so and exits with 0', () => {
    const { exit, stdout, stderr } = run(['watch', '-'], readFileSync(HEALTHY));
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout: expect.stringMatching(/^Watched \d+ frames; VIP 203\.0\.113\.100; no finding\.\n$/),
    });
    expect(stderr).toMatch(/^lvs-doctor: watching -\. [^\n]+\n$/);
  });

  test('asks only the rules that it is told to, and counts only what is grave enough', () => {
    expect(run(['watch', '-', '-q', '--no-rule', 'rs-answers-arp'], readFileSync(FAULTY))).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect(run(['watch', '-', '-q', '--fail-on', 'never'], readFileSync(FAULTY)).exit).toBe(0);
  });

  test('writes lines with priorities where standard output is the journal', () => {
    const file = join(directory, 'journal');
    const descriptor = openSync(file, 'w');
    const { dev, ino } = fstatSync(descriptor);
    const env = { ...process.env, JOURNAL_STREAM: `${dev}:${ino}` };
    spawnSync(process.execPath, [LAUNCHER, 'watch', '-', '-q'], { input: readFileSync(FAULTY), stdio: ['pipe', descriptor, 'pipe'], env });
    closeSync(descriptor);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^<3>\S+ \S+ UTC FOUND rs-answers-arp \(LVS101\), critical, confirmed: /);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('that goes on tells while it does, and ends on %s with a summary', async (signal) => {
    const child = spawn(process.execPath, [LAUNCHER, 'watch', '-', '--interval', '0.1'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.stdin.write(readFileSync(FAULTY));
    expect((await lines.next()).value).toMatch(/FOUND rs-answers-arp/);
    child.kill(signal);
    const rest: string[] = [];
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) rest.push(line.value);
    expect(await ended).toBe(1);
    expect(rest.filter((line) => line.startsWith('Watched 166 frames'))).toHaveLength(1);
  });

  test('that is killed outright leaves evidence that can be read', async () => {
    const evidence = join(directory, 'evidence');
    const child = spawn(process.execPath, [LAUNCHER, 'watch', '-', '-f', 'json', '--interval', '0.1', '--evidence-dir', evidence], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.write(readFileSync(FAULTY));
    const event = JSON.parse((await lines.next()).value) as LiveEvent;
    child.kill('SIGKILL');
    await ended;
    const [name] = readdirSync(evidence);
    const { captures, findings } = await diagnose([{ name: join(evidence, name!), point: 'mirror' }], NOTHING_GIVEN);
    expect(captures[0]).toMatchObject({ format: 'pcapng', cutOff: false });
    expect(findings.map(({ id }) => id)).toContain(event.event === 'found' ? event.finding.id : '');
  });

  test('whose reader leaves ends by itself', async () => {
    const child = spawn(process.execPath, [LAUNCHER, 'watch', '-', '-f', 'json', '--interval', '0.1'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.stdin.on('error', () => {});
    child.stdout.destroy();
    child.stdin.write(readFileSync(FAULTY));
    expect(await ended).toBe(1);
  });
});

/** A terminal of 200 rows that nobody reads, and six megabytes of frames for the watch on it; prints its exit code. A session of its own: the keys of whoever runs the tests are not its. */
const STALLED_TERMINAL = `
import fcntl, os, pty, signal, struct, subprocess, sys, termios
capture = open(sys.argv[3], 'rb').read()
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 200, 200, 0, 0))
watch = subprocess.Popen([sys.argv[1], sys.argv[2], 'watch', '-', '--interval', '0.1'], stdin=subprocess.PIPE, stdout=slave, stderr=subprocess.DEVNULL, start_new_session=True)
watch.stdin.write(capture)
for _ in range(400): watch.stdin.write(capture[24:])
watch.stdin.flush()
watch.send_signal(signal.SIGTERM)
print(watch.wait())
`;
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
if (!hasPython) console.log('The stalled terminal is skipped: python3 is not installed.');

test.skipIf(!hasPython)('a terminal that has stalled neither keeps frames waiting nor the watch from ending', () => {
  const { stdout } = spawnSync('python3', ['-c', STALLED_TERMINAL, process.execPath, LAUNCHER, FAULTY], { encoding: 'utf8' });
  expect(stdout.trim()).toBe('1');
});

describe('watch refuses in one sentence', () => {
  test.each([
    [['watch'], /no interface is given; try 'lvs-doctor watch -i eth1'/],
    [['watch', 'mirror.pcap'], /mirror\.pcap is no live pipe; try .* 'lvs-doctor diagnose mirror\.pcap' for a file\./],
    [['watch', '-', '-i', 'eth0'], /both -i eth0 and - are given/],
    [['watch', '-', '--interval', '0'], /seconds from 0\.1 to 60 were expected/],
    [['watch', '-', '--webhook', 'ftp://x'], /a URL was expected/],
    [['watch', '-', '--metrics', 'eth0'], /--metrics eth0 was given; a port was expected/],
    [['watch', '-', '--rule', 'rs-answer-arp'], /perhaps rs-answers-arp is meant/],
    [['watch', 'nowhere=-'], /nowhere is no place that is known/],
  ])('%j', (args, sentence) => {
    expectRefusal(run(args), sentence);
  });

  test('standard input that holds no capture', () => {
    expectRefusal(run(['watch', '-'], 'hello, this is no capture at all'), /capture was expected|is no capture/);
  });
});

test('lines for a reader who is too slow are counted and told of, and the work goes on', () => {
  const written: string[] = [];
  const stream = { writableLength: 0, write: (text: string) => written.push(text) };
  const output = new LineOutput(stream as unknown as NodeJS.WriteStream);
  const missed = (count: number) => `${count} missed`;
  output.write('first', missed);
  stream.writableLength = 9 * 1024 * 1024;
  for (let i = 0; i < 5; i++) output.write('lost', missed);
  stream.writableLength = 0;
  output.write('last', missed);
  expect(written).toEqual(['first\n', '5 missed\n', 'last\n']);
});
