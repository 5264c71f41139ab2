/** Every input of `npm run limits` in a small size: what comes of it is what comes of the large one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CASES, complaintAbout } from '../../limits/cases.ts';
import { type Outcome, Tool } from '../../limits/tool.ts';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import { renderText } from '../../src/reports/text.ts';
import { UsageError } from '../../src/usage-error.ts';
import { fixture } from '../cli/run.ts';

/** The program as a process of its own; but a plain diagnosis of a file in this one, where it takes no time to start. */
class QuickTool extends Tool {
  override async run(args: readonly string[]): Promise<Outcome> {
    const [command, path, ...more] = args;
    if (command !== 'diagnose' || more.length > 0) return super.run(args);
    const quick = { seconds: 0, peak: 0 };
    try {
      const diagnosis = await diagnose([{ name: path!, point: null }], NOTHING_GIVEN);
      return { ...quick, exit: exitCodeOf(diagnosis, 'warning'), stdout: renderText(diagnosis, { color: false, width: 80 }), stderr: '' };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return { ...quick, exit: 2, stdout: '', stderr: error.message };
    }
  }
}

const tool = new QuickTool(join(import.meta.dirname, '../../bin/lvs-doctor.js'));
const fault = fixture('rs-answers-arp-t5/mirror.pcap');
const clusterWithFault = fixture('rs-arp-partial-t5/mirror.pcap');

for (const limit of CASES) {
  test.skipIf(limit.needs?.() === false)(`${limit.name} is borne`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-limits-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const outcome = await limit.run({ tool, folder, fault, clusterWithFault }, limit.small);
    expect(complaintAbout(limit, outcome), outcome.stderr).toBeNull();
  });
}

test('each limit has a name and a size of its own', () => {
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  for (const { small, full } of CASES) expect(small).toBeLessThanOrEqual(full);
});

test.each<[string, Partial<Outcome>, string | null]>([
  ['as it should', {}, null],
  ['with another exit code', { exit: 0 }, 'it ended with 0 instead of 1'],
  ['by a signal', { exit: 'SIGKILL' }, 'it ended with SIGKILL instead of 1'],
  ['without a word', { stdout: '' }, 'it does not say'],
  ['with an internal error', { stderr: 'lvs-doctor: an internal error stopped the work' }, 'it shows its inside'],
  ['with a stack', { stderr: `lvs-doctor: x\n    at read (${basename(import.meta.filename)}:1:2)` }, 'it shows its inside'],
])('what ends %s is complained about, or not', (_, change, complaint) => {
  const limit = { ...CASES[0]!, exit: 1, says: /^FAULT: one two/ };
  const outcome: Outcome = { exit: 1, stdout: 'FAULT: one\n  two', stderr: '', seconds: 0, peak: 0, ...change };
  const said = complaintAbout(limit, outcome);
  if (complaint === null) expect(said).toBeNull();
  else expect(said).toContain(complaint);
});
