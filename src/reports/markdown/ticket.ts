/** Sections in the order of their weight, put together within what a ticket takes: GitHub takes 65,536 characters for a comment. */

/** Characters of all sections together. */
const LONGEST = 60_000;

export interface TicketSection {
  /** Null for the head. */
  readonly title: string | null;
  /** Markdown; a section without lines is left out. */
  readonly lines: readonly string[];
}

/** The text, ending in a line break. Of a section that does not fit any more the title remains, and a sentence that says so. */
export function ticket(sections: readonly TicketSection[]): string {
  let room = LONGEST;
  const text = sections
    .filter(({ lines }) => lines.length > 0)
    .map(({ title, lines }) => {
      const body = lines.join('\n');
      const fits = body.length <= room;
      if (fits) room -= body.length;
      return `${title === null ? '' : `### ${title}\n\n`}${fits ? body : 'Too long for a ticket; it is in the full report.'}`;
    });
  return `${text.join('\n\n')}\n`;
}
