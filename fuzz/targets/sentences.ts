/** What is told a user is text: one line of it, or lines. */
import { Broken } from '../target.ts';

/** Control characters, line separators, and what reverses the direction of reading: the command line takes the other invisible ones out. */
const COMMANDS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
/** All that a report must not show; lone surrogates are no text at all. */
const INVISIBLE = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const LONGEST_SENTENCE = 10_000;

/** @throws Broken unless the text is one line that ends as a sentence does */
export function expectSentence(text: string): void {
  if (/[.?]$/.test(text) && !COMMANDS.test(text) && text.length < LONGEST_SENTENCE) return;
  throw new Broken(`this is no sentence: ${JSON.stringify(text.slice(0, 300))}`);
}

/** @throws Broken unless the text is what a terminal shows as it is read */
export function expectPrintable(text: string): void {
  const bad = INVISIBLE.exec(text);
  if (bad === null) return;
  const near = JSON.stringify(text.slice(Math.max(0, bad.index - 40), bad.index + 40));
  throw new Broken(`a report holds U+${bad[0].codePointAt(0)!.toString(16)}: ${near}`);
}
