/** From a real cluster in network namespaces to the diagnosis: needs root, namespaces, nftables, tcpdump and python3, and is skipped elsewhere. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const LAB = fileURLToPath(new URL('../../lab/run', import.meta.url));
/** The lab's own exit code for "cannot be built here"; a diagnosis that cannot tell has it too, but then prints JSON. */
const CANNOT = 2;

interface Seen {
  readonly verdict: string;
  readonly findings: readonly {
    readonly rule: string;
    readonly confidence: string;
    readonly culprits: readonly { readonly mac: string | null }[];
  }[];
}

/** What lvs-doctor says of the lab with this fault in it. */
function diagnose(fault: string, ...options: string[]): Seen {
  const { stdout, stderr } = spawnSync(LAB, [fault, ...options, '--director', 'nft', '--', '-f', 'json'], { encoding: 'utf8' });
  if (stdout === '') throw new Error(`lab/run ${fault} gave no diagnosis: ${stderr}`);
  return JSON.parse(stdout);
}

/** MACs of the culprits that a rule names. */
function culpritsOf(rule: string, { findings }: Seen): (string | null)[] {
  return findings.filter((finding) => finding.rule === rule).flatMap(({ culprits }) => culprits.map(({ mac }) => mac));
}

function namespaces(): string[] {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.startsWith('lvslab'));
}

const RS2 = '02:4c:56:53:00:11';
const LVS1 = '02:4c:56:53:00:02';

const probe = spawnSync(LAB, ['--check'], { encoding: 'utf8' });
if (probe.status !== 0) console.log(`The lab is skipped: ${probe.stderr.trim() || probe.error?.message}`);

describe.skipIf(probe.status === CANNOT || probe.status === null)('in the lab', () => {
  test('a healthy cluster is clean', () => {
    expect(diagnose('healthy')).toMatchObject({ verdict: 'clean', findings: [] });
  });

  test('a real server that answers ARP for the VIP is found, and mended the cluster is clean', () => {
    expect(culpritsOf('rs-answers-arp', diagnose('rs-answers-arp'))).toEqual([RS2]);
    expect(diagnose('rs-answers-arp', '--mended')).toMatchObject({ verdict: 'clean', findings: [] });
  });

  test('a real server that asks for the gateway with the VIP as sender is found', () => {
    expect(culpritsOf('rs-announces-vip', diagnose('rs-announces-vip'))).toEqual([RS2]);
  });

  test('a real server that answers from its own address is found', () => {
    expect(culpritsOf('reply-wrong-source', diagnose('reply-wrong-source'))).toEqual([RS2]);
  });

  test('a director that does not rewrite the destination MAC is found', () => {
    expect(culpritsOf('director-no-rewrite', diagnose('director-no-rewrite'))).toEqual([LVS1]);
  });

  test('a fault that does not exist is refused with one sentence', () => {
    const { status, stdout, stderr } = spawnSync(LAB, ['rs-on-fire'], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: CANNOT, stdout: '' });
    expect(stderr).toMatch(/^lab\/run: there is no fault 'rs-on-fire' in the lab; [^\n]+\.\n$/);
  });

  test('an interrupted run leaves no namespace behind', async () => {
    const before = namespaces();
    const run = spawn(LAB, ['rs-no-reply', '--no-diagnose'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise<number | null>((resolve) => run.on('exit', resolve));
    // The first request is on its way: servers and captures run.
    await new Promise<void>((resolve) => {
      run.stdout.on('data', (text: Buffer) => {
        if (text.includes('request  1')) resolve();
      });
    });
    expect(namespaces().length).toBeGreaterThan(before.length);
    run.kill('SIGTERM');
    expect(await ended).toBe(143);
    expect(namespaces()).toEqual(before);
  });
});
