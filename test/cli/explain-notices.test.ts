/** `explain` of a notice: all notices share one page. */
import { expect, test } from 'vitest';
import { NOTICES } from '../../src/rules/notices.ts';
import { run } from './run.ts';

test.each(NOTICES.map((notice) => [notice.code, notice.name]))('explain %s prints the section of %s alone', (code, name) => {
  const { exit, stdout } = run(['explain', code]);
  expect(exit).toBe(0);
  const [heading, ...text] = stdout.split('\n');
  expect(heading).toBe(`${code} ${name}`);
  expect(text.join(' ').trim().length).toBeGreaterThan(80);
  expect(text.join('\n')).not.toMatch(/^LVS9\d\d /m);
});
