import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectRefusal, fixture, run, temporaryDirectory } from './run.ts';

const directory = temporaryDirectory();

/** The diagnosis of a capture, saved. */
function saved(name: string): string {
  const file = join(directory, `${name}.json`);
  run(['diagnose', `mirror=${fixture(`${name}/mirror.pcap`)}`, '-f', 'json', '-o', file]);
  return file;
}

test('diff tells a cured cluster from one that is not, in each format and by its exit code', () => {
  const [healthy, faulty] = [saved('healthy-t5'), saved('rs-announces-vip-t5')];
  expect(run(['diff', faulty, healthy])).toMatchObject({
    exit: 0,
    stderr: '',
    stdout: expect.stringMatching(/^CURED: 9 of 9 findings are healed/),
  });
  expect(run(['diff', healthy, faulty, '-f', 'markdown'])).toMatchObject({ exit: 1, stdout: expect.stringMatching(/^## NOT CURED: /) });
  expect(run(['diff', healthy, faulty, '--fail-on', 'never'])).toMatchObject({ exit: 0 });
  const json = run(['diff', faulty, faulty, '-f', 'json']);
  expect(json.exit).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ schema: 'lvs-doctor/diff@1', verdict: 'not cured', new: [], healed: [], notJudged: [] });
  // Judged by one other rule, the second capture says nothing of these faults.
  const blind = join(directory, 'blind.json');
  run(['diagnose', fixture('healthy-t5/mirror.pcap'), '--rule', 'rs-no-reply', '-f', 'json', '-o', blind]);
  expect(run(['diff', faulty, blind])).toMatchObject({
    exit: 2,
    stderr: expect.stringMatching(/^lvs-doctor: cannot tell: 9 are not judged/),
  });
});

test('diff refuses in one sentence what it cannot compare', () => {
  expectRefusal(run(['diff', '-', '-'], '{}'), /read once/);
  expectRefusal(run(['diff', join(directory, 'missing.json'), '-'], '{}'), /missing\.json cannot be read/);
  expectRefusal(run(['diff', saved('healthy-t5')]), /missing required argument 'after\.json'/);
});
