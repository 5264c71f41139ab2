import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDiagnosis } from '../../src/cli/read-diagnosis.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { UsageError } from '../../src/usage-error.ts';
import { expectRefusal, fixture, run, temporaryDirectory } from './run.ts';

const directory = temporaryDirectory();
const FAULTY = fixture('rs-announces-vip-t5/mirror.pcap');
const HEALTHY = fixture('healthy-t5/mirror.pcap');

/** What `diagnose -f json` says of a capture, in a file. */
function saved(capture: string): string {
  const file = join(directory, `${dirname(capture).split('/').at(-1)}.json`);
  if (!existsSync(file)) run(['diagnose', capture, '-f', 'json', '-o', file]);
  return file;
}

const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};

describe('a saved diagnosis', () => {
  test.each([[[]], [['-q']], [['-v']]])('with %j is reported as when it was made', (args) => {
    const bytes = readFileSync(FAULTY);
    const made = run(['diagnose', '-', ...args], bytes);
    expect(made).toMatchObject({ exit: 1, stdout: expect.stringMatching(/^FAULT: /) });
    expect(run(['report', '-', ...args], run(['diagnose', '-', '-f', 'json'], bytes).stdout)).toEqual(made);
  });

  test('as JSON is the same file again', () => {
    const file = saved(FAULTY);
    expect(run(['report', file, '-f', 'json']).stdout).toBe(readFileSync(file, 'utf8'));
  });

  test('counts for the exit code as it did for diagnose', () => {
    expect(run(['report', saved(FAULTY), '-q']).exit).toBe(1);
    expect(run(['report', saved(FAULTY), '-q', '--fail-on', 'never']).exit).toBe(0);
    expect(run(['report', saved(HEALTHY), '-q']).exit).toBe(0);
    const { verdict, summary, ...rest } = JSON.parse(readFileSync(saved(HEALTHY), 'utf8')) as Diagnosis;
    const unsure = write('unsure.json', JSON.stringify({ ...rest, verdict: 'cannot tell', summary: `${summary} Or not.` }));
    expect(verdict).toBe('clean');
    expect(run(['report', unsure])).toMatchObject({ exit: 2, stderr: expect.stringMatching(/^lvs-doctor: cannot tell: .* Or not\.\n$/) });
  });

  test('that a later version extended is read without what it added', () => {
    const diagnosis = JSON.parse(readFileSync(saved(HEALTHY), 'utf8'));
    const later = write('later.json', JSON.stringify({ ...diagnosis, more: 1, limits: { ...diagnosis.limits, more: 1 } }));
    expect(run(['report', later, '-f', 'json']).stdout).toBe(readFileSync(saved(HEALTHY), 'utf8'));
  });

  test('that PowerShell redirected into a file, in UTF-16, is read', () => {
    const text = `\ufeff${readFileSync(saved(HEALTHY), 'utf8')}`;
    expect(run(['report', write('utf16.json', Buffer.from(text, 'utf16le')), '-q']).exit).toBe(0);
    expect(run(['report', write('bom.json', text), '-q']).exit).toBe(0);
  });
});

describe('what is no saved diagnosis is refused in one sentence', () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ['a text report', 'FAULT: nothing works.\n', /not one JSON document/],
    ['a capture', readFileSync(HEALTHY), /is no text.*'lvs-doctor diagnose'/],
    ['two documents', '{"schema":"lvs-doctor/diagnosis@1"}\n{}\n', /not one JSON document/],
    ['other JSON', '{"verdict":"clean"}', /no member "schema"/],
    ['JSON that is no object', 'null', /no member "schema"/],
    ['another document of lvs-doctor', '{"schema":"lvs-doctor/trace@1","paths":[]}', /is a lvs-doctor\/trace@1, not a diagnosis/],
    ['another version', '{"schema":"lvs-doctor/diagnosis@2"}', /another version \(lvs-doctor\/diagnosis@2\)/],
    ['a diagnosis without a part', '{"schema":"lvs-doctor/diagnosis@1"}', /must have required property 'tool'/],
    ['a name that the terminal would obey', '{"schema":"lvs-doctor/\\u001b[31m@1"}', /is a lvs-doctor\/\[31m@1, not/],
  ])('%s', (_, content, sentence) => {
    expect(() => parseDiagnosis(Buffer.from(content), 'saved.json')).toThrow(UsageError);
    expect(() => parseDiagnosis(Buffer.from(content), 'saved.json')).toThrow(sentence);
  });

  test('a pipe that brings nothing', () => {
    expectRefusal(run(['report', '-']), /standard input is empty/);
  });

  test('a wrong value, with its place', () => {
    const diagnosis = JSON.parse(readFileSync(saved(FAULTY), 'utf8'));
    diagnosis.findings[1].severity = 'fatal';
    expectRefusal(
      run(['report', write('value.json', JSON.stringify(diagnosis))]),
      /findings\[1\]\.severity must be .*\(critical, warning, info\)/,
    );
  });

  test('a file that was cut off, wherever it was', () => {
    const whole = readFileSync(saved(HEALTHY), 'utf8');
    for (const part of [0.02, 0.3, 0.5, 0.7, 0.99]) {
      const bytes = Buffer.from(whole).subarray(0, Math.floor(whole.length * part));
      expect(() => parseDiagnosis(bytes, 'saved.json')).toThrow(/^saved\.json ends in the middle of a diagnosis: it was cut off/);
    }
  });

  test('a file that is too large', () => {
    const file = write('large.json', '{');
    truncateSync(file, 64 * 1024 * 1024 + 1);
    expectRefusal(run(['report', file]), /more than 64 MiB/);
  });

  test('no file, a directory, and an output that is the input', () => {
    expectRefusal(run(['report', join(directory, 'missing.json')]), /missing\.json cannot be read: there is no such file/);
    expectRefusal(run(['report', directory]), /it is a directory/);
    expectRefusal(run(['report', saved(HEALTHY), '-o', saved(HEALTHY)]), /would be overwritten/);
    expectRefusal(run(['report']), /missing required argument 'diagnosis.json'; see 'lvs-doctor report --help'/);
  });
});
