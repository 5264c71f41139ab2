/** --since, --until, --client and --filter: the frames of long captures that are judged. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { momentOf } from '../../src/cli/frame-choice.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { expectRefusal, fixture, run } from './run.ts';

const FAULTY = fixture('rs-announces-vip-t5/mirror.pcap');
const diagnose = (...options: string[]): Diagnosis => JSON.parse(run(['diagnose', FAULTY, '-f', 'json', ...options]).stdout);
const cited = ({ findings }: Diagnosis) => findings.flatMap((finding) => finding.evidence);

describe('a time', () => {
  test.each([
    ['90', { offset: 90e9 }],
    ['+1.5', { offset: 1.5e9 }],
    ['2m30s', { offset: 150e9 }],
    ['1h', { offset: 3600e9 }],
    ['250ms', { offset: 0.25e9 }],
    ['2026-11-20T09:09:37Z', { seconds: 1_795_165_777, nanoseconds: 0 }],
    ['2026-11-20 09:09:37.25', { seconds: 1_795_165_777, nanoseconds: 250_000_000 }],
    ['2026-11-20T10:09+01:00', { seconds: 1_795_165_740, nanoseconds: 0 }],
  ])('may be %s', (text, moment) => {
    expect(momentOf('--since', text)).toEqual(moment);
  });

  test.each(['yesterday', '', '-5', '1x', '2026-13-40T00:00:00Z', '09:09'])('is not %j', (text) => {
    expect(() => momentOf('--until', text)).toThrow(/^--until .*is no time; expected one such as/);
  });
});

describe('frames', () => {
  test('from a time on, and up to one, are judged; their numbers stay those of the file', () => {
    const late = diagnose('--since', '1s');
    expect(cited(late).length).toBeGreaterThan(0);
    for (const { frame, time } of cited(late)) {
      expect(frame).toBeGreaterThan(37);
      expect(time >= '2026-11-20T09:09:37').toBe(true);
    }
    expect(late.notices.find((n) => n.code === 'LVS917')?.message).toBe(
      'Judged are 109 of the 146 frames that were read, chosen by --since 1s: what is missing may be among the others.',
    );
    for (const { frame } of cited(diagnose('--until', '500ms'))) expect(frame).toBeLessThanOrEqual(37);
  });

  test('of a time in several captures are chosen by one clock', () => {
    const files = ['client', 'director', 'rs1'].map((name) => fixture(`healthy-t1/${name}.pcap`));
    const together: Diagnosis = JSON.parse(run(['diagnose', ...files, '-f', 'json', '--until', '1s']).stdout);
    expect(together.notices.find((n) => n.code === 'LVS917')?.message).toMatch(/chosen by --until 1s/);
  });

  test('of other clients are left out, and ARP stays', () => {
    const all = diagnose();
    const none = diagnose('--client', '192.0.2.99');
    expect(none.paths).toEqual([]);
    expect(diagnose('--client', '198.51.100.7').findings.map((f) => f.id)).toEqual(all.findings.map((f) => f.id));
  });

  test.skipIf(spawnSync('tcpdump', ['--version']).error !== undefined)('are those that a filter keeps', () => {
    const { notices, paths } = diagnose('--filter', 'arp');
    expect(paths).toEqual([]);
    expect(notices.find((n) => n.code === 'LVS917')?.message).toMatch(/^Judged are 22 of the 146 frames/);
    expectRefusal(run(['diagnose', FAULTY, '--filter', 'no such words']), /the filter 'no such words' is not understood/);
  });

  test('cannot be chosen by what is no time, no address, or is replaced before', () => {
    expectRefusal(run(['diagnose', FAULTY, '--since', 'noon']), /--since noon is no time/);
    expectRefusal(run(['topology', FAULTY, '--client', 'web']), /--client web is no IP address/);
    expectRefusal(run(['diagnose', FAULTY, '--filter', 'arp', '--anonymize']), /--filter names addresses that --anonymize replaces/);
  });
});

test('when none is chosen, that is what is said', () => {
  const { verdict, summary } = diagnose('--since', '99h');
  expect([verdict, summary]).toEqual(['cannot tell', 'None of 146 frames is judged: --since 99h chose none.']);
});
