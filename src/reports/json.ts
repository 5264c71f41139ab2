/** A report as JSON: two spaces, one line break at the end, keys in the order of src/diagnosis.ts; the schema is schema/diagnosis.json. */
import { escapeInvisible } from './printable.ts';

/** Any report as JSON text. Invisible characters in names are escaped, so that a terminal shows the text and does not obey it. */
export function renderJson(report: object): string {
  return `${escapeInvisible(JSON.stringify(report, null, 2))}\n`;
}
