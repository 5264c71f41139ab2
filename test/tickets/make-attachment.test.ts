/** What is put onto a ticket, and under which names. */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { makeAttachment, type Reports } from '../../src/tickets/make-attachment.ts';
import { casesIn } from '../support/fixtures.ts';

const DIAGNOSIS = { tool: { name: 'lvs-doctor', version: '1.0.0\r\nX: y' }, summary: 'one' } as unknown as Diagnosis;
const TOOL = 'lvs-doctor 1.2.3';
const REPORTS: Reports = { text: ['text'], markdown: ['md'], file: { extension: 'html', type: 'text/html', content: '<p>é' } };
const frames = (name: string, content = 'frames') => ({ name, bytes: Buffer.from(content) });
const namesOf = (...names: string[]) =>
  makeAttachment(
    DIAGNOSIS,
    REPORTS,
    names.map((name) => frames(name)),
    TOOL,
  ).files.map(({ name }) => name);

test('the id is that of the diagnosis and the evidence, whatever the reports and the names', () => {
  const { id } = makeAttachment(DIAGNOSIS, REPORTS, [frames('a.pcapng')], TOOL);
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(makeAttachment(DIAGNOSIS, { ...REPORTS, text: ['other'] }, [frames('b.pcapng')], TOOL).id).toBe(id);
  const others = [
    makeAttachment({ ...DIAGNOSIS, summary: 'two' }, REPORTS, [frames('a.pcapng')], TOOL),
    makeAttachment(DIAGNOSIS, REPORTS, [frames('a.pcapng', 'other frames')], TOOL),
    makeAttachment(DIAGNOSIS, REPORTS, [frames('a.pcapng', 'fra'), frames('b.pcapng', 'mes')], TOOL),
    makeAttachment(DIAGNOSIS, REPORTS, [], TOOL),
  ].map((other) => other.id);
  expect(new Set([id, ...others]).size).toBe(5);
});

test('every file has the id in a name that is safe in headers, paths and markup', () => {
  const names = namesOf('out.pcapng', 'out.pcapng', 'x"\r\n] ../<é>.pcap.gz', '...', 'no extension', `${'long'.repeat(100)}.pcap`);
  const [, id] = /^lvs-doctor-report-([0-9a-f]{16})\.html$/.exec(names[0]!) ?? [];
  expect(names.slice(0, 6)).toEqual([
    names[0],
    `out-${id}.pcapng`,
    `out-${id}-2.pcapng`,
    `x-${id}-3.pcap.gz`,
    `evidence-${id}-4`,
    `no-extension-${id}-5`,
  ]);
  expect(names.every((name) => /^[\w.-]+$/.test(name) && name.length < 120)).toBe(true);
  expect(new Set(names).size).toBe(names.length);
});

test('the report is sent in UTF-8, evidence byte for byte', () => {
  const capture = readFileSync(new URL(`../../fixtures/pcaps/${casesIn()[0]}/mirror.pcap`, import.meta.url));
  const { files } = makeAttachment(DIAGNOSIS, REPORTS, [{ name: 'mirror.pcap', bytes: capture }], TOOL);
  expect(files.map(({ bytes }) => Buffer.from(bytes))).toEqual([Buffer.from('<p>é', 'utf8'), capture]);
});
