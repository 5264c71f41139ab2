/**
 * What `attach` reads beside the diagnosis: the token, from a file or the environment and never from the command line, which every user of
 * the machine can read; the evidence; the authorities that are trusted.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { printable } from '../reports/printable.ts';
import { thousands } from '../thousands.ts';
import type { EvidenceFile } from '../tickets/make-attachment.ts';
import { UsageError } from '../usage-error.ts';
import { reasonOf } from './read-given.ts';

export const TOKEN_VARIABLE = 'LVS_DOCTOR_TOKEN';

/** Bytes; tokens have some hundred at most. */
const LONGEST_TOKEN = 8192;
/** Bytes of all evidence together; no ticket system takes more by default. */
const LARGEST_EVIDENCE = 100 * 1024 * 1024;
/** Bytes; all authorities of a distribution together have some hundred thousand. */
const LARGEST_AUTHORITIES = 4 * 1024 * 1024;

/**
 * @param file as given with --token-file; undefined takes the environment variable
 * @returns null when there is none
 * @throws UsageError when there is something that is no token; the sentence holds nothing of it.
 */
export function readToken(file: string | undefined): string | null {
  const text = file === undefined ? (process.env[TOKEN_VARIABLE] ?? '') : read(file, '--token-file', LONGEST_TOKEN).toString();
  if (file === undefined && text === '') return null;
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const place = file === undefined ? `the environment variable ${TOKEN_VARIABLE}` : printable(file);
  throw new UsageError(`${place} holds no token: expected one line of letters, digits and signs without spaces.`);
}

/** @throws UsageError when one cannot be read, is empty, or they are too large for a ticket. */
export function readEvidence(files: readonly string[]): EvidenceFile[] {
  let room = LARGEST_EVIDENCE;
  return files.map((file) => {
    const bytes = read(file, '--evidence', room);
    if (bytes.length === 0) throw new UsageError(`${printable(file)}, given with --evidence, is empty.`);
    room -= bytes.length;
    return { name: basename(file), bytes };
  });
}

/** @returns PEM. @throws UsageError when the file holds no certificate. */
export function readAuthorities(file: string): string {
  const text = read(file, '--ca', LARGEST_AUTHORITIES).toString();
  try {
    new X509Certificate(text);
    return text;
  } catch {
    throw new UsageError(
      `${printable(file)}, given with --ca, holds no certificate; expected PEM, which begins with -----BEGIN CERTIFICATE-----.`,
    );
  }
}

function read(file: string, option: string, largest: number): Buffer {
  const name = `${printable(file)}, given with ${option},`;
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) throw new UsageError(`${name} is a directory; give a file.`);
    if (stats.size > largest)
      throw new UsageError(`${name} has ${thousands(stats.size)} bytes, of which ${thousands(largest)} can be taken.`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${name} cannot be read: ${reasonOf(error)}.`);
  }
}
