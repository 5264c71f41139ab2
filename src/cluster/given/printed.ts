/** The user's own words inside an error message: short, on one line, and unable to command the terminal. */

/** Control characters, line separators and the marks that reverse the reading direction. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Longest quotation, in UTF-16 units: enough for any name or address. */
const LIMIT = 60;
/** Longest path of Linux (PATH_MAX). */
const PATH_LIMIT = 4096;

/** Whether `text` holds a character that must not reach a terminal or a report. */
export function hasUnprintable(text: string): boolean {
  return text.search(UNPRINTABLE) >= 0;
}

/** `text` with unprintable characters as '?' and cut to `limit` UTF-16 units. */
export function printed(text: string, limit = LIMIT): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return cut.replace(UNPRINTABLE, '?');
}

/** A path as `printed`, never cut short of what a file system allows: its end is the name that the user looks for. */
export function printedPath(path: string): string {
  return printed(path, PATH_LIMIT);
}

/** `text` as `printed`, in double quotes. */
export function quoted(text: string): string {
  return `"${printed(text)}"`;
}
