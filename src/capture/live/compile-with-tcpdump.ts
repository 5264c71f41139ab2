/** Capture filters in the whole pcap language, compiled by tcpdump for the kernel: the program is the same as tcpdump's own. */
import { spawnSync } from 'node:child_process';
import { UsageError } from '../../usage-error.ts';
import { CannotCapture } from './cannot-capture.ts';
import type { Instruction } from './frame-filter.ts';

/**
 * @throws UsageError when tcpdump does not understand the filter
 * @throws CannotCapture when there is no tcpdump
 */
export function compileWithTcpdump(filter: string, snapLength: number, interfaceName: string, linkTypeName: string): Instruction[] {
  // With the interface, the program also finds VLAN tags that stand beside the frame; to open it tcpdump needs the privileges that we have.
  const live = run(['-i', interfaceName], filter, snapLength);
  if (live.status === 0) return parseProgram(live.stdout);
  const dead = run(['-y', linkTypeName], filter, snapLength);
  if (dead.status !== 0) throw filterNotUnderstood(filter, sayingOf(dead.stderr));
  if (/\bvlan\b/.test(filter)) {
    throw new CannotCapture(`tcpdump cannot compile a filter with 'vlan' for it (${sayingOf(live.stderr)})`, 'run with sudo');
  }
  return parseProgram(dead.stdout);
}

export function filterNotUnderstood(filter: string, saying: string): UsageError {
  return new UsageError(
    `the filter '${filter}' is not understood (${saying}); a filter in the pcap language was expected, such as 'arp or port 80': see man pcap-filter.`,
  );
}

function run(options: readonly string[], filter: string, snapLength: number) {
  const done = spawnSync('tcpdump', [...options, '-s', String(snapLength), '-ddd', '--', filter], { encoding: 'utf8', timeout: 10_000 });
  if (done.error !== undefined) {
    throw new CannotCapture(
      `the filter needs tcpdump to be compiled, and tcpdump cannot be run (${done.error.message})`,
      'apt-get install tcpdump',
    );
  }
  return done;
}

/** tcpdump's last line without its name, which is the one that says why it ended. */
export function sayingOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.startsWith('tcpdump: '));
  return (lines.at(-1) ?? 'tcpdump gave no reason').replace(/^tcpdump: /, '');
}

/** The output of `tcpdump -ddd`: the number of instructions, then code, jt, jf and k of each. */
export function parseProgram(text: string): Instruction[] {
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [code = 0, jt = 0, jf = 0, k = 0] = line.split(' ').map(Number);
      return [code, jt, jf, k] as const;
    });
}
