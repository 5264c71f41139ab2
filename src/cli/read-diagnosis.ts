/** Reads a saved diagnosis: what `diagnose -f json` wrote, checked by the schema that is published for it. */
import { createReadStream, readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Diagnosis } from '../diagnosis.ts';
import { packageFile } from '../package-file.ts';
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';
import { reasonOf } from './read-given.ts';

/** Bytes. A diagnosis of a large cluster has some megabytes; a capture given as one is often larger. */
const LARGEST_FILE = 64 * 1024 * 1024;
const SCHEMA = 'lvs-doctor/diagnosis@1';
const HOW_TO_SAVE = "save one with 'lvs-doctor diagnose CAPTURE -f json -o diagnosis.json'";

/** Members that a later version added are left out. */
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, removeAdditional: true }).compile<Diagnosis>(
  JSON.parse(readFileSync(packageFile('schema/diagnosis.json'), 'utf8')),
);

/**
 * The diagnosis in a file.
 * @param file path, or '-' for standard input
 * @throws UsageError when there is none that can be read whole.
 */
export async function readDiagnosis(file: string): Promise<Diagnosis> {
  const name = file === '-' ? 'standard input' : printable(file);
  return parseDiagnosis(await readBytes(file, name), name);
}

/**
 * The diagnosis that these bytes of JSON say, as it was when it was made: both have one shape, so every report of it is the same.
 * @param name of the file, for errors
 * @throws UsageError when there is none.
 */
export function parseDiagnosis(bytes: Uint8Array, name: string): Diagnosis {
  const value = parse(decode(bytes), name);
  checkKind(value, name);
  if (validate(value)) return value;
  throw new UsageError(`${name} is a damaged or edited diagnosis: ${fault(validate.errors?.[0])}; ${HOW_TO_SAVE}.`);
}

async function readBytes(file: string, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > LARGEST_FILE) {
        throw new UsageError(`${name} has more than ${LARGEST_FILE / 1024 / 1024} MiB, too many for a diagnosis; ${HOW_TO_SAVE}.`);
      }
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${name} cannot be read: ${reasonOf(error)}; expected a saved diagnosis, or - for standard input.`);
  }
  if (length === 0) throw new UsageError(`${name} is empty; ${HOW_TO_SAVE}.`);
  return Buffer.concat(chunks);
}

/** UTF-8, or what PowerShell makes of a program's output that is redirected to a file: UTF-16 with a byte order mark. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (text.includes('\0')) {
      throw new UsageError(`${name} is no text, so it is no diagnosis; a capture is diagnosed with 'lvs-doctor diagnose'.`);
    }
    if (text.trimStart().startsWith('{') && endsWithin(text)) {
      throw new UsageError(`${name} ends in the middle of a diagnosis: it was cut off while it was written or copied; copy it again.`);
    }
    throw new UsageError(`${name} is not one JSON document, so it is no saved diagnosis; ${HOW_TO_SAVE}.`);
  }
}

/** Whether a JSON text ends before all that it opened is closed. */
function endsWithin(text: string): boolean {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isString) {
      if (character === '\\') i++;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
  }
  return isString || depth > 0;
}

/** @throws UsageError when it is something else than a diagnosis of this version. */
function checkKind(value: unknown, name: string): void {
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : null;
  if (schema === SCHEMA) return;
  if (typeof schema !== 'string' || !schema.startsWith('lvs-doctor/')) {
    throw new UsageError(`${name} is JSON, but no diagnosis of lvs-doctor: it has no member "schema": "${SCHEMA}"; ${HOW_TO_SAVE}.`);
  }
  const told = printable(schema);
  if (schema.startsWith('lvs-doctor/diagnosis@')) {
    throw new UsageError(
      `${name} is a diagnosis of another version (${told}); this lvs-doctor reads ${SCHEMA}, so use the one that wrote it.`,
    );
  }
  throw new UsageError(`${name} is a ${told}, not a diagnosis; ${HOW_TO_SAVE}.`);
}

/** `findings[0].severity must be equal to one of the allowed values (critical, warning, info)`. */
function fault(error: ErrorObject | undefined): string {
  if (error === undefined) return 'it does not have the shape of one';
  const path = error.instancePath
    .slice(1)
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
  const allowed: unknown = error.params.allowedValues;
  const values = Array.isArray(allowed) ? ` (${allowed.join(', ')})` : '';
  return printable(`${path === '' ? 'it' : path} ${error.message ?? 'is wrong'}${values}`);
}
