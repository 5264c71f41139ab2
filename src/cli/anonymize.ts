/** `--anonymize`: the captures and the cluster under other names and addresses, before anything is read of them. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Anonymization } from '../anonymize/anonymization.ts';
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';
import type { Inputs } from './inputs.ts';
import type { AnonymizeOptions } from './options.ts';
import { reasonOf } from './read-given.ts';
import { checkOutput, writeFileWhole } from './write-output.ts';

/** A key of fewer bytes could be guessed. */
const LEAST_KEY_BYTES = 16;
const LARGEST_KEY_BYTES = 1024 * 1024;

/** Options of a command that writes files. */
interface Options extends AnonymizeOptions {
  readonly output?: string;
  readonly evidence?: string;
}

/**
 * The inputs of a command as it may know them.
 * @throws UsageError for a key that cannot be read or used, and a map that cannot be meant.
 */
export function anonymizeInputs(inputs: Inputs, options: Options): Inputs {
  const anonymization = anonymizationFor(options, inputs.files);
  const given = anonymization.given(inputs.given);
  const captures = inputs.captures.map(({ name, point }) => ({
    name: anonymization.captureName(name),
    point: point === null ? null : anonymization.machineName(point),
  }));
  return { ...inputs, captures, given, anonymization };
}

/**
 * The mapping that the options ask for.
 * @param files that are read.
 * @throws UsageError as above.
 */
export function anonymizationFor(options: Options, files: readonly string[]): Anonymization {
  const { anonymizeKey: keyFile, anonymizeMap: map } = options;
  if (map !== undefined) checkMap(map, files, [options.output, options.evidence]);
  return new Anonymization(keyFile === undefined ? randomBytes(32) : readKey(keyFile), {
    keepsVendor: options.anonymizeKeepVendor === true,
    isRecorded: map !== undefined,
  });
}

function checkMap(map: string, files: readonly string[], outputs: readonly (string | undefined)[]): void {
  if (map === '-') throw new UsageError('--anonymize-map expects a file to write: what stands in it is for nobody else.');
  if (outputs.some((output) => output !== undefined && resolve(output) === resolve(map))) {
    throw new UsageError(`${printable(map)} is given twice as a file to write; give --anonymize-map another file.`);
  }
  checkOutput(map, files, '--anonymize-map');
}

/** Writes what stands for what, where that was asked for, for the eyes of this user only. */
export function writePrivateMap(anonymization: Anonymization, { anonymizeMap: map }: AnonymizeOptions): void {
  if (map !== undefined) writeFileWhole(`${JSON.stringify(anonymization.privateMap, null, 2)}\n`, map, true);
}

/** The key in a file that --anonymize-map wrote, or the whole of any other file. */
function readKey(file: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UsageError(`${printable(file)}, given with --anonymize-key, cannot be read: ${reasonOf(error)}.`);
  }
  const key = keyOfMap(bytes.toString('latin1')) ?? bytes;
  if (key.length >= LEAST_KEY_BYTES && bytes.length <= LARGEST_KEY_BYTES) return key;
  throw new UsageError(
    `${printable(file)}, given with --anonymize-key, has ${bytes.length} bytes; a secret of ${LEAST_KEY_BYTES} bytes to 1 MiB was expected, such as head -c 32 /dev/urandom > ${printable(file)}.`,
  );
}

function keyOfMap(text: string): Uint8Array | null {
  if (!text.startsWith('{')) return null;
  try {
    const { schema, key } = JSON.parse(text) as { schema?: unknown; key?: unknown };
    return schema === 'lvs-doctor/anonymize-map@1' && typeof key === 'string' && /^([0-9a-f]{2})+$/.test(key)
      ? Buffer.from(key, 'hex')
      : null;
  } catch {
    return null;
  }
}
