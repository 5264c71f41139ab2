/**
 * Which code of src/ has run: the block counters of V8, asked through the inspector of this thread.
 *
 * A script is divided where any counter was ever seen to begin or end; such a piece is a block here. V8 joins neighbours that ran equally often, so what
 * a report calls a range differs from time to time, but whether a piece of the text has ever run does not. Only functions that have a piece left which
 * never ran are looked at.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface FunctionReport {
  readonly ranges: readonly Range[];
}

interface ScriptReport {
  readonly url: string;
  readonly functions: readonly FunctionReport[];
}

/** What ran between two questions. */
export type Report = readonly ScriptReport[];

/** Blocks of one function, in the order of the text: block i reaches from bounds[i] to bounds[i + 1]. */
interface Blocks {
  readonly bounds: number[];
  readonly hasRun: boolean[];
  left: number;
}

/** A source file within a bundle. */
interface Region {
  readonly from: number;
  readonly until: number;
  readonly file: string;
}

/** Of one source file: blocks that have run, and the share of its text. */
export interface FileCoverage {
  readonly file: string;
  readonly blocks: number;
  readonly share: number;
}

export class Coverage {
  readonly #session = new Session();
  readonly #folder: string;
  readonly #regions = new Map<string, readonly Region[]>();
  readonly #functions = new Map<string, Map<string, Blocks | null>>();

  /** Begins to count in scripts that are loaded from now on. @param folder URL of the folder that the bundles are in */
  constructor(folder: string) {
    this.#folder = folder;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What ran since the last question. */
  report(): Report {
    const { result } = this.#post('Profiler.takePreciseCoverage') as { result: readonly ScriptReport[] };
    return result.filter(({ url }) => url.startsWith(this.#folder));
  }

  /** How many blocks of a report never ran before. @param isKept whether they count as run from now on */
  news(report: Report, isKept: boolean): number {
    let news = 0;
    for (const script of report) {
      for (const { ranges } of script.functions) {
        const blocks = this.#blocksOf(script.url, ranges[0]!);
        if (blocks === null || blocks.left === 0) continue;
        news += mark(blocks, ranges, isKept);
      }
    }
    return news;
  }

  /** How much of each source file has run: blocks, and characters of its text as it is in the bundle. */
  byFile(): FileCoverage[] {
    const files = new Map<string, { blocks: number; run: number; all: number }>();
    for (const [url, functions] of this.#functions) {
      const regions = this.#regionsOf(url);
      const hasRun = new Uint8Array(regions.at(-1)?.until ?? 0);
      // Functions within functions come after them: what never ran of an inner one is not run by the outer one.
      const ordered = [...functions.values()].filter((blocks) => blocks !== null).sort((a, b) => a.bounds[0]! - b.bounds[0]!);
      for (const blocks of ordered) {
        const { file } = this.#regionAt(url, blocks.bounds[0]!);
        const counts = files.get(file) ?? { blocks: 0, run: 0, all: 0 };
        files.set(file, counts);
        for (const [i, isRun] of blocks.hasRun.entries()) {
          if (isRun) counts.blocks++;
          hasRun.fill(isRun ? 1 : 0, blocks.bounds[i], blocks.bounds[i + 1]);
        }
      }
      for (const { from, until, file } of regions) {
        const counts = files.get(file);
        if (counts === undefined) continue;
        counts.all += until - from;
        for (let at = from; at < until; at++) counts.run += hasRun[at]!;
      }
    }
    return [...files].map(([file, { blocks, run, all }]) => ({ file, blocks, share: run / all }));
  }

  close(): void {
    this.#session.disconnect();
  }

  #post(method: string, parameters?: object): unknown {
    let answer: unknown;
    this.#session.post(method, parameters, (error, result) => {
      if (error !== null) throw new Error(`the inspector refuses ${method}: ${error.message}`);
      answer = result;
    });
    return answer;
  }

  /** Null for a function that is not of src/. */
  #blocksOf(url: string, whole: Range): Blocks | null {
    let functions = this.#functions.get(url);
    if (functions === undefined) {
      functions = new Map();
      this.#functions.set(url, functions);
    }
    const key = `${whole.startOffset}:${whole.endOffset}`;
    let blocks = functions.get(key);
    if (blocks === undefined) {
      const isOurs = this.#regionAt(url, whole.startOffset).file.startsWith('src/');
      blocks = isOurs ? { bounds: [whole.startOffset, whole.endOffset], hasRun: [false], left: 1 } : null;
      functions.set(key, blocks);
    }
    return blocks;
  }

  #regionAt(url: string, offset: number): Region {
    return this.#regionsOf(url).findLast(({ from }) => from <= offset) ?? NOWHERE;
  }

  #regionsOf(url: string): readonly Region[] {
    let regions = this.#regions.get(url);
    if (regions === undefined) {
      regions = regionsOf(fileURLToPath(url));
      this.#regions.set(url, regions);
    }
    return regions;
  }
}

const NOWHERE: Region = { from: 0, until: 0, file: '' };

/** Which source file each line of a bundle comes from, by its source map. */
function regionsOf(path: string): Region[] {
  // A bundle that only hands on what others hold has no map.
  if (!existsSync(`${path}.map`)) return [];
  const bundle = readFileSync(path, 'utf8');
  const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload);
  const regions: { from: number; until: number; file: string }[] = [];
  let from = 0;
  for (const [number, line] of bundle.split('\n').entries()) {
    const entry = map.findEntry(number, line.length - line.trimStart().length);
    const until = from + line.length + 1;
    const last = regions.at(-1);
    // What the bundler itself wrote belongs to what stands above it.
    const file = 'originalSource' in entry ? entry.originalSource.replace(/^.*?(?=(?:src|fuzz|test)\/)/, '') : (last?.file ?? '');
    if (last?.file === file) last.until = until;
    else regions.push({ from, until, file });
    from = until;
  }
  return regions;
}

/** Divides the blocks where the ranges say so, and counts those that ran for the first time. Ranges come with the outer one first. */
function mark(blocks: Blocks, ranges: readonly Range[], isKept: boolean): number {
  for (const { startOffset, endOffset } of ranges) {
    divide(blocks, startOffset);
    divide(blocks, endOffset);
  }
  const { bounds, hasRun } = blocks;
  const counts = new Array<number>(hasRun.length).fill(0);
  for (const { startOffset, endOffset, count } of ranges) {
    for (let i = bounds.indexOf(startOffset); bounds[i]! < endOffset; i++) counts[i] = count;
  }
  let news = 0;
  for (const [i, count] of counts.entries()) {
    if (count === 0 || hasRun[i]) continue;
    news++;
    if (!isKept) continue;
    hasRun[i] = true;
    blocks.left--;
  }
  return news;
}

function divide(blocks: Blocks, offset: number): void {
  const { bounds, hasRun } = blocks;
  const at = bounds.findIndex((bound) => bound >= offset);
  if (at <= 0 || bounds[at] === offset) return;
  bounds.splice(at, 0, offset);
  hasRun.splice(at, 0, hasRun[at - 1]!);
  if (!hasRun[at]) blocks.left++;
}
