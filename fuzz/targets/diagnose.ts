/**
 * The whole way of a capture: all rules, every report, evidence, trace and topology. The input is a capture file; by its length it is also
 * diagnosed as two captures, with given roles, or with other addresses.
 */
import { Anonymization } from '../../src/anonymize/anonymization.ts';
import { type FetchLimits, fetchFrames } from '../../src/capture/fetch-frames.ts';
import type { FrameSource } from '../../src/capture/frame.ts';
import type { KeptCaptures } from '../../src/capture/kept-captures.ts';
import { openCaptureBytes } from '../../src/capture/open-capture.ts';
import { parseDiagnosis } from '../../src/cli/read-diagnosis.ts';
import { type Given, NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { parseGiven } from '../../src/cluster/given/parse-given.ts';
import { diagnose, trace } from '../../src/diagnose.ts';
import type { Diagnosis, EvidenceItem } from '../../src/diagnosis.ts';
import { diffDiagnoses } from '../../src/diff-diagnoses.ts';
import { type EvidenceFrames, fetchEvidence } from '../../src/evidence.ts';
import { evidenceFiles } from '../../src/evidence-capture.ts';
import { renderDiffMarkdown } from '../../src/reports/diff-markdown.ts';
import { renderDiffText } from '../../src/reports/diff-text.ts';
import { renderHtml } from '../../src/reports/html.ts';
import { renderJson } from '../../src/reports/json.ts';
import { renderMarkdown } from '../../src/reports/markdown.ts';
import { renderText } from '../../src/reports/text.ts';
import { renderClusterYaml, renderTopology } from '../../src/reports/topology.ts';
import { renderTrace } from '../../src/reports/trace.ts';
import { UsageError } from '../../src/usage-error.ts';
import { addressesOf, unproved } from '../../test/support/cited-frames.ts';
import { type Surroundings, surrounded } from '../frame-sources.ts';
import { captureOf, frameAlone, framesOf, mutateFrames } from '../frames.ts';
import { MemoryBytes } from '../memory-bytes.ts';
import { mutateCapture } from '../pieces.ts';
import { Broken, expectSame, type Target } from '../target.ts';
import { expectPrintable, expectSentence } from './sentences.ts';

const NO_FILTER = { flow: null, client: null };
const COLUMNS = { color: false, width: 80 };
/** Frames of an input from which two captures are made. */
const MOST_FRAMES = 300;

export const wholeWay: Target = {
  name: 'diagnose',
  maxBytes: 131_072,
  batch: 1,
  weight: 4,
  mutate: (input, other, random) => (random.oneIn(12) ? mutateCapture(input, other, random) : mutateFrames(input, other, random)),
  async run(input) {
    await withFixedKeys(async () => {
      const variant = VARIANTS[input.length % VARIANTS.length]!;
      const from = await capturesOf(input, variant);
      if (variant !== 'given roles') {
        const diagnosis = await diagnoseAll(from, NOTHING_GIVEN);
        if (diagnosis !== null) await expectReports(diagnosis, from, NOTHING_GIVEN);
        return;
      }
      const inferred = await diagnoseOnce(from, NOTHING_GIVEN);
      if (inferred === null) return;
      const given = parseGiven('cluster.yaml', renderClusterYaml(inferred));
      const diagnosis = await diagnoseAll(from, given);
      if (diagnosis === null) throw new Broken('a capture is refused once its own roles are given');
      await expectReports(diagnosis, from, given);
      const diff = diffDiagnoses(inferred, diagnosis, '0');
      expectPrintable(renderDiffText(diff, COLUMNS));
      expectPrintable(renderDiffMarkdown(diff));
    });
  },
};

/** How an input is diagnosed, as its length says. */
const VARIANTS = ['one capture', 'given roles', 'two captures', 'one capture', 'other addresses'] as const;
type Variant = (typeof VARIANTS)[number];

/** Captures in memory by their names, in the place of files. */
class MemoryCaptures {
  by: Surroundings = null;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #anonymization: Anonymization | null;

  constructor(files: ReadonlyMap<string, Uint8Array>, anonymization: Anonymization | null) {
    this.#files = files;
    this.#anonymization = anonymization;
  }

  /** Bytes that stand around frames, where something does: an IPv4 header would begin with the second one. */
  get garbage(): number {
    const [first] = this.#files.values();
    return [0x00, 0x45, 0xff][first!.length % 3]!;
  }

  get captures(): { name: string; point: null }[] {
    return [...this.#files.keys()].map((name) => ({ name, point: null }));
  }

  readonly open = async (name: string): Promise<FrameSource> => {
    const source = await openCaptureBytes(name, new MemoryBytes(this.#files.get(name)!), { chunkBytes: 65_536 });
    const read = surrounded(source, this.by);
    return this.#anonymization === null ? read : this.#anonymization.source(read, name);
  };

  readonly reopen = this.open;

  async frames(name: string, numbers: ReadonlySet<number>, limits?: FetchLimits) {
    return fetchFrames(await this.open(name), numbers, limits);
  }

  async sha256(): Promise<null> {
    return null;
  }

  remove(): void {}

  get kept(): KeptCaptures {
    return this as unknown as KeptCaptures;
  }
}

async function capturesOf(input: Uint8Array, variant: Variant): Promise<MemoryCaptures> {
  if (variant === 'two captures') {
    const frames = await framesOf(input, MOST_FRAMES);
    const later = frames.filter((_, i) => i % 3 !== 0).map((frame) => ({ ...frame, seconds: frame.seconds + 5 }));
    return new MemoryCaptures(
      new Map([
        ['one.pcapng', captureOf(frames)],
        ['two.pcapng', captureOf(later)],
      ]),
      null,
    );
  }
  const anonymization =
    variant === 'other addresses' ? new Anonymization(new Uint8Array(16).fill(7), { keepsVendor: false, isRecorded: true }) : null;
  return new MemoryCaptures(new Map([['fuzzed.pcap', input]]), anonymization);
}

/** The diagnosis, which must be the same whatever stands around the frames; null where the captures are refused. */
async function diagnoseAll(from: MemoryCaptures, given: Given): Promise<Diagnosis | null> {
  let first: Diagnosis | null = null;
  for (const by of [null, 'alone', from.garbage] as const) {
    from.by = by;
    const diagnosis = await diagnoseOnce(from, given);
    if (diagnosis === null) return null;
    first ??= diagnosis;
    expectSame(
      JSON.stringify(first),
      JSON.stringify(diagnosis),
      `the diagnosis of frames as read, and of frames ${by === 'alone' ? by : `among ${by}`}`,
    );
  }
  from.by = null;
  return first;
}

async function diagnoseOnce(from: MemoryCaptures, given: Given): Promise<Diagnosis | null> {
  try {
    return await diagnose(from.captures, given, { kept: from });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expectSentence(error.message);
    return null;
  }
}

async function expectReports(diagnosis: Diagnosis, from: MemoryCaptures, given: Given): Promise<void> {
  const json = renderJson(diagnosis);
  expectSame(json, renderJson(parseDiagnosis(Buffer.from(json), 'saved.json')), 'a diagnosis, and the same read again');
  for (const detail of [{ verbose: true }, { quiet: true }]) expectPrintable(renderText(diagnosis, { ...COLUMNS, ...detail }));
  expectPrintable(renderMarkdown(diagnosis));
  const frames = await fetchEvidence(diagnosis, from.captures, from.kept);
  expectProof(diagnosis, frames);
  await renderHtml(diagnosis, frames);
  for (const { bytes, frames: count } of await evidenceFiles(diagnosis, from.captures, from.kept)) {
    const read = await framesOf(bytes, count + 1);
    if (read.length !== count) throw new Broken(`${read.length} frames are in an evidence file of ${count}`);
  }
  renderTopology(diagnosis.cluster, COLUMNS);
  parseGiven('cluster.yaml', renderClusterYaml(diagnosis));
  expectPrintable(renderTrace(await trace(from.captures, given, NO_FILTER, from), COLUMNS));
}

/** @throws Broken unless each finding says only what its own frames show */
function expectProof({ findings }: Diagnosis, frames: EvidenceFrames): void {
  const shownBy = ({ capture, frame }: EvidenceItem) => addressesOf(frameAlone(frames.get(capture)!.get(frame)!));
  for (const finding of findings) {
    const [first] = unproved(finding, shownBy);
    if (first !== undefined) throw new Broken(`${finding.rule} says what its frames do not show: ${JSON.stringify(first)}`);
  }
}

/** Hashes are keyed afresh in each run of the tool; here two diagnoses are compared, and a finding must repeat. */
async function withFixedKeys(use: () => Promise<void>): Promise<void> {
  const { random } = Math;
  Math.random = () => 0.353;
  try {
    await use();
  } finally {
    Math.random = random;
  }
}
