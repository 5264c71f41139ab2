/** The formats of a diagnosis, one line each; a report is loaded when it is asked for. */
import type { Diagnosis } from '../diagnosis.ts';
import type { TextOptions } from '../reports/text.ts';
import type { OutputOptions } from './options.ts';

const FORMATS = {
  text: async (diagnosis, options) => (await import('../reports/text.ts')).renderText(diagnosis, options),
  json: async (diagnosis) => (await import('../reports/json.ts')).renderJson(diagnosis),
  markdown: async (diagnosis) => (await import('../reports/markdown.ts')).renderMarkdown(diagnosis),
} satisfies Record<string, (diagnosis: Diagnosis, options: TextOptions) => Promise<string>>;

export type DiagnosisFormat = keyof typeof FORMATS;

/** For `-f`; the first is the default. */
export const DIAGNOSIS_FORMATS = Object.keys(FORMATS) as [DiagnosisFormat, ...DiagnosisFormat[]];

/** How a diagnosis is to be shown. */
export interface DiagnosisOptions extends OutputOptions<DiagnosisFormat> {
  readonly quiet?: boolean;
}

/** @param sourceFiles paths by which captures can be read again, by their names in the diagnosis. */
export async function renderDiagnosis(
  diagnosis: Diagnosis,
  options: DiagnosisOptions,
  sourceFiles: ReadonlyMap<string, string> = new Map(),
): Promise<string> {
  const { terminalFor } = await import('./terminal.ts');
  const { color, width } = terminalFor(options.output, options.color);
  return FORMATS[options.format](diagnosis, {
    color,
    // Prose that is wider than this is hard to read.
    width: Math.min(width, 100),
    sourceFiles,
    verbose: options.verbose ?? false,
    quiet: options.quiet ?? false,
  });
}

/** Says on standard error that nothing could be told, unless the reader sees it at the head of the report. */
export async function sayCannotTell(diagnosis: Diagnosis, { format, output }: DiagnosisOptions): Promise<void> {
  const isShown = format === 'text' && output === undefined && process.stdout.isTTY === true;
  if (isShown) return;
  const { printable } = await import('../reports/printable.ts');
  process.stderr.write(`lvs-doctor: cannot tell: ${printable(diagnosis.summary)}\n`);
}
