import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { renderJson } from '../../src/reports/json.ts';
import { answersArp, CANNOT_TELL, diagnosis, HEALTHY, HOSTILE, IPV6, MANY, ONE_FAULT } from './diagnoses.ts';

const schema = JSON.parse(readFileSync(new URL('../../schema/diagnosis.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);

describe('the JSON of a diagnosis', () => {
  test.each(Object.entries({ HEALTHY, ONE_FAULT, MANY, CANNOT_TELL, IPV6, HOSTILE }))('of %s is valid by the published schema', (_, of) => {
    validate(JSON.parse(renderJson(of)));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('says what the diagnosis says, whatever names contain, in two spaces and one last line break', () => {
    expect(JSON.parse(renderJson(HOSTILE))).toEqual(HOSTILE);
    expect(renderJson(HOSTILE)).toMatch(/^\{\n {2}"schema": "lvs-doctor\/diagnosis@1",\n[\s\S]*\n\}\n$/);
    expect(renderJson(HOSTILE).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('the schema refuses', () => {
  const [finding] = [answersArp(1)];
  const wrong: Record<string, object> = {
    'an unknown member': { ...diagnosis(), more: 1 },
    'an unknown member of a finding': diagnosis({ findings: [{ ...finding, more: 1 } as never] }),
    'another version': { ...diagnosis(), schema: 'lvs-doctor/diagnosis@2' },
    'a missing member': { ...diagnosis(), limits: undefined },
    'a severity of its own': diagnosis({ findings: [{ ...finding, severity: 'fatal' as never }] }),
    'a time without nanoseconds': diagnosis({ findings: [{ ...finding, first: '2026-11-20T08:52:01Z' }] }),
    'a MAC in capitals': diagnosis({
      findings: [{ ...finding, culprits: [{ role: 'director', name: null, ip: null, mac: '52:54:00:B0:61:3F' }] }],
    }),
    'frame 0': diagnosis({ findings: [{ ...finding, evidence: [{ ...finding.evidence[0]!, frame: 0 }] }] }),
  };
  test.each(Object.entries(wrong))('%s', (_, of) => {
    expect(validate(JSON.parse(JSON.stringify(of)))).toBe(false);
  });
});
