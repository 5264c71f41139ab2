import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture, run, temporaryDirectory } from './run.ts';

const FAULTY = fixture('rs-announces-vip-t5/mirror.pcap');
const HEALTHY = fixture('healthy-t5/mirror.pcap');
const directory = temporaryDirectory();

describe('diagnose', () => {
  test('of a faulty cluster exits with 1 and names the culprits', () => {
    const { exit, stdout, stderr } = run(['diagnose', FAULTY]);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' });
    expect(stdout).toMatch(/^FAULT: /);
    expect(stdout).toContain('rs-announces-vip (LVS102): critical');
    for (const culprit of ['00:16:3e:90:11:b4', '00:16:3e:b1:b4:9f', '00:16:3e:25:57:df']) expect(stdout).toContain(culprit);
    expect(stdout).not.toContain('\u001b');
  });

  test('of a healthy cluster exits with 0', () => {
    const { exit, stdout, stderr } = run(['diagnose', HEALTHY]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toMatch(/^CLEAN: /);
  });

  test('reads standard input', () => {
    expect(run(['diagnose', 'mirror=-', '-q'], readFileSync(HEALTHY)).stdout).toMatch(/^CLEAN: /);
  });

  test('with --fail-on never exits with 0 in spite of faults', () => {
    expect(run(['diagnose', FAULTY, '--fail-on', 'never', '-q']).exit).toBe(0);
  });

  test('as JSON writes one document', () => {
    expect(JSON.parse(run(['diagnose', FAULTY, '-f', 'json']).stdout)).toMatchObject({
      schema: 'lvs-doctor/diagnosis@1',
      verdict: 'fault',
    });
  });

  test('judges the rules of --rule alone, and none of --no-rule', () => {
    const rulesOf = (...args: string[]) =>
      new Set<string>(
        JSON.parse(run(['diagnose', FAULTY, '-f', 'json', ...args]).stdout).verdicts.map((verdict: { rule: string }) => verdict.rule),
      );
    expect(rulesOf('--rule', 'LVS102,director-bypassed')).toEqual(new Set(['rs-announces-vip', 'director-bypassed']));
    expect(rulesOf('--no-rule', 'rs-announces-vip')).not.toContain('rs-announces-vip');
    expect(rulesOf('--no-rule', 'rs-announces-vip').size).toBeGreaterThan(1);
  });
});

describe('an output file', () => {
  test('has the report, and standard output nothing', () => {
    const file = join(directory, 'report.json');
    const { exit, stdout } = run(['diagnose', FAULTY, '-f', 'json', '-o', file]);
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(JSON.parse(readFileSync(file, 'utf8')).verdict).toBe('fault');
  });

  test('that exists is replaced whole, with its mode, behind a link, and nothing else is left', () => {
    const folder = mkdtempSync(join(directory, 'out-'));
    const file = join(folder, 'report.txt');
    writeFileSync(file, 'old\n'.repeat(10_000), { mode: 0o600 });
    symlinkSync('report.txt', join(folder, 'link'));
    run(['diagnose', HEALTHY, '-o', join(folder, 'link')]);
    expect(readFileSync(file, 'utf8')).toMatch(/^CLEAN: [\s\S]*[^\n]\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['link', 'report.txt']);
  });

  test.skipIf(!existsSync('/dev/full'))('that cannot take the report is an error in one sentence', () => {
    const { exit, stderr } = run(['diagnose', FAULTY, '-o', '/dev/full']);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: 'lvs-doctor: /dev/full cannot be written: the disk is full.\n' });
  });
});

describe('trace', () => {
  test('prints the hops with their MACs', () => {
    const { exit, stdout, stderr } = run(['trace', HEALTHY]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toMatch(/source MAC +destination MAC +TTL/);
    expect(stdout).toContain('203.0.113.100:80');
  });

  test('as JSON has the rows', () => {
    const { schema, paths } = JSON.parse(run(['trace', HEALTHY, '-f', 'json']).stdout);
    expect(schema).toBe('lvs-doctor/trace@1');
    expect(paths[0].rows[0].frame).toBeGreaterThan(0);
  });

  test('of a client that is not there exits with 2', () => {
    expect(run(['trace', HEALTHY, '--client', '192.0.2.99'])).toMatchObject({ exit: 2, stdout: '' });
  });
});

describe('topology', () => {
  test('as cluster.yaml gives the same roles when it is passed back', () => {
    const yaml = join(directory, 'cluster.yaml');
    expect(run(['topology', HEALTHY, '-f', 'yaml', '-o', yaml])).toEqual({ exit: 0, stdout: '', stderr: '' });
    const roles = (...args: string[]) => {
      const { cluster } = JSON.parse(run(['topology', HEALTHY, '-f', 'json', ...args]).stdout);
      const macsOf = (machines: { macs: string[] }[]) => machines.flatMap((machine) => machine.macs).sort();
      return { directors: macsOf(cluster.directors), realServers: macsOf(cluster.realServers) };
    };
    expect(roles('-c', yaml)).toEqual(roles());
    expect(roles().directors).toHaveLength(1);
  });

  test('as text names the roles', () => {
    expect(run(['topology', HEALTHY]).stdout).toMatch(/^VIP +203\.0\.113\.100[\s\S]*^director +[\s\S]*^real server +/m);
  });
});

describe('explain', () => {
  test('without a name lists rules and notices', () => {
    const { exit, stdout } = run(['explain']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^LVS101 {2}rs-answers-arp \(critical\)$/m);
    expect(stdout).toMatch(/^LVS909 {2}file-cut-off$/m);
  });

  test('prints the page of a rule by name and by code', () => {
    const byName = run(['explain', 'rs-answers-arp']);
    expect(byName.exit).toBe(0);
    expect(byName.stdout).toContain('rs-answers-arp');
    expect(byName.stdout).not.toMatch(/^#|^```/m);
    expect(run(['explain', 'lvs101'])).toEqual(byName);
  });
});

describe('the command itself', () => {
  test('tells its version and its help with exit code 0', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(run(['--version'])).toEqual({ exit: 0, stdout: `${version}\n`, stderr: '' });
    for (const args of [['--help'], ['help'], ['diagnose', '--help']]) {
      expect(run(args)).toMatchObject({ exit: 0, stderr: '' });
      expect(run(args).stdout).toMatch(/^Usage: lvs-doctor/);
    }
  });

  test('is quiet when the reader of its output leaves early', () => {
    const command = `"$0" bin/lvs-doctor.js diagnose "$1" -v -f json | head -c 10 > /dev/null; printf '%s' "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, FAULTY], {
      encoding: 'utf8',
      cwd: new URL('../..', import.meta.url),
    });
    expect({ stdout, stderr }).toEqual({ stdout: '1', stderr: '' });
  });
});
