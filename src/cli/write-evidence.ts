/** `--evidence <file.pcapng>`: the frames that prove a diagnosis, as a capture of their own. */
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { KeptCaptures } from '../capture/kept-captures.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { evidenceFiles } from '../evidence-capture.ts';
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';
import type { Inputs } from './inputs.ts';
import { checkOutput, writeFileWhole } from './write-output.ts';

/**
 * Refuses, before any work is done, a file that cannot be meant.
 * @param inputs files that are read.
 * @param output where the report goes, if to a file.
 */
export function checkEvidence(file: string, inputs: readonly string[], output: string | undefined): void {
  if (file === '-') throw new UsageError('--evidence expects a file to write, such as evidence.pcapng; standard output is for the report.');
  if (output !== undefined && resolve(output) === resolve(file)) {
    throw new UsageError(`${printable(file)} is given with -o and with --evidence; give each a file of its own.`);
  }
  checkOutput(file, inputs, '--evidence');
}

/**
 * Writes the evidence of a diagnosis: frames of the first capture's link type into `file`, those of another one beside it.
 * @returns what was written, as one sentence.
 * @throws UsageError when a capture cannot be read again, or a file cannot be written.
 */
export async function writeEvidence(
  diagnosis: Diagnosis,
  { captures, files: inputs }: Inputs,
  kept: KeptCaptures,
  file: string,
): Promise<string> {
  const files = await evidenceFiles(diagnosis, captures, kept);
  if (files.length === 0) return `no finding cites a frame, so there is no evidence to save, and ${printable(file)} is not written.`;
  const written = files.map(({ linkType }, i) => (i === 0 ? file : besides(file, linkType)));
  for (const path of written) checkOutput(path, inputs, '--evidence');
  for (const [i, { bytes }] of files.entries()) writeFileWhole(bytes, written[i]!);
  const told = files.map(({ linkType, frames, cited }, i) => {
    const frameCount = `${frames} ${frames === 1 ? 'frame' : 'frames'}, ${cited} of them cited,`;
    return `${frameCount} ${files.length === 1 ? 'saved to' : `of link type ${linkType} saved to`} ${printable(written[i]!)}`;
  });
  return `evidence: ${told.join('; ')}.`;
}

/** 'out.linux-sll2.pcapng' of 'out.pcapng': most programs read one link type a file. */
function besides(file: string, linkType: string): string {
  const extension = extname(file);
  return join(dirname(file), `${basename(file, extension)}.${linkType}${extension}`);
}
