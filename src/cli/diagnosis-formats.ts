/** The formats of a diagnosis, one line each; a report is loaded when it is asked for. */
import type { Diagnosis } from '../diagnosis.ts';
import type { EvidenceFrames } from '../evidence.ts';
import type { TextOptions } from '../reports/text.ts';
import type { OutputOptions } from './options.ts';

/** What a report may ask for beside the diagnosis itself. */
export interface Captured {
  /** Paths by which captures can be read again, by their names in the diagnosis. */
  readonly sourceFiles: ReadonlyMap<string, string>;
  /** The bytes of the evidence frames: fetched by the reports that show them. */
  readonly frames: () => Promise<EvidenceFrames>;
}

/** A diagnosis that was saved: its captures may be anywhere. */
const NOTHING_CAPTURED: Captured = { sourceFiles: new Map(), frames: async () => new Map() };

const FORMATS = {
  text: async (diagnosis, options) => (await import('../reports/text.ts')).renderText(diagnosis, options),
  json: async (diagnosis) => (await import('../reports/json.ts')).renderJson(diagnosis),
  markdown: async (diagnosis) => (await import('../reports/markdown.ts')).renderMarkdown(diagnosis),
  html: async (diagnosis, _, captured) => (await import('../reports/html.ts')).renderHtml(diagnosis, await captured.frames()),
} satisfies Record<string, (diagnosis: Diagnosis, options: TextOptions, captured: Captured) => Promise<string>>;

export type DiagnosisFormat = keyof typeof FORMATS;

/** For `-f`; the first is the default. */
export const DIAGNOSIS_FORMATS = Object.keys(FORMATS) as [DiagnosisFormat, ...DiagnosisFormat[]];

/** How a diagnosis is to be shown. */
export interface DiagnosisOptions extends OutputOptions<DiagnosisFormat> {
  readonly quiet?: boolean;
}

/** Whether a format shows bytes of captures, so that they must be kept for a second reading. */
export function showsFrames(format: DiagnosisFormat): boolean {
  return format === 'html';
}

export async function renderDiagnosis(
  diagnosis: Diagnosis,
  options: DiagnosisOptions,
  captured: Captured = NOTHING_CAPTURED,
): Promise<string> {
  const { terminalFor } = await import('./terminal.ts');
  const { color, width } = terminalFor(options.output, options.color);
  const text: TextOptions = {
    color,
    // Prose that is wider than this is hard to read.
    width: Math.min(width, 100),
    sourceFiles: captured.sourceFiles,
    verbose: options.verbose ?? false,
    quiet: options.quiet ?? false,
  };
  return FORMATS[options.format](diagnosis, text, captured);
}

/** Says on standard error that nothing could be told, unless the reader sees it at the head of the report. */
export async function sayCannotTell(diagnosis: Diagnosis, { format, output }: DiagnosisOptions): Promise<void> {
  const { outputTerminal } = await import('./standard-streams.ts');
  const isShown = format === 'text' && output === undefined && outputTerminal() !== null;
  if (isShown) return;
  const { printable } = await import('../reports/printable.ts');
  process.stderr.write(`lvs-doctor: cannot tell: ${printable(diagnosis.summary)}\n`);
}
