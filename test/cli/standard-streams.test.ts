/** What the program writes to, as it finds it: a terminal, a file, a pipe that does not wait, a reader that leaves. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fixture, run, temporaryDirectory } from './run.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/lvs-doctor.js', import.meta.url));
const FAULTY = fixture('rs-answers-arp-t5/mirror.pcap');
const MUCH = fixture('heavy/mirror.pcap');
const MUST_ESCAPE = '\x1b[';

/** Runs it below a program in Python, whose arguments after the first are the command. */
function below(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const command = ['-c', program, process.execPath, LAUNCHER, ...args];
  const { status, stdout, stderr } = spawnSync('python3', command, {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { exit: status, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** With a terminal of 132 columns, of which all that comes is passed on. */
const TERMINAL = `
import fcntl, os, pty, struct, subprocess, sys, termios
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 132, 0, 0))
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE)
os.close(theirs)
try:
    while piece := os.read(ours, 65536):
        os.write(1, piece)
except OSError:
    pass
os.write(2, child.stderr.read())
sys.exit(child.wait())
`;

test('a terminal gets colour and its width, a pipe neither', () => {
  const shown = below(TERMINAL, ['diagnose', FAULTY]);
  expect(shown).toMatchObject({ exit: 1, stderr: '' });
  expect(shown.stdout).toContain(MUST_ESCAPE);
  expect(Math.max(...linesOf(shown.stdout))).toBeGreaterThan(80);
  const piped = run(['diagnose', FAULTY]);
  expect(piped.stdout).not.toContain(MUST_ESCAPE);
  expect(Math.max(...linesOf(piped.stdout.replace(/^ +\$ .*$/gm, '')))).toBeLessThanOrEqual(100);
});

function linesOf(text: string): number[] {
  return text.split(/\r?\n/).map((line) => line.replace(/\x1b\[[0-9;]*m/g, '').length);
}

/** With a pipe of one page that takes no more than it has room for, and a reader who is late, or leaves. */
const PIPE = `
import fcntl, os, subprocess, sys, time
ours, theirs = os.pipe()
fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
os.set_blocking(theirs, False)
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE)
os.close(theirs)
time.sleep(1)
if os.environ.get('LEAVES'):
    os.close(ours)
else:
    while piece := os.read(ours, 4096):
        os.write(1, piece)
os.write(2, child.stderr.read())
sys.exit(child.wait())
`;

test('a pipe that its opener wants nobody to wait for gets all of a report that is larger than it', () => {
  const args = ['diagnose', MUCH, '-f', 'json'];
  const all = run(args);
  expect(all.stdout.length).toBeGreaterThan(1 << 16);
  expect(below(PIPE, args)).toEqual(all);
});

test('where the reader of such a pipe leaves, what is to be written after the report still is', () => {
  const evidence = join(temporaryDirectory(), 'evidence.pcapng');
  const { exit, stderr } = below(PIPE, ['diagnose', FAULTY, '-f', 'json', '--evidence', evidence], { LEAVES: '1' });
  expect(stderr).toMatch(/^lvs-doctor: evidence: \d+ frames/);
  expect(exit).toBe(1);
  expect(existsSync(evidence)).toBe(true);
});

/** With a pipe of one page that nobody reads, until it is interrupted; says by which signal it ended. */
const INTERRUPTED = `
import fcntl, os, signal, struct, subprocess, sys, termios, time
ours, theirs = os.pipe()
fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE)
for _ in range(200):
    if struct.unpack('i', fcntl.ioctl(ours, termios.FIONREAD, b'0000'))[0] == 4096:
        break
    time.sleep(0.05)
child.send_signal(signal.SIGINT)
try:
    print(child.wait(10))
finally:
    child.kill()
`;

test('Ctrl-C ends it while it waits for somebody to read the report', () => {
  expect(below(INTERRUPTED, ['diagnose', FAULTY, '-f', 'json'])).toMatchObject({ exit: 0, stdout: '-2\n' });
});

test('help that nobody reads to its end is no error', () => {
  const command = `"$0" "$1" diagnose --help | true; printf '%s' "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, LAUNCHER], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: '0', stderr: '' });
});
