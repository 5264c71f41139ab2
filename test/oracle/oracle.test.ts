/** Every frame of every capture, by our decoders and by tshark. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { UsageError } from '../../src/usage-error.ts';
import { capturesBelow } from './captures.ts';
import { differencesOf } from './compare.ts';
import { knownDifferences } from './known-differences.ts';
import { type Row, Tshark, tsharkVersion } from './tshark.ts';

/** Processes of tshark at the same time. */
const atOnce = 2;
/** Wiretap's numbers of the link types that we read: Ethernet, raw IP (any, 4, 6), null, loop, Linux cooked 1 and 2. */
const encapsulations: ReadonlySet<number> = new Set([1, 7, 129, 130, 15, 49, 25, 210]);
/** Differences printed in full; the rest is counted. */
const printed = 200;
/** After this time no further file is begun, and how many were left is told: ORACLE_SECONDS, or no limit. */
const until = performance.now() + 1000 * Number(process.env.ORACLE_SECONDS ?? Number.POSITIVE_INFINITY);

let tshark: Tshark;

beforeAll(async () => {
  const version = await tsharkVersion();
  tshark = await Tshark.create();
  console.log(`The second opinion is ${version}.`);
});

afterAll(async () => {
  await tshark?.remove();
});

interface Result {
  frames: number;
  files: number;
  /** Captures that we refuse, with the sentence. */
  refused: string[];
  differences: string[];
  /** How often each known difference was met, by its place in the list. */
  known: number[];
  /** Captures for which there was no time. */
  left: number;
}

test('every frame of the fixtures reads as tshark reads it', async () => {
  const result = await compareAll('fixtures/pcaps');
  expect(result.differences).toEqual([]);
  expect(result.refused).toEqual([]);
  expect(result.frames).toBeGreaterThan(0);
  expect(result.left).toBe(0);
});

test('every frame of the captures beside the repository reads as tshark reads it', async ({ skip }) => {
  await compareBeside('../shared/captures', skip);
});

test('every frame of the corpus beside the repository reads as tshark reads it', async ({ skip }) => {
  const { known, left } = await compareBeside('../shared/corpus', skip);
  // A difference that is gone must leave the list.
  if (left === 0) expect(knownDifferences.filter((_, index) => known[index] === 0)).toEqual([]);
});

async function compareBeside(folder: string, skip: (note: string) => never): Promise<Result> {
  if (capturesBelow(folder).length === 0) {
    console.log(`${folder} is not here: its captures are not compared.`);
    return skip('not here');
  }
  const result = await compareAll(folder);
  expect(result.differences).toEqual([]);
  return result;
}

async function compareAll(folder: string): Promise<Result> {
  const result: Result = { frames: 0, files: 0, refused: [], differences: [], known: knownDifferences.map(() => 0), left: 0 };
  const files = capturesBelow(folder);
  const worker = async () => {
    while (files.length > 0 && performance.now() < until) await compareFile(folder, files.shift()!, result);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  result.left = files.length;
  const known = result.known.reduce((sum, count) => sum + count, 0);
  console.log(
    `${folder}: ${result.frames} frames of ${result.files} files compared, ${result.differences.length} differences, ` +
      `${known} known ones; ${result.refused.length} files refused; for ${result.left} there was no time.`,
  );
  result.known.forEach((count, index) => {
    if (count > 0) console.log(`  ${count} times known: ${knownDifferences[index]?.reason}`);
  });
  for (const difference of result.differences.slice(0, printed)) console.log(`  ${difference}`);
  return result;
}

async function compareFile(folder: string, file: string, result: Result): Promise<void> {
  const name = join(folder, file);
  const rows: (Row | undefined)[] = await tshark.rows(name);
  const frame = emptyFrame();
  const packet = new Packet();
  let frames = 0;
  const tell = (field: string, sentence: string) => {
    const known = knownDifferences.findIndex((difference) => difference.file.test(file) && difference.field.test(field));
    if (known >= 0) result.known[known] = (result.known[known] ?? 0) + 1;
    else result.differences.push(`${file} ${sentence}`);
  };
  const compareFrame = () => {
    const row = rows[frame.number - 1];
    if (row === undefined) {
      tell('frames', `frame ${frame.number} is not there to tshark`);
      return;
    }
    rows[frame.number - 1] = undefined;
    for (const { field, ours, theirs, status } of differencesOf(frame, packet, row)) {
      tell(field, `frame ${frame.number} (${status}): ${field} is '${ours}', to tshark '${theirs}'`);
    }
  };
  try {
    const source = await openCapture(name);
    try {
      do {
        while (source.next(frame)) {
          frames++;
          packet.decode(frame);
          compareFrame();
        }
      } while (await source.more());
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    result.refused.push(error.message);
  }
  if (frames > 0) result.files++;
  result.frames += frames;
  const missed = rows.filter((row) => row !== undefined && encapsulations.has(Number(row.first('frame.encap_type'))));
  if (missed.length > 0) tell('frames', `has ${frames} frames, to tshark ${missed.length} more`);
}
