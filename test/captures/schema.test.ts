/** The JSON of every diagnosis keeps the promise of schema/diagnosis.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parseDiagnosis } from '../../src/cli/read-diagnosis.ts';
import { renderJson } from '../../src/reports/json.ts';
import { casesIn, diagnoseCase, MODES } from '../support/fixtures.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schema/diagnosis.json'), 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: true, validateFormats: false }).compile(schema);

test.each(casesIn())('%s: the JSON report fits the schema, and read again it is the diagnosis that it was', async (name) => {
  for (const mode of MODES) {
    const diagnosis = await diagnoseCase(name, mode);
    const json = renderJson(diagnosis);
    validate(JSON.parse(json));
    expect(validate.errors ?? []).toEqual([]);
    expect(parseDiagnosis(Buffer.from(json), 'saved.json')).toStrictEqual(diagnosis);
  }
});

test('a diagnosis with a key that nobody promised does not fit', async () => {
  expect(validate({ ...(await diagnoseCase('healthy-t1', 'inferred')), extra: 1 })).toBe(false);
});
